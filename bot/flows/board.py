"""What lists, Home and digests need of the database; a part of `flows.ports`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.incidents.incident import Card, Incident
from bot.jobs.digest import Digest
from bot.jobs.job import Job
from bot.times import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Of a job that is still read: what its tail tells of the reading (`Tail.progress`, `Tail.paused`)."""

    account: str
    progress: Mapping[str, str | int | bool | None]
    paused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A channel that Slack refuses messages for, with its code; `count` of them wait there."""

    channel: str
    code: str
    count: int


class Board(Protocol):
    """To be looked at: nothing of it is locked, and no incident of it is ever put back.

    `channels` and `projects` (pairs of account and project id) are alternatives: incidents with a card in one of
    the channels, and all those of the projects, which the caller has yet to compare with watches.
    """

    def unresolved(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], limit: int
    ) -> tuple[Incident, ...]:
        """Those that nobody has taken first, muted ones last; the oldest first among equals."""
        ...

    def held_by(self, person: str, limit: int) -> tuple[Incident, ...]:
        """What this person holds and has not resolved, the oldest first."""
        ...

    def touched(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], since_ms: Ms, limit: int
    ) -> tuple[Incident, ...]:
        """Those that were seen or changed since then, whatever their state, the newest first."""
        ...

    def dismissed(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], limit: int
    ) -> tuple[Incident, ...]:
        """What somebody called no error, the newest first."""
        ...

    def cards(self, ids: Sequence[int]) -> dict[int, tuple[Card, ...]]:
        """By incident; those without a card are left out."""
        ...

    def jobs(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Job]:
        """By account and job id, those that are known."""
        ...

    def followed(self) -> tuple[Followed, ...]: ...

    def stuck(self) -> tuple[Stuck, ...]: ...

    def late(self, now_ms: Ms) -> tuple[int, int]:
        """Deliveries that were due or tried by now, and how long ago the oldest was asked for, in ms.

        What waits on purpose, and what a channel refuses, is not late.
        """
        ...


class Digests(Protocol):
    def get(self, channel: str) -> Digest | None: ...

    def channels(self) -> frozenset[str]:
        """All that have one."""
        ...

    def put(self, digest: Digest) -> None:
        """A channel has one: another one takes its place."""
        ...

    def remove(self, channel: str) -> bool: ...

    def due(self, now_ms: Ms) -> tuple[Digest, ...]:
        """Locked until the commit. Left out are channels in which an earlier digest still waits to be posted."""
        ...
