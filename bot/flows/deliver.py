"""Outbox → Slack: each row once, in the order of its lane, with words chosen at the moment of sending."""

import asyncio
import random

import structlog

from bot.errors import ApiRefused, SlackRateLimited, SlackRefused, SlackUnclear, TransientError
from bot.flows.aftermath import with_aftermath
from bot.flows.around import Around
from bot.flows.contents import Content, NoticeContent
from bot.flows.pace import Pace
from bot.flows.ports import Database, Tx
from bot.flows.scene import Scene, finish, scene_of
from bot.flows.services import Messenger
from bot.incidents.delivery import Delivery, Kind, Topic
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

LANES_AT_ONCE = 16
CLAIM_TTL_MS = 60_000
SEND_S = 45.0
"""One try ends well before its claim does, or another process could say the same beside it."""
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 60_000
AROUND_TRIES = 8
UNPARK_INTERVAL_MS = ms_from_s(120)
"""So often it is tried again whether a channel takes messages."""
SHUT_MS = ms_from_s(30)
"""So long after a refusal nothing else is tried in the same channel: its other lanes are parked unasked."""
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
EDITED = frozenset({Kind.CARD, Kind.ROLL})
GONE = frozenset({"cant_update_message", "cannot_reply_to_message", "message_not_found", "thread_not_found"})
"""Somebody deleted the card or its thread. It is not posted anew: it may have held what nobody should read."""


