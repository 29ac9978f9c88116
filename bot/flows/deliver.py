"""Outbox → Slack: each row once, in the order of its lane, with words chosen at the moment of sending."""

import asyncio
import random
from dataclasses import dataclass
from typing import assert_never

import structlog

from bot.errors import ApiRefused, SlackRateLimited, SlackRefused, SlackUnclear, TransientError
from bot.flows.around import Around
from bot.flows.pace import Pace
from bot.flows.ports import (
    CardContent,
    Content,
    Database,
    Messenger,
    NoticeContent,
    ReplyContent,
    Tx,
)
from bot.incidents.announce import Delivery, Kind, has_a_card
from bot.incidents.incident import Card, Incident, Role
from bot.jobs.job import Job
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

LANES_AT_ONCE = 16
CLAIM_TTL_MS = 60_000
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 60_000
AROUND_TRIES = 8
CARD_WAIT_S = 1.0
CHANNEL_TROUBLE = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "token_expired",
        "token_revoked",
    }
)
"""Codes that a person mends in Slack: the lane waits for that, and loses nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the database knows about a row at the moment of sending. `content` None: nothing to say any more."""

    content: Content | None
    card: Card | None = None
    incident: Incident | None = None
    job: Job | None = None


class Deliver:
    """Sends what is due. `owner` names this process in claims."""

    def __init__(self, *, db: Database, messenger: Messenger, around: Around, clock: Clock, owner: str) -> None:
        self._db = db
        self._messenger = messenger
        self._around = around
        self._clock = clock
        self._owner = owner
        self._pace = Pace()

    async def tick(self) -> int:
        """Sends the heads of the lanes that are due; how many rows were tried."""
        now = now_ms(self._clock)
        rows = await self._db.run(lambda tx: tx.outbox.claim(self._owner, now, LANES_AT_ONCE, CLAIM_TTL_MS))
        await asyncio.gather(*(self._handle(row) for row in rows))
        return len(rows)

    async def _handle(self, row: Delivery) -> None:
        started = now_ms(self._clock)
        try:
            scene = await self._db.run(lambda tx: _scene(tx, row))
            if await self._has_to_wait(row, scene, started):
                return
            ts = await self._say(row, scene)
        except SlackRefused as error:
            await self._refused(row, error)
        except SlackUnclear as error:
            await self._later(row, error, unclear_since_ms=started)
        except TransientError as error:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms)
        except Exception as error:
            # The delivery loop's door: one bad row never stops the others. It may have been said: look first.
            log.exception("delivery_failed", key=row.key, kind=row.kind)
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms or started)
        else:
            await self._db.run(lambda tx: _finish(tx, row, scene, ts, now_ms(self._clock)))

    async def _has_to_wait(self, row: Delivery, scene: Scene, now: Ms) -> bool:
        if scene.content is None and row.kind is not Kind.AROUND:
            return False
        slot = self._pace.slot(row.key, row.channel, is_edit=_is_edit(row, scene), now_ms=now)
        if slot > now:
            await self._db.run(lambda tx: tx.outbox.again(row, slot, "waits for its turn", row.unclear_since_ms))
        return slot > now

    async def _say(self, row: Delivery, scene: Scene) -> str | None:
        """The ts of the message that now says it; None when there was nothing to say."""
        thread_ts = scene.card.ts if scene.card and row.kind is not Kind.CARD else None
        if row.unclear_since_ms is not None and not _is_edit(row, scene):
            found = await self._messenger.find(
                row.channel,
                thread_ts=thread_ts,
                delivery_id=row.delivery_id,
                since_ms=row.unclear_since_ms,
            )
            if found:
                return found
        content = await self._content(row, scene)
        if content is None:
            return None
        if scene.card and row.kind is Kind.CARD:
            await self._messenger.edit(row.channel, scene.card.ts, content)
            return scene.card.ts
        return await self._messenger.post(row.channel, content, thread_ts=thread_ts, delivery_id=row.delivery_id)

    async def _content(self, row: Delivery, scene: Scene) -> Content | None:
        if row.kind is not Kind.AROUND or scene.incident is None or scene.job is None or scene.card is None:
            return scene.content
        try:
            return await self._around.first_line(scene.incident, scene.job)
        except ApiRefused as error:
            log.warning("around_refused", key=row.key, reason=str(error))
            return None
        except TransientError:
            if row.attempts >= AROUND_TRIES:
                return None
            raise

    async def _refused(self, row: Delivery, error: SlackRefused) -> None:
        if error.code in CHANNEL_TROUBLE:
            log.warning("lane_parked", lane=row.lane, code=error.code)
            await self._db.run(lambda tx: tx.outbox.park(row, error.code))
            return
        log.error("delivery_refused", key=row.key, kind=row.kind, code=error.code, pointers=error.pointers)
        await self._db.run(lambda tx: tx.outbox.done(row, now_ms(self._clock)))

    async def _later(self, row: Delivery, error: Exception, *, unclear_since_ms: Ms | None) -> None:
        now = now_ms(self._clock)
        due = Ms(now + _wait_ms(row, error))
        if isinstance(error, SlackRateLimited):
            self._pace.hold(row.channel, due)
        log.info("delivery_again", key=row.key, reason=str(error), attempts=row.attempts, wait_ms=due - now)
        await self._db.run(lambda tx: tx.outbox.again(row, due, str(error)[:200], unclear_since_ms))


