"""The rules by which people change an incident: one set behind buttons, mentions, commands and shortcuts."""

from dataclasses import dataclass, replace
from typing import assert_never

from bot.incidents.incident import HistoryEntry, Incident, State
from bot.incidents.muting import Over, muted
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
    changed = _after(incident, step, actor, now_ms)
    changed = replace(changed, actor=actor, changed_ms=now_ms, revision=incident.revision + 1)
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
    if _is_open_to(incident, step):
        return None
    return Refused(incident.state, incident.actor, incident.changed_ms, incident.holder)


def mute_over(incident: Incident, end: Over, now_ms: Ms) -> Changed:
    """The mute ended by itself: the incident is again what it was before.

    When the error got worse whoever holds it, or else who muted it, is told.
    """
    teller = incident.holder or (incident.muted.by if incident.muted else None)
    changed = replace(
        incident,
        state=State.ACKNOWLEDGED if incident.holder else State.OPEN,
        muted=None,
        actor=incident.holder,
        changed_ms=now_ms,
        revision=incident.revision + 1,
    )
    entry = HistoryEntry(incident_id=incident.id, at_ms=now_ms, action=Action.UNMUTE.value, detail=end.why)
    entry = replace(entry, to=teller if end.worse else None)
    return Changed(changed, entry)


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
    plain = replace(incident, muted=None, note=None, dismissed=False)
    held = State.ACKNOWLEDGED if incident.holder else State.OPEN
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
            changed = replace(plain, state=held)
        case Resolve(reason=reason):
            changed = replace(closed, note=reason.strip() or None)
        case Dismiss():
            changed = replace(closed, note=NOT_AN_ERROR, dismissed=True)
        case Reopen():
            changed = replace(plain, state=State.OPEN, holder=None)
        case _:
            assert_never(step)
    return changed
