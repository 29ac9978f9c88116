"""A log and its API as a model: small, slow, obviously right, with the traits that a server may have."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TypeVar
from zlib import crc32

from hypothesis import settings

from bot.logs.asking import Asking, Exchange
from bot.logs.cursor import Cursor
from bot.logs.line import Level, Line
from bot.logs.pace import Options
from bot.logs.pages import Direction, Page, PageRequest
from bot.logs.window import Outcome, poll
from bot.times import NS_PER_MS, Ms, Ns

T = TypeVar("T")

NOW = 1_733_000_000_000
share_of_profile = settings(deadline=None, max_examples=max(8, settings().max_examples // 10))
"""A tenth of the profile's examples, so that the unit tests stay fast; ``--hypothesis-profile=deep`` tries more."""

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


class Direct(StrEnum):
    """How the server heeds `direction`."""

    HONEST = "as asked"
    ALWAYS_DESC = "always newest first"
    ALWAYS_ASC = "always oldest first"
    NEWEST_SHOWN_ASC = "picks the newest, shows them ascending"
    NEWEST_SORTED = "picks the newest, shows them as asked"
    OLDEST_SORTED = "picks the oldest, shows them as asked"
    SHUFFLED = "picks and shows them in no order"


class End(StrEnum):
    EXCLUSIVE = "exclusive"
    INCLUSIVE_NS = "inclusive to the nanosecond"
    INCLUSIVE_MS = "inclusive to the millisecond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    direct: Direct = Direct.HONEST
    end: End = End.EXCLUSIVE
    sorted_by_ms: bool = False
    loose_start: bool = False


