"""A log and its API as a model: small, slow, obviously right, with the traits that a server may have."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar
from zlib import crc32

from bot.logs.asking import Asking, Exchange
from bot.logs.cursor import Cursor
from bot.logs.line import Level, Line
from bot.logs.pace import Options
from bot.logs.pages import Direction, Page, PageRequest
from bot.logs.window import Outcome, poll
from bot.times import NS_PER_MS, Ms, Ns

T = TypeVar("T")

NOW = 1_733_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


class Direct(StrEnum):
    """How the server heeds `direction`."""

    HONEST = "as asked"
    ALWAYS_DESC = "always newest first"
    ALWAYS_ASC = "always oldest first"
    NEWEST_SHOWN_ASC = "picks the newest, shows them ascending"
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
            stamp_ms = line.timestamp_ns // NS_PER_MS
            entry = (stamp_ms if visible_ms is None else visible_ms, line)
            insort(self.lines, entry, key=_stamp_of)

    def page(self, request: PageRequest) -> Page:
        self.asked += 1
        self.now_ms += self.ms_per_page
        if request.end_ms - request.start_ms > 7 * DAY:
            raise ValueError("400: the window must not exceed 7 days")
        first, after = (bisect_left(self.lines, ns, key=_stamp_of) for ns in self._bounds(request))
        inside = [line for visible, line in self.lines[first:after] if visible <= self.now_ms]
        if request.min_level is not None:
            inside = [line for line in inside if line.level is not None and line.level >= request.min_level]
        return Page(lines=tuple(self._cut(inside, request)))

    def _bounds(self, request: PageRequest) -> tuple[int, int]:
        start, end = request.start_ms * NS_PER_MS, request.end_ms * NS_PER_MS
        beyond = {End.EXCLUSIVE: 0, End.INCLUSIVE_NS: 1, End.INCLUSIVE_MS: NS_PER_MS}
        return start - (SECOND * NS_PER_MS if self.traits.loose_start else 0), end + beyond[self.traits.end]

    def _cut(self, lines: list[Line], request: PageRequest) -> Sequence[Line]:
        scale = NS_PER_MS if self.traits.sorted_by_ms else 1
        rising = sorted(lines, key=lambda line: line.timestamp_ns // scale)
        falling = sorted(lines, key=lambda line: line.timestamp_ns // scale, reverse=True)
        ascending = request.direction is Direction.ASC
        match self.traits.direct:
            case Direct.HONEST:
                return (rising if ascending else falling)[: request.limit]
            case Direct.ALWAYS_DESC:
                return falling[: request.limit]
            case Direct.ALWAYS_ASC:
                return rising[: request.limit]
            case Direct.NEWEST_SHOWN_ASC:
                return rising[-request.limit :]
            case Direct.SHUFFLED:
                picked = sorted(rising, key=lambda line: crc32(repr(line).encode()))[: request.limit]
                return _in_no_order(sorted(picked, key=lambda line: line.timestamp_ns))


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
        replace(
            line(start_ms, f"line {at}", ns=at * over_ms * NS_PER_MS // count),
            level=Level.INFO if at % error_every else Level.ERROR,
        )
        for at in range(count)
    ]


def errors(lines: Iterable[Line]) -> Counter[Line]:
    return Counter(line for line in lines if line.level is Level.ERROR)
