"""The rules by which people change an incident: one set behind buttons, mentions, commands and shortcuts."""

from dataclasses import dataclass, replace
from typing import assert_never

from bot.incidents.incident import HistoryEntry, Incident, State
from bot.incidents.muting import Over, muted, unmuted
from bot.incidents.steps import (
    Acknowledge,
    Action,
    Assign,
    Dismiss,
    Mute,
    Reopen,
    Resolve,
    Step,
    Unmute,
    action_of,
)
from bot.times import Ms

LIVE = frozenset({State.OPEN, State.ASSIGNED, State.ACKNOWLEDGED, State.MUTED})
NOT_AN_ERROR = "not an error"


@dataclass(frozen=True, slots=True)
class Changed:
    """The incident as it is now, and the line of its history that says so."""

    incident: Incident
    entry: HistoryEntry


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed. `actor` did `state` at `since_ms` before: the second person is told what the first did.

    `holder` is whose it is.
    """

    state: State
    actor: str | None
    since_ms: Ms | None
    holder: str | None = None


def apply(incident: Incident, step: Step, *, actor: str, now_ms: Ms) -> Changed | Refused:
    """What `step` by `actor` (a Slack user id) makes of `incident`."""
    if refused := refusal(incident, step):
        return refused
    changed = replace(_after(incident, step, actor, now_ms), changed_ms=now_ms, revision=incident.revision + 1)
    entry = HistoryEntry(
        incident_id=incident.id,
        at_ms=now_ms,
        action=action_of(step).value,
        actor=actor,
        detail=changed.note or "",
        to=step.to if isinstance(step, Assign) else None,
        until_ms=step.until_ms if isinstance(step, Mute) else None,
    )
    return Changed(changed, entry)


def refusal(incident: Incident, step: Step) -> Refused | None:
    """Why `step` cannot be done to `incident` as it is; None when it can."""
    return None if _is_open_to(incident, step) else standing(incident)


def standing(incident: Incident) -> Refused:
    """How it stands, and by whose word."""
    return Refused(incident.state, incident.actor, incident.since_ms, incident.holder)


def mute_over(incident: Incident, end: Over, now_ms: Ms) -> Changed:
    """The mute ended by itself: the incident is again what it was before.

    When the error got worse whoever holds it, or else who muted it, is told.
    """
    teller = incident.holder or (incident.muted.by if incident.muted else None)
    changed = replace(unmuted(incident), changed_ms=now_ms, revision=incident.revision + 1)
    entry = HistoryEntry(incident_id=incident.id, at_ms=now_ms, action=Action.UNMUTE.value, detail=end.why)
    entry = replace(entry, to=teller if end.worse else None)
    return Changed(changed, entry)


def changed_since(incident: Incident, known_ms: int, by: str) -> bool:
    """Whether somebody else has changed it since it was as `by` saw it: changed last at `known_ms`, 0 if never."""
    return (incident.changed_ms or 0) != known_ms and incident.actor not in (None, by)


def unacknowledged_since(incident: Incident) -> Ms | None:
    """Since when it waits for somebody; None when somebody has it, or has opened it again on purpose."""
    match incident.state:
        case State.OPEN:
            return None if incident.actor else incident.changed_ms or incident.created_ms
        case State.ASSIGNED:
            return incident.changed_ms
        case _:
            return None


def _is_open_to(incident: Incident, step: Step) -> bool:
    state = incident.state
    match step:
        case Acknowledge():
            return state in LIVE and state is not State.ACKNOWLEDGED
        case Assign(to=to):
            return state in LIVE and incident.holder != to
        case Mute():
            return state in LIVE
        case Unmute():
            return state is State.MUTED
        case Resolve() | Dismiss():
            return state in LIVE
        case Reopen():
            return state is not State.OPEN
        case _:
            assert_never(step)


def _after(incident: Incident, step: Step, actor: str, now_ms: Ms) -> Incident:
    plain = replace(incident, actor=actor, acted_ms=None, muted=None, note=None, dismissed=False)
    closed = replace(plain, state=State.RESOLVED, holder=incident.holder or actor)
    match step:
        case Acknowledge():
            changed = replace(plain, state=State.ACKNOWLEDGED, holder=actor)
        case Assign(to=to):
            changed = replace(plain, state=State.ACKNOWLEDGED if to == actor else State.ASSIGNED, holder=to)
        case Mute(until_ms=until_ms):
            mute = muted(incident, by=actor, now_ms=now_ms, until_ms=until_ms)
            changed = replace(plain, state=State.MUTED, muted=mute)
        case Unmute():
            changed = unmuted(incident)
        case Resolve(reason=reason):
            changed = replace(closed, note=reason.strip() or None)
        case Dismiss():
            changed = replace(closed, note=NOT_AN_ERROR, dismissed=True)
        case Reopen():
            changed = replace(plain, state=State.OPEN, holder=None)
        case _:
            assert_never(step)
    return changed
