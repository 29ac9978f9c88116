"""Action ids and the values that buttons carry, versioned and opaque.

A value holds ids or a person's own question, never log text or rights: it comes back from the client's side, so
whoever acts on it authorises again and reads the present state.
"""

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from bot.logs.query import BadQuery, parse_query
from bot.logs.question import LogQuery
from bot.slack.mrkdwn import VALUE_CHARS, size

VERSION = "1"
PREFIX = f"joblogs.{VERSION}."

ACKNOWLEDGE = PREFIX + "acknowledge"
RESOLVE = PREFIX + "resolve"
REOPEN = PREFIX + "reopen"
UNMUTE = PREFIX + "unmute"
MENU = PREFIX + "menu"
SHOW_LOGS = PREFIX + "logs.show"
OLDER = PREFIX + "logs.older"
NEWER = PREFIX + "logs.newer"
ERRORS_ONLY = PREFIX + "logs.errors"
SHARE = PREFIX + "logs.share"
DOWNLOAD = PREFIX + "logs.download"
CANCEL_DOWNLOAD = PREFIX + "logs.cancel"
WATCH = PREFIX + "logs.watch"
UNWATCH = PREFIX + "watch.remove"
OPEN_LINK = PREFIX + "open"
OWN_CARD = PREFIX + "storm.card"
SHOW_AROUND = PREFIX + "around"
LIST_AGAIN = PREFIX + "list.again"
LIST_BACK = PREFIX + "list.back"
LIST_ON = PREFIX + "list.on"
HOME_AGAIN = PREFIX + "home.again"
HOME_UNWATCH = PREFIX + "home.unwatch"
END_DIGEST = PREFIX + "digest.end"
STOP_JOB = PREFIX + "job.stop"
RECREATE_JOB = PREFIX + "job.recreate"
CONTROL_WINDOW = PREFIX + "window.control"
RESOLVE_WINDOW = PREFIX + "window.resolve"
MUTE_WINDOW = PREFIX + "window.mute"
ASSIGN_WINDOW = PREFIX + "window.assign"
PICKER_WINDOW = PREFIX + "window.picker"
WATCH_WINDOW = PREFIX + "window.watch"
MUTE_LENGTH = PREFIX + "mute.length"
PROJECT_CHOICE = PREFIX + "choice.project"
JOB_CHOICE = PREFIX + "choice.job"
TARGET_CHOICE = PREFIX + "choice.target"
GROUP_CHOICE = PREFIX + "choice.group"
STEP_IN_WINDOW = PREFIX + "window.step."
"""Followed by the name of a step: a button of the triage window."""
TRIAGE_SHORTCUT = PREFIX + "shortcut.triage"
PICKER_SHORTCUT = PREFIX + "shortcut.picker"

DELIVERY_EVENT = "joblogs_delivery"
"""The `event_type` of the metadata that carries a delivery id."""


@dataclass(frozen=True, slots=True)
class IncidentRef:
    """An incident as it was shown: `known_ms` is when people had changed it last, 0 when never.

    Buttons of before version 0.2 do not tell: None.
    """

    incident_id: int
    known_ms: int | None

    def encode(self) -> str:
        return urlencode({"i": self.incident_id, "m": self.known_ms})

    @classmethod
    def decode(cls, value: str) -> "IncidentRef | None":
        fields = dict(parse_qsl(value))
        try:
            return cls(int(fields["i"]), int(fields["m"]) if "m" in fields else None)
        except (KeyError, ValueError):
            return None


class Pick(StrEnum):
    """What stands in a card's menu."""

    ASSIGN = "assign"
    MUTE = "mute"
    AROUND = "around"
    DISMISS = "dismiss"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class PickRef:
    """An entry of a card's menu."""

    pick: Pick
    incident: IncidentRef

    def encode(self) -> str:
        return f"{self.pick.value}?{self.incident.encode()}"

    @classmethod
    def decode(cls, value: str) -> "PickRef | None":
        name, _, rest = value.partition("?")
        ref = IncidentRef.decode(rest)
        return cls(Pick(name), ref) if ref is not None and name in list(Pick) else None


@dataclass(frozen=True, slots=True)
class TargetRef:
    """What can be watched: a job, or with `job_id` None a project."""

    account: str
    project_id: str
    job_id: str | None = None

    def encode(self) -> str:
        return urlencode({"a": self.account, "p": self.project_id, "j": self.job_id or ""})

    @classmethod
    def decode(cls, value: str) -> "TargetRef | None":
        fields = dict(parse_qsl(value, keep_blank_values=True))
        try:
            return cls(fields["a"], fields["p"], fields["j"] or None)
        except KeyError:
            return None


def query_value(query: LogQuery) -> str | None:
    """A whole question as a button's value; None when it does not fit."""
    text = query.text()
    return text if size(text) <= VALUE_CHARS else None


def query_of_value(value: str) -> LogQuery | None:
    """The question of `query_value`: its times are absolute, so neither zone nor clock matters."""
    query = parse_query(value, now_ns=_END_OF_TIME_NS, tz=UTC)
    return None if isinstance(query, BadQuery) or query.job is None else query


_END_OF_TIME_NS = 2**63 - 1
