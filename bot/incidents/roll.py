"""A roll: one message that lists several incidents, edited as the list grows.

There are two of them. A *storm* takes what comes when a channel has got more new incidents within a minute than
a person can read one by one. *Harmless* takes the errors of one job that need nobody. The incidents of a storm
get a card of their own when they are seen again after it is over: what lasts surfaces, one by one.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.times import Ms, ms_from_s

NEVER = Ms(0)
STORM_WINDOW_MS = ms_from_s(60)
CARDS_IN_WINDOW = 5
"""So many new cards a channel gets within the window; what else is new then begins a storm."""
STORM_OVER_MS = ms_from_s(300)
"""A storm is over when nothing new has come for so long."""
MOST_REMEMBERED = 500


class RollKind(StrEnum):
    STORM = "storm"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True)
class Opened:
    incident_id: int
    at_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """The present message of one kind in one channel, as it is stored.

    Attributes:
        name: as `storm_of` and `harmless_of` make it; there is one roll of each name.
        number: which message it is: the next storm is a new message.
        recent: the channel's newest cards (storms only).
        listed: numbers of the incidents in the message, the first one first.
        past: those of earlier messages, that got no card of their own yet.
        carded: those of the list that got one since.
        ts: of the message; None until it is posted.
    """

    name: str
    kind: RollKind
    channel: str
    account: str | None = None
    job_id: str | None = None
    number: int = 0
    began_ms: Ms = NEVER
    last_ms: Ms = NEVER
    recent: tuple[Opened, ...] = ()
    listed: tuple[int, ...] = ()
    past: tuple[int, ...] = ()
    carded: tuple[int, ...] = ()
    ts: str | None = None

    def rages(self, now_ms: Ms) -> bool:
        return bool(self.listed) and now_ms - self.last_ms < STORM_OVER_MS


@dataclass(frozen=True, slots=True)
class OwnCard:
    """The incident is shown by a card of its own."""

    roll: Roll


@dataclass(frozen=True, slots=True)
class Listed:
    """It is shown in the roll's list."""

    roll: Roll


def storm_of(channel: str) -> Roll:
    """A channel's storm before the first one."""
    return Roll(name=f"storm:{channel}", kind=RollKind.STORM, channel=channel)


def harmless_of(channel: str, account: str, job_id: str) -> Roll:
    """The list of a job's harmless errors in a channel, still empty."""
    name = f"harmless:{channel}:{account}:{job_id}"
    return Roll(name=name, kind=RollKind.HARMLESS, channel=channel, account=account, job_id=job_id)


def place(storm: Roll, incident_id: int, now_ms: Ms) -> OwnCard | Listed:
    """Where a new incident is shown, and what that makes of the channel's storm."""
    storm = replace(storm, past=tuple(known for known in storm.past if known != incident_id))
    if storm.rages(now_ms):
        return Listed(joined(storm, incident_id, now_ms))
    recent = tuple(opened for opened in storm.recent if now_ms - opened.at_ms < STORM_WINDOW_MS)
    if len(recent) < CARDS_IN_WINDOW:
        carded = (*storm.carded, incident_id) if incident_id in storm.listed else storm.carded
        return OwnCard(replace(storm, recent=(*recent, Opened(incident_id, now_ms)), carded=carded))
    anew = replace(
        storm,
        number=storm.number + 1,
        began_ms=now_ms,
        recent=(),
        listed=(),
        past=_waiting(storm)[-MOST_REMEMBERED:],
        carded=(),
        ts=None,
    )
    return Listed(joined(anew, incident_id, now_ms))


def joined(roll: Roll, incident_id: int, now_ms: Ms) -> Roll:
    """With the incident in its list."""
    listed = roll.listed if incident_id in roll.listed else (*roll.listed, incident_id)
    return replace(roll, listed=listed, last_ms=now_ms, began_ms=roll.began_ms or now_ms)


def taken_out(storm: Roll, incident_id: int) -> Roll | None:
    """With a card for an incident of its lists, since a person asked; None when there is nothing to do."""
    if incident_id not in _waiting(storm):
        return None
    carded = (*storm.carded, incident_id) if incident_id in storm.listed else storm.carded
    return replace(storm, carded=carded, past=tuple(known for known in storm.past if known != incident_id))


def waits_in(storm: Roll, incident_id: int, now_ms: Ms) -> bool:
    """Whether the incident was rolled into a storm that is over: seen again, it gets a card of its own."""
    return not storm.rages(now_ms) and incident_id in _waiting(storm)


def _waiting(storm: Roll) -> tuple[int, ...]:
    return (*storm.past, *(known for known in storm.listed if known not in storm.carded))
