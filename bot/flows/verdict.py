"""The verdict tick: a job that failed without an error in its log gets a card made of its last lines."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog

from bot.errors import ApiRefused, LeaseLost, TransientError
from bot.flows.leases import Leases
from bot.flows.ports import Database, Lease, Tx
from bot.flows.reader import SKEW_MS
from bot.flows.record import Recorder
from bot.flows.services import Priority, TrainingApi
from bot.incidents.ending import WAIT_MS, ended, explanation
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.logs.line import Line
from bot.logs.pages import Direction, PageRequest
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

LOOK_BACK_MS = ms_from_s(24 * 3600)
"""An end of longer ago is no news any more."""
UNREAD_MS = ms_from_s(300)
"""So long after the end the log is not waited for any more, even if it was not read up to the end."""
LONGEST_WINDOW_MS = ms_from_s(7 * 24 * 3600)
"""The log endpoint takes no longer window."""
PAGE_LINES = 200
JUDGED_AT_ONCE = 32
"""In one tick: when a whole cluster fails the others follow with the next ticks."""
EDIT_INTERVAL_MS = ms_from_s(10)


@dataclass(frozen=True, slots=True)
class Case:
    """A job that failed, the watches that want to hear of it, and whether its log was read up to the end."""

    job: Job
    watches: tuple[Watch, ...]
    read: bool


class Verdict:
    """Judges each failed job of the held accounts once.

    What was judged is remembered by the process alone; stored incidents keep another one from telling it again.
    """

    def __init__(self, *, db: Database, apis: Mapping[str, TrainingApi], leases: Leases, clock: Clock) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock
        self._judged: dict[str, frozenset[str]] = {}

    async def tick(self) -> None:
        """Looks at every job that failed within the last day and was not judged yet."""
        for account, lease in tuple(self._leases.held.items()):
            if account in self._apis:
                await self._account(lease)

    async def _account(self, lease: Lease) -> None:
        now = now_ms(self._clock)
        judged = self._judged.get(lease.account, frozenset())
        failed, cases = await self._db.run(lambda tx: _failed(tx, lease.account, judged, now))
        done = {job_id for job_id in judged if job_id in failed} | (failed - {case.job.id for case in cases})
        ripe = [case for case in cases if now - case.job.updated_ms >= (WAIT_MS if case.read else UNREAD_MS)]
        for case in ripe[:JUDGED_AT_ONCE]:
            try:
                await self._judge(lease, case, now)
                done.add(case.job.id)
            except LeaseLost:
                self._leases.drop(lease.account)
                return
            except TransientError as error:
                log.info("verdict_again", job=case.job.id, reason=str(error))
        self._judged[lease.account] = frozenset(done)

    async def _judge(self, lease: Lease, case: Case, now: Ms) -> None:
        if await self._db.run(lambda tx: _is_explained(tx, case.job)):
            return
        lines = await self._last_lines(case.job)
        opened = await self._db.run(lambda tx: _open(tx, lease, case, lines, now))
        log.info("verdict", job=case.job.id, status=case.job.status.name, opened=opened)

    async def _last_lines(self, job: Job) -> tuple[Line, ...]:
        end = Ms(job.updated_ms + SKEW_MS)
        start = max(Ms(job.created_ms - SKEW_MS), Ms(end - LONGEST_WINDOW_MS))
        request = PageRequest(start_ms=start, end_ms=end, direction=Direction.DESC, limit=PAGE_LINES)
        try:
            return (await self._apis[job.account].log_page(job, request, Priority.POLL)).lines
        except ApiRefused as error:
            log.info("verdict_without_lines", job=job.id, reason=str(error))
            return ()


def _failed(tx: Tx, account: str, judged: Collection[str], now: Ms) -> tuple[set[str], list[Case]]:
    """The ids of all jobs that failed of late, and what is to be judged of them."""
    recent = [
        job
        for job in tx.tails.jobs(account, with_closed=True).values()
        if job.status.has_failed and now - job.updated_ms < LOOK_BACK_MS
    ]
    fresh = [job for job in recent if job.id not in judged]
    watches = tx.watches.active(account) if fresh else ()
    cases = [_case(tx, job, watches) for job in fresh]
    return {job.id for job in recent}, [case for case in cases if case.watches]


def _case(tx: Tx, job: Job, watches: Collection[Watch]) -> Case:
    """A job that had ended before anybody watched it is nobody's news."""
    wanted = tuple(watch for watch in watches if watch.covers(job) and watch.created_ms <= job.updated_ms)
    tail = tx.tails.get(job.account, job.id) if wanted else None
    return Case(job, wanted, read=tail is not None and bool(tail.closed or tail.progress.get("end_told")))


def _is_explained(tx: Tx, job: Job) -> bool:
    return explanation(job, tx.incidents.newest(job.account, job.id).values()) is not None


def _open(tx: Tx, lease: Lease, case: Case, lines: tuple[Line, ...], now: Ms) -> bool:
    tx.accounts.check(lease)
    if _is_explained(tx, case.job):
        return False
    recorder = Recorder(tx=tx, job=case.job, watches=case.watches, now_ms=now, edit_interval_ms=EDIT_INTERVAL_MS)
    recorder.record([ended(case.job, lines)])
    return True
