"""A person changes an incident: state, history, audit and what is to be said, in one transaction."""

from dataclasses import dataclass

import structlog

from bot.flows.ports import AuditEntry, Database, Tx
from bot.flows.rolling import Rolling
from bot.incidents import announce, triage
from bot.incidents.triage import Action, Changed, Refused
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`once` names the press of a button or the event, so that a second delivery of it does nothing."""

    incident_id: int
    action: Action
    actor: str
    channel: str | None
    once: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The incident is not known (any more)."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The very same request was carried out before."""


Outcome = Changed | Refused | Gone | Repeated


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
            action=request.action.value,
            actor=request.actor,
            outcome=type(outcome).__name__.lower(),
        )
        return outcome


def _act(tx: Tx, request: Request, now: Ms) -> Outcome:
    if not tx.inbox.first_time(request.once, now):
        return Repeated()
    incident = tx.incidents.get(request.incident_id)
    outcome: Outcome = (
        triage.apply(incident, request.action, actor=request.actor, now_ms=now, note=request.note)
        if incident
        else Gone()
    )
    if isinstance(outcome, Changed):
        tx.incidents.put(outcome.incident)
        tx.incidents.note(outcome.entry)
        tx.outbox.add(announce.acted(outcome.incident, outcome.entry, tx.cards.of(request.incident_id), now))
        Rolling(tx=tx, now_ms=now, edit_interval_ms=0).changed(outcome.incident)
    tx.audit.add(_audit_entry(request, outcome, now))
    return outcome


def _audit_entry(request: Request, outcome: Outcome, now: Ms) -> AuditEntry:
    return AuditEntry(
        at_ms=now,
        actor=request.actor,
        channel=request.channel,
        action=request.action.value,
        target=f"incident:{request.incident_id}",
        outcome=type(outcome).__name__.lower(),
    )
