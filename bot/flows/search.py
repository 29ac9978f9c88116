"""Walking a job's log for what a query wants, forwards or backwards, page by page and until a deadline."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from bot.errors import ApiNotFound, ApiRefused, TransientError
from bot.flows.catalog import trouble
from bot.flows.services import Priority, TrainingApi
from bot.jobs.job import Job, Phase
from bot.logs.asking import Asking, Exchange
from bot.logs.crowd import Gap
from bot.logs.line import Line
from bot.logs.order import Api
from bot.logs.pages import PAGE_LIMIT, Direction
from bot.logs.question import LogQuery, Position
from bot.logs.reading import WindowRead, read_newest, read_window
from bot.times import MS_PER_S, Clock, Ms, ms_floor, now_ms, ns_from_ms

SKEW_MS = 5 * 60 * MS_PER_S
"""So far a machine's clock may be off: its lines may seem older than the job, or younger than now."""
AFTERMATH_MS = 24 * 3600 * MS_PER_S
"""So long after a job's last change lines may still be dated: later, nothing is looked for."""
BREATH_LINES = 64
"""Lines that are matched between two looks at the clock."""

_TOO_LONG = "The time for one answer was used up before the whole window was searched."


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A window ``[start_ms, end_ms)``; outside of ``[first_ms, last_ms)`` the job can have no lines."""

    start_ms: Ms
    end_ms: Ms
    first_ms: Ms
    last_ms: Ms


@dataclass(frozen=True, slots=True)
class Placed:
    """A wanted line and its place among the wanted lines of its nanosecond."""

    line: Line
    index: int

    @property
    def position(self) -> Position:
        return Position(self.line.timestamp_ns, self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part ``[start_ms, end_ms)`` of the log that was searched wholly; `wanted` is oldest first.

    `failure` is a sentence when the search cannot go on behind it; `proven` is what the server has shown of
    itself on the way (`bot.logs.order`).
    """

    start_ms: Ms
    end_ms: Ms
    wanted: tuple[Placed, ...]
    examined: int
    undecoded: int = 0
    gaps: tuple[Gap, ...] = ()
    failure: str | None = None
    proven: frozenset[Direction] = frozenset()


