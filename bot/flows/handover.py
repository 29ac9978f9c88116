"""A consequence that came first had a card; its cause takes the card over, with all that people did to it.

A button that still names the consequence stands on a message that shows the cause: `heir` finds it.
"""

from dataclasses import dataclass, replace

from bot.flows.ports import Tx
from bot.incidents.incident import Card, Incident, Role, State

CAUSE_FOUND = "its cause was found"


@dataclass(frozen=True, slots=True)
class Heir:
    """The incident that stands for another one now, and its card."""

    incident: Incident
    card: Card


def heir(tx: Tx, incident: Incident, channel: str | None) -> Heir | None:
    """The nearest cause of `incident` that has a card, in `channel` if one of them has, or else anywhere."""
    family = tx.incidents.newest(incident.account, incident.job_id)
    heirs = [Heir(cause, card) for cause in _causes(incident, family) for card in tx.cards.of(cause.id)]
    return next((one for one in heirs if one.card.channel == channel), next(iter(heirs), None))


def hand_over(tx: Tx, incident: Incident, cards: tuple[Card, ...], cause: Incident) -> tuple[Incident, Incident]:
    """`cards`, all that `incident` has, show `cause` from now on; gives both as they are then."""
    for card in cards:
        tx.cards.move(card, cause.id)
    tx.incidents.move_history(incident.id, cause.id)
    cause = tx.incidents.put(_inherited(cause, incident))
    if incident.state in (State.ACKNOWLEDGED, State.ASSIGNED):
        incident = tx.incidents.put(replace(incident, state=State.OPEN, holder=None, actor=None, acted_ms=None))
    return incident, cause


def _causes(incident: Incident, family: dict[str, Incident]) -> list[Incident]:
    """The nearest one first. Blame makes no circles, but two polls may have seen different halves of one."""
    causes: list[Incident] = []
    while incident.facts.role is Role.CASCADE:
        cause = family.get(incident.facts.caused_by or "")
        if cause is None or cause in causes:
            break
        causes.append(cause)
        incident = cause
    return causes


def _inherited(cause: Incident, incident: Incident) -> Incident:
    """Whoever took the consequence on has taken on the failure: that holds for its true cause too."""
    reminded = cause.reminded or incident.reminded
    if incident.state is State.OPEN:
        return replace(cause, reminded=reminded)
    return replace(
        cause,
        state=incident.state,
        holder=incident.holder,
        actor=incident.actor,
        changed_ms=incident.changed_ms,
        acted_ms=incident.acted_ms,
        note=incident.note,
        reminded=reminded,
        revision=cause.revision + 1,
    )
