"""The poll's transaction: cursor, incidents and outbox rows together, or none of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.flows.ports import Lease, Tail, Tx
from bot.flows.reader import Found
from bot.flows.record import Recorder
from bot.incidents import announce
from bot.incidents.announce import Delivery, Topic
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.logs.crowd import Gap
from bot.times import Ms, ns_from_ms, utc

Progress = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """`watches` are those that cover the job; a lease that was lost refuses everything."""

    lease: Lease
    watches: tuple[Watch, ...]
    now_ms: Ms
    edit_interval_ms: int

    def write(self, tx: Tx, found: Found) -> Tail:
        """Writes all that `found` brings; the tail as it is stored now."""
        tx.accounts.check(self.lease)
        Recorder(
            tx=tx,
            job=found.tail.job,
            watches=self.watches,
            now_ms=self.now_ms,
            edit_interval_ms=self.edit_interval_ms,
        ).record(found.facts)
        tail, deliveries = self._told(found)
        tx.outbox.add(deliveries)
        tx.tails.save(tail, found.chunks)
        return tail

    def pause(self, tx: Tx, tail: Tail, reason: str) -> Tail:
        """The job is gone or forbidden: said once, until it is back."""
        tx.accounts.check(self.lease)
        tx.outbox.add(self._notice(Topic.PAUSED, tail.job, detail=reason))
        return _saved(tx, replace(tail, paused=reason))

    def fell_behind(self, tx: Tx, tail: Tail, since_ms: Ms, reason: str) -> Tail:
        """The log could not be read for long: said once, until it is read again."""
        tx.accounts.check(self.lease)
        tx.outbox.add(self._notice(Topic.BEHIND, tail.job, detail=reason, since_ms=since_ms))
        return _saved(tx, replace(tail, progress={**tail.progress, "behind_since_ms": since_ms}))

    def _told(self, found: Found) -> tuple[Tail, list[Delivery]]:
        """What this poll has to say beside its incidents, and the tail that remembers that it was said."""
        tail = found.tail
        deliveries = list(self._reading(found))
        if tail.paused is not None:
            deliveries += self._notice(Topic.RESUMED, tail.job)
            tail = replace(tail, paused=None)
        if "behind_since_ms" in tail.progress and found.outcome.caught_up:
            since = tail.progress["behind_since_ms"]
            deliveries += self._notice(Topic.CAUGHT_UP, tail.job, since_ms=_number(since))
            tail = replace(tail, progress=_without(tail.progress, "behind_since_ms"))
        if self._has_to_tell_the_end(found):
            deliveries += self._notice(Topic.ENDED, tail.job)
            tail = replace(tail, progress={**tail.progress, "end_told": True})
        return tail, deliveries

    def _reading(self, found: Found) -> Iterator[Delivery]:
        outcome, job = found.outcome, found.tail.job
        if outcome.skim_began is not None:
            yield from self._notice(Topic.LOUD, job, since_ms=outcome.skim_began.since_ms)
        if outcome.skim_ended is not None:
            yield from self._notice(Topic.QUIET, job, since_ms=outcome.skim_ended.since_ms)
        for gap in outcome.gaps:
            yield from self._notice(Topic.GAP, job, detail=_gap(gap))

    def _has_to_tell_the_end(self, found: Found) -> bool:
        """Once, when the log was read up to the end; not of a job that had ended before anybody watched it."""
        job = found.tail.job
        if not job.status.has_ended or found.tail.progress.get("end_told") or not found.outcome.caught_up:
            return False
        return any(watch.created_ms <= job.updated_ms for watch in self.watches)

    def _notice(self, topic: Topic, job: Job, **payload: str | int | None) -> tuple[Delivery, ...]:
        channels = [watch.channel for watch in self.watches]
        return announce.notice(topic, job, channels, self.now_ms, **payload)


def is_news(found: Found, before: Tail) -> bool:
    """Whether it has to be committed now, and not with one of the next polls."""
    outcome = found.outcome
    return bool(
        found.facts
        or outcome.gaps
        or outcome.finished
        or outcome.skim_began
        or outcome.skim_ended
        or before.paused
        or "behind_since_ms" in before.progress
        or found.tail.job.status != before.job.status
        or (found.tail.job.status.has_ended and not before.progress.get("end_told"))
    )


def _saved(tx: Tx, tail: Tail) -> Tail:
    tx.tails.save(tail, {})
    return tail


def _gap(gap: Gap) -> str:
    at = utc(ns_from_ms(gap.start_ms))
    fraction = gap.start_ms % 1000
    return f"at least {gap.at_least:,} lines at {at:%H:%M:%S}.{fraction:03d} UTC"


def _without(progress: Progress, gone: str) -> Progress:
    return {name: value for name, value in progress.items() if name != gone}


def _number(value: str | int | bool | None) -> int:
    return int(value or 0)