@dataclass(slots=True)
class ModelServer:
    """Lines with the time from which on they are visible; `now_ms` is the server's clock."""

    traits: Traits = field(default_factory=Traits)
    now_ms: int = NOW
    lines: list[tuple[int, Line]] = field(default_factory=list)
    asked: int = 0
    ms_per_page: int = 0

    def write(self, *lines: Line, visible_ms: int | None = None) -> None:
        """Adds lines; without `visible_ms` each is visible from its own stamp on."""
        for line in lines:
            self.lines.append((line.timestamp_ns // NS_PER_MS if visible_ms is None else visible_ms, line))
        self.lines.sort(key=_stamp_of)

    def page(self, request: PageRequest) -> Page:
        self.asked += 1
        self.now_ms += self.ms_per_page
        if request.end_ms - request.start_ms > 7 * DAY:
            raise ValueError("400: the window must not exceed 7 days")
        return Page(lines=tuple(self._pick(request)))

    def _pick(self, request: PageRequest) -> Sequence[Line]:
        ascending = request.direction is Direction.ASC
        match self.traits.direct:
            case Direct.HONEST:
                return self._first(request, ascending=ascending)
            case Direct.ALWAYS_DESC:
                return self._first(request, ascending=False)
            case Direct.ALWAYS_ASC:
                return self._first(request, ascending=True)
            case Direct.NEWEST_SHOWN_ASC:
                return self._first(request, ascending=False)[::-1]
            case Direct.NEWEST_SORTED:
                newest = self._first(request, ascending=False)
                return newest[::-1] if ascending else newest
            case Direct.OLDEST_SORTED:
                oldest = self._first(request, ascending=True)
                return oldest if ascending else oldest[::-1]
            case Direct.SHUFFLED:
                some = sorted(self._visible(request), key=lambda line: crc32(repr(line).encode()))[: request.limit]
                return _in_no_order(sorted(some, key=lambda line: line.timestamp_ns))

    def _first(self, request: PageRequest, *, ascending: bool) -> list[Line]:
        if self.traits.sorted_by_ms:
            lines = sorted(self._visible(request), key=crc_within_ms, reverse=not ascending)
            return lines[: request.limit]
        return list(islice(self._visible(request, ascending=ascending), request.limit))

    def _visible(self, request: PageRequest, *, ascending: bool = True) -> Iterator[Line]:
        first, after = (bisect_left(self.lines, ns, key=_stamp_of) for ns in self._bounds(request))
        for at in range(first, after) if ascending else range(after - 1, first - 1, -1):
            visible, line = self.lines[at]
            if visible <= self.now_ms and (
                request.min_level is None or (line.level is not None and line.level >= request.min_level)
            ):
                yield line

    def _bounds(self, request: PageRequest) -> tuple[int, int]:
        start, end = request.start_ms * NS_PER_MS, request.end_ms * NS_PER_MS
        beyond = {End.EXCLUSIVE: 0, End.INCLUSIVE_NS: 1, End.INCLUSIVE_MS: NS_PER_MS}
        return start - (SECOND * NS_PER_MS if self.traits.loose_start else 0), end + beyond[self.traits.end]


def crc_within_ms(line: Line) -> tuple[int, int]:
    """The order of a server that sorts by millisecond only."""
    return line.timestamp_ns // NS_PER_MS, crc32(repr(line).encode())


def _stamp_of(entry: tuple[int, Line]) -> int:
    return entry[1].timestamp_ns


def _in_no_order(rising: list[Line]) -> list[Line]:
    """A rotation of the lines that neither rises nor falls, where there is one."""
    for lines in (rising[-1:] + rising[:-1], rising[1:] + rising[:1]):
        millis = [line.timestamp_ns // NS_PER_MS for line in lines]
        if millis not in (sorted(millis), sorted(millis, reverse=True)):
            return lines
    return rising


@dataclass(slots=True)
class Tail:
    """A watched log: polls, commits through bytes only, and counts what was told."""

    server: ModelServer
    options: Options
    head: bytes = b""
    chunks: dict[int, bytes] = field(default_factory=dict)
    told: Counter[Line] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)

    @classmethod
    def on(cls, server: ModelServer, *, start_ms: int, options: Options | None = None) -> "Tail":
        tail = cls(server, options or Options())
        tail._commit(Cursor.at(Ms(start_ms), tail.options.level))
        return tail

    @property
    def cursor(self) -> Cursor:
        return Cursor.decode(self.head, self.chunks)

    def begin(self) -> Exchange[Outcome]:
        return Exchange(poll(self.cursor, Ms(self.server.now_ms), self.options))

    def poll(self, *, fail_at: int | None = None, crash: bool = False) -> Outcome:
        """One poll. `fail_at`: the page at which the server fails; `crash`: nothing is committed."""
        outcome = exchange(self.begin(), self.server, fail_at)
        if not crash:
            self.told.update(outcome.lines)
            self.outcomes.append(outcome)
            self._commit(outcome.cursor)
        return outcome

    def catch_up(self, polls: int = 100) -> Outcome:
        for _ in range(polls):
            outcome = self.poll()
            if outcome.caught_up:
                return outcome
        raise AssertionError("never caught up")

    def watch(self, until_ms: int, every_ms: int = 2 * SECOND) -> None:
        """Polls every so often until the server's clock shows `until_ms`."""
        while self.server.now_ms < until_ms:
            self.server.now_ms = min(until_ms, self.server.now_ms + every_ms)
            self.catch_up()

    def _commit(self, cursor: Cursor) -> None:
        encoded = cursor.encode()
        for number, part in encoded.changed_since(self.chunks).items():
            if part is None:
                del self.chunks[number]
            else:
                self.chunks[number] = part
        self.head = encoded.head


def exchange(asking: Exchange[T], server: ModelServer, fail_at: int | None = None) -> T:
    pages = 0
    while (request := asking.request) is not None:
        pages += 1
        if pages == fail_at:
            return asking.stop()
        asking.answer(server.page(request))
    return asking.result


def read(asking: Asking[T], server: ModelServer) -> T:
    return exchange(Exchange(asking), server)


def line(
    ms: int, text: str = "boom", *, ns: int = 0, level: Level | None = Level.ERROR, replica: str | None = "r0"
) -> Line:
    return Line(Ns(ms * NS_PER_MS + ns), text, replica, level)


def burst(start_ms: int, count: int, *, over_ms: int, error_every: int = 10) -> list[Line]:
    """`count` lines evenly over `over_ms`, every tenth an ERROR."""
    return [
        line(
            start_ms,
            f"line {at}",
            ns=at * over_ms * NS_PER_MS // count,
            level=Level.INFO if at % error_every else Level.ERROR,
        )
        for at in range(count)
    ]


def errors(lines: Iterable[Line]) -> Counter[Line]:
    return Counter(line for line in lines if line.level is Level.ERROR)
