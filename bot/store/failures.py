"""What databases raise, in the words of `bot.errors`."""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy import exc

from bot.errors import ConfigurationError, StoreUnavailable

# A transaction that lost against another one: the server has undone all of it.
_SERIALIZATION_FAILURE = "40001"
_DEADLOCK_DETECTED = "40P01"


def lost_a_race(error: exc.DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in (_SERIALIZATION_FAILURE, _DEADLOCK_DETECTED)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises StoreUnavailable where the database is away, locked or unwell; our own mistakes pass through."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreUnavailable("the database is busy: no connection became free in time") from error
    except exc.ProgrammingError as error:
        if error.statement is not None:
            raise
        # Raised while connecting: an option of the address that the driver does not know.
        raise ConfigurationError(f"DATABASE_URL: {_sentence(error)}") from None
    except exc.DBAPIError as error:
        if not _is_away(error):
            raise
        raise StoreUnavailable(f"the database is away: {_sentence(error)}") from error


def _is_away(error: exc.DBAPIError) -> bool:
    # InternalError: a PostgreSQL that has become a read-only standby. DatabaseError itself: SQLite's
    # word for a file that is damaged or is no database.
    if error.connection_invalidated or type(error.orig) is sqlite3.DatabaseError:
        return True
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError)


def _sentence(error: exc.DBAPIError) -> str:
    """The driver's first line. It names hosts and users, never a password or a value of ours."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
