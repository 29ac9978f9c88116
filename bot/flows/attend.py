"""What time does to incidents: mutes end, and what nobody has taken for long is said once more."""

from dataclasses import replace

import structlog

from bot.flows.ports import Database, Tx
from bot.flows.triage import carry_out
from bot.incidents import announce
from bot.incidents.incident import Incident
from bot.incidents.muting import over
from bot.incidents.triage import mute_over, unacknowledged_since
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

LOOK_BACK_MS = ms_from_s(24 * 3600)
"""What was due longer ago than this, since nothing ran, is not reminded of any more."""


class Attend:
    """Any process may tick: each change is one transaction over what is then still so.

    `remind_after_ms` 0 reminds nobody.
    """

    def __init__(self, *, db: Database, clock: Clock, remind_after_ms: int) -> None:
        self._db = db
        self._clock = clock
        self._remind_after_ms = remind_after_ms

    async def tick(self) -> None:
        now = now_ms(self._clock)
        ended = await self._db.run(lambda tx: _end_mutes(tx, now))
        reminded = await self._db.run(lambda tx: self._remind(tx, now)) if self._remind_after_ms else 0
        if ended or reminded:
            log.info("attended", mutes_ended=ended, reminded=reminded)

    def _remind(self, tx: Tx, now: Ms) -> int:
        due = Ms(now - self._remind_after_ms)
        waiting = [one.id for one in tx.incidents.waiting(Ms(due - LOOK_BACK_MS)) if _is_due(one, due)]
        return sum(_remind(tx, incident_id, due, now) for incident_id in waiting)


def _end_mutes(tx: Tx, now: Ms) -> int:
    ended = 0
    for incident in tx.incidents.muted():
        tail = tx.tails.get(incident.account, incident.job_id)
        end = over(incident, now, ended_ms=tail.job.ended_ms if tail else None)
        if end is not None:
            carry_out(tx, mute_over(incident, end, now), now)
            ended += 1
    return ended


def _is_due(incident: Incident, due: Ms) -> bool:
    since = unacknowledged_since(incident)
    return since is not None and due - LOOK_BACK_MS <= since <= due and not incident.reminded


def _remind(tx: Tx, incident_id: int, due: Ms, now: Ms) -> bool:
    """Of what has a card; what stands under its cause by now is left in peace."""
    incident, cards = tx.incidents.get(incident_id), tx.cards.of(incident_id)
    if incident is None or not cards or not _is_due(incident, due) or not announce.has_a_card(incident):
        return False
    tx.incidents.put(replace(incident, reminded=True))
    tx.outbox.add(announce.reminded(incident, cards, now))
    return True
