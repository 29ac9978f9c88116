"""What is to be said in Slack, as intent: the words are chosen when it is sent."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.times import Ms


class Kind(StrEnum):
    """CARD posts or edits an incident's card; REPLY and AROUND go to its thread; NOTICE stands alone."""

    CARD = "card"
    REPLY = "reply"
    AROUND = "around"
    NOTICE = "notice"


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
        key: says it once: a second row with the same key is not added.
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
    payload: dict[str, str | int | None] = field(default_factory=dict)
    created_ms: Ms
    due_ms: Ms
    attempts: int = 0
    unclear_since_ms: Ms | None = None
