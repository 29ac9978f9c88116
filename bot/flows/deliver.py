"""Outbox → Slack: each row once, in the order of its lane, with words chosen at the moment of sending."""

import asyncio
import random
from collections import Counter

import structlog

from bot.errors import ApiRefused, SlackRateLimited, SlackRefused, SlackUnclear, TransientError
from bot.flows import pace, shut
from bot.flows.aftermath import with_aftermath
from bot.flows.around import Around
from bot.flows.contents import Content, LostContent, NoticeContent
from bot.flows.ports import Database, Tx
from bot.flows.scene import Scene, finish, scene_of
from bot.flows.services import Messenger
from bot.incidents.delivery import EDITED, Delivery, Kind, Topic
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

LANES_AT_ONCE = 16
PATIENCE_S = 3.0
"""What takes longer is left to itself, so that a slow answer holds up no other lane."""
CLAIM_TTL_MS = 60_000
SEND_S = 45.0
"""One try ends well before its claim does, or another process could say the same beside it."""
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 60_000
AROUND_TRIES = 8
UNKNOWN_MS = ms_from_s(24 * 3600)
"""So long a message is tried again that Slack refuses for a reason that nobody foresaw."""
BROKEN_TRIES = 5
"""So often a row is tried that fails in a way that nobody foresaw."""


