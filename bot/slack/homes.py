"""App Home of each person: shown when it is opened, and again after what they do there."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import SlackRefused, TransientError
from bot.flows.subscribe import Declined
from bot.slack import ids
from bot.slack.desk import Desk, sender
from bot.slack.gateway import translated
from bot.slack.render.home import home_view, told_view
from bot.slack.render.refusals import OLD_BUTTON, STORE_AWAY
from bot.slack.rich import Element
from bot.slack.turned_away import Denied
from bot.slack.windows.window import tell

log = structlog.get_logger(__name__)

TRIES = 3
"""Another process may publish in between, or Slack may not answer."""
LONGEST_S = 5.0
_NUMBER = re.compile(r"[0-9]{1,18}")


def register(app: AsyncApp, desk: Desk) -> None:
    homes = Homes(desk)

    async def opened(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            await homes.show(str(event["user"]), body.get("team_id"), _hash(event.get("view")))

    async def again(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await homes.show(*_who(body), _hash(body.get("view")))

    async def unwatch(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        sentence = await _unwatched(desk, body, str(action.get("value") or ""))
        if sentence:
            await tell(desk, respond, body, sentence)
        await homes.show(*_who(body))

    async def looking(body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - Bolt's name
        if body.get("type") == "block_actions" and (body.get("view") or {}).get("type") == "home":
            who = _who(body)
            desk.surfaces.looks_at(who[0], lambda: homes.show(*who))
        await next()

    app.use(looking)
    app.event("app_home_opened")(opened)
    app.action(ids.HOME_AGAIN)(again)
    app.action(ids.HOME_UNWATCH)(unwatch)


class Homes:
    """Publishes one Home at a time for each person; what is asked for meanwhile is one more time, not many."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: set[str] = set()
        self._hashes: dict[str, str] = {}

    async def show(self, person: str, team: str | None, seen_hash: str | None = None) -> None:
        """Publishes what is true now. `seen_hash` is of the Home that the person has before them."""
        if seen_hash:
            self._hashes[person] = seen_hash
        if person in self._waiting:
            return
        self._waiting.add(person)
        async with self._locks.setdefault(person, asyncio.Lock()):
            self._waiting.discard(person)
            await self._publish(person, team)

    async def _publish(self, person: str, team: str | None) -> None:
        for attempt in range(TRIES):
            view = await self._view(person, team)
            try:
                answer = await translated(
                    self._desk.client.views_publish(user_id=person, view=view, hash=self._hashes.get(person))
                )
            except SlackRefused as error:
                self._hashes.pop(person, None)
                if error.code != "hash_conflict":
                    log.warning("home_refused", code=error.code, pointers=error.pointers)
                    return
            except TransientError as error:
                log.info("home_again", attempt=attempt, reason=str(error))
                await self._desk.clock.sleep(min(error.retry_after_s or 0, LONGEST_S) + random.uniform(0.2, 0.6))
            else:
                self._hashes[person] = str((answer.get("view") or {}).get("hash") or "")
                return

    async def _view(self, person: str, team: str | None) -> Element:
        desk = self._desk
        member = await desk.members.admit(user_id=person, team_id=team, channel=None)
        if isinstance(member, Denied):
            return told_view(member.sentence)
        if denied := await desk.rights.may(member.id, "logs", None):
            return told_view(denied.sentence)
        allowed = desk.members.policy.channels
        channels = await desk.memberships.of(member.id)
        if channels is not None and allowed:
            channels &= allowed
        try:
            return home_view(await desk.overview.sight(member.id, channels))
        except TransientError as error:
            log.warning("home_unread", reason=str(error))
            return told_view(STORE_AWAY)


async def _unwatched(desk: Desk, body: dict[str, Any], value: str) -> str | None:
    """Ends a watch of a channel that the person is in; the sentence when that was not done."""
    person, team = _who(body)
    member = await desk.members.admit(user_id=person, team_id=team, channel=None)
    if isinstance(member, Denied):
        return member.sentence
    watch_id = int(value) if _NUMBER.fullmatch(value) else 0
    try:
        watch = await desk.db.run(lambda tx: tx.watches.get(watch_id))
        channels = await desk.memberships.of(member.id)
        if watch is None or channels is None or watch.channel not in channels:
            return OLD_BUTTON
        if denied := await desk.rights.may(member.id, "watch", watch.channel):
            return denied.sentence
        ended = await desk.subscribe.remove(watch_id, channel=watch.channel, user=member.id)
    except TransientError as error:
        log.warning("unwatch_failed", reason=str(error))
        return STORE_AWAY
    return ended.sentence if isinstance(ended, Declined) else None


def _who(body: dict[str, Any]) -> tuple[str, str | None]:
    return sender(body)


def _hash(view: object) -> str | None:
    return str(view.get("hash") or "") or None if isinstance(view, dict) else None
