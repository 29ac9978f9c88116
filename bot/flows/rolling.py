"""Where an incident is shown in a channel: by a card of its own, or in a list; inside the poll's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from bot.flows.keeping import AuditEntry
from bot.flows.ports import Tx
from bot.incidents import announce
from bot.incidents.incident import Incident, State
from bot.incidents.roll import Listed, OwnCard, Roll, harmless_of, joined, place, storm_of, taken_out, waits_in
from bot.times import Ms, ms_from_s

HARMLESS_WAIT_MS = ms_from_s(60)
"""What looks harmless may turn out to be the first sign of a failure: so long nothing is said of it."""
HARMLESS_EDIT_MS = ms_from_s(120)
LINK_WAIT_MS = ms_from_s(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling:
    tx: Tx
    now_ms: Ms
    edit_interval_ms: int

    def show(self, incident: Incident, channels: Sequence[str]) -> None:
        """A new incident gets its card in each channel, or where too much is new a line of the storm's list."""
        for channel in channels:
            placed = place(self._storm(channel), incident.id, self.now_ms)
            self.tx.rolls.put(placed.roll)
            match placed:
                case OwnCard():
                    self.tx.outbox.add(announce.opened_in(incident, channel, self.now_ms))
                case Listed(roll=roll):
                    wait = self.edit_interval_ms if roll.ts else 0
                    self.tx.outbox.add([announce.rolled(roll, self.now_ms, Ms(self.now_ms + wait))])
                case _:
                    assert_never(placed)

    def _storm(self, channel: str) -> Roll:
        """Cards that became another one's consequence are not counted: one failure often has several at first."""
        storm = self.tx.rolls.lock(storm_of(channel))
        opened = self.tx.incidents.listed([card.incident_id for card in storm.recent])
        causes = {incident.id for incident in opened if announce.has_a_card(incident)}
        return replace(storm, recent=tuple(card for card in storm.recent if card.incident_id in causes))

    def seen_again(self, incident: Incident, channels: Sequence[str]) -> None:
        """Where it has no card: the storm's list is edited; when the storm is over, it gets one."""
        if incident.state in (State.MUTED, State.RESOLVED):
            return
        for channel in channels:
            storm = self.tx.rolls.get(storm_of(channel).name)
            if storm is None:
                continue
            if waits_in(storm, incident.id, self.now_ms):
                self.show(incident, [channel])
            elif incident.id in storm.listed and storm.rages(self.now_ms):
                due = Ms(self.now_ms + self.edit_interval_ms)
                self.tx.outbox.add([announce.rolled(storm, self.now_ms, due)])

    def changed(self, incident: Incident) -> None:
        """A person changed it: lists of storms that name it show that at once."""
        watches = self.tx.watches.active(incident.account)
        of_job = (watch for watch in watches if watch.job_id in (None, incident.job_id))
        for channel in sorted({watch.channel for watch in of_job if watch.project_id == incident.project_id}):
            storm = self.tx.rolls.get(storm_of(channel).name)
            if storm is not None and incident.id in storm.listed:
                self.tx.outbox.add([announce.rolled(storm, self.now_ms, self.now_ms)])

    def harmless(self, incident: Incident, channels: Sequence[str]) -> None:
        """It joins the job's list of what needs nobody, which is told late and edited seldom."""
        for channel in channels:
            fresh = harmless_of(channel, incident.account, incident.job_id)
            roll = joined(self.tx.rolls.lock(fresh), incident.id, self.now_ms)
            self.tx.rolls.put(roll)
            wait = HARMLESS_EDIT_MS if roll.ts else HARMLESS_WAIT_MS
            self.tx.outbox.add([announce.rolled(roll, self.now_ms, Ms(self.now_ms + wait))])

    def harmful_after_all(self, incident: Incident, channels: Sequence[str]) -> None:
        """The lists of harmless errors that named it are edited: they show it no more."""
        for channel in channels:
            roll = self.tx.rolls.get(harmless_of(channel, incident.account, incident.job_id).name)
            if roll is not None and incident.id in roll.listed and roll.ts:
                self.tx.outbox.add([announce.rolled(roll, self.now_ms, self.now_ms)])


def give_card(tx: Tx, incident_id: int, channel: str, now_ms: Ms, *, actor: str) -> bool:
    """Gives an incident of a storm's list its card in `channel` at once; whether the storm knows of it."""
    incident, storm = tx.incidents.get(incident_id), tx.rolls.get(storm_of(channel).name)
    if incident is None or storm is None or incident_id not in (*storm.listed, *storm.past, *storm.carded):
        return False
    changed = taken_out(tx.rolls.lock(storm), incident_id)
    if changed is not None:
        tx.rolls.put(changed)
        target = f"incident:{incident_id}"
        tx.audit.add(
            AuditEntry(at_ms=now_ms, actor=actor, channel=channel, action="card", target=target, outcome="changed")
        )
        # The list waits until the card is there, so that it can link it.
        tx.outbox.add(announce.opened_in(incident, channel, now_ms))
        tx.outbox.add([announce.rolled(changed, now_ms, Ms(now_ms + LINK_WAIT_MS))])
    return True
