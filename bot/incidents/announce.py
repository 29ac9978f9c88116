"""What is to be said in Slack, as intent: the words are chosen when it is sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.incidents.delivery import Delivery, Kind, Payload, Topic, Urgency, card_row, delivery_id_of, in_thread
from bot.incidents.excerpt import is_cut, parts
from bot.incidents.incident import Card, HistoryEntry, Incident, Role, State
from bot.incidents.roll import Roll
from bot.incidents.triage import unacknowledged_since
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Ms, ms_from_s

FIRST_WAVE_MS = ms_from_s(60)
"""Replicas that join within this time of the first one are no news: one failure reaches them one by one."""
AROUND_MS = ms_from_s(2)
CHART_MS = ms_from_s(20)
"""By then the first wave has reached most replicas."""
CHART_REPLICAS = 3
JOINED_NAMED = 8
REMINDER = "reminder"


def opened(incident: Incident, watches: Sequence[Watch], now_ms: Ms) -> tuple[Delivery, ...]:
    """A new incident: its card in each channel that asked for it."""
    return tuple(
        delivery
        for channel in channels(incident, watches)
        if has_a_card(incident)
        for delivery in opened_in(incident, channel, now_ms)
    )


def opened_in(incident: Incident, channel: str, now_ms: Ms) -> tuple[Delivery, ...]:
    """Its card, and in the card's thread what the card has no room for: the whole event, lines around, a chart."""
    return (
        card_row(incident.id, channel, Urgency.NEW_CARD, now_ms, now_ms),
        *_whole_event(incident, channel, now_ms),
        _later(Kind.AROUND, incident, channel, now_ms, AROUND_MS),
        *(_chart(incident, channel, now_ms) if _is_spread(incident) else ()),
    )


def grew(
    before: Incident, after: Incident, cards: Sequence[Card], now_ms: Ms, edit_interval_ms: int
) -> tuple[Delivery, ...]:
    """More of the same: each card is edited, at most once an interval; its thread hears of milestones only."""
    milestone = _milestone(before, after, now_ms)
    renamed = before.facts.title != after.facts.title or not is_cut(before.facts.excerpt)
    spread = _is_spread(after) and not _is_spread(before)
    return tuple(
        delivery
        for card in cards
        for delivery in (
            *(_whole_event(after, card.channel, now_ms) if renamed else ()),
            *(_chart(after, card.channel, now_ms) if spread else ()),
            *_reply_if(milestone, after, card.channel, now_ms),
            card_row(after.id, card.channel, Urgency.EDIT, now_ms, Ms(now_ms + edit_interval_ms)),
        )
    )


def acted(
    incident: Incident, entry: HistoryEntry, channels: Sequence[str], now_ms: Ms, **names: str
) -> tuple[Delivery, ...]:
    """It was changed: the card shows it at once, and its thread says who did what (`names`: of the people).

    `channels` are those in which its card stands or is on its way.
    """
    payload: Payload = {
        "what": entry.action,
        "actor": entry.actor,
        "detail": entry.detail,
        "at_ms": entry.at_ms,
        "to": entry.to,
        "until_ms": entry.until_ms,
        **names,
    }
    return tuple(
        delivery
        for channel in channels
        for delivery in (
            card_row(incident.id, channel, Urgency.NOTICE, now_ms, now_ms),
            in_thread(
                Kind.REPLY,
                incident.id,
                channel,
                f"acted:{incident.id}:{incident.revision}:{channel}",
                payload,
                now_ms,
                urgency=Urgency.NOTICE,  # before lines around and charts, which nobody waits for
            ),
        )
    )


def tells_a_step(row: Delivery) -> bool:
    """Whether it is a thread's line of `acted`: somebody did something, or a mute ended by itself."""
    return "actor" in row.payload


def missed(incident: Incident, cards: Sequence[Card], detail: str, now_ms: Ms) -> tuple[Delivery, ...]:
    """Some lines of about the incident's time could not be read: its threads say so."""
    payload: Payload = {"what": "gap", "detail": detail}
    key = f"gap:{incident.id}:{now_ms}"
    return tuple(
        in_thread(Kind.REPLY, incident.id, card.channel, f"{key}:{card.channel}", payload, now_ms)
        for card in cards
    )


def reminded(incident: Incident, cards: Sequence[Card], now_ms: Ms) -> tuple[Delivery, ...]:
    """Nobody has acknowledged it for long: its threads say so, once."""
    payload: Payload = {"what": REMINDER, "since_ms": unacknowledged_since(incident)}
    return tuple(
        in_thread(Kind.REPLY, incident.id, card.channel, f"reminder:{incident.id}:{card.channel}", payload, now_ms)
        for card in cards
    )


