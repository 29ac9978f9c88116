"""The lines around one line of a job's log, over all replicas or some of them, in order."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.errors import ApiRefused, TransientError
from bot.flows.catalog import trouble
from bot.flows.contents import AroundContent
from bot.flows.services import Priority, TrainingApi
from bot.incidents.incident import Incident
from bot.jobs.job import Job
from bot.logs.asking import Asking, Exchange
from bot.logs.crowd import Gap
from bot.logs.line import Line
from bot.logs.order import Api
from bot.logs.pages import PAGE_LIMIT
from bot.logs.question import Position
from bot.logs.reading import WindowRead, read_newest, read_window
from bot.logs.terms import replica_matches
from bot.times import Ms, Ns, ms_floor, ms_from_s

BEFORE = 12
AFTER = 12
MOST_LINES = 500
"""Most lines on either side."""
FIRST_REACH_MS = ms_from_s(60)
"""How far from an incident's line it is looked when nobody has asked."""
REACH_MS = ms_from_s(3600)
"""The same for a person: what stands further away is not around it."""
PAGES = 6
"""Requests for either side; behind them it is said that more may be missing."""
DEADLINE_S = 20.0

_TOO_LONG = "The time for one answer was used up before all of it was read."
_TOO_MUCH = "There are so many other lines between these that not all of them were searched."


@dataclass(frozen=True, slots=True)
class Spot:
    """A line: its stamp, and its replica (None is the platform)."""

    at_ns: Ns
    replica: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How much is wanted: lines `before` and `after`, at most so far away.

    `replica` is as in a query (`r3`, `g02*`), None for all of them; the line itself is there in any case.
    """

    before: int = BEFORE
    after: int = AFTER
    replica: str | None = None
    far_ms: int = REACH_MS


USUAL = Reach()


@dataclass(frozen=True, slots=True)
class Around:
    """Reads through the API of the job's own account."""

    apis: Mapping[str, TrainingApi]

    async def first_line(self, incident: Incident, job: Job) -> AroundContent:
        """What a card's thread shows unasked: whole or not at all. Raises as `lines` does."""
        reach = Reach(far_ms=FIRST_REACH_MS)
        return await self._read(job, _spot(incident), reach, incident, takes_a_part=False)

    async def lines(self, incident: Incident, job: Job, reach: Reach = USUAL) -> AroundContent:
        """The lines around the first line of `incident`; of one that returned, around its newest.

        Raises:
            ApiRefused, TransientError: as the API does; also when no key of the account is at hand.
        """
        return await self._read(job, _spot(incident), reach, incident)

    async def at(self, job: Job, spot: Spot, reach: Reach = USUAL) -> AroundContent:
        """The lines around any line of a job; raises as `lines` does."""
        return await self._read(job, spot, reach, None)

    async def _read(
        self, job: Job, spot: Spot, reach: Reach, incident: Incident | None, *, takes_a_part: bool = True
    ) -> AroundContent:
        api = self.apis.get(job.account)
        if api is None:
            raise ApiRefused(f"There is no key for the account {job.account}.", status=401)
        reading = _Reading(api, job, spot, reach, takes_a_part, known=Api(limit=_page_lines(reach)))
        try:
            async with asyncio.timeout(DEADLINE_S):
                await reading.run()
        except TimeoutError:
            if not reading.lines or not takes_a_part:
                raise TransientError(_TOO_LONG) from None
            reading.why_not = _TOO_LONG
        return reading.content(incident)


