"""Facts of one job → its incidents, and what is to be said of them; inside the poll's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.flows.handover import CAUSE_FOUND, hand_over
from bot.flows.ports import Tx
from bot.flows.rolling import Rolling
from bot.flows.triage import carry_out
from bot.incidents import announce
from bot.incidents.incident import Card, Facts, Incident, Role, State
from bot.incidents.muting import Over, over, watched_on
from bot.incidents.pulse import Pulse
from bot.incidents.triage import mute_over
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Ms, ms_floor, ns_from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes what a poll found. `watches` are those that cover `job`."""

    tx: Tx
    job: Job
    watches: Sequence[Watch]
    now_ms: Ms
    edit_interval_ms: int

    def record(self, facts: Sequence[Facts]) -> tuple[Incident, ...]:
        """Stores new and changed incidents and enqueues their cards, edits and replies."""
        known = self.tx.incidents.newest(self.job.account, self.job.id)
        for fact in facts:
            known[fact.key] = self._one(known.get(fact.key), fact)
        for fact in facts:
            self._under_its_cause(known[fact.key], known)
        return tuple(known[fact.key] for fact in facts)

    def _one(self, before: Incident | None, facts: Facts) -> Incident:
        if before is None:
            return self._open(self._fresh(facts))
        if before.facts == facts:
            return before
        if before.state is State.RESOLVED:
            return self._returned(before, facts)
        return self._grown(before, facts)

    def _fresh(self, facts: Facts) -> Incident:
        return Incident(
            account=self.job.account,
            project_id=self.job.project_id,
            job_id=self.job.id,
            facts=facts,
            created_ms=self.now_ms,
            pulse=Pulse().with_events(facts.count, ms_floor(facts.last_ns)),
        )

    def _open(self, incident: Incident) -> Incident:
        stored = self.tx.incidents.put(replace(incident, unwanted=self._is_unwanted(incident)))
        self._show(stored)
        return stored

    def _is_unwanted(self, incident: Incident) -> bool:
        """Whether somebody said of the same error that it is none: in this job, or else in an earlier one."""
        before = self.tx.incidents.get(incident.previous_id) if incident.previous_id else None
        earlier = self.tx.incidents.earlier(incident) if before is None else None
        last = before or (earlier.last if earlier else None)
        return last is not None and last.dismissed

    def _show(self, incident: Incident) -> None:
        """A cause gets a card, harmless noise a line of a list; a consequence stands on its cause's card."""
        channels = announce.channels(incident, self.watches)
        if announce.has_a_card(incident):
            self._rolling.show(incident, channels)
        elif incident.facts.role is Role.NOISE or incident.unwanted:
            self._rolling.harmless(incident, channels)

    @property
    def _rolling(self) -> Rolling:
        return Rolling(tx=self.tx, now_ms=self.now_ms, edit_interval_ms=self.edit_interval_ms)

    def _grown(self, before: Incident, facts: Facts) -> Incident:
        pulse = before.pulse.with_events(facts.count - before.facts.count, ms_floor(facts.last_ns))
        grown = replace(before, facts=facts, pulse=pulse, revision=before.revision + 1)
        end = over(grown, self.now_ms, ended_ms=self.job.ended_ms)
        after = self.tx.incidents.put(watched_on(grown))
        if end is not None:
            ended = mute_over(after, end, self.now_ms)
            carry_out(self.tx, ended, self.now_ms)
            after = ended.incident
        cards = self.tx.cards.of(after.id)
        if cards:
            # `grown` is muted still where this ended the mute: that line has told of the replicas already.
            self.tx.outbox.add(announce.grew(before, grown, cards, self.now_ms, self.edit_interval_ms))
        elif not announce.has_a_card(after) or not announce.has_a_card(before):
            self._show(after)
        self._seen_again(after, cards)
        if before.facts.role is Role.NOISE and after.facts.role is not Role.NOISE:
            self._rolling.harmful_after_all(after, announce.channels(before, self.watches))
        return after

    def _seen_again(self, incident: Incident, cards: Sequence[Card]) -> None:
        if announce.has_a_card(incident):
            carded = {card.channel for card in cards}
            wanted = announce.channels(incident, self.watches)
            self._rolling.seen_again(incident, [channel for channel in wanted if channel not in carded])

    def _returned(self, before: Incident, facts: Facts) -> Incident:
        """Lines from before the resolution only complete the record; newer ones are a new incident."""
        if before.changed_ms is None or facts.last_ns <= ns_from_ms(before.changed_ms):
            return self.tx.incidents.put(replace(before, facts=facts))
        fresh = self._fresh(facts)
        return self._open(
            replace(
                fresh,
                generation=before.generation + 1,
                base_count=before.facts.count,
                previous_id=before.id,
            )
        )

    def _under_its_cause(self, incident: Incident, known: dict[str, Incident]) -> None:
        """A consequence changes the card of its cause, and hands over a card that it got by coming first."""
        facts = incident.facts
        cause = known.get(facts.caused_by or "") if facts.role is Role.CASCADE else None
        if cause is None or cause.id == incident.id:
            return
        own = self.tx.cards.of(incident.id)
        if own and not incident.dismissed and not self.tx.cards.of(cause.id):
            incident, cause = hand_over(self.tx, self._unmuted(incident), own, cause)
            known |= {facts.key: incident, cause.facts.key: cause}
        cards = self.tx.cards.of(cause.id)
        self.tx.outbox.add(announce.grew(cause, cause, cards, self.now_ms, self.edit_interval_ms))
        self._show_below_its_level(cause, incident, {card.channel for card in cards})

    def _unmuted(self, incident: Incident) -> Incident:
        """A mute names one error: it does not hide another one, and be it the cause."""
        if incident.state is not State.MUTED:
            return incident
        ended = mute_over(incident, Over(CAUSE_FOUND, worse=True), self.now_ms)
        carry_out(self.tx, ended, self.now_ms)
        return ended.incident

    def _show_below_its_level(self, cause: Incident, incident: Incident, carded: set[str]) -> None:
        """A warning that an error follows from is shown to those who asked for errors alone."""
        asked = set(announce.channels(incident, self.watches)) - set(announce.channels(cause, self.watches))
        if announce.has_a_card(cause):
            for channel in sorted(asked - carded):
                self.tx.outbox.add(announce.opened_in(cause, channel, self.now_ms))
