"""The status tick: new jobs of watched projects, statuses that changed, jobs that ended."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.errors import ApiRefused
from bot.flows.leases import Leases
from bot.flows.ports import Database, Priority, TrainingApi, Tx
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)


class Lifecycle:
    """One search call per held account serves the statuses of all its jobs."""

    def __init__(self, *, db: Database, apis: Mapping[str, TrainingApi], leases: Leases, clock: Clock) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock
        self.last_seen_ms: dict[str, Ms] = {}

    async def tick(self) -> None:
        """Asks for the statuses of every held account."""
        accounts = [account for account in self._leases.held if account in self._apis]
        results = await asyncio.gather(*(self._account(account) for account in accounts), return_exceptions=True)
        for account, result in zip(accounts, results, strict=True):
            if isinstance(result, ApiRefused):
                log.warning("statuses_refused", account=account, reason=str(result))
            elif isinstance(result, Exception):
                log.info("statuses_again", account=account, reason=str(result))

    async def _account(self, account: str) -> None:
        watches = await self._db.run(lambda tx: tx.watches.active(account))
        if not watches:
            return
        jobs = await self._apis[account].search_jobs(priority=Priority.POLL)
        now = now_ms(self._clock)
        self.last_seen_ms[account] = now
        await self._db.run(lambda tx: _follow(tx, account, jobs, watches))


def _follow(tx: Tx, account: str, jobs: Sequence[Job], watches: Sequence[Watch]) -> None:
    """Refreshes the jobs that are followed, and begins to follow those that a watch newly covers."""
    followed = tx.tails.jobs(account, with_closed=True)
    for job in jobs:
        known = followed.get(job.id)
        if known is None and any(_takes(watch, job) for watch in watches):
            tx.tails.track(job)
            log.info("job_followed", job=job.id, status=job.status.name)
        elif known is not None and known != job:
            tx.tails.track(job)


def _takes(watch: Watch, job: Job) -> bool:
    """A watch on a job takes it as it is; one on a project takes what lives and what is newer than the watch."""
    if not watch.covers(job):
        return False
    return watch.job_id is not None or not job.status.has_ended or job.created_ms >= watch.created_ms
