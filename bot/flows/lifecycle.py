"""The status tick: new jobs of watched projects, statuses that changed, jobs that ended."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from bot.errors import ApiRefused, LeaseLost, TransientError
from bot.flows.leases import Leases
from bot.flows.ports import Database, Lease, Tx
from bot.flows.services import Priority, TrainingApi
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Clock, ms_from_s

log = structlog.get_logger(__name__)

JUST_ENDED_MS = ms_from_s(60)
"""Jobs that ended so long before their project was watched are of interest, too; covers clocks that differ."""


class Lifecycle:
    """One search call per held account serves the statuses of all its jobs."""

    def __init__(self, *, db: Database, apis: Mapping[str, TrainingApi], leases: Leases, clock: Clock) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock

    async def tick(self) -> None:
        """Asks for the statuses of every held account; trouble with one is no trouble for the others.

        Raises:
            ExceptionGroup: what should not happen, of all accounts.
        """
        leases = [lease for lease in self._leases.held.values() if lease.account in self._apis]
        results = await asyncio.gather(*(self._account(lease) for lease in leases), return_exceptions=True)
        bugs = [result for result in results if isinstance(result, Exception)]
        if bugs:
            raise ExceptionGroup("statuses could not be followed", bugs)

    async def _account(self, lease: Lease) -> None:
        try:
            await self._follow(lease)
        except LeaseLost:
            self._leases.drop(lease.account)
        except ApiRefused as error:
            log.warning("statuses_refused", account=lease.account, reason=str(error))
        except TransientError as error:
            log.info("statuses_again", account=lease.account, reason=str(error))

    async def _follow(self, lease: Lease) -> None:
        account = lease.account
        watches = await self._db.run(lambda tx: tx.watches.active(account))
        if not watches:
            return
        jobs = await self._apis[account].search_jobs(priority=Priority.POLL)
        await self._db.run(lambda tx: _follow(tx, lease, jobs, watches))


def _follow(tx: Tx, lease: Lease, jobs: Sequence[Job], watches: Sequence[Watch]) -> None:
    """Refreshes the jobs that are followed, and begins to follow those that a watch newly covers."""
    tx.accounts.check(lease)
    followed = tx.tails.jobs(lease.account, with_closed=True)
    forgotten = tx.retention.forgotten(lease.account)
    for job in jobs:
        if job.id in forgotten and job.id not in followed:
            continue
        known = followed.get(job.id)
        if known is None and any(_takes(watch, job) for watch in watches):
            tx.tails.track(job)
            log.info("job_followed", job=job.id, status=job.status.name)
        elif known is not None and known != job:
            tx.tails.track(job)
            if known.status.has_ended and not job.status.has_ended:
                _reopen(tx, job)


def _reopen(tx: Tx, job: Job) -> None:
    """A job that was preempted may go on under its id: its log is read on from where it was final."""
    tail = tx.tails.get(job.account, job.id)
    if tail is not None and tail.closed:
        tx.tails.save(replace(tail, closed=False), {})
        log.info("job_went_on", job=job.id, status=job.status.name)


def _takes(watch: Watch, job: Job) -> bool:
    """A watch on a job takes it as it is; one on a project takes what lives, and what ended since it was made."""
    if not watch.covers(job):
        return False
    return (
        watch.job_id is not None or not job.status.has_ended or job.updated_ms >= watch.created_ms - JUST_ENDED_MS
    )