@dataclass(slots=True)
class _Reading:
    """First downwards, to learn where to begin; then upwards, so that lines of one stamp are in their order."""

    api: TrainingApi
    job: Job
    spot: Spot
    reach: Reach
    takes_a_part: bool
    lines: list[Line] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    known: Api = field(default_factory=Api)
    why_not: str | None = None

    async def run(self) -> None:
        at_ms = ms_floor(self.spot.at_ns)
        start_ms = await self._start(at_ms)
        end_ms = at_ms + 1 + self.reach.far_ms
        for _ in range(2 * PAGES):
            read = await self._ask(read_window(start_ms, end_ms, pages=1, api=self.known))
            self.lines += filter(self._is_wanted, read.lines)
            self.gaps += read.gaps
            start_ms = read.to_ms
            if start_ms >= end_ms or read.stopped or self._has_enough():
                return
        self.why_not = self.why_not or _TOO_MUCH

    async def _start(self, at_ms: Ms) -> Ms:
        """Where the wanted number of lines before the line begins."""
        if self.reach.before == 0:
            return at_ms
        reading = read_newest(
            at_ms - self.reach.far_ms,
            at_ms,
            count=self.reach.before,
            matches=self._is_wanted,
            pages=PAGES,
            api=self.known,
        )
        read = await self._ask(reading)
        if len(read.lines) >= self.reach.before:
            return ms_floor(read.lines[-self.reach.before].timestamp_ns)
        if not read.reached:
            self.why_not = self.why_not or _TOO_MUCH
        return read.from_ms

    async def _ask(self, asking: Asking[WindowRead]) -> WindowRead:
        """What could be read; a failure is told beside what there is, or raised."""
        exchange = Exchange(asking)
        while (request := exchange.request) is not None:
            try:
                exchange.answer(await self.api.log_page(self.job, request, Priority.COMMAND))
            except (ApiRefused, TransientError) as problem:
                read = exchange.stop()
                if not self.takes_a_part or not (self.lines or read.lines):
                    raise
                self.why_not = trouble(problem)
        read = exchange.result
        self.known = replace(self.known, proven=read.proven)
        return read

    def _is_wanted(self, line: Line) -> bool:
        return self._is_asked_for(line) or self._is_it(line)

    def _is_asked_for(self, line: Line) -> bool:
        return self.reach.replica is None or replica_matches(self.reach.replica, line.replica)

    def _is_it(self, line: Line) -> bool:
        return line.timestamp_ns == self.spot.at_ns and line.replica == self.spot.replica

    def _has_enough(self) -> bool:
        return len(self.lines) - self._middle() > self.reach.after

    def _middle(self) -> int:
        """The index of the line itself, or of what stands in its place when the log did not return it."""
        marked = _first(i for i, line in enumerate(self.lines) if self._is_it(line))
        later = _first(i for i, line in enumerate(self.lines) if line.timestamp_ns >= self.spot.at_ns)
        return next((at for at in (marked, later) if at is not None), len(self.lines))

    def _index(self, at: int) -> int:
        """How many lines of the same stamp that were asked for stand before line `at`."""
        stamp = self.lines[at].timestamp_ns
        return sum(line.timestamp_ns == stamp and self._is_asked_for(line) for line in self.lines[:at])

    def _before(self, at: int) -> Position:
        return Position(self.lines[at].timestamp_ns, self._index(at) - 1)

    def _behind(self, at: int) -> Position:
        return Position(self.lines[at].timestamp_ns, self._index(at) + self._is_asked_for(self.lines[at]))

    def content(self, incident: Incident | None) -> AroundContent:
        middle = self._middle()
        first = max(0, middle - self.reach.before)
        shown = tuple(self.lines[first : middle + 1 + self.reach.after])
        return AroundContent(
            job=self.job,
            incident=incident,
            newer_than=self._before(first) if shown else None,
            older_than=self._behind(first + len(shown) - 1) if shown else None,
            lines=shown,
            marked=_first(i for i, line in enumerate(shown) if self._is_it(line)),
            replica=self.reach.replica,
            far_ms=self.reach.far_ms,
            short_before=middle < self.reach.before,
            short_after=len(self.lines) - middle - 1 < self.reach.after,
            gaps=_inside(self.gaps, shown),
            why_not=self.why_not,
        )


def _page_lines(reach: Reach) -> int:
    """Lines of one request: some more than are wanted, unless most of what comes is of other replicas."""
    return PAGE_LIMIT if reach.replica else min(max(2 * reach.before, 2 * reach.after, 100), PAGE_LIMIT)


def _spot(incident: Incident) -> Spot:
    facts = incident.facts
    if incident.generation == 1:
        return Spot(facts.first_ns, facts.first_replica)
    newest = (seen.replica for seen in facts.sightings if seen.last_ns == facts.last_ns)
    return Spot(facts.last_ns, next(newest, None))


def _first(places: Iterable[int]) -> int | None:
    return next(iter(places), None)


def _inside(gaps: Sequence[Gap], lines: Sequence[Line]) -> tuple[Gap, ...]:
    """Those between the first and the last of `lines`."""
    if not lines:
        return tuple(gaps)
    first, last = ms_floor(lines[0].timestamp_ns), ms_floor(lines[-1].timestamp_ns)
    return tuple(gap for gap in gaps if gap.start_ms <= last and gap.end_ms > first)
