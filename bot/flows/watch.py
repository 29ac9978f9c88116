"""The tail of every watched job: due jobs → pages → new lines → incidents, committed with the cursor.

Each job has a `Reader`: what was read of it, as committed, and when it is due. A reader polls as a task of
its own, so that a slow answer for one job delays no other. When a commit fails the reader is thrown away and
loaded again from the database: nothing that was not committed is ever remembered.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.errors import ApiForbidden, ApiNotFound, ApiRefused, JoblogsError, LeaseLost, TransientError
from bot.flows.commit import Commit, is_news
from bot.flows.leases import Leases
from bot.flows.ports import Database, Lease, Priority, Tail, TrainingApi, Tx
from bot.flows.reader import CHECKPOINT_MS, Reader, stagger_ms
from bot.jobs.job import Job
from bot.jobs.watch import Watch as Wish
from bot.logs.line import Level
from bot.logs.pace import Options, next_poll_ms
from bot.logs.window import Outcome, begin
from bot.times import MS_PER_S, Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

POLLS_AT_ONCE = 64
QUIET_POLLS_PER_S = 40
"""As long as all jobs can be read so often, a quiet one need not wait for its slowest pace."""
QUIET_MS = ms_from_s(5)
RETRY_MS = ms_from_s(15)
PAUSED_MS = ms_from_s(60)
BEHIND_MS = ms_from_s(180)
"""A log that could not be read for so long is told to its channels, once."""
YOUNG_MS = ms_from_s(120)
"""For so long after an incident changed, its job is read at the fastest pace."""
NEWBORN_MS = ms_from_s(120)
"""The logs of a new job may be missing (404) for a while without that meaning anything."""


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
    ) -> None:
        self._db = db
        self._apis = apis
        self._leases = leases
        self._clock = clock
        self._options = options
        self._readers: dict[tuple[str, str], Reader] = {}
        self._wishes: dict[str, tuple[Wish, ...]] = {}
        self._polls: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(POLLS_AT_ONCE)

    async def tick(self) -> int:
        """Starts a poll of every job that is due; how many those are."""
        for account in tuple(self._leases.held):
            await self._refresh(account)
        now = now_ms(self._clock)
        due = [reader for reader in self._readers.values() if self._is_due(reader, now)]
        for reader in sorted(due, key=lambda reader: reader.due_ms):
            reader.polling = True
            task = asyncio.create_task(self._poll(reader), name=f"poll {reader.job.id}")
            self._polls.add(task)
            task.add_done_callback(self._polls.discard)
        return len(due)

    async def settle(self) -> None:
        """Waits for the polls that have begun."""
        while self._polls:
            await asyncio.gather(*self._polls, return_exceptions=True)

    def _is_due(self, reader: Reader, now: Ms) -> bool:
        held = reader.job.account in self._leases.held
        return held and not reader.polling and reader.due_ms <= now and bool(self._covering(reader.job))

    def _covering(self, job: Job) -> tuple[Wish, ...]:
        return tuple(wish for wish in self._wishes.get(job.account, ()) if wish.covers(job))

    async def _refresh(self, account: str) -> None:
        """Takes on jobs that are new, and the newest snapshot of the others."""
        known = {job_id for owner, job_id in self._readers if owner == account}
        wishes, jobs, fresh = await self._db.run(
            lambda tx: (
                tx.watches.active(account),
                tx.tails.jobs(account),
                tx.tails.open(account, except_for=known),
            )
        )
        self._wishes[account] = wishes
        for key in [key for key in self._readers if key[0] == account and key[1] not in jobs]:
            del self._readers[key]
        for job in jobs.values():
            if reader := self._readers.get((account, job.id)):
                reader.saw(job, now_ms(self._clock))
        for tail in fresh:
            self._readers[account, tail.job.id] = self._load(tail)

    def _load(self, tail: Tail) -> Reader:
        now = now_ms(self._clock)
        return Reader.load(
            tail,
            start_ms=max(tail.job.created_ms, Ms(now - self._options.look_back_ms)),
            due_ms=Ms(now + stagger_ms(tail.job.id)),
            level=self._level(tail.job),
        )

    async def _poll(self, reader: Reader) -> None:
        """A poll's door: whatever goes wrong is told in the log, and the job is due again later."""
        try:
            async with self._places:
                lease = self._leases.held.get(reader.job.account)
                if lease is not None:
                    await self._read(reader, lease)
        except LeaseLost:
            self._leases.drop(reader.job.account)
            self._forget(reader)
        except Exception:
            log.exception("poll_failed", job=reader.job.id)
            self._forget(reader)
        finally:
            reader.polling = False

    async def _read(self, reader: Reader, lease: Lease) -> None:
        now = now_ms(self._clock)
        commit = Commit(
            lease=lease,
            watches=self._covering(reader.job),
            now_ms=now,
            edit_interval_ms=self._options.edit_interval_ms,
        )
        before = reader.tail
        outcome, trouble = await self._pages(reader, now)
        found = reader.take(outcome, now=now, level=self._level(reader.job))
        overdue = now - reader.saved_ms > CHECKPOINT_MS
        if found.facts or (trouble is None and (overdue or is_news(found, before))):
            await self._write(reader, lambda tx: commit.write(tx, found))
        reader.due_ms = self._next(reader, outcome, now)
        if trouble is not None:
            await self._troubled(reader, commit, trouble)
        else:
            reader.trouble_since_ms = None

    async def _pages(self, reader: Reader, now: Ms) -> tuple[Outcome, JoblogsError | None]:
        """Drives one poll; when the API fails in between, what was read until then counts."""
        options = Options(level=self._level(reader.job), ended_ms=reader.ended_ms, lag_ms=self._options.lag_ms)
        poll = begin(reader.cursor, now, options)
        api = self._apis[reader.job.account]
        while (request := poll.request) is not None:
            try:
                poll.answer(await api.log_page(reader.job, request, Priority.POLL))
            except (ApiRefused, TransientError) as error:
                return poll.stop(), error
        return poll.result, None

    async def _troubled(self, reader: Reader, commit: Commit, error: JoblogsError) -> None:
        """A refusal pauses the watch; anything else is tried again, and told when it lasts."""
        now = commit.now_ms
        since = reader.trouble_since_ms = reader.trouble_since_ms or now
        gone = isinstance(error, ApiNotFound | ApiForbidden) and now - reader.job.created_ms > NEWBORN_MS
        reader.due_ms = Ms(now + (PAUSED_MS if gone else RETRY_MS) + random.randrange(1_000))
        log.info("poll_again", job=reader.job.id, reason=str(error), since_ms=since)
        if gone and reader.tail.paused is None:
            await self._write(reader, lambda tx: commit.pause(tx, reader.tail, str(error)))
        elif not gone and now - since >= BEHIND_MS and "behind_since_ms" not in reader.tail.progress:
            await self._write(reader, lambda tx: commit.fell_behind(tx, reader.tail, since, str(error)))

    async def _write(self, reader: Reader, work: Callable[[Tx], Tail]) -> None:
        """Commits. Whatever prevents that, what is in memory is thrown away: it may be ahead of the database."""
        try:
            reader.committed(await self._db.run(work), now_ms(self._clock))
        except BaseException:
            self._forget(reader)
            raise

    def _forget(self, reader: Reader) -> None:
        """The next tick loads it anew from what was committed."""
        self._readers.pop((reader.job.account, reader.job.id), None)

    def _next(self, reader: Reader, outcome: Outcome, now: Ms) -> Ms:
        if not outcome.caught_up or outcome.settling:
            return now
        hurry = now - reader.changed_ms < YOUNG_MS
        slowest = max(QUIET_MS, MS_PER_S * len(self._readers) // QUIET_POLLS_PER_S)
        return Ms(now + min(slowest, next_poll_ms(outcome.cursor, now, hurry=hurry)))

    def _level(self, job: Job) -> Level:
        return min((wish.min_level for wish in self._covering(job)), default=Level.ERROR)
