"""The message shortcut "Show lines around": on a card, in its thread, or on lines that somebody shared."""

from collections.abc import Iterable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.logs.question import LogQuery
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.looking import ForOne, Said, around_incident, around_lines
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render.refusals import NO_LINES, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.turned_away import Denied

log = structlog.get_logger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    async def show_around(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        await ack()
        message = await _answered(desk, body)
        if message is not None:
            await reply(desk.client, respond, message)

    app.message_shortcut(ids.SHOW_AROUND)(show_around)


async def _answered(desk: Desk, body: dict[str, Any]) -> Message | None:
    """For the person alone, who may share it; None when this was answered before."""
    try:
        if not await desk.first_time(f"shortcut:{body['trigger_id']}"):
            return None
        member = await desk.admit(body)
        if isinstance(member, Denied):
            return {"text": member.sentence}
        return (await _around(desk, member, body)).message
    except TransientError as error:
        log.warning("around_failed", reason=str(error))
        return {"text": STORE_AWAY}


async def _around(desk: Desk, member: Member, body: dict[str, Any]) -> Said:
    message, channel = body.get("message") or {}, channel_of(body)
    by_us = message.get("user") == desk.members.identity.bot_user_id
    card = await _card(desk, channel, str(message.get("ts") or ""))
    if card is None and by_us and (query := question_of(message)) is not None:
        return await around_lines(desk, member, query, channel=channel)
    if card is None:
        card = await _card(desk, channel, str(message.get("thread_ts") or ""))
    if card is None:
        return ForOne({"text": NO_LINES})
    return await around_incident(desk, member, card, channel=channel)


async def _card(desk: Desk, channel: str | None, ts: str) -> int | None:
    """The incident whose card that message is."""
    if channel is None or not ts:
        return None
    card = await desk.db.run(lambda tx: tx.cards.at(channel, ts))
    return card.incident_id if card else None


def question_of(message: dict[str, Any]) -> LogQuery | None:
    """The question whose lines a message of ours shows: it stands in the button "Look further"."""
    found = (ids.query_of_value(value) for value in _values(message, ids.SHOW_LOGS))
    return next((query for query in found if query is not None), None)


def _values(message: dict[str, Any], action_id: str) -> Iterable[str]:
    for block in message.get("blocks") or ():
        for element in block.get("elements") or ():
            if block.get("type") == "actions" and element.get("action_id") == action_id:
                yield str(element.get("value") or "")