def span_of(job: Job, query: LogQuery, clock: Clock) -> Span:
    """The window to be searched for `query`, bounded by the job's life."""
    now = now_ms(clock)
    first = Ms(job.created_ms - SKEW_MS)
    last = Ms(min(now + SKEW_MS, job.updated_ms + AFTERMATH_MS) if job.status.has_ended else now + SKEW_MS)
    start = max(first, query.earliest_ms) if query.earliest_ms is not None else first
    end = min(last, query.latest_ms) if query.latest_ms is not None else last
    return Span(start_ms=start, end_ms=max(start, end), first_ms=first, last_ms=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One walk.

    Attributes:
        ends_at_s: on the clock's monotonic scale; None for a walk without a deadline.
        known: what earlier walks have learned of the server, and how many lines to ask it for at once.
    """

    api: TrainingApi
    job: Job
    query: LogQuery
    clock: Clock
    ends_at_s: float | None = None
    known: Api = field(default_factory=Api)

    async def backwards(self, span: Span) -> AsyncGenerator[Stretch, None]:
        """Stretches of `span`, the newest first, each directly before the other."""
        end, api = span.end_ms, self.known
        while end > span.start_ms:
            level = self.query.min_level
            reading = read_newest(span.start_ms, end, count=1, pages=1, min_level=level, api=api)
            stretch = await self._stretch(reading, backwards=True)
            yield stretch
            if stretch.failure:
                return
            end, api = stretch.start_ms, replace(api, proven=stretch.proven)

    async def forwards(self, span: Span) -> AsyncGenerator[Stretch, None]:
        """Stretches of `span`, the oldest first, each directly behind the other."""
        start, api = span.start_ms, self.known
        while start < span.end_ms:
            reading = read_window(start, span.end_ms, pages=1, min_level=self.query.min_level, api=api)
            stretch = await self._stretch(reading, backwards=False)
            yield stretch
            if stretch.failure:
                return
            start, api = stretch.end_ms, replace(api, proven=stretch.proven)

    async def _stretch(self, asking: Asking[WindowRead], *, backwards: bool) -> Stretch:
        read, failure = await self._read(asking)
        lines = read.lines[::-1] if backwards else read.lines
        found, stopped_at = await self._wanted(lines)
        start, end = read.from_ms, read.to_ms
        if stopped_at is not None:
            failure = failure or _TOO_LONG
            start, end = (Ms(stopped_at + 1), end) if backwards else (start, stopped_at)
        inside = [line for line in found if ns_from_ms(start) <= line.timestamp_ns < ns_from_ms(end)]
        if backwards:
            inside = await self._as_ascending(inside[::-1], read.proven)
        return Stretch(
            start_ms=start,
            end_ms=end,
            wanted=self._between_positions(inside),
            examined=len(lines),
            undecoded=read.skipped,
            gaps=read.gaps,
            failure=failure,
            proven=read.proven,
        )

    async def _read(self, asking: Asking[WindowRead]) -> tuple[WindowRead, str | None]:
        """What could be read, and why that is not all that was wanted."""
        exchange = Exchange(asking)
        while (request := exchange.request) is not None:
            try:
                async with asyncio.timeout(self._left_s()):
                    page = await self.api.log_page(self.job, request, Priority.COMMAND)
            except TimeoutError:
                return exchange.stop(), _TOO_LONG
            except (ApiRefused, TransientError) as problem:
                return exchange.stop(), self._trouble(problem)
            exchange.answer(page)
        return exchange.result, None

    async def _wanted(self, lines: Sequence[Line]) -> tuple[list[Line], Ms | None]:
        """The wanted ones among `lines`; and the millisecond that was not finished when the time was up."""
        found: list[Line] = []
        for at, line in enumerate(lines, 1):
            if self.query.matches(line):
                found.append(line)
            if at % BREATH_LINES == 0:
                await asyncio.sleep(0)
                if self._is_over() and at < len(lines):
                    return found, ms_floor(line.timestamp_ns)
        return found, None

    async def _as_ascending(self, lines: list[Line], proven: frozenset[Direction]) -> list[Line]:
        """`lines`, those of one nanosecond in the order in which the server answers ascending.

        A descending answer may or may not turn them round: then a traceback would stand upside down, and a
        position would mean another line on the way back. So they are read once more, if there are any.
        """
        shared = [line.timestamp_ns for line, other in pairwise(lines) if line.timestamp_ns == other.timestamp_ns]
        if not shared:
            return lines
        api = replace(self.known, limit=PAGE_LIMIT, proven=proven)
        level = self.query.min_level
        reading = read_window(ms_floor(shared[0]), ms_floor(shared[-1]) + 1, min_level=level, api=api)
        read, _ = await self._read(reading)
        return _in_order_of(lines, read.lines)

    def _between_positions(self, lines: list[Line]) -> tuple[Placed, ...]:
        placed = (
            Placed(line, index)
            for _, group in groupby(lines, key=lambda line: line.timestamp_ns)
            for index, line in enumerate(group)
        )
        older, newer = self.query.older_than, self.query.newer_than
        return tuple(
            one
            for one in placed
            if (older is None or one.position < older) and (newer is None or one.position > newer)
        )

    def _left_s(self) -> float | None:
        return None if self.ends_at_s is None else max(self.ends_at_s - self.clock.monotonic_s(), 0.0)

    def _is_over(self) -> bool:
        return self.ends_at_s is not None and self.clock.monotonic_s() >= self.ends_at_s

    def _trouble(self, problem: ApiRefused | TransientError) -> str:
        if not isinstance(problem, ApiNotFound):
            return trouble(problem)
        if self.job.status.phase in (Phase.WAITING, Phase.RUNNING):
            return f"Baseten has no log of {self.job.title} yet: it is {self.job.status.label}."
        return f"Baseten has no log of {self.job.title} any more."


def _in_order_of(lines: list[Line], example: Sequence[Line]) -> list[Line]:
    """`lines`, those of one stamp in the order of `example`."""
    left = Counter(lines)
    ordered: list[Line] = []
    for line in example:
        if left[line] > 0:
            left[line] -= 1
            ordered.append(line)
    return sorted([*ordered, *left.elements()], key=lambda line: line.timestamp_ns)
