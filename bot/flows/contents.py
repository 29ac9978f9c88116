"""What is said in Slack, as values: all that a message shows, and nothing of how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.incidents.delivery import Kind, Payload
from bot.incidents.incident import Card, Incident
from bot.incidents.roll import Roll
from bot.jobs.balance import Balance
from bot.jobs.job import Job
from bot.logs.crowd import Gap
from bot.logs.line import Line
from bot.logs.question import Position
from bot.times import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """That the same error was seen in `jobs` earlier jobs of the project.

    `last` is the newest of those incidents that somebody resolved, or when nobody did the newest of all.
    """

    jobs: int
    last: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """All that an incident's card shows. `mention` stands in the text of the first post only.

    `cause` is there when the incident turned out to follow from another one after it had got a card, with the
    card of that one, if it has any. `earlier` comes with the card of what was seen before, if it had any.
    """

    incident: Incident
    job: Job | None
    consequences: tuple[Incident, ...] = ()
    cause: Incident | None = None
    cause_card: Card | None = None
    previous: tuple[Incident, Card | None] | None = None
    earlier: tuple[Earlier, Card | None] | None = None
    mention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyContent:
    """A line in a card's thread: `payload` says what happened (`announce.acted`, `announce.grew`).

    `mention` is whom the channel's watch wakes, with a reminder only.
    """

    incident: Incident
    payload: Payload
    job: Job | None = None
    mention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundContent:
    """Lines around one of them, ascending.

    Attributes:
        incident: whose line it is; None where somebody asked for the lines around any line.
        marked: the index of the line itself; None when the log did not return it.
        newer_than, older_than: the places directly before the first and behind the last of the lines.
        replica: of these replicas alone (as in a query) lines were wanted beside the marked one; None is all.
        far_ms: nothing further away was looked for.
        short_before, short_after: there are fewer lines than were wanted.
        gaps: places among the lines that the API cannot be made to return wholly.
        why_not: a sentence, when not all of it could be read.
    """

    job: Job
    lines: tuple[Line, ...]
    marked: int | None
    newer_than: Position | None = None
    older_than: Position | None = None
    incident: Incident | None = None
    replica: str | None = None
    far_ms: int = 0
    short_before: bool = False
    short_after: bool = False
    gaps: tuple[Gap, ...] = ()
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContent:
    """A sentence about a job that stands alone in a channel (`announce.Topic`).

    `balance` and `links`, the addresses of cards by the number of their incident, come with a job's end only.
    """

    job: Job
    payload: Payload
    open_incidents: tuple[tuple[Incident, Card | None], ...] = ()
    balance: Balance | None = None
    links: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a roll; `card` is there when the incident has a card of its own in the channel."""

    incident: Incident
    job: Job | None
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollContent:
    """One message that lists several incidents, in the order in which they came."""

    roll: Roll
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectContent:
    """A message to one person alone (`announce.DirectTopic`), about an incident or about a channel."""

    payload: Payload
    incident: Incident | None = None
    job: Job | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContent:
    """What happened in a channel between two moments.

    Attributes:
        zone: in which hours are named where Slack cannot do that for each reader.
        jobs: those that ran then, the newest first.
        opened, resolved: then; `unresolved` is what is open now, whenever it was opened, the oldest untaken first.
        noisiest: with how many times each was seen then, the loudest first.
        times: how often anything was seen, by equal stretches of the time: (start, count), without gaps.
    """

    since_ms: Ms
    until_ms: Ms
    zone: str
    jobs: tuple[Job, ...]
    opened: tuple[Entry, ...]
    resolved: tuple[Entry, ...]
    unresolved: tuple[Entry, ...]
    noisiest: tuple[tuple[Entry, int], ...]
    times: tuple[tuple[Ms, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostContent:
    """That something of this `kind` was to be said, and could not be put together."""

    kind: Kind
    incident_id: int | None


Content = (
    CardContent
    | ReplyContent
    | AroundContent
    | NoticeContent
    | RollContent
    | DirectContent
    | DigestContent
    | LostContent
)
