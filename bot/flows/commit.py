"""The poll's transaction: cursor, incidents and outbox rows together, or none of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.ports import Lease, Tx
from bot.flows.reader import Unsaved
from bot.flows.record import Recorder
from bot.flows.telling import Missed, Telling
from bot.flows.troubles import News
from bot.incidents import announce, ending
from bot.incidents.incident import Facts, HistoryEntry
from bot.jobs.job import Job
from bot.times import Ms, ms_floor, ms_from_s

NEARBY_MS = ms_from_s(60)
"""Gaps this near to an incident may hide a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Writes under `lease`; when that was lost everything is refused."""

    lease: Lease
    now_ms: Ms
    edit_interval_ms: int

    def write(self, tx: Tx, unsaved: Unsaved, facts: Sequence[Facts], telling: Telling) -> None:
        """All that a poll brings."""
        tx.accounts.check(self.lease)
        job = unsaved.tail.job
        if facts:
            self._recorder(tx, job).record((*facts, *_stand_in(tx, job, facts)))
        if telling.missed is not None:
            self._miss(tx, job, telling.missed)
        tx.outbox.add(telling.deliveries)
        tx.tails.save(unsaved.tail, unsaved.chunks)

    def tell(self, tx: Tx, news: News) -> None:
        """What is told of several jobs together."""
        tx.accounts.check(self.lease)
        tx.outbox.add(news.deliveries)
        for tail in news.tails.values():
            tx.tails.save(tail, {})

    def _recorder(self, tx: Tx, job: Job) -> Recorder:
        """With the watches as they are now: one that was made during the poll is not to be left out."""
        watches = tuple(watch for watch in tx.watches.active(job.account) if watch.covers(job))
        return Recorder(
            tx=tx, job=job, watches=watches, now_ms=self.now_ms, edit_interval_ms=self.edit_interval_ms
        )

    def _miss(self, tx: Tx, job: Job, missed: Missed) -> None:
        """Incidents of that time get it into their history and their threads."""
        for incident in tx.incidents.newest(job.account, job.id).values():
            first, last = ms_floor(incident.facts.first_ns), ms_floor(incident.facts.last_ns)
            if first - NEARBY_MS > missed.end_ms or last + NEARBY_MS < missed.start_ms:
                continue
            tx.incidents.note(
                HistoryEntry(incident_id=incident.id, at_ms=self.now_ms, action="gap", detail=missed.detail)
            )
            tx.outbox.add(announce.missed(incident, tx.cards.of(incident.id), missed.detail, self.now_ms))


def _stand_in(tx: Tx, job: Job, facts: Sequence[Facts]) -> tuple[Facts, ...]:
    """The incident of an unexplained end (`flows/verdict`), when `facts` explain it after all."""
    return ending.explained(tx.incidents.newest(job.account, job.id), job, facts) if job.status.has_failed else ()
