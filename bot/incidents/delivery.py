"""A row of the outbox: one thing that is still to be said in Slack, as intent and not as words."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from bot.times import Ms

Payload = dict[str, str | int | None]


class Kind(StrEnum):
    """CARD posts or edits an incident's card; REPLY, AROUND and CHART go to its thread; NOTICE stands alone.

    ROLL posts or edits a message that lists several incidents. DIRECT is for one person alone: its `channel` is
    their user id. DIGEST is a channel's summary of a day.
    """

    CARD = "card"
    REPLY = "reply"
    AROUND = "around"
    CHART = "chart"
    NOTICE = "notice"
    ROLL = "roll"
    DIRECT = "direct"
    DIGEST = "digest"


OWN_LANES = frozenset({Kind.AROUND, Kind.CHART})
EDITED = frozenset({Kind.CARD, Kind.ROLL})


class Urgency:
    """Order among lanes that are due: a new card goes before a reply, a reply before an edit."""

    NEW_CARD = 0
    NOTICE = 1
    REPLY = 2
    EDIT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox.

    Attributes:
        key: says it once: a second row with the same key is not added while the first waits.
        delivery_id: travels in the message's metadata, so that it can be found after a lost answer.
        lane: rows of one lane are sent in order; a lane is one thread of one channel.
        payload: what the renderer needs beside the incident: plain JSON values, redacted.
        unclear_since_ms: an earlier try began then and its outcome is not known.
    """

    id: int = 0
    key: str
    delivery_id: str
    lane: str
    kind: Kind
    urgency: int
    channel: str
    incident_id: int | None = None
    payload: Payload = field(default_factory=dict)
    created_ms: Ms
    due_ms: Ms
    attempts: int = 0
    unclear_since_ms: Ms | None = None

    @property
    def is_edit(self) -> bool:
        """Whether it changes a message that stands there already, as far as its urgency tells."""
        return self.kind in EDITED and self.urgency > Urgency.NEW_CARD


class DirectTopic(StrEnum):
    """What a message to one person is about."""

    ASSIGNED = "assigned"
    CHANNEL_SHUT = "channel_shut"


class Topic(StrEnum):
    """What a notice to a channel is about."""

    ENDED = "ended"
    BEHIND = "behind"
    CAUGHT_UP = "caught_up"
    PAUSED = "paused"
    RESUMED = "resumed"
    LOUD = "loud"
    QUIET = "quiet"
    SKIMMED = "skimmed"
    GAP = "gap"


def card_row(incident_id: int, channel: str, urgency: int, now_ms: Ms, due_ms: Ms) -> Delivery:
    key = f"card:{incident_id}:{channel}"
    return Delivery(
        key=key,
        delivery_id=delivery_id_of(key, now_ms),
        lane=_lane(Kind.CARD, incident_id, channel),
        kind=Kind.CARD,
        urgency=urgency,
        channel=channel,
        incident_id=incident_id,
        created_ms=now_ms,
        due_ms=due_ms,
    )


def in_thread(
    kind: Kind,
    incident_id: int,
    channel: str,
    key: str,
    payload: Payload,
    now_ms: Ms,
    urgency: int = Urgency.REPLY,
) -> Delivery:
    return Delivery(
        key=key,
        delivery_id=delivery_id_of(key, now_ms),
        lane=_lane(kind, incident_id, channel),
        kind=kind,
        urgency=urgency,
        channel=channel,
        incident_id=incident_id,
        payload=payload,
        created_ms=now_ms,
        due_ms=now_ms,
    )


def direct(
    topic: DirectTopic, person: str, now_ms: Ms, *, incident_id: int | None = None, **payload: str | int | None
) -> Delivery:
    """A message to one person (a Slack user id), once for each incident and `payload`."""
    full: Payload = {"topic": topic.value, **payload}
    occasion = ":".join(str(full[name]) for name in sorted(full))
    key = f"direct:{person}:{incident_id}:{occasion}"
    return Delivery(
        key=key,
        delivery_id=delivery_id_of(key, now_ms),
        lane=f"direct:{person}",
        kind=Kind.DIRECT,
        urgency=Urgency.NOTICE,
        channel=person,
        incident_id=incident_id,
        payload=full,
        created_ms=now_ms,
        due_ms=now_ms,
    )


def _lane(kind: Kind, incident_id: int, channel: str) -> str:
    """Lines around need the API and a chart its time: each waits in a lane of its own and holds up nothing."""
    return f"{channel}:{incident_id}" + (f":{kind.value}" if kind in OWN_LANES else "")


def delivery_id_of(key: str, now_ms: Ms) -> str:
    """Unique for each time that something is said, and the same when a transaction is tried twice."""
    return hashlib.blake2b(f"{key}@{now_ms}".encode(), digest_size=12).hexdigest()
