"""From a database URL to an engine whose transactions mean the same on both databases."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigurationError
from bot.store.patience import PatientConnection

PG_THREADS = 4
PG_PEOPLES_THREADS = 2
_BUSY_TIMEOUT_S = 5
_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_S = 10
_IDLE_TIMEOUT_S = 5
"""A process that is frozen in a transaction keeps its locks from the others no longer than this."""
_READ_ONLY = "25006"
_FORMS = "write sqlite:///FILE (sqlite:////FILE for an absolute path) or postgresql://USER:PASSWORD@HOST/NAME"
_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})


def make_engine(database_url: str) -> Engine:
    """An engine for `database_url`; on SQLite the file and its directory are made, for this user alone.

    Raises:
        ConfigurationError: the URL or the file is unusable. The message never repeats the URL.
    """
    url = _parsed(database_url)
    if url.drivername in _SQLITE:
        return _sqlite_engine(url)
    if url.drivername in _POSTGRESQL:
        return _postgresql_engine(url)
    raise ConfigurationError(f"the database URL names {url.drivername}, which is not supported: {_FORMS}")


def _parsed(database_url: str) -> URL:
    try:
        return make_url(database_url.strip())
    except (ArgumentError, ValueError):
        # Not chained: the original may quote the URL, and with it the password.
        raise ConfigurationError(f"the database URL cannot be read: {_FORMS}") from None


# --- SQLite --------------------------------------------------------------------------------------


def _sqlite_engine(url: URL) -> Engine:
    if url.host or url.database in (None, "", ":memory:") or url.query:
        raise ConfigurationError(f"the database URL names no file: {_FORMS}")
    path = Path(str(url.database))
    try:
        _make_private(path)
    except OSError as error:
        raise ConfigurationError(f"the database file {path} cannot be used: {error.strerror}") from error
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": _BUSY_TIMEOUT_S, "isolation_level": None},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_private(path: Path) -> None:
    """Mode 0600, which SQLite gives to the files beside it (-wal, -shm) too when it makes them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).chmod(0o600)


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite itself does not wait for its turn here: processes that make a file together would fail."""
    deadline_s = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    """A transaction that reads before it writes would otherwise fail at once, or lose an update."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# --- PostgreSQL ----------------------------------------------------------------------------------


def _postgresql_engine(url: URL) -> Engine:
    if not url.database:
        raise ConfigurationError(f"the database URL names no database: {_FORMS}")
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=_connect_args(url),
        pool_size=PG_THREADS + PG_PEOPLES_THREADS,
        max_overflow=1,
        pool_timeout=_CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", _patient_connection)
    event.listen(engine, "connect", _configure_postgresql)
    event.listen(engine, "handle_error", _leave_a_standby)
    return engine


def _connect_args(url: URL) -> dict[str, Any]:
    """What the URL itself sets goes first. A peer that vanished is noticed within a quarter of a minute."""
    ours = {
        "application_name": "joblogs",
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "keepalives_idle": 5,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    return {name: value for name, value in ours.items() if name not in url.query}


def _patient_connection(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
) -> PatientConnection:
    return PatientConnection.connect(*arguments, **options)


def _configure_postgresql(connection: Any, _record: object) -> None:
    """By SET and not by the start-up packet, which connection poolers refuse."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {_STATEMENT_TIMEOUT_S * 1_000}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_TIMEOUT_S * 1_000}")
    connection.commit()


def _leave_a_standby(context: ExceptionContext) -> None:
    """After a failover the old primary refuses to write: all connections to it are of no use any more."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True
