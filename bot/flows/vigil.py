"""The vigil: a running job that has written nothing for unusually long gets a card, which closes itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import structlog

from bot.errors import ApiRefused, LeaseLost, TransientError
from bot.flows.leases import Leases
from bot.flows.ports import Database, Lease, Tx
from bot.flows.reader import SKEW_MS
from bot.flows.record import Recorder
from bot.flows.rolling import Rolling
from bot.flows.services import Priority, TrainingApi
from bot.incidents import announce
from bot.incidents.incident import Incident, State
from bot.incidents.last_lines import span
from bot.incidents.roll import storm_of
from bot.incidents.silence import KEY, Rhythm, closed, fell_silent
from bot.jobs.job import Job, Metrics
from bot.jobs.watch import Watch
from bot.logs.line import Line
from bot.logs.pages import PAGE_LIMIT, Direction, PageRequest
from bot.times import Clock, Ms, ms_floor, ms_from_s, now_ms, ns_from_ms

log = structlog.get_logger(__name__)

RECENT_MS = ms_from_s(3600)
"""Who wrote until when is told from so much of the log before the last line."""
LOAD_MS = ms_from_s(300)
"""The newest sample of these last minutes says what the GPUs do."""
EDIT_INTERVAL_MS = ms_from_s(10)
TOLD_AT_ONCE = 32
"""In one tick: when a whole cluster falls silent the others follow with the next ticks."""
AGAIN_FACTOR = 2
"""A silence is looked at again when it has lasted this many times as long."""

T = TypeVar("T")


class Listener(Protocol):
    """A job that is being read (`flows/reader`)."""

    @property
    def job(self) -> Job: ...

    @property
    def rhythm(self) -> Rhythm: ...

    def hears_all(self, now: Ms) -> bool:
        """Whether its log is read up to the present moment, all levels of it."""
        ...


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence that is known: its incident, and the watches that were told of it by this process."""

    incident: Incident
    told: frozenset[int] = frozenset()

    def is_worth_a_look(self, rhythm: Rhythm, now_ms: Ms) -> bool:
        """Whether it is another silence than that of `rhythm`, or has lasted much longer since the last look."""
        facts, lasts = self.incident.facts, self.incident.state is not State.RESOLVED
        if facts.first_ns != rhythm.heard_ns:
            return True
        return lasts and ns_from_ms(now_ms) - facts.first_ns >= AGAIN_FACTOR * (facts.last_ns - facts.first_ns)


@dataclass(slots=True)
class Ward:
    """An account as it was taken over with the lease of this epoch: its silences by job id."""

    epoch: int
    quiet: dict[str, Quiet] = field(default_factory=dict)


