"""What a person may do to an incident. Buttons, mentions, commands and shortcuts all come down to these."""

from dataclasses import dataclass
from enum import StrEnum

from bot.times import Ms


class Action(StrEnum):
    """The names of the steps in the history, in the audit log and in permissions."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    MUTE = "mute"
    UNMUTE = "unmute"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Acknowledge:
    pass


@dataclass(frozen=True, slots=True)
class Assign:
    """To the person with the Slack user id `to`."""

    to: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Until `until_ms`, or with None until the job ends. The job's end ends every mute."""

    until_ms: Ms | None


@dataclass(frozen=True, slots=True)
class Unmute:
    pass


@dataclass(frozen=True, slots=True)
class Resolve:
    """`reason` is kept with the incident and shown when the error returns; it may have several lines."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Not an error: it is closed, and when it returns in this project it is listed among what needs nobody."""


@dataclass(frozen=True, slots=True)
class Reopen:
    pass


Step = Acknowledge | Assign | Mute | Unmute | Resolve | Dismiss | Reopen


_ACTIONS: dict[type[Step], Action] = {
    Acknowledge: Action.ACKNOWLEDGE,
    Assign: Action.ASSIGN,
    Mute: Action.MUTE,
    Unmute: Action.UNMUTE,
    Resolve: Action.RESOLVE,
    Dismiss: Action.DISMISS,
    Reopen: Action.REOPEN,
}


def action_of(step: Step) -> Action:
    return _ACTIONS[type(step)]


def names_an_error(step: Step) -> bool:
    """Whether it is about one error and its text; other steps are about the failure, whatever its cause."""
    return isinstance(step, Mute | Dismiss)
