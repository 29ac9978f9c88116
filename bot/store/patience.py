"""A connection to PostgreSQL that waits no longer than it should, even where nothing ever comes back.

The server ends statements that take too long, and TCP notices a peer that vanished. Neither helps when the
server is frozen or something in between swallows what is sent: then the client has to count by itself.
"""

from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import Connection

T = TypeVar("T")

ANSWER_S = 13.0
"""More than the server gives a statement (`engine`), so that its own word comes first."""


class PatientConnection(psycopg.Connection[Any]):
    """Ends itself when an answer takes longer than `answer_s`; None waits for ever."""

    answer_s: float | None = ANSWER_S

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Raises OperationalError when no answer came in time; the connection is closed then."""
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer") from None


def wait_for_ever(connection: Connection) -> None:
    """Migrations take as long as they take."""
    driver = connection.connection.driver_connection
    if isinstance(driver, PatientConnection):
        driver.answer_s = None
