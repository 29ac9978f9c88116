"""A person changes an incident: state, history, audit and what is to be said, in one transaction."""

from dataclasses import dataclass

import structlog

from bot.flows.ports import AuditEntry, Database, Tx
from bot.flows.rolling import Rolling
from bot.incidents import announce, triage
from bot.incidents.delivery import Delivery, DirectTopic, direct
from bot.incidents.incident import Card, Incident
from bot.incidents.steps import Assign, Mute, Resolve, Step, action_of
from bot.incidents.triage import Changed, Refused
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`once` names the press of a button or the event, so that a second delivery of it does nothing.

    The names of the two people are said where a mention would wake them.
    """

    incident_id: int
    step: Step
    actor: str
    channel: str | None
    once: str
    actor_name: str = ""
    to_name: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The incident is not known (any more)."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The error has come back since: the incident `newer` stands for it, on `card` if it has one."""

    newer: Incident
    card: Card | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The very same request was carried out before."""


Outcome = Changed | Refused | Superseded | Gone | Repeated


class Triage:
    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def act(self, request: Request) -> Outcome:
        """Carries `request` out, or says why not."""
        now = now_ms(self._clock)
        outcome = await self._db.run(lambda tx: _act(tx, request, now))
        log.info(
            "triage",
            incident=request.incident_id,
            action=action_of(request.step).value,
            actor=request.actor,
            outcome=type(outcome).__name__.lower(),
        )
        return outcome


def _act(tx: Tx, request: Request, now: Ms) -> Outcome:
    if not tx.inbox.first_time(request.once, now):
        return Repeated()
    outcome = _outcome(tx, request, now)
    if isinstance(outcome, Changed):
        carry_out(tx, outcome, now, actor_name=request.actor_name, to_name=request.to_name)
        tx.outbox.add(_told_to(request, outcome.incident, now))
    tx.audit.add(_audit_entry(request, outcome, now))
    return outcome


def _outcome(tx: Tx, request: Request, now: Ms) -> Outcome:
    incident = tx.incidents.get(request.incident_id)
    if incident is None:
        return Gone()
    newer = tx.incidents.successor(incident)
    if newer is not None:
        cards = tx.cards.of(newer.id)
        here = (card for card in cards if card.channel == request.channel)
        return Superseded(newer, next(here, next(iter(cards), None)))
    return triage.apply(incident, request.step, actor=request.actor, now_ms=now)


def carry_out(tx: Tx, changed: Changed, now: Ms, **names: str) -> None:
    """Stores a change, and lets the cards, their threads and the lists that name the incident show it.

    `names` are `actor_name` and `to_name`, where they are known.
    """
    tx.incidents.put(changed.incident)
    tx.incidents.note(changed.entry)
    cards = tx.cards.of(changed.incident.id)
    tx.outbox.add(announce.acted(changed.incident, changed.entry, cards, now, **names))
    Rolling(tx=tx, now_ms=now, edit_interval_ms=0).changed(changed.incident)


def _told_to(request: Request, incident: Incident, now: Ms) -> list[Delivery]:
    """Who gets something assigned by somebody else is told once."""
    if not isinstance(request.step, Assign) or request.step.to == request.actor:
        return []
    who = {"actor": request.actor, "actor_name": request.actor_name}
    return [direct(DirectTopic.ASSIGNED, request.step.to, now, incident_id=incident.id, at_ms=now, **who)]


def _audit_entry(request: Request, outcome: Outcome, now: Ms) -> AuditEntry:
    return AuditEntry(
        at_ms=now,
        actor=request.actor,
        channel=request.channel,
        action=action_of(request.step).value,
        target=f"incident:{request.incident_id}",
        outcome=type(outcome).__name__.lower(),
        detail=_detail(request.step),
    )


def _detail(step: Step) -> str:
    match step:
        case Assign(to=to):
            return f"to {to}"
        case Mute(until_ms=until_ms):
            return "until the job ends" if until_ms is None else f"until {until_ms}"
        case Resolve(reason=reason):
            return reason
        case _:
            return ""
