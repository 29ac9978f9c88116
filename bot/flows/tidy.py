"""What nobody needs any more is removed, a batch at a time; what an operator wants forgotten, at once."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.flows.keeping import AuditEntry, Forgotten
from bot.flows.ports import Database, Tx
from bot.times import MS_PER_S, Clock, Ms, now_ms

log = structlog.get_logger(__name__)

DAY_MS = 24 * 3600 * MS_PER_S
INBOX_MS = DAY_MS
"""Slack repeats an event for some minutes at most."""
BATCHES = 40
"""Of one kind in one tick; the rest follows with the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many days what is kept."""

    excerpts_d: int
    incidents_d: int
    audit_d: int
    unsent_d: int


class Tidy:
    """Any process may tick: a batch is one transaction."""

    def __init__(self, *, db: Database, clock: Clock, keep: Keep) -> None:
        self._db = db
        self._clock = clock
        self._keep = keep

    async def tick(self) -> None:
        """Removes what is older than it need be."""
        now, keep = now_ms(self._clock), self._keep
        trims: dict[str, tuple[Callable[[Tx, Ms], int], int]] = {
            "inbox": (lambda tx, before: tx.inbox.trim(before), INBOX_MS),
            "tails": (lambda tx, before: tx.retention.trim_tails(before), keep.excerpts_d * DAY_MS),
            "excerpts": (lambda tx, before: tx.retention.trim_excerpts(before), keep.excerpts_d * DAY_MS),
            "incidents": (lambda tx, before: tx.retention.trim_incidents(before), keep.incidents_d * DAY_MS),
            "watches": (lambda tx, before: tx.retention.trim_watches(before), keep.incidents_d * DAY_MS),
            "audit": (lambda tx, before: tx.retention.trim_audit(before), keep.audit_d * DAY_MS),
            "unsent": (lambda tx, before: tx.retention.trim_unsent(before), keep.unsent_d * DAY_MS),
        }
        removed = {name: await self._trim(trim, Ms(now - age)) for name, (trim, age) in trims.items()}
        if any(removed.values()):
            log.info("tidied", **{name: count for name, count in removed.items() if count})
        if removed["unsent"]:
            log.warning("unsent_dropped", count=removed["unsent"], days=keep.unsent_d)

    async def _trim(self, trim: Callable[[Tx, Ms], int], before: Ms) -> int:
        total = 0
        for _ in range(BATCHES):
            count = await self._db.run(lambda tx: trim(tx, before))
            total += count
            if not count:
                break
        return total


def forget(tx: Tx, job_id: str, *, actor: str, now: Ms) -> Forgotten:
    """Removes what is known of a job; the audit log says by whom."""
    forgotten = tx.retention.forget(job_id, now)
    tx.audit.add(
        AuditEntry(
            at_ms=now,
            actor=actor,
            channel=None,
            action="forget",
            target=f"job:{job_id}",
            outcome="done" if forgotten.known else "unknown",
            detail=f"{forgotten.incidents} incidents",
        )
    )
    return forgotten