class Vigil:
    """Watches over the jobs of the held accounts. `listeners` gives those that this process reads now."""

    def __init__(
        self,
        *,
        db: Database,
        apis: Mapping[str, TrainingApi],
        leases: Leases,
        clock: Clock,
        listeners: Callable[[], Iterable[Listener]],
    ) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock
        self._listeners = listeners
        self._wards: dict[str, Ward] = {}

    async def tick(self) -> None:
        """Opens, refreshes and closes incidents of silence."""
        for account, lease in tuple(self._leases.held.items()):
            if account not in self._apis:
                continue
            listeners = {one.job.id: one for one in self._listeners() if one.job.account == account}
            try:
                await self._account(lease, listeners)
            except LeaseLost:
                self._leases.drop(account)

    async def _account(self, lease: Lease, listeners: Mapping[str, Listener]) -> None:
        now = now_ms(self._clock)
        ward = self._wards.get(lease.account)
        if ward is None or ward.epoch != lease.epoch:
            ward = self._wards[lease.account] = await self._db.run(lambda tx: _taken_over(tx, lease))
        watches = await self._db.run(lambda tx: tx.watches.active(lease.account))
        for job_id in tuple(ward.quiet):
            await self._close_if_over(lease, ward, job_id, listeners.get(job_id), now)
        quiet = [(listener, due) for listener in listeners.values() if (due := _due(listener, watches, now))]
        fresh = [(listener, due) for listener, due in quiet if _is_news(listener, due, ward, now)][:TOLD_AT_ONCE]
        telling = (self._tell(lease, ward, listener, due, now) for listener, due in fresh)
        for outcome in await asyncio.gather(*telling, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _close_if_over(
        self, lease: Lease, ward: Ward, job_id: str, listener: Listener | None, now: Ms
    ) -> None:
        incident = ward.quiet[job_id].incident
        job = listener.job if listener else await self._db.run(lambda tx: _job(tx, incident))
        why = _over(incident, job, listener.rhythm if listener else None, now)
        if why is not None:
            await self._db.run(lambda tx: _close(tx, lease, incident, why, now))
            log.info("silence_over", job=job_id, why=why)
            del ward.quiet[job_id]

    async def _tell(self, lease: Lease, ward: Ward, listener: Listener, due: tuple[Watch, ...], now: Ms) -> None:
        job, rhythm, told = listener.job, listener.rhythm, _ids(due)
        known = ward.quiet.get(job.id)
        if known is not None and not known.is_worth_a_look(rhythm, now):
            await self._db.run(lambda tx: _show(tx, lease, known.incident, due, now))
            ward.quiet[job.id] = Quiet(known.incident, told)
            return
        silent = await self._look(job, rhythm, due, now)
        if silent is not None:
            incident = await self._db.run(lambda tx: silent.record(tx, lease))
            log.info("silence", job=job.id, quiet_ms=rhythm.quiet_ms(now), incident=incident.id)
            ward.quiet[job.id] = Quiet(incident, told)

    async def _look(self, job: Job, rhythm: Rhythm, due: tuple[Watch, ...], now: Ms) -> "Silent | None":
        """The last lines and the newest load. None where it has written after all, or the log cannot be read."""
        api, heard_ns = self._apis[job.account], rhythm.heard_ns or ns_from_ms(now)
        request = PageRequest(
            start_ms=Ms(ms_floor(heard_ns) - RECENT_MS),
            end_ms=Ms(now + SKEW_MS),
            direction=Direction.DESC,
            limit=PAGE_LIMIT,
        )
        page, metrics = await asyncio.gather(
            _or_none(api.log_page(job, request, Priority.POLL)),
            _or_none(api.metrics(job, Ms(now - LOAD_MS), now, Priority.POLL)),
        )
        if page is None or any(line.timestamp_ns > heard_ns for line in page.lines):
            return None
        return Silent(job=job, rhythm=rhythm, lines=page.lines, metrics=metrics or (), due=due, now_ms=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """All that is known of a silence at the moment when it is told or refreshed."""

    job: Job
    rhythm: Rhythm
    lines: Sequence[Line]
    metrics: Sequence[Metrics]
    due: tuple[Watch, ...]
    now_ms: Ms

    def record(self, tx: Tx, lease: Lease) -> Incident:
        """Opens the incident, or brings it up to date; one that a person has resolved stays as it is."""
        tx.accounts.check(lease)
        before = tx.incidents.newest(self.job.account, self.job.id).get(KEY)
        if before and before.facts.first_ns == self.rhythm.heard_ns and before.state is State.RESOLVED:
            return before
        facts = fell_silent(
            self.job, self.rhythm, self.now_ms, self.lines, self.metrics, before.facts if before else None
        )
        recorder = Recorder(
            tx=tx, job=self.job, watches=self.due, now_ms=self.now_ms, edit_interval_ms=EDIT_INTERVAL_MS
        )
        [incident] = recorder.record([facts])
        if before and before.id == incident.id:
            _show(tx, lease, incident, self.due, self.now_ms)
        return incident


def _due(listener: Listener, watches: Sequence[Watch], now: Ms) -> tuple[Watch, ...]:
    """The watches for which the job has been quiet for too long; none unless its silence is certain."""
    job, rhythm = listener.job, listener.rhythm
    if job.status.name != "RUNNING" or rhythm.heard_ns is None or not listener.hears_all(now):
        return ()
    quiet_ms = rhythm.quiet_ms(now)
    return tuple(
        # A pattern chooses among errors; who asks for silences by name gets them.
        watch if watch.silence_s is None else replace(watch, pattern=None)
        for watch in watches
        if watch.covers(job) and quiet_ms >= rhythm.limit_ms(watch.silence_s)
    )


def _is_news(listener: Listener, due: tuple[Watch, ...], ward: Ward, now: Ms) -> bool:
    known = ward.quiet.get(listener.job.id)
    return known is None or known.is_worth_a_look(listener.rhythm, now) or bool(_ids(due) - known.told)


def _ids(watches: Iterable[Watch]) -> frozenset[int]:
    return frozenset(watch.id for watch in watches)


def _over(incident: Incident, job: Job | None, rhythm: Rhythm | None, now: Ms) -> str | None:
    """Why the silence is over, as a sentence; None while it lasts."""
    since = incident.facts.first_ns
    if job is None or job.status.has_ended:
        return f"The job has ended: {job.status.label}." if job else "The job is not watched any more."
    if job.status.name != "RUNNING":
        return f"The job is {job.status.label}."
    if rhythm is not None and rhythm.heard_ns is not None and rhythm.heard_ns > since:
        return f"It writes again, after {span(ns_from_ms(now) - since)}."
    return None


def _taken_over(tx: Tx, lease: Lease) -> Ward:
    open_ones = (one for one in tx.incidents.unresolved() if one.account == lease.account and one.facts.key == KEY)
    return Ward(lease.epoch, {incident.job_id: Quiet(incident) for incident in open_ones})


def _job(tx: Tx, incident: Incident) -> Job | None:
    tail = tx.tails.get(incident.account, incident.job_id)
    return tail.job if tail else None


def _close(tx: Tx, lease: Lease, incident: Incident, why: str, now: Ms) -> None:
    tx.accounts.check(lease)
    stored = tx.incidents.get(incident.id)
    done = closed(stored, now, why) if stored else None
    if done is not None:
        tx.incidents.put(done.incident)
        tx.incidents.note(done.entry)
        tx.outbox.add(announce.acted(done.incident, done.entry, tx.cards.channels(done.incident.id), now))


def _show(tx: Tx, lease: Lease, incident: Incident, due: Sequence[Watch], now: Ms) -> None:
    """A card in each channel that shows it nowhere yet: each watch has its own patience."""
    tx.accounts.check(lease)
    missing = [
        channel
        for channel in announce.channels(incident, due)
        if tx.cards.get(incident.id, channel) is None and not _is_listed(tx, incident, channel)
    ]
    if incident.state is not State.RESOLVED:
        Rolling(tx=tx, now_ms=now, edit_interval_ms=EDIT_INTERVAL_MS).show(incident, missing)


def _is_listed(tx: Tx, incident: Incident, channel: str) -> bool:
    storm = tx.rolls.get(storm_of(channel).name)
    return storm is not None and incident.id in storm.listed


async def _or_none(call: Awaitable[T]) -> T | None:
    try:
        return await call
    except (ApiRefused, TransientError) as error:
        log.info("silence_without_a_figure", reason=str(error))
        return None
