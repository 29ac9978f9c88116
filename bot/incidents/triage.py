"""The rules by which people change an incident: one set behind buttons, mentions and commands."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from bot.incidents.incident import HistoryEntry, Incident, State
from bot.times import Ms


class Action(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Changed:
    """The incident as it is now, and the line of its history that says so."""

    incident: Incident
    entry: HistoryEntry


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed. `actor` did `state` at `since_ms` before: the second person is told what the first did."""

    state: State
    actor: str | None
    since_ms: Ms | None


def apply(incident: Incident, action: Action, *, actor: str, now_ms: Ms, note: str = "") -> Changed | Refused:
    """What `action` by `actor` (a Slack user id) makes of `incident`."""
    if not _is_open_to(incident, action):
        return Refused(incident.state, incident.actor, incident.changed_ms)
    changed = replace(
        incident,
        state=_state_after(action),
        holder=_holder_after(incident, action, actor),
        actor=actor,
        changed_ms=now_ms,
        note=note or None,
        revision=incident.revision + 1,
    )
    return Changed(
        changed, HistoryEntry(incident_id=incident.id, at_ms=now_ms, action=action.value, actor=actor, detail=note)
    )


def _is_open_to(incident: Incident, action: Action) -> bool:
    match action:
        case Action.ACKNOWLEDGE:
            return incident.state in (State.OPEN, State.MUTED)
        case Action.RESOLVE:
            return incident.state is not State.RESOLVED
        case Action.REOPEN:
            return incident.state is not State.OPEN
        case _:
            assert_never(action)


def _state_after(action: Action) -> State:
    match action:
        case Action.ACKNOWLEDGE:
            return State.ACKNOWLEDGED
        case Action.RESOLVE:
            return State.RESOLVED
        case Action.REOPEN:
            return State.OPEN
        case _:
            assert_never(action)


def _holder_after(incident: Incident, action: Action, actor: str) -> str | None:
    match action:
        case Action.ACKNOWLEDGE:
            return actor
        case Action.RESOLVE:
            return incident.holder or actor
        case Action.REOPEN:
            return None
        case _:
            assert_never(action)