def _wait_ms(row: Delivery, error: Exception) -> int:
    """What the other side asked for, else twice as long each time, with jitter."""
    asked = error.retry_after_s if isinstance(error, TransientError) else None
    if asked is not None:
        return ms_from_s(asked)
    longest: int = min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(row.attempts, 10))
    return longest // 2 + random.randrange(longest // 2)


def _is_edit(row: Delivery, scene: Scene) -> bool:
    return row.kind is Kind.CARD and scene.card is not None


def _finish(tx: Tx, row: Delivery, scene: Scene, ts: str | None, now: Ms) -> None:
    if row.kind is Kind.CARD and scene.incident is not None and ts is not None:
        tx.cards.put(
            Card(
                incident_id=scene.incident.id,
                channel=row.channel,
                ts=ts,
                shown_revision=scene.incident.revision,
            )
        )
    tx.outbox.done(row, now)


def _scene(tx: Tx, row: Delivery) -> Scene:
    if row.kind is Kind.NOTICE:
        return Scene(_notice(tx, row))
    incident = tx.incidents.get(row.incident_id) if row.incident_id else None
    if incident is None:
        return Scene(None)
    tail = tx.tails.get(incident.account, incident.job_id)
    job = tail.job if tail else None
    card = tx.cards.get(incident.id, row.channel)
    if card is None and not has_a_card(incident):
        return Scene(None)
    if card is None and row.kind is not Kind.CARD:
        raise TransientError("its card is not posted yet", retry_after_s=CARD_WAIT_S)
    match row.kind:
        case Kind.CARD:
            content: Content | None = _card(tx, incident, job, None if card else row.channel)
        case Kind.REPLY:
            content = ReplyContent(incident=incident, payload=row.payload)
        case Kind.AROUND:
            content = None
        case _:
            assert_never(row.kind)
    return Scene(content, card, incident, job)


def _card(tx: Tx, incident: Incident, job: Job | None, new_in: str | None) -> CardContent:
    family = tx.incidents.newest(incident.account, incident.job_id)
    previous = tx.incidents.get(incident.previous_id) if incident.previous_id else None
    previous_cards = tx.cards.of(previous.id) if previous else ()
    return CardContent(
        incident=incident,
        job=job,
        consequences=tuple(
            other
            for other in family.values()
            if other.facts.role is Role.CASCADE and other.facts.caused_by == incident.facts.key
        ),
        cause=family.get(incident.facts.caused_by or ""),
        previous=(previous, previous_cards[0]) if previous and previous_cards else None,
        mention=_mention(tx, job, new_in) if job and new_in else None,
    )


def _mention(tx: Tx, job: Job, channel: str) -> str | None:
    covering = (watch for watch in tx.watches.of_channel(channel) if watch.covers(job))
    return next((watch.mention for watch in covering if watch.mention), None)


def _notice(tx: Tx, row: Delivery) -> NoticeContent | None:
    tail = tx.tails.get(str(row.payload["account"]), str(row.payload["job_id"]))
    if tail is None:
        return None
    open_incidents = tx.incidents.unresolved(channel=row.channel, job_id=tail.job.id)
    return NoticeContent(
        job=tail.job,
        payload=row.payload,
        open_incidents=tuple((incident, tx.cards.get(incident.id, row.channel)) for incident in open_incidents),
    )