class Deliver:
    """Sends what is due. `owner` names this process in claims."""

    def __init__(self, *, db: Database, messenger: Messenger, around: Around, clock: Clock, owner: str) -> None:
        self._db = db
        self._messenger = messenger
        self._around = around
        self._clock = clock
        self._owner = owner
        self._pace = Pace()
        self._shut: dict[str, tuple[Ms, str]] = {}
        self._unparked_ms = Ms(0)

    async def tick(self) -> int:
        """Sends the heads of the lanes that are due; how many rows were tried.

        Raises:
            StoreUnavailable: what was sent and could not be noted is looked for in Slack when its claim ends.
        """
        now = now_ms(self._clock)
        if now - self._unparked_ms >= UNPARK_INTERVAL_MS:
            self._unparked_ms = now
            await self._db.run(_unpark)
        rows = await self._db.run(lambda tx: tx.outbox.claim(self._owner, now, LANES_AT_ONCE, CLAIM_TTL_MS))
        outcomes = await asyncio.gather(*(self._handle(row, now) for row in rows), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return len(rows)

    async def _handle(self, row: Delivery, started: Ms) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                scene = await self._db.run(lambda tx: scene_of(tx, row, started))
                if await self._is_shut(row, started) or await self._has_to_wait(row, scene, started):
                    return
                ts = await self._say(row, scene, started)
                link = await self._link(row, scene, ts)
        except SlackRefused as error:
            await self._refused(row, error)
        except (SlackUnclear, TimeoutError) as error:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms or started)
        except TransientError as error:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms)
        except Exception as error:
            # The delivery loop's door: one bad row never stops the others. It may have been said: look first.
            log.exception("delivery_failed", key=row.key, kind=row.kind)
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms or started)
        else:
            await self._db.run(lambda tx: finish(tx, row, scene, ts, link, now_ms(self._clock)))

    async def _is_shut(self, row: Delivery, now: Ms) -> bool:
        """Whether the channel refused something a moment ago: then the row is parked like the one before it."""
        refused_ms, code = self._shut.get(row.channel, (Ms(0), ""))
        if now - refused_ms >= SHUT_MS:
            return False
        await self._db.run(lambda tx: tx.outbox.park(row, code))
        return True

    async def _has_to_wait(self, row: Delivery, scene: Scene, now: Ms) -> bool:
        if scene.content is None and row.kind is not Kind.AROUND:
            return False
        slot = self._pace.slot(row.key, row.channel, is_edit=scene.shown_ts is not None, now_ms=now)
        if slot > now:
            await self._db.run(lambda tx: tx.outbox.again(row, slot, "waits for its turn", row.unclear_since_ms))
        return slot > now

    async def _say(self, row: Delivery, scene: Scene, started: Ms) -> str | None:
        """The ts of the message that now says it; None when there was nothing to say."""
        try:
            return await self._said(row, scene, started)
        except SlackRateLimited as error:
            until = Ms(now_ms(self._clock) + _wait_ms(row, error))
            self._pace.hold(row.channel, until, is_edit=scene.shown_ts is not None)
            raise

    async def _said(self, row: Delivery, scene: Scene, started: Ms) -> str | None:
        thread_ts = scene.card.ts if scene.card and row.kind is not Kind.CARD else None
        shown_ts = scene.shown_ts
        if row.unclear_since_ms is not None and shown_ts is None:
            shown_ts = await self._messenger.find(
                row.channel,
                thread_ts=thread_ts,
                delivery_id=row.delivery_id,
                since_ms=row.unclear_since_ms,
            )
            if shown_ts is not None and row.kind not in EDITED:
                return shown_ts
        content = await self._content(row, scene)
        self._still_in_time(started)
        if content is None:
            return shown_ts
        if shown_ts is not None:
            # What was found shows what was true then.
            await self._messenger.edit(row.channel, shown_ts, content)
            return shown_ts
        return await self._messenger.post(row.channel, content, thread_ts=thread_ts, delivery_id=row.delivery_id)

    def _still_in_time(self, started: Ms) -> None:
        """A process that was frozen wakes in the middle of its work: by now another one may be saying this."""
        if now_ms(self._clock) - started >= ms_from_s(SEND_S):
            raise TimeoutError

    async def _link(self, row: Delivery, scene: Scene, ts: str | None) -> str | None:
        """The address of a card, asked for once."""
        if row.kind is not Kind.CARD or ts is None:
            return None
        known = scene.card.permalink if scene.card else None
        return known or await self._messenger.permalink(row.channel, ts)

    async def _content(self, row: Delivery, scene: Scene) -> Content | None:
        if isinstance(scene.content, NoticeContent) and row.payload["topic"] == Topic.ENDED:
            return await with_aftermath(scene.content, row.channel, self._around.apis, self._messenger)
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
            log.warning("channel_refuses", channel=row.channel, lane=row.lane, code=error.code)
            self._shut[row.channel] = (now_ms(self._clock), error.code)
            await self._db.run(lambda tx: tx.outbox.park(row, error.code))
            return
        if error.code in GONE:
            log.info("message_gone", key=row.key, kind=row.kind, code=error.code)
            await self._db.run(lambda tx: tx.outbox.done(row, now_ms(self._clock)))
            return
        log.error("delivery_refused", key=row.key, kind=row.kind, code=error.code, pointers=error.pointers)
        await self._db.run(lambda tx: tx.outbox.done(row, now_ms(self._clock)))

    async def _later(self, row: Delivery, error: Exception, *, unclear_since_ms: Ms | None) -> None:
        now = now_ms(self._clock)
        due = Ms(now + _wait_ms(row, error))
        reason = str(error)[:200] or type(error).__name__
        log.info("delivery_again", key=row.key, reason=reason, attempts=row.attempts, wait_ms=due - now)
        await self._db.run(lambda tx: tx.outbox.again(row, due, reason, unclear_since_ms))


def _wait_ms(row: Delivery, error: Exception) -> int:
    """What the other side asked for, else twice as long each time, with jitter."""
    asked = error.retry_after_s if isinstance(error, TransientError) else None
    if asked is not None:
        return ms_from_s(asked)
    longest: int = min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(row.attempts, 10))
    return longest // 2 + random.randrange(longest // 2)


def _unpark(tx: Tx) -> None:
    """Of channels that nobody watches any more everything stays where it is."""
    for channel in sorted({watch.channel for watch in tx.watches.active()}):
        if count := tx.outbox.unpark(channel):
            log.info("channel_tried_again", channel=channel, rows=count)
