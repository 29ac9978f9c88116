"""The buttons under an answer: page through it, share it, download it, watch its job."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.answered import LogAnswer, Refusal
from bot.flows.keeping import first_click
from bot.flows.subscribe import Declined
from bot.slack import ids
from bot.slack.desk import Desk, channel_of, sender
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render import words
from bot.slack.render.logview import answer_message, share_message
from bot.slack.render.refusals import OLD_BUTTON, SHARED_ALREADY, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.rooms import outsiders
from bot.slack.turned_away import Denied
from bot.times import now_ms

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button, by whom and where."""

    desk: Desk
    member: Member
    channel: str
    value: str
    respond: AsyncRespond


def register(app: AsyncApp, desk: Desk) -> None:
    for action_id, act in _ACTS.items():
        app.action(action_id)(_listener(desk, act))


Act = Callable[[Press], Awaitable[Message | None]]


def _listener(desk: Desk, act: Act) -> Callable[..., Awaitable[None]]:
    async def pressed(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        message = await _guarded(desk, act, body, action, respond)
        if message is not None:
            await reply(desk.client, respond, message)

    return pressed


async def _guarded(
    desk: Desk, act: Act, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond
) -> Message | None:
    """Carries the press out once, for a member only; what is to be said about it."""
    try:
        member = await _admitted(desk, body, action["action_id"])
        if isinstance(member, Denied):
            return {"text": member.sentence}
        if not await desk.first_time(f"action:{member.id}:{action['action_ts']}:{action['action_id']}"):
            return None
        press = Press(
            desk=desk,
            member=member,
            channel=channel_of(body) or "",
            value=str(action.get("value") or ""),
            respond=respond,
        )
        if action["action_id"] in _ONCE and not await _first_click(press, f"{action['action_id']}:{member.id}"):
            return None
        return await act(press)
    except TransientError as error:
        log.warning("press_failed", action=action["action_id"], reason=str(error))
        return {"text": STORE_AWAY}


async def _first_click(press: Press, what: str) -> bool:
    """False for the second click of a double click, which has another `action_ts` than the first."""
    now = now_ms(press.desk.clock)
    digest = hashlib.blake2b(f"{what}:{press.channel}:{press.value}".encode(), digest_size=12).hexdigest()
    return await press.desk.db.run(lambda tx: first_click(tx.inbox, digest, now))


async def _admitted(desk: Desk, body: dict[str, Any], action_id: str) -> Member | Denied:
    """A download lives in a direct message, which is on no list of channels: whoever began it may cancel it."""
    if action_id != ids.CANCEL_DOWNLOAD:
        member = await desk.admit(body)
        right = "watch" if action_id == ids.UNWATCH else "logs"
        return member if isinstance(member, Denied) else await desk.rights.of(member, right, channel_of(body))
    user_id, team_id = sender(body)
    return await desk.members.admit(user_id=user_id, team_id=team_id, channel=None)


async def _answered(press: Press) -> LogAnswer | Message:
    query = ids.query_of_value(press.value)
    if query is None:
        return {"text": OLD_BUTTON}
    answer = await press.desk.answer.answer(query)
    return words.refusal(answer) if isinstance(answer, Refusal) else answer


async def _turn(press: Press) -> Message | None:
    """Another page, in place of the one that was there."""
    answer = await _answered(press)
    if not isinstance(answer, LogAnswer):
        return answer
    await reply(press.desk.client, press.respond, answer_message(answer, tz=press.member.zone), replace=True)
    return None


async def _show(press: Press) -> Message | None:
    """Lines beside the message that offered them."""
    answer = await _answered(press)
    return answer_message(answer, tz=press.member.zone) if isinstance(answer, LogAnswer) else answer


async def _share(press: Press) -> Message | None:
    answer = await _answered(press)
    if not isinstance(answer, LogAnswer):
        return answer
    if obstacle := await outsiders(press.desk.client, press.channel):
        return {"text": obstacle}
    message = share_message(answer, press.member.id, tz=press.member.zone)
    shared = await reply(press.desk.client, press.respond, message, to_channel=True)
    return None if shared else {"text": SHARED_ALREADY}


async def _download(press: Press) -> Message | None:
    query = ids.query_of_value(press.value)
    if query is None:
        return {"text": OLD_BUTTON}
    download = await press.desk.answer.download(query)
    if isinstance(download, Refusal):
        return words.refusal(download)
    return {"text": await press.desk.downloads.start(download, press.member.id)}


async def _cancel(press: Press) -> Message | None:
    sentence = press.desk.downloads.cancel(press.value, press.member.id)
    return {"text": sentence} if sentence else None


async def _unwatch(press: Press) -> Message | None:
    watch_id = int(press.value) if _NUMBER.fullmatch(press.value) else 0
    ended = await press.desk.subscribe.remove(watch_id, channel=press.channel, user=press.member.id)
    return words.declined(ended) if isinstance(ended, Declined) else words.unwatched_message(ended)


_NUMBER = re.compile(r"[0-9]{1,18}")

_ONCE = frozenset({ids.SHARE, ids.DOWNLOAD})

_ACTS: dict[str, Act] = {
    ids.OLDER: _turn,
    ids.NEWER: _turn,
    ids.ERRORS_ONLY: _turn,
    ids.SHARE: _share,
    ids.SHOW_LOGS: _show,
    ids.DOWNLOAD: _download,
    ids.CANCEL_DOWNLOAD: _cancel,
    ids.UNWATCH: _unwatch,
}
