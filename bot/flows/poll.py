"""One poll of one job: pages → new lines → incidents, committed with the cursor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from bot.errors import ApiRefused, JoblogsError, TransientError
from bot.flows.commit import Commit
from bot.flows.ports import Database
from bot.flows.reader import CHECKPOINT_MS, POLLED, Reader
from bot.flows.services import Meter, Priority, TrainingApi
from bot.flows.skipped import Surroundings, moments, read_around
from bot.flows.telling import Telling, tell
from bot.flows.troubles import is_not_there, next_try_ms, trouble_of
from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.logs.asking import Exchange
from bot.logs.line import Level
from bot.logs.order import SPAN_MS, Api
from bot.logs.pace import Options, next_poll_ms
from bot.logs.window import Outcome, begin
from bot.times import Ms, ms_from_s

log = structlog.get_logger(__name__)

T = TypeVar("T")

SHORTEST_SPAN_MS = ms_from_s(1800)
YOUNG_MS = ms_from_s(120)
"""For so long after an incident changed, its job is read at the fastest pace."""


@dataclass(slots=True)
class Span:
    """The longest window that the API answers: what is documented, and less if it refuses that."""

    ms: int = SPAN_MS

    def shrink(self, error: JoblogsError | None) -> bool:
        """Whether `error` may mean that the window was too long; then the next one is half as long."""
        if not isinstance(error, ApiRefused) or error.status not in (400, 422) or self.ms <= SHORTEST_SPAN_MS:
            return False
        self.ms = max(SHORTEST_SPAN_MS, self.ms // 2)
        log.info("span_shrunk", span_ms=self.ms, reason=str(error))
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """`watches` are those that cover the job, `slowest_ms` is the pace of a quiet one, `now` the one moment."""

    db: Database
    api: TrainingApi
    commit: Commit
    watches: Sequence[Watch]
    lag_ms: int
    slowest_ms: int
    span: Span
    meter: Meter

    @property
    def now(self) -> Ms:
        return self.commit.now_ms

    @property
    def level(self) -> Level:
        """Of the watch that asks for most; cards of what lies below another's are kept from its channel."""
        return min((watch.min_level for watch in self.watches), default=Level.ERROR)

    async def run(self, reader: Reader) -> None:
        """Reads on and commits what is new. When the API fails in between, what was read until then counts.

        Raises:
            LeaseLost, StoreUnavailable: nothing was committed, and `reader` is ahead of the database.
        """
        api = Api(span_ms=self.span.ms)
        options = Options(level=self.level, ended_ms=reader.ended_ms, lag_ms=self.lag_ms, api=api)
        outcome, error = await self._drive(reader.job, begin(reader.cursor, self.now, options))
        if error is not None and not outcome.pages and is_not_there(error, reader.job, self.now):
            outcome, error = self._without_a_log(reader, outcome), None
        else:
            reader.missing_since_ms = None
        outcome, facts = await self._facts(reader, outcome)
        facts = reader.advance(outcome, facts, self.now)
        telling = tell(outcome, reader.job, reader.tail.progress, self.watches, self.now)
        if self._is_worth_a_write(reader, facts, telling):
            read = {} if error else {POLLED: self.now}
            unsaved = reader.unsaved({**telling.progress, **read})
            await self.db.run(lambda tx: self.commit.write(tx, unsaved, facts, telling))
            reader.saved(unsaved.tail, self.now)
        told = "ok" if error is None else "again"
        self.meter.polled(reader.job.account, outcome=told, lines=len(outcome.lines), gaps=len(outcome.gaps))
        self._plan(reader, outcome, error)

    async def _drive(self, job: Job, exchange: Exchange[T]) -> tuple[T, JoblogsError | None]:
        """Asks until there is a result; a failure ends it, and is returned beside what is complete by then."""
        while (request := exchange.request) is not None:
            try:
                exchange.answer(await self.api.log_page(job, request, Priority.POLL))
            except (ApiRefused, TransientError) as error:
                return exchange.stop(), error
        return exchange.result, None

    async def _facts(self, reader: Reader, outcome: Outcome) -> tuple[Outcome, tuple[Facts, ...]]:
        """What the lines make of the incidents; while the tail skims, with what was skipped around new ones."""
        skims = outcome.cursor.skim is not None or outcome.skim_ended is not None
        before = reader.engine.dump() if skims else b""
        facts = reader.feed(outcome.lines, now=self.now, level=self.level)
        where = moments((*facts, *reader.pending()), reader.seen) if skims and outcome.lines else []
        if not where:
            return outcome, facts
        found = Surroundings(cursor=outcome.cursor, lines=list(outcome.lines), covered=reader.covered)
        api = Api(proven=outcome.cursor.proven)
        found, error = await self._drive(reader.job, Exchange(read_around(found, where, api)))
        if error is not None:
            log.info("surroundings_missed", job=reader.job.id, reason=str(error))
        reader.engine, reader.covered = Engine.restore(before), found.covered
        outcome = replace(outcome, cursor=found.cursor, lines=tuple(found.lines))
        return outcome, reader.feed(outcome.lines, now=self.now, level=self.level)

    def _is_worth_a_write(self, reader: Reader, facts: Sequence[Facts], telling: Telling) -> bool:
        told = telling.deliveries or telling.progress != reader.tail.progress
        overdue = self.now - reader.saved_ms > CHECKPOINT_MS
        return bool(facts or told or overdue or reader.cursor.finished)

    def _without_a_log(self, reader: Reader, outcome: Outcome) -> Outcome:
        """Nothing was written, so everything was read; when the job has ended that will stay so."""
        since = reader.missing_since_ms = reader.missing_since_ms or self.now
        over = reader.ended_ms is not None and self.now - max(since, reader.ended_ms) > self.lag_ms
        return replace(outcome, caught_up=True, cursor=replace(outcome.cursor, finished=over))

    def _plan(self, reader: Reader, outcome: Outcome, error: JoblogsError | None) -> None:
        """When to poll next, and what is to be remembered of a failure."""
        if error is not None:
            reader.trouble = trouble_of(error, reader.trouble, self.now)
            reader.due_ms = next_try_ms(reader, error, self.now)
            if self.span.shrink(error):
                reader.due_ms = self.now
            log.info("poll_again", job=reader.job.id, reason=str(error), since_ms=reader.trouble.since_ms)
        else:
            reader.trouble = None
            reader.due_ms = self._next(reader, outcome)
        is_late = error is not None or not outcome.caught_up
        reader.late_since_ms = (reader.late_since_ms or self.now) if is_late else None

    def _next(self, reader: Reader, outcome: Outcome) -> Ms:
        if not outcome.caught_up or outcome.settling:
            return self.now
        hurry = self.now - reader.changed_ms < YOUNG_MS
        return Ms(self.now + min(self.slowest_ms, next_poll_ms(outcome.cursor, self.now, hurry=hurry)))
