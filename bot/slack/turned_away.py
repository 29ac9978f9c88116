"""Who was not allowed what: in the log each time, in the audit once an hour for each person and action."""

from dataclasses import dataclass

import structlog

from bot.errors import TransientError
from bot.flows.keeping import AuditEntry
from bot.flows.ports import Database, Tx
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

HOUR_MS = 3_600_000
USE = "use"
"""What somebody wants who may not use the bot at all."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Not allowed; the sentence says why. `for_now`: Slack did not tell enough, which may be over in a minute."""

    sentence: str
    for_now: bool = False


@dataclass(frozen=True, slots=True)
class TurnedAway:
    db: Database
    clock: Clock

    async def note(self, user_id: str, action: str, channel: str | None, denied: Denied) -> None:
        now = now_ms(self.clock)
        log.info("denied", user=user_id, action=action, channel=channel, reason=denied.sentence)
        if denied.for_now:
            return
        entry = AuditEntry(
            at_ms=now,
            actor=user_id,
            channel=channel,
            action=action,
            target="",
            outcome="denied",
            detail=denied.sentence,
        )
        try:
            await self.db.run(lambda tx: _keep(tx, entry, now))
        except TransientError as error:
            log.warning("denial_not_kept", reason=str(error))


def _keep(tx: Tx, entry: AuditEntry, now: Ms) -> None:
    if tx.inbox.first_time(f"denied:{entry.actor}:{entry.action}:{now // HOUR_MS}", now):
        tx.audit.add(entry)
