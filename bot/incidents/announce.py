"""What is to be said in Slack, as intent: the words are chosen when it is sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.incidents.incident import Card, HistoryEntry, Incident, Role, State
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Ms

Payload = dict[str, str | int | None]


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


class Topic(StrEnum):
    """What a notice to a channel is about."""

    ENDED = "ended"
    BEHIND = "behind"
    CAUGHT_UP = "caught_up"
    PAUSED = "paused"
    RESUMED = "resumed"
    LOUD = "loud"
    QUIET = "quiet"
    GAP = "gap"


def opened(incident: Incident, watches: Sequence[Watch], now_ms: Ms) -> tuple[Delivery, ...]:
    """A new incident: its card in each watching channel, and the lines around it in the card's thread."""
    return tuple(
        delivery
        for channel in _channels(incident, watches)
        for delivery in (
            _card(incident.id, channel, Urgency.NEW_CARD, now_ms, now_ms),
            _in_thread(Kind.AROUND, incident.id, channel, f"around:{incident.id}:{channel}", {}, now_ms),
        )
    )


def grew(
    before: Incident, after: Incident, cards: Sequence[Card], now_ms: Ms, edit_interval_ms: int
) -> tuple[Delivery, ...]:
    """More of the same: each card is edited, at most once an interval; its thread hears of milestones only."""
    milestone = _milestone(before, after)
    return tuple(
        delivery
        for card in cards
        for delivery in (
            *_reply_if(milestone, after, card.channel, now_ms),
            _card(after.id, card.channel, Urgency.EDIT, now_ms, Ms(now_ms + edit_interval_ms)),
        )
    )


def acted(incident: Incident, entry: HistoryEntry, cards: Sequence[Card], now_ms: Ms) -> tuple[Delivery, ...]:
    """A person changed it: the card shows it at once, and its thread says who did what."""
    payload: Payload = {"what": entry.action, "actor": entry.actor, "detail": entry.detail, "at_ms": entry.at_ms}
    return tuple(
        delivery
        for card in cards
        for delivery in (
            _card(incident.id, card.channel, Urgency.NOTICE, now_ms, now_ms),
            _in_thread(
                Kind.REPLY,
                incident.id,
                card.channel,
                f"acted:{incident.id}:{incident.revision}:{card.channel}",
                payload,
                now_ms,
            ),
        )
    )


def notice(
    topic: Topic, job: Job, channels: Sequence[str], now_ms: Ms, **payload: str | int | None
) -> tuple[Delivery, ...]:
    """A sentence about a job, once for each `payload`, in each channel."""
    full: Payload = {"topic": topic.value, "account": job.account, "job_id": job.id, **payload}
    occasion = ":".join(str(full[name]) for name in sorted(full))
    return tuple(
        Delivery(
            key=(key := f"notice:{channel}:{occasion}"),
            delivery_id=_delivery_id(key, now_ms),
            lane=f"notice:{job.id}:{channel}",
            kind=Kind.NOTICE,
            urgency=Urgency.NOTICE,
            channel=channel,
            payload=full,
            created_ms=now_ms,
            due_ms=now_ms,
        )
        for channel in sorted(set(channels))
    )


def has_a_card(incident: Incident) -> bool:
    """Whether it is to be shown on its own: consequences stand under their cause, noise stays quiet."""
    return incident.facts.alert and incident.facts.role is Role.ROOT


def _channels(incident: Incident, watches: Sequence[Watch]) -> tuple[str, ...]:
    if not has_a_card(incident):
        return ()
    text = "\n".join((incident.facts.title, *incident.facts.excerpt))
    return tuple(sorted({watch.channel for watch in watches if watch.wants(text)}))


def _card(incident_id: int, channel: str, urgency: int, now_ms: Ms, due_ms: Ms) -> Delivery:
    key = f"card:{incident_id}:{channel}"
    return Delivery(
        key=key,
        delivery_id=_delivery_id(key, now_ms),
        lane=_lane(Kind.CARD, incident_id, channel),
        kind=Kind.CARD,
        urgency=urgency,
        channel=channel,
        incident_id=incident_id,
        created_ms=now_ms,
        due_ms=due_ms,
    )


def _in_thread(kind: Kind, incident_id: int, channel: str, key: str, payload: Payload, now_ms: Ms) -> Delivery:
    return Delivery(
        key=key,
        delivery_id=_delivery_id(key, now_ms),
        lane=_lane(kind, incident_id, channel),
        kind=kind,
        urgency=Urgency.REPLY,
        channel=channel,
        incident_id=incident_id,
        payload=payload,
        created_ms=now_ms,
        due_ms=now_ms,
    )


def _lane(kind: Kind, incident_id: int, channel: str) -> str:
    """Lines around need the API, so that they wait in a lane of their own and hold up nothing else."""
    return f"{channel}:{incident_id}" + (":around" if kind is Kind.AROUND else "")


def _reply_if(milestone: Payload | None, incident: Incident, channel: str, now_ms: Ms) -> tuple[Delivery, ...]:
    if milestone is None or incident.state in (State.MUTED, State.RESOLVED):
        return ()
    key = f"grew:{incident.id}:{milestone['what']}:{milestone['count']}:{channel}"
    return (_in_thread(Kind.REPLY, incident.id, channel, key, milestone, now_ms),)


def _milestone(before: Incident, after: Incident) -> Payload | None:
    """The highest power of ten that the count has passed, from 100 on, else replicas that joined late."""
    power = 10 ** (len(str(after.count)) - 1)
    if power >= 100 and before.count < power:
        return {"what": "count", "count": power}
    return None


def _delivery_id(key: str, now_ms: Ms) -> str:
    """Unique for each time that something is said, and the same when a transaction is tried twice."""
    return hashlib.blake2b(f"{key}@{now_ms}".encode(), digest_size=12).hexdigest()