def rolled(roll: Roll, now_ms: Ms, due_ms: Ms) -> Delivery:
    """The message of `roll` is posted, or edited when it stands there already."""
    key = f"roll:{roll.name}:{roll.number}"
    return Delivery(
        key=key,
        delivery_id=delivery_id_of(key, now_ms),
        lane=key,
        kind=Kind.ROLL,
        urgency=Urgency.EDIT if roll.ts else Urgency.NEW_CARD,
        channel=roll.channel,
        payload={"roll": roll.name, "number": roll.number},
        created_ms=now_ms,
        due_ms=due_ms,
    )


def notice(
    topic: Topic,
    job: Job,
    channels: Sequence[str],
    now_ms: Ms,
    *,
    lane: str | None = None,
    **payload: str | int | None,
) -> tuple[Delivery, ...]:
    """A sentence about a job, once for each `payload`, in each channel; `lane` if it is about several jobs."""
    full: Payload = {"topic": topic.value, "account": job.account, "job_id": job.id, **payload}
    occasion = ":".join(str(full[name]) for name in sorted(full))
    return tuple(
        Delivery(
            key=(key := f"notice:{channel}:{occasion}"),
            delivery_id=delivery_id_of(key, now_ms),
            lane=f"notice:{lane or job.id}:{channel}",
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
    return incident.facts.alert and incident.facts.role is Role.ROOT and not incident.unwanted


def channels(incident: Incident, watches: Sequence[Watch]) -> tuple[str, ...]:
    """Those whose watches ask for an incident of this level and text."""
    text, level = "\n".join((incident.facts.title, *incident.facts.excerpt)), incident.facts.level
    asked = [watch for watch in watches if level is None or level >= watch.min_level]
    return tuple(sorted({watch.channel for watch in asked if watch.wants(text)}))


def _whole_event(incident: Incident, channel: str, now_ms: Ms) -> tuple[Delivery, ...]:
    facts = incident.facts
    if not is_cut(facts.excerpt):
        return ()
    what = hashlib.blake2b("\n".join(facts.excerpt).encode(errors="replace"), digest_size=6).hexdigest()
    total = len(parts(facts.excerpt))
    return tuple(
        in_thread(
            Kind.REPLY,
            incident.id,
            channel,
            f"event:{incident.id}:{what}:{part}:{channel}",
            {"what": "event", "part": part, "parts": total},
            now_ms,
        )
        for part in range(total)
    )


def _chart(incident: Incident, channel: str, now_ms: Ms) -> tuple[Delivery, ...]:
    return (_later(Kind.CHART, incident, channel, now_ms, CHART_MS),)


def _later(kind: Kind, incident: Incident, channel: str, now_ms: Ms, wait_ms: int) -> Delivery:
    """For the thread, in a lane of its own, and not before the card has had time to get there."""
    key = f"{kind.value}:{incident.id}:{channel}"
    reply = in_thread(kind, incident.id, channel, key, {"what": kind.value}, now_ms)
    return replace(reply, due_ms=Ms(now_ms + wait_ms))


def _is_spread(incident: Incident) -> bool:
    """Over enough replicas for a chart, each with events of its own: a silence is one for all of them.

    Of an error that returned the counts from before would mix with the new ones.
    """
    return incident.generation == 1 and CHART_REPLICAS <= len(incident.facts.replicas) <= incident.facts.count


def _reply_if(milestone: Payload | None, incident: Incident, channel: str, now_ms: Ms) -> tuple[Delivery, ...]:
    if milestone is None or incident.state in (State.MUTED, State.RESOLVED):
        return ()
    key = f"grew:{incident.id}:{milestone['count']}:{milestone['replicas']}:{channel}"
    return (in_thread(Kind.REPLY, incident.id, channel, key, milestone, now_ms),)


def _milestone(before: Incident, after: Incident, now_ms: Ms) -> Payload | None:
    """The highest power of ten that the count has passed, from 100 on, and replicas that joined late."""
    power = 10 ** (len(str(after.count)) - 1)
    passed = power >= 100 and before.count < power
    known = set(before.facts.replicas)
    late = now_ms - after.created_ms >= FIRST_WAVE_MS
    joined = [name for name in after.facts.replicas if name not in known] if late else []
    if not passed and not joined:
        return None
    return {
        "what": "grew",
        "count": power if passed else None,
        "joined": ", ".join(joined[:JOINED_NAMED]),
        "joined_count": len(joined),
        "replicas": len(after.facts.replicas),
    }
