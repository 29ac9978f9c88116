"""The menu of a storm's list: one of its incidents gets a card of its own, since somebody takes it up."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.rolling import give_card
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.render.refusals import GONE, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.turned_away import Denied
from bot.times import now_ms

RIGHT = "watch"
"""Like a watch it lets the bot post in a channel."""
log = structlog.get_logger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the listener of the menu."""

    async def own_card(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        sentence = await _own_card(desk, body, action)
        if sentence:
            await reply(desk.client, respond, {"text": sentence})

    app.action(ids.OWN_CARD)(own_card)


async def _own_card(desk: Desk, body: dict[str, Any], action: dict[str, Any]) -> str | None:
    """What to tell the person alone; None when the new card tells it all."""
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return member.sentence
    value = str((action.get("selected_option") or {}).get("value") or "")
    channel = channel_of(body)
    if channel is None or not value.isascii() or not value.isdigit() or len(value) > 18:
        return GONE
    if denied := await desk.rights.may(member.id, RIGHT, channel):
        return denied.sentence
    now = now_ms(desk.clock)
    try:
        known = await desk.db.run(lambda tx: give_card(tx, int(value), channel, now, actor=member.id))
    except TransientError as error:
        log.warning("own_card_failed", reason=str(error))
        return STORE_AWAY
    log.info("own_card", incident=int(value), actor=member.id, known=known)
    return None if known else GONE
