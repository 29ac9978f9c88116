"""The tail of every watched job: which jobs are due, and what of them is remembered between polls.

Each job has a `Reader`. It is loaded from what was committed, polls as a task of its own (`flows/poll`), so that a
slow answer for one job delays no other, and is thrown away and loaded again when a commit fails or the account's
lease has changed hands: nothing that was not committed is ever relied on. What cannot be read is told for all jobs
of an account together (`flows/troubles`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.errors import LeaseLost, TransientError
from bot.flows.commit import Commit
from bot.flows.leases import Leases
from bot.flows.poll import Poll, Span
from bot.flows.ports import Database, Lease, Tail
from bot.flows.reader import SKEW_MS, Reader, Trouble
from bot.flows.services import Meter, TrainingApi
from bot.flows.troubles import RETRY_MS, news_of
from bot.jobs.job import Job
from bot.jobs.watch import Watch as Wish
from bot.logs.line import Level
from bot.times import MS_PER_S, Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

POLLS_AT_ONCE = 64
"""Of one account: its trouble holds up no other."""
REFRESH_MS = ms_from_s(2)
"""How often watches and snapshots of jobs are read again."""
QUIET_POLLS_PER_S = 40
"""As long as all jobs can be read so often, a quiet one need not wait for its slowest pace."""
QUIET_MS = ms_from_s(5)
HALF_TICK_MS = ms_from_s(0.5)
"""What falls due before the middle of the way to the next tick is polled now, or every pace is a tick longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """`look_back_ms` bounds the history of a job that is watched for the first time."""

    lag_ms: int = ms_from_s(600)
    look_back_ms: int = ms_from_s(24 * 3600)
    edit_interval_ms: int = ms_from_s(10)


