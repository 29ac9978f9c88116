"""A person changes an incident: state, history, audit and what is to be said, in one transaction."""

from dataclasses import dataclass, replace

import structlog

from bot.flows.handover import Heir, heir
from bot.flows.keeping import AuditEntry, first_click
from bot.flows.ports import Database, Tx
from bot.flows.rolling import Rolling
from bot.incidents import announce, triage
from bot.incidents.delivery import Delivery, DirectTopic, direct
from bot.incidents.incident import Card, HistoryEntry, Incident, State
from bot.incidents.steps import Action, Assign, Mute, Reopen, Resolve, Step, Unmute, action_of, names_an_error
from bot.incidents.triage import Changed, Refused
from bot.jobs.job import Job
from bot.times import Clock, Ms, now_ms, ns_from_ms, utc

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`once` names the press of a button or the event, so that a second delivery of it does nothing.

    `known_ms` is when the incident had changed last as `actor` saw it, 0 for never; None where that is not known.
    The names of the two people are said where a mention would wake them.
    """

    incident_id: int
    step: Step
    actor: str
    channel: str | None
    once: str
    known_ms: int | None = None
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
class HandedOver:
    """It turned out to follow from `cause`, on whose `card` it stands; nothing was done."""

    cause: Incident
    card: Card


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else has changed it since whoever asks saw it, which is told first; nothing was done."""

    by: Refused


@dataclass(frozen=True, slots=True)
class Repeated:
    """The very same request was carried out before."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An incident as it is now, what was done to it so far, oldest first, and its job."""

    incident: Incident
    history: tuple[HistoryEntry, ...]
    job: Job | None


Outcome = Changed | Refused | Overtaken | Superseded | HandedOver | Gone | Repeated


class Triage:
    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def standing(self, incident_id: int, channel: str | None) -> Standing | Superseded | Gone:
        """How the incident, or what took its card over, stands: for somebody in `channel` who may change it."""
        return await self._db.run(lambda tx: _standing(tx, incident_id, channel))

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
    if (found := _heir(tx, incident, request.channel)) and not _undoes(incident, request.step):
        if found.card.channel != request.channel or names_an_error(request.step):
            return HandedOver(found.incident, found.card)
        incident = found.incident
    if superseded := _superseded(tx, incident, request.channel):
        if isinstance(request.step, Reopen) and incident.dismissed and superseded.newer.unwanted:
            return _wanted_again(tx, incident, superseded.newer, request.actor, now)
        return superseded
    outcome = triage.apply(incident, request.step, actor=request.actor, now_ms=now)
    if isinstance(outcome, Changed) and _is_overtaken(tx, incident, request, now):
        return Overtaken(triage.standing(incident))
    return outcome


def _undoes(incident: Incident, step: Step) -> bool:
    """Whether it ends what was said of this very error, card or no card."""
    match step:
        case Unmute():
            return incident.state is State.MUTED
        case Reopen():
            return incident.dismissed
        case _:
            return False


def _is_overtaken(tx: Tx, incident: Incident, request: Request, now: Ms) -> bool:
    """Whether `actor` would undo what they have not seen yet.

    They are told once, since the button may stay an old one; a double click is one press.
    """
    if request.known_ms is None or not triage.changed_since(incident, request.known_ms, request.actor):
        return False
    key = f"overtaken:{request.actor}:{incident.id}:{incident.changed_ms}"
    is_told, is_alone = not tx.inbox.first_time(key, now), first_click(tx.inbox, key, now)
    return not (is_told and is_alone)


def _wanted_again(tx: Tx, dismissed: Incident, newer: Incident, actor: str, now: Ms) -> Changed:
    """It is an error after all, and it has come back since: what was only listed gets its card."""
    tx.incidents.put(replace(dismissed, dismissed=False))
    wanted = replace(newer, unwanted=False, actor=actor, changed_ms=now, revision=newer.revision + 1)
    watches = [watch for watch in tx.watches.active(wanted.account) if watch.project_id == wanted.project_id]
    channels = announce.channels(wanted, [one for one in watches if one.job_id in (None, wanted.job_id)])
    tx.incidents.put(wanted)
    rolling = Rolling(tx=tx, now_ms=now, edit_interval_ms=0)
    rolling.show(wanted, channels)
    rolling.harmful_after_all(wanted, channels)
    entry = HistoryEntry(incident_id=wanted.id, at_ms=now, action=Action.REOPEN.value, actor=actor)
    return Changed(wanted, entry)


def _heir(tx: Tx, incident: Incident, channel: str | None) -> Heir | None:
    """What took its card over. A press on that card means the failure, whichever name it had when it was drawn."""
    return None if tx.cards.of(incident.id) else heir(tx, incident, channel)


def _superseded(tx: Tx, incident: Incident, channel: str | None) -> Superseded | None:
    newer = tx.incidents.successor(incident)
    if newer is None:
        return None
    cards = tx.cards.of(newer.id)
    here = (card for card in cards if card.channel == channel)
    return Superseded(newer, next(here, next(iter(cards), None)))


def _standing(tx: Tx, incident_id: int, channel: str | None) -> Standing | Superseded | Gone:
    incident = next(iter(tx.incidents.listed([incident_id])), None)
    if incident is None:
        return Gone()
    if found := _heir(tx, incident, channel):
        incident = found.incident
    tail = tx.tails.get(incident.account, incident.job_id)
    standing = Standing(incident, tx.incidents.history(incident.id), tail.job if tail else None)
    return _superseded(tx, incident, channel) or standing


def carry_out(tx: Tx, changed: Changed, now: Ms, **names: str) -> None:
    """Stores a change, and lets the cards, their threads and the lists that name the incident show it.

    `names` are `actor_name` and `to_name`, where they are known.
    """
    tx.incidents.put(changed.incident)
    tx.incidents.note(changed.entry)
    channels = tx.cards.channels(changed.incident.id)
    tx.outbox.add(announce.acted(changed.incident, changed.entry, channels, now, **names))
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
        target=f"incident:{outcome.incident.id if isinstance(outcome, Changed) else request.incident_id}",
        outcome=type(outcome).__name__.lower(),
        detail=_detail(request.step),
    )


def _detail(step: Step) -> str:
    match step:
        case Assign(to=to):
            return f"to {to}"
        case Mute(until_ms=until_ms):
            moment = None if until_ms is None else utc(ns_from_ms(until_ms))
            return "until the job ends" if moment is None else f"until {moment:%Y-%m-%d %H:%M} UTC"
        case Resolve(reason=reason):
            return reason
        case _:
            return ""
