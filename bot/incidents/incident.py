"""An incident: what the lines show (`Facts`) and what people decided about it (`Incident`).

The two halves never mix: grouping alone writes facts, triage alone writes the rest, so a poll and a
pressed button cannot overwrite one another.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.incidents.pulse import Pulse
from bot.logs.line import Level
from bot.times import Ms, Ns


class Role(StrEnum):
    ROOT = "root"
    CASCADE = "cascade"
    NOISE = "noise"


class Confidence(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One replica's share of an incident. `rank` is the first rank seen there, None where no text names one."""

    replica: str | None
    rank: int | None = None
    first_ns: Ns
    last_ns: Ns
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the log shows of one incident. All text is redacted and free of control characters.

    Attributes:
        key: names the incident within its job, for as long as the job lives.
        fingerprint: the same error in another job, process or year has the same one; starts with its version.
        count: events (a traceback is one), over all replicas.
        sightings: by replica, the first one first.
        excerpt: lines of the first event, whole, at most `EXCERPT_LINES`.
        caused_by: key of the incident that this one follows from (role CASCADE).
        reason: one sentence that says why this is the cause, a consequence or noise.
        level: the highest level of its lines; None when they state a failure whatever their level.
    """

    key: str
    fingerprint: str
    role: Role = Role.ROOT
    alert: bool = True
    title: str
    exception: str | None = None
    count: int
    first_ns: Ns
    last_ns: Ns
    sightings: tuple[Sighting, ...]
    first_replica: str | None = None
    first_rank: int | None = None
    excerpt: tuple[str, ...] = ()
    caused_by: str | None = None
    reason: str = ""
    confidence: Confidence = Confidence.LIKELY
    hidden_values: int = 0
    level: Level | None = None

    @property
    def replicas(self) -> tuple[str, ...]:
        """Names of the replicas, the first one first; lines of the platform have none."""
        return tuple(seen.replica for seen in self.sightings if seen.replica)


EXCERPT_LINES = 60


class State(StrEnum):
    """ASSIGNED is somebody's by another one's word, ACKNOWLEDGED by their own."""

    OPEN = "open"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How an incident stood when it was muted: by whose word, and since when."""

    state: State
    actor: str | None
    since_ms: Ms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """A mute that holds (`incidents/muting`).

    Attributes:
        by: Slack user id of who set it, at `set_ms`.
        until_ms: None is until the job ends.
        replicas: those that had the error when it was set.
        usual: events that five minutes brought before it was set, at least 1.
        window_ms: start of the present five minutes, by the time of the lines.
        window_count: events that had come by then.
        set_count: events that had come when it was set.
        before: what it is again when the mute ends; None of a mute that an older version has set.
    """

    by: str
    set_ms: Ms
    until_ms: Ms | None
    replicas: tuple[str, ...]
    usual: int
    window_ms: Ms
    window_count: int
    set_count: int = 0
    before: Before | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as it is stored.

    Attributes:
        id: 0 while it is not stored.
        generation: 1, and one more each time that the error returned after it was resolved.
        facts: the newest from grouping; counts before `base_count` belong to earlier generations.
        holder: Slack user id of who acknowledged it or has it assigned.
        actor: Slack user id of who brought it into its state, at `changed_ms`; where a mute came between and
            ended, at `acted_ms`.
        revision: grows with each change that a card must show.
        previous_id: the resolved incident that this one is the return of.
        note: the reason that was given when it was resolved.
        muted: there while the state is MUTED.
        dismissed: resolved as "not an error".
        pulse: events of the last day.
        reminded: nobody had taken it for long, and that was said once.
        unwanted: the same error was dismissed before, in this job or in an earlier one of the project.
    """

    id: int = 0
    account: str
    project_id: str
    job_id: str
    generation: int = 1
    facts: Facts
    base_count: int = 0
    state: State = State.OPEN
    holder: str | None = None
    actor: str | None = None
    changed_ms: Ms | None = None
    acted_ms: Ms | None = None
    note: str | None = None
    revision: int = 1
    previous_id: int | None = None
    created_ms: Ms
    muted: Muted | None = None
    dismissed: bool = False
    pulse: Pulse = field(default_factory=Pulse)
    reminded: bool = False
    unwanted: bool = False

    @property
    def count(self) -> int:
        """Events of this generation."""
        return self.facts.count - self.base_count

    @property
    def since_ms(self) -> Ms | None:
        """Since when somebody's word holds; None where nobody has said one."""
        return self.acted_ms or self.changed_ms if self.actor or self.state is State.RESOLVED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line of an incident's history. `actor` None is the bot itself.

    `to` is who it was assigned to, `until_ms` how long it is muted (None with a mute: until the job ends).
    """

    incident_id: int
    at_ms: Ms
    action: str
    actor: str | None = None
    detail: str = ""
    to: str | None = None
    until_ms: Ms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The message that shows an incident in a channel: what was said, apart from what is true.

    `permalink` is its address in Slack, None while Slack has not told it. `late_ms` is how long after the
    incident was found it was posted, 0 when that was soon.
    """

    incident_id: int
    channel: str
    ts: str
    shown_revision: int = 0
    said: tuple[str, ...] = field(default=())
    permalink: str | None = None
    late_ms: int = 0
