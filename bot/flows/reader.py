"""One job that is being read: what was committed, and what the next poll needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import structlog

from bot.flows.ports import Tail
from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.incidents.silence import Rhythm
from bot.jobs.job import Job
from bot.logs.cursor import Cursor
from bot.logs.line import Level, Line
from bot.logs.window import Outcome
from bot.times import Ms, ms_from_s, ns_from_ms

log = structlog.get_logger(__name__)

Progress = Mapping[str, str | int | bool | None]
"""`Tail.progress`: what was said of a job already, and when."""

NEVER = Ms(0)
HERD_MS = 2_000
"""First polls are spread over so long, by the job's id."""
CHECKPOINT_MS = 60_000
"""A cursor without news is written this often: after a crash no more than that is read once more."""
POLLED = "polled_ms"
"""In `Tail.progress`: the last poll that did not fail, as of the last time that anything was written."""
SKEW_MS = ms_from_s(330)
"""How far a node's clock may be off: so far before a job's creation its lines may be stamped, and ahead of now."""
OVERDUE_MS = ms_from_s(60)
"""A poll that is late by more does not happen: nothing is known of the job then."""
HUSH_MS = ms_from_s(6)
"""After so long without a line nothing continues any more, whatever the stamps say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the last poll failed. `refused`: the API knows or shows no such log (404, 403)."""

    since_ms: Ms
    reason: str
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """What a commit has to write: `tail`, and of its chunks those that changed."""

    tail: Tail
    chunks: Mapping[int, bytes | None]


@dataclass(slots=True, kw_only=True, eq=False)
class Reader:
    """`tail` is as committed; `cursor` and `engine` may be ahead of it until a commit, and are lost with it.

    All times are by our clock.

    Attributes:
        epoch: of the lease under which it was loaded; under another one what it remembers is out of date.
        busy: a poll or a commit of it is under way; nobody else may touch it.
        polled: something was asked since it was loaded.
        whole: the last poll left out no level.
        moved: `engine` differs from its committed bytes.
        changed_ms: when an incident of the job last changed.
        heard_ms: when a line was last taken.
        rhythm: how it writes, for `flows/vigil`.
        trouble: why the last poll failed; None when it did not.
        late_since_ms: since when its log was not read up to the present; None when the last poll got there.
        missing_since_ms: since when the API knows no log of the job, and that may well be so.
        seen: keys of the incidents that are known, so that a new one is noticed.
        covered: stretches of which lower levels were read while the tail skims (`flows/skipped`).
    """

    tail: Tail
    job: Job
    cursor: Cursor
    engine: Engine
    epoch: int
    due_ms: Ms
    heard_ms: Ms
    rhythm: Rhythm
    busy: bool = False
    polled: bool = False
    whole: bool = True
    moved: bool = False
    changed_ms: Ms = NEVER
    saved_ms: Ms = NEVER
    trouble: Trouble | None = None
    late_since_ms: Ms | None = None
    missing_since_ms: Ms | None = None
    seen: set[str] = field(default_factory=set)
    covered: list[tuple[Ms, Ms]] = field(default_factory=list)

    @classmethod
    def load(cls, tail: Tail, *, epoch: int, start_ms: Ms, now: Ms, level: Level) -> "Reader":
        """As committed; a job that was never read starts at `start_ms`."""
        engine = Engine.restore(tail.engine) if tail.engine else Engine.fresh()
        cursor = _cursor(tail, start_ms, level)
        return cls(
            tail=tail,
            job=tail.job,
            cursor=cursor,
            whole=cursor.skim is None,
            engine=engine,
            epoch=epoch,
            due_ms=Ms(now + stagger_ms(tail.job.id)),
            heard_ms=now,
            rhythm=Rhythm.restore(tail.progress),
            seen={facts.key for facts in engine.incidents()},
        )

    @property
    def ended_ms(self) -> Ms | None:
        return self.job.updated_ms if self.job.status.has_ended else None

    def hears_all(self, now: Ms) -> bool:
        """Whether its log is read up to the present moment, all levels of it."""
        hindered = self.trouble is not None or self.late_since_ms is not None or self.missing_since_ms is not None
        return self.polled and not hindered and self.whole and now - self.due_ms < OVERDUE_MS

    def saw(self, job: Job, now: Ms) -> None:
        """A newer snapshot of the job; a status that changed is worth a look at the log."""
        if job.status != self.job.status:
            self.due_ms = min(self.due_ms, now)
        self.job = job

    def succeeds(self, other: "Reader") -> None:
        """Takes the place of `other`, which was thrown away after a failure: what hinders it is still there."""
        self.due_ms = max(self.due_ms, other.due_ms)
        self.trouble, self.late_since_ms = other.trouble, other.late_since_ms

    def feed(self, lines: Sequence[Line], *, now: Ms, level: Level) -> tuple[Facts, ...]:
        """What `lines` make of the job's incidents; without lines, what nothing was added to for a while."""
        hushed = not lines and now - self.heard_ms >= HUSH_MS
        if lines:
            self.heard_ms = now
            self.rhythm = self.rhythm.after(lines, whole=self.whole)
        if not lines and not self.engine.carries:
            return ()
        clock_ns = ns_from_ms(now + SKEW_MS if hushed else now)
        facts = self.engine.feed(lines, now_ns=clock_ns, counts_as_error=level)
        self.moved = True
        return facts

    def pending(self) -> tuple[Facts, ...]:
        """What the incidents would be if nothing were added to what is unfinished."""
        return Engine.restore(self.engine.dump()).finish() if self.engine.carries else ()

    def advance(self, outcome: Outcome, facts: tuple[Facts, ...], now: Ms) -> tuple[Facts, ...]:
        """Moves on by `outcome`, of whose lines `feed` made `facts`; those, and what the end of the log adds."""
        if outcome.finished:
            facts = _newest(facts, self.engine.finish())
            self.moved = True
        self.polled = True
        self.cursor = outcome.cursor
        self.whole = outcome.cursor.skim is None and outcome.skim_ended is None
        self.changed_ms = now if facts else self.changed_ms
        self.seen.update(fact.key for fact in facts)
        return facts

    def unsaved(self, progress: Progress) -> Unsaved:
        """All that the database does not have yet."""
        encoded = self.cursor.encode()
        tail = replace(
            self.tail,
            job=self.job,
            cursor=encoded.head,
            chunks=encoded.chunks,
            engine=self.engine.dump() if self.moved else self.tail.engine,
            progress={**progress, **self.rhythm.dump()},
            closed=self.cursor.finished,
        )
        return Unsaved(tail=tail, chunks=encoded.changed_since(self.tail.chunks))

    def saved(self, tail: Tail, now: Ms) -> None:
        """`tail`, which was `unsaved`, is committed."""
        self.tail, self.saved_ms, self.moved = tail, now, False


def stagger_ms(job_id: str) -> int:
    """Between 0 and `HERD_MS`, the same for a job in every process."""
    return crc32(job_id.encode()) % HERD_MS


def _cursor(tail: Tail, start_ms: Ms, level: Level) -> Cursor:
    if not tail.cursor:
        return Cursor.at(start_ms, level)
    try:
        return Cursor.decode(tail.cursor, tail.chunks)
    except ValueError as error:
        log.error("cursor_lost", job=tail.job.id, reason=str(error))
        return Cursor.at(start_ms, level)


def _newest(facts: tuple[Facts, ...], flushed: tuple[Facts, ...]) -> tuple[Facts, ...]:
    """One of each incident: what was flushed last is the newer."""
    return tuple({fact.key: fact for fact in (*facts, *flushed)}.values())
