"""Events that tell that a channel may be written to again: what waited for it goes on at once."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.flows import shut
from bot.slack.desk import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    async def joined(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if event.get("user") == context.bot_user_id:
            await _open_again(desk, event)

    async def unarchived(event: dict[str, Any]) -> None:
        await _open_again(desk, event)

    # Bolt leaves out what the bot itself does, except for its joining a channel.
    app.event("member_joined_channel")(joined)
    for kind in ("channel_unarchive", "group_unarchive"):
        app.event(kind)(unarchived)


async def _open_again(desk: Desk, event: dict[str, Any]) -> None:
    channel = str(event.get("channel") or "")
    await desk.db.run(lambda tx: shut.mended(tx, channel))
