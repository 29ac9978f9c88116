"""What a person may ask of a job's log, as a value: the question, its matching and its canonical text.

The text is the codec: `bot.logs.query.parse_query(query.text(), …)` gives the same query back, in any zone and
at any time, so a button can carry a whole question. How people write one is read there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.logs.line import Level, Line
from bot.logs.terms import Term, quoted, replica_matches
from bot.times import Ms, ms_ceil, ms_floor, ns_from_ms

DEFAULT_COUNT = 50
MAX_COUNT = 5_000
"""Most lines of one answer; more is what the download is for."""
MAX_TERMS = 20


class Take(StrEnum):
    """Which end of the window the lines are taken from."""

    LAST = "last"
    FIRST = "first"


class Order(StrEnum):
    """Which line stands at the top of the answer."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between lines: line number `index` (from 0) of those the query matches at stamp `ns`.

    Several lines may share a nanosecond, so a stamp alone would lose or repeat some of them.
    """

    ns: int
    index: int

    def __str__(self) -> str:
        return f"{self.ns}.{self.index}"

    @property
    def end_ms(self) -> Ms:
        """The end of a window that holds every line before it."""
        return ms_ceil(self.ns + (self.index > 0))

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        found = re.fullmatch(r"(\d{1,19})\.(-1|\d{1,9})", text)
        return cls(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """One question to a job's log.

    Attributes:
        job: the job as it was named, None where the place of the question names it (a card's thread).
        min_level: at or above; lines without a level are then left out.
        start_ms: the window's first millisecond; 0 asks from the job's beginning, None for no bound.
        end_ms: the window's end, itself outside; None for no bound.
        replica: `r3`, `3`, `g02*`, or several separated by commas; see `replica_matches`.
        take, count: which end of the window, and how many lines at most; count None is the default.
        order: None puts the oldest line at the top.
        include, exclude: all of the former are in the message, none of the latter.
        older_than, newer_than: both excluded; where a page of an earlier answer ended.
    """

    job: str | None = None
    min_level: Level | None = None
    start_ms: Ms | None = None
    end_ms: Ms | None = None
    replica: str | None = None
    request_id: str | None = None
    take: Take = Take.LAST
    count: int | None = None
    order: Order | None = None
    include: tuple[Term, ...] = ()
    exclude: tuple[Term, ...] = ()
    older_than: Position | None = None
    newer_than: Position | None = None

    @property
    def limit(self) -> int:
        return self.count or DEFAULT_COUNT

    @property
    def reads_forward(self) -> bool:
        return self.take is Take.FIRST

    @property
    def filters_text(self) -> bool:
        """Whether lines are dropped that the server cannot drop for us."""
        return bool(self.include or self.exclude or self.replica or self.request_id)

    @property
    def earliest_ms(self) -> Ms | None:
        """The lower bound for the server; positions are finer than its milliseconds."""
        position = None if self.newer_than is None else ms_floor(self.newer_than.ns)
        return max((bound for bound in (self.start_ms, position) if bound is not None), default=None)

    @property
    def latest_ms(self) -> Ms | None:
        """The upper bound for the server, itself outside."""
        position = None if self.older_than is None else self.older_than.end_ms
        return min((bound for bound in (self.end_ms, position) if bound is not None), default=None)

    def matches(self, line: Line) -> bool:
        """Whether the query wants `line`, its positions apart: those need the line's neighbours."""
        return self._in_window(line) and self._from_source(line) and self._says(line.message)

    def text(self) -> str:
        """The canonical form."""
        return " ".join(_words(self))

    def _in_window(self, line: Line) -> bool:
        if self.start_ms is not None and line.timestamp_ns < ns_from_ms(self.start_ms):
            return False
        return self.end_ms is None or line.timestamp_ns < ns_from_ms(self.end_ms)

    def _from_source(self, line: Line) -> bool:
        if self.min_level is not None and (line.level is None or line.level < self.min_level):
            return False
        if self.request_id is not None and line.request_id != self.request_id:
            return False
        return self.replica is None or replica_matches(self.replica, line.replica)

    def _says(self, message: str) -> bool:
        if not all(term.found_in(message) for term in self.include):
            return False
        return not any(term.found_in(message) for term in self.exclude)


def _words(query: LogQuery) -> Iterable[str]:
    if query.job is not None:
        yield quoted(query.job)
    if query.min_level is not None:
        yield f"level:{query.min_level.name.lower()}"
    yield from _window_words(query)
    if query.replica is not None:
        yield f"replica:{quoted(query.replica)}"
    if query.request_id is not None:
        yield f"request:{quoted(query.request_id)}"
    if query.count is not None or query.reads_forward:
        yield f"{query.take}:{query.limit}"
    if query.order is not None:
        yield f"order:{query.order}"
    yield from (str(term) for term in query.include)
    yield from (f"-{term}" for term in query.exclude)


def _window_words(query: LogQuery) -> Iterable[str]:
    if query.start_ms is not None:
        yield f"since:{_epoch(query.start_ms)}"
    if query.end_ms is not None:
        yield f"until:{_epoch(query.end_ms)}"
    if query.older_than is not None:
        yield f"older-than:{query.older_than}"
    if query.newer_than is not None:
        yield f"newer-than:{query.newer_than}"


def _epoch(moment_ms: int) -> str:
    return f"{moment_ms:013d}" if moment_ms else "start"