class Deliver:
    """Sends what is due. `owner` names this process in claims."""

    def __init__(self, *, db: Database, messenger: Messenger, around: Around, clock: Clock, owner: str) -> None:
        self._db = db
        self._messenger = messenger
        self._around = around
        self._clock = clock
        self._owner = owner
        self._sending: set[asyncio.Task[None]] = set()
        self._broken: Counter[str] = Counter()

    async def tick(self) -> int:
        """Sends the heads of the lanes that are due and that Slack takes now; how many rows were tried.

        Raises:
            StoreUnavailable: what was sent and could not be noted is looked for in Slack when its claim ends.
        """
        now = now_ms(self._clock)
        rows = await self._db.run(lambda tx: self._claim(tx, now))
        for row in rows:
            self._sending.add(asyncio.create_task(self._handle(row, now), name=f"deliver {row.key}"))
        await self._wait(PATIENCE_S)
        return len(rows)

    async def settle(self) -> None:
        """Waits for what is under way; cancelled, it cuts that off."""
        try:
            await self._wait(None)
        finally:
            for task in self._sending:
                task.cancel()

    def _claim(self, tx: Tx, now: Ms) -> tuple[Delivery, ...]:
        shut.try_again(tx, now)
        free = LANES_AT_ONCE - len(self._sending)
        return pace.claim(tx, self._owner, now, free, CLAIM_TTL_MS) if free > 0 else ()

    async def _wait(self, patience_s: float | None) -> None:
        if not self._sending:
            return
        done, self._sending = await asyncio.wait(self._sending, timeout=patience_s)
        for task in done:
            task.result()

    async def _handle(self, row: Delivery, started: Ms) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                scene = await self._db.run(lambda tx: _look(tx, row, started))
                if scene is None:
                    return
                scene, ts = await self._say(row, scene, started)
                link = await self._link(row, scene, ts)
        except SlackRefused as error:
            await self._refused(row, error)
        except (SlackUnclear, TimeoutError) as error:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms or started)
        except TransientError as error:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms)
        except Exception as error:
            # The delivery loop's door: one bad row never stops the others.
            log.exception("delivery_failed", key=row.key, kind=row.kind)
            await self._failed(row, error, started)
        else:
            self._broken.pop(row.key, None)
            await self._db.run(lambda tx: _note(tx, row, scene, ts, link, now_ms(self._clock)))

    async def _say(self, row: Delivery, scene: Scene, started: Ms) -> tuple[Scene, str | None]:
        """What was said, and the ts of the message that says it; None when there was nothing to say."""
        try:
            return await self._said(row, scene, started)
        except SlackRateLimited as error:
            until = Ms(now_ms(self._clock) + _wait_ms(row, error))
            await self._db.run(lambda tx: tx.pace.put(pace.held(row, until)))
            raise

    async def _said(self, row: Delivery, scene: Scene, started: Ms) -> tuple[Scene, str | None]:
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
                return scene.as_it_was(row.unclear_since_ms), shown_ts
        content = await self._content(row, scene)
        self._still_in_time(started)
        if content is None or (scene.only_if_found and shown_ts is None):
            return scene, shown_ts
        if shown_ts is not None:
            # What was found shows what was true then.
            await self._messenger.edit(row.channel, shown_ts, content, late_ms=scene.late_ms)
            return scene, shown_ts
        return scene, await self._messenger.post(
            row.channel, content, thread_ts=thread_ts, delivery_id=row.delivery_id, late_ms=scene.late_ms
        )

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
        now = now_ms(self._clock)
        if shut.stops(row, error.code):
            log.warning("channel_refuses", channel=row.channel, lane=row.lane, code=error.code)
            await self._db.run(lambda tx: shut.close(tx, row, error.code, now))
            return
        if error.code in shut.GONE:
            log.info("message_gone", key=row.key, kind=row.kind, code=error.code)
        elif shut.is_of_row(row, error.code):
            log.error("delivery_refused", key=row.key, kind=row.kind, code=error.code, pointers=error.pointers)
        elif now - row.created_ms < UNKNOWN_MS:
            log.error("delivery_refused_for_now", key=row.key, kind=row.kind, code=error.code)
            due = Ms(now + shut.TRY_AGAIN_MS)
            await self._db.run(lambda tx: tx.outbox.again(row, due, error.code, None))
            return
        else:
            await self._lost(row, error)
        await self._db.run(lambda tx: tx.outbox.done(row, now))

    async def _later(self, row: Delivery, error: Exception, *, unclear_since_ms: Ms | None) -> None:
        now = now_ms(self._clock)
        due = Ms(now + _wait_ms(row, error))
        reason = str(error)[:200] or type(error).__name__
        log.info("delivery_again", key=row.key, reason=reason, attempts=row.attempts, wait_ms=due - now)
        await self._db.run(lambda tx: tx.outbox.again(row, due, reason, unclear_since_ms))

    async def _failed(self, row: Delivery, error: Exception, started: Ms) -> None:
        """It may have been said: look first. In the end whoever waits for it learns that there was something."""
        self._broken[row.key] += 1
        if self._broken[row.key] < BROKEN_TRIES:
            await self._later(row, error, unclear_since_ms=row.unclear_since_ms or started)
            return
        del self._broken[row.key]
        await self._lost(row, error)
        await self._db.run(lambda tx: tx.outbox.done(row, now_ms(self._clock)))

    async def _lost(self, row: Delivery, error: Exception) -> None:
        """Says that something could not be said."""
        log.error("delivery_given_up", key=row.key, kind=row.kind, reason=f"{type(error).__name__}: {error}"[:300])
        lost = LostContent(kind=row.kind, incident_id=row.incident_id)
        try:
            await self._messenger.post(row.channel, lost, thread_ts=None, delivery_id=row.delivery_id)
        except (SlackRefused, TransientError) as refusal:
            log.error("loss_not_told", key=row.key, reason=str(refusal))


def _look(tx: Tx, row: Delivery, now: Ms) -> Scene | None:
    """What there is to say; None when its channel takes nothing."""
    return None if shut.is_shut(tx, row, now) else scene_of(tx, row, now)


def _note(tx: Tx, row: Delivery, scene: Scene, ts: str | None, link: str | None, now: Ms) -> None:
    if ts is not None:
        shut.mended(tx, row.channel)
    finish(tx, row, scene, ts, link, now)


def _wait_ms(row: Delivery, error: Exception) -> int:
    """What the other side asked for, else twice as long each time, with jitter."""
    asked = error.retry_after_s if isinstance(error, TransientError) else None
    if asked is not None:
        return ms_from_s(asked)
    longest: int = min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(row.attempts, 10))
    return longest // 2 + random.randrange(longest // 2)
