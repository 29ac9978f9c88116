"""One page of a job's log: the question and the answer, as values."""

from dataclasses import dataclass
from enum import StrEnum

from bot.logs.line import Level, Line
from bot.times import Ms

PAGE_LIMIT = 1000
"""Most lines the API returns for one request."""


class Direction(StrEnum):
    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A question to the logs endpoint. `min_level` None asks for all lines, those without a level included."""

    start_ms: Ms
    end_ms: Ms
    direction: Direction = Direction.ASC
    limit: int = PAGE_LIMIT
    min_level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answer, in the server's order. `skipped` counts lines that could not be decoded even leniently."""

    lines: tuple[Line, ...]
    skipped: int = 0

    def fills(self, limit: int) -> bool:
        """Whether there may be more than this: it has all of the `limit` lines that were asked for."""
        return len(self.lines) + self.skipped >= limit
