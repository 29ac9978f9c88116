"""Bringing a database to the schema that this release needs; safe for any number of processes at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from bot.errors import ConfigurationError
from bot.store.dialects import Turn
from bot.store.patience import wait_for_ever

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The schema's revision in the database (None: empty) and the one that this release needs."""

    current: str | None
    needed: str

    @property
    def is_current(self) -> bool:
        return self.current == self.needed


def revision(engine: Engine) -> Revision:
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    needed = ScriptDirectory.from_config(config()).get_current_head()
    if needed is None:
        raise ConfigurationError("this installation of joblogs lacks its migrations: install it again")
    return Revision(current=current, needed=needed)


def migrate(engine: Engine) -> Revision:
    """Brings the database to the newest revision; returns what it was before.

    Raises:
        ConfigurationError: the database belongs to a newer release.
    """
    before = revision(engine)
    with _alone(engine) as connection:
        try:
            command.upgrade(config(connection), "head")
        except CommandError as error:
            raise ConfigurationError(
                f"the database is at revision {before.current}, unknown to this joblogs: use the newer one"
            ) from error
    return before


def config(connection: Connection | None = None) -> Config:
    """Alembic's view of our migrations, for `connection`."""
    settings = Config()
    settings.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection under which no other process migrates; it is closed for good afterwards."""
    with engine.connect() as connection:
        connection.detach()
        if engine.dialect.name == "postgresql":
            _wait_for_turn(connection)
            yield connection
        else:
            # Foreign keys cannot be switched inside a transaction, and must be off: a table that is made
            # anew is dropped first, which would delete the rows that refer to it.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()


def _wait_for_turn(connection: Connection) -> None:
    """The lock belongs to the session, since each migration is a transaction of its own."""
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
    connection.commit()
    wait_for_ever(connection)
    connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": Turn.MIGRATE.value})
    connection.commit()
