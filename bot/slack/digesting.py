"""`/joblogs digest`: a channel's daily summary is asked for, told of, and ended."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.subscribe import Declined
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render import words
from bot.slack.render.digests import set_message
from bot.slack.render.refusals import OLD_BUTTON, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.turned_away import Denied

log = structlog.get_logger(__name__)

RIGHT = "watch"
"""Like a watch it lets the bot post in a channel."""


def register(app: AsyncApp, desk: Desk) -> None:
    async def ended(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        await reply(desk.client, respond, await _ended(desk, body, action))

    app.action(ids.END_DIGEST)(ended)


async def digest(desk: Desk, member: Member, channel: str, text: str) -> Message:
    """What `/joblogs digest [daily 09:00 | off]` answers, in the zone of who asks."""
    if text.strip() and (denied := await desk.rights.may(member.id, RIGHT, channel)):
        return {"text": denied.sentence}
    outcome = await desk.summarise.set(text, channel=channel, user=member.id, zone=member.zone.key)
    if isinstance(outcome, Declined):
        return words.declined(outcome)
    return set_message(outcome, watches=bool(await desk.subscribe.of_channel(channel)))


async def _ended(desk: Desk, body: dict[str, Any], action: dict[str, Any]) -> Message:
    """The button's value is the channel; where that is another one, the message was carried elsewhere."""
    member, channel = await desk.admit(body), channel_of(body)
    if isinstance(member, Denied):
        return {"text": member.sentence}
    if channel is None or action.get("value") != channel:
        return {"text": OLD_BUTTON}
    try:
        return await digest(desk, member, channel, "off")
    except TransientError as error:
        log.warning("digest_not_ended", reason=str(error))
        return {"text": STORE_AWAY}
