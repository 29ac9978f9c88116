"""One job that is being read: what was committed, and what the next poll needs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zlib import crc32

import structlog

from bot.flows.ports import Tail
from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.jobs.job import Job
from bot.logs.cursor import Cursor
from bot.logs.line import Level
from bot.logs.window import Outcome
from bot.times import Ms, ns_from_ms

log = structlog.get_logger(__name__)

NEVER = Ms(0)
HERD_MS = 2_000
"""First polls are spread over so long, by the job's id."""
CHECKPOINT_MS = 60_000
"""A cursor without news is written this often: after a crash no more than that is read once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a poll found, to be committed: `tail` and its `chunks` that changed."""

    outcome: Outcome
    facts: tuple[Facts, ...]
    tail: Tail
    chunks: Mapping[int, bytes | None]


@dataclass(slots=True, kw_only=True)
class Reader:
    """`tail` is as committed; `cursor` and `engine` may be ahead of it until the commit, and are lost with it.

    `changed_ms` is when an incident of the job last changed, `trouble_since_ms` when the API began to fail
    for it, both by our clock.
    """

    tail: Tail
    job: Job
    cursor: Cursor
    engine: Engine
    due_ms: Ms
    polling: bool = False
    changed_ms: Ms = NEVER
    saved_ms: Ms = NEVER
    trouble_since_ms: Ms | None = None

    @classmethod
    def load(cls, tail: Tail, *, start_ms: Ms, due_ms: Ms, level: Level) -> "Reader":
        """As committed; a job that was never read starts at `start_ms`."""
        return cls(
            tail=tail,
            job=tail.job,
            cursor=_cursor(tail, start_ms, level),
            engine=Engine.restore(tail.engine) if tail.engine else Engine.fresh(),
            due_ms=due_ms,
        )

    @property
    def ended_ms(self) -> Ms | None:
        return self.job.updated_ms if self.job.status.has_ended else None

    def saw(self, job: Job, now: Ms) -> None:
        """A newer snapshot of the job; a status that changed is worth a look at the log."""
        if job.status != self.job.status:
            self.due_ms = min(self.due_ms, now)
        self.job = job

    def take(self, outcome: Outcome, *, now: Ms, level: Level) -> Found:
        """Moves on by `outcome`; what it makes of the new lines is in the answer."""
        facts = self.engine.feed(outcome.lines, now_ns=ns_from_ms(now), counts_as_error=level)
        if outcome.finished:
            facts = _newest(facts, self.engine.finish())
        self.cursor = outcome.cursor
        if facts:
            self.changed_ms = now
        encoded = outcome.cursor.encode()
        tail = replace(
            self.tail,
            job=self.job,
            cursor=encoded.head,
            chunks=encoded.chunks,
            engine=self.engine.dump() if outcome.lines or facts else self.tail.engine,
            closed=outcome.finished,
        )
        return Found(outcome=outcome, facts=facts, tail=tail, chunks=encoded.changed_since(self.tail.chunks))

    def committed(self, tail: Tail, now: Ms) -> None:
        self.tail = tail
        self.saved_ms = now


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