class Watch:
    """Reads the jobs of the accounts that this process holds."""

    def __init__(
        self,
        *,
        db: Database,
        apis: Mapping[str, TrainingApi],
        leases: Leases,
        clock: Clock,
        options: WatchOptions,
        meter: Meter,
    ) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock
        self._options = options
        self._meter = meter
        self._readers: defaultdict[str, dict[str, Reader]] = defaultdict(dict)
        self._failed: dict[tuple[str, str], Reader] = {}
        self._wishes: dict[str, tuple[Wish, ...]] = {}
        self._refreshed: dict[str, Ms] = {}
        self._spans: defaultdict[str, Span] = defaultdict(Span)
        self._polls: set[asyncio.Task[None]] = set()
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(POLLS_AT_ONCE))

    async def tick(self) -> int:
        """Starts a poll of every job that is due; how many those are.

        Raises:
            StoreUnavailable: the database is away.
        """
        now = now_ms(self._clock)
        for lease in tuple(self._leases.held.values()):
            await self._refresh(lease, now)
            await self._tell(lease, now)
        self._let_go()
        due = [reader for reader in self.readers if self._is_due(reader, now)]
        for reader in sorted(due, key=lambda reader: reader.due_ms):
            reader.busy = True
            task = asyncio.create_task(self._poll(reader), name=f"poll {reader.job.id}")
            self._polls.add(task)
            task.add_done_callback(self._polls.discard)
        return len(due)

    async def settle(self) -> None:
        """Waits for the polls that have begun."""
        while self._polls:
            await asyncio.gather(*self._polls, return_exceptions=True)

    @property
    def polling(self) -> int:
        """How many polls are under way."""
        return len(self._polls)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Of the jobs that this process reads now."""
        return tuple(reader for of_account in self._readers.values() for reader in of_account.values())

    def _is_due(self, reader: Reader, now: Ms) -> bool:
        idle = not reader.busy and not reader.tail.closed
        return idle and reader.due_ms <= now + HALF_TICK_MS and bool(self._covering(reader.job))

    def _covering(self, job: Job) -> tuple[Wish, ...]:
        return tuple(wish for wish in self._wishes.get(job.account, ()) if wish.covers(job))

    # --- what is read at all

    async def _refresh(self, lease: Lease, now: Ms) -> None:
        """Takes on jobs that are new, and the newest snapshots of the others."""
        account, readers = lease.account, self._readers[lease.account]
        if any(reader.epoch != lease.epoch for reader in readers.values()):
            self._drop(account)
        if now - self._refreshed.get(account, 0) < REFRESH_MS:
            return
        known = frozenset(readers)
        self._wishes[account], jobs, fresh = await self._db.run(
            lambda tx: (
                tx.watches.active(account),
                tx.tails.jobs(account),
                tx.tails.open(account, except_for=known),
            )
        )
        self._refreshed[account] = now
        for job_id, reader in tuple(readers.items()):
            if job_id in jobs:
                reader.saw(jobs[job_id], now)
            else:
                del readers[job_id]
        for tail in fresh:
            self._load(tail, lease, now)

    def _load(self, tail: Tail, lease: Lease, now: Ms) -> None:
        wishes = self._covering(tail.job)
        reader = Reader.load(
            tail,
            epoch=lease.epoch,
            start_ms=Ms(max(tail.job.created_ms - SKEW_MS, now - self._options.look_back_ms)),
            now=now,
            level=min((wish.min_level for wish in wishes), default=Level.ERROR),
        )
        if before := self._failed.pop((reader.job.account, reader.job.id), None):
            reader.succeeds(before)
        self._readers[reader.job.account][reader.job.id] = reader

    def _let_go(self) -> None:
        """What another worker reads by now must not be remembered for when the account comes back."""
        for account in self._readers.keys() - self._leases.held.keys():
            self._drop(account)

    def _drop(self, account: str) -> None:
        self._readers[account].clear()
        self._refreshed.pop(account, None)

    # --- polls

    async def _poll(self, reader: Reader) -> None:
        """A poll's door: whatever goes wrong is logged, and the job is read again from what was committed."""
        try:
            async with self._places[reader.job.account]:
                lease = self._leases.held.get(reader.job.account)
                if lease is None or lease.epoch != reader.epoch:
                    self._forget(reader)
                else:
                    await self._poll_of(reader, lease).run(reader)
                    self._wake(reader)
        except LeaseLost:
            self._lost(reader.job.account, reader.epoch)
        except TransientError as error:
            log.warning("poll_not_committed", job=reader.job.id, reason=str(error))
            self._fail(reader, str(error))
        except Exception:
            log.exception("poll_failed", job=reader.job.id)
            self._fail(reader, "joblogs itself fails at it; its own log says why")
        finally:
            reader.busy = False

    def _poll_of(self, reader: Reader, lease: Lease) -> Poll:
        return Poll(
            db=self._db,
            api=self._apis[reader.job.account],
            commit=self._commit(lease),
            watches=self._covering(reader.job),
            lag_ms=self._options.lag_ms,
            span=self._spans[lease.account],
            meter=self._meter,
            slowest_ms=max(QUIET_MS, MS_PER_S * len(self._readers[lease.account]) // QUIET_POLLS_PER_S),
        )

    def _wake(self, reader: Reader) -> None:
        """Where one of the paused logs can be read again, so perhaps can the others."""
        if reader.tail.paused is None or reader.trouble is not None:
            return
        now = now_ms(self._clock)
        for other in self._readers[reader.job.account].values():
            if other.tail.paused is not None and other.trouble is not None:
                other.due_ms = min(other.due_ms, now)

    def _commit(self, lease: Lease) -> Commit:
        return Commit(lease=lease, now_ms=now_ms(self._clock), edit_interval_ms=self._options.edit_interval_ms)

    def _lost(self, account: str, epoch: int) -> None:
        """A poll that began under an older lease than the one that is held by now says nothing about that."""
        held = self._leases.held.get(account)
        if held is None or held.epoch == epoch:
            self._leases.drop(account)
            self._drop(account)

    def _fail(self, reader: Reader, reason: str) -> None:
        """Not at once again: what made it fail may still be there, and others have to be read."""
        now = now_ms(self._clock)
        self._meter.polled(reader.job.account, outcome="failed")
        reader.due_ms = Ms(now + RETRY_MS)
        reader.late_since_ms = reader.late_since_ms or now
        reader.trouble = Trouble(since_ms=reader.late_since_ms, reason=reason, refused=False)
        self._forget(reader)
        self._failed[reader.job.account, reader.job.id] = reader

    def _forget(self, reader: Reader) -> None:
        """The next tick loads it anew, from what was committed."""
        readers = self._readers[reader.job.account]
        if readers.get(reader.job.id) is reader:
            del readers[reader.job.id]
        self._refreshed.pop(reader.job.account, None)

    # --- trouble

    async def _tell(self, lease: Lease, now: Ms) -> None:
        """Says of the account's jobs together what cannot be read."""
        watches = self._wishes.get(lease.account, ())
        covered = [reader for reader in self._readers[lease.account].values() if self._covering(reader.job)]
        news = news_of(lease.account, covered, watches, now)
        if not news:
            return
        commit = self._commit(lease)
        for reader in news.tails:
            reader.busy = True
        try:
            await self._db.run(lambda tx: commit.tell(tx, news))
        except LeaseLost:
            self._lost(lease.account, lease.epoch)
        else:
            for reader, tail in news.tails.items():
                reader.tail = tail
        finally:
            for reader in news.tails:
                reader.busy = False
