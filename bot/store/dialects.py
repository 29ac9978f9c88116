"""Where SQLite and PostgreSQL differ in what the repositories say to them."""

from enum import IntEnum

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, cast, extract, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.times import Ms


class Turn(IntEnum):
    """What only one session of a PostgreSQL database does at a time: keys of advisory locks."""

    MIGRATE = 0x6A6F626C_0001
    CLAIM_DELIVERIES = 0x6A6F626C_0002


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT."""
    if _is_postgresql(connection):
        return postgresql.insert(table)
    return sqlite.insert(table)


def database_now(connection: Connection, now_ms: Ms) -> ColumnElement[int]:
    """Milliseconds by the clock that all processes share: the server's, or on one machine the caller's."""
    if _is_postgresql(connection):
        return cast(func.floor(extract("epoch", func.now()) * 1000), BigInteger)
    return literal(now_ms, BigInteger)


def take_turn(connection: Connection, turn: Turn) -> None:
    """Waits until no other transaction has `turn`, and has it until the commit.

    On SQLite every transaction has the database for itself from its first moment (`engine`).
    """
    if _is_postgresql(connection):
        connection.execute(select(func.pg_advisory_xact_lock(literal(turn.value, BigInteger))))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
