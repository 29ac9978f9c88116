"""What is kept of the past: who did what, which events were seen, and for how long all of it stays.

A part of the ports of the database (`flows/ports`).
"""

from dataclasses import dataclass
from typing import Protocol

from bot.times import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    at_ms: Ms
    actor: str
    channel: str | None
    action: str
    target: str
    outcome: str
    detail: str = ""


class Audit(Protocol):
    def add(self, entry: AuditEntry) -> None: ...

    def recent(self, limit: int, *, since_ms: Ms | None = None) -> tuple[AuditEntry, ...]:
        """The newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was removed of a job. `messages` are its cards in Slack, which stay; `waiting` were not sent yet."""

    known: bool
    incidents: int
    messages: int
    waiting: int


class Retention(Protocol):
    """Removes what is older than `before_ms`: each call a batch at most, and how many rows that were."""

    def trim_excerpts(self, before_ms: Ms) -> int: ...

    def trim_incidents(self, before_ms: Ms) -> int: ...

    def trim_tails(self, before_ms: Ms) -> int: ...

    def trim_audit(self, before_ms: Ms) -> int: ...

    def trim_unsent(self, before_ms: Ms) -> int: ...

    def trim_watches(self, before_ms: Ms) -> int: ...

    def forget(self, job_id: str, now_ms: Ms) -> Forgotten:
        """Removes all that is known of a job but for its id, so that no project's watch takes it up again."""
        ...

    def forgotten(self, account: str) -> frozenset[str]:
        """Ids of the jobs that are not to be taken up again."""
        ...


class Inbox(Protocol):
    def first_time(self, key: str, now_ms: Ms) -> bool:
        """Whether `key` (an event id, a trigger id) was never seen; remembers it."""
        ...

    def trim(self, before_ms: Ms) -> int: ...


DOUBLE_CLICK_MS = 2_000
"""Two presses within this time (at most twice as much) are one."""


def first_click(inbox: Inbox, key: str, now_ms: Ms) -> bool:
    """False for the second click of a double click, which Slack tells as a press of its own."""
    moment = now_ms // DOUBLE_CLICK_MS
    is_first = inbox.first_time(f"click:{key}:{moment}", now_ms)
    inbox.first_time(f"click:{key}:{moment + 1}", now_ms)
    return is_first
