"""Events: mentions of the bot."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.errors import TransientError
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.members import Denied
from bot.slack.refusals import MENTIONED

log = structlog.get_logger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    async def mentioned(body: dict[str, Any], event: dict[str, Any]) -> None:
        try:
            if await desk.first_time(f"event:{body['event_id']}"):
                await _answer_mention(desk, body, event)
        except TransientError as error:
            log.warning("mention_failed", reason=str(error))

    app.event("app_mention")(mentioned)


async def _answer_mention(desk: Desk, body: dict[str, Any], event: dict[str, Any]) -> None:
    member = await desk.admit(body)
    text = member.sentence if isinstance(member, Denied) else MENTIONED
    user = event.get("user")
    await translated(
        desk.client.chat_postEphemeral(
            channel=event["channel"], user=str(user), text=text, thread_ts=event.get("thread_ts")
        )
    )
