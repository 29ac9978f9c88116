"""Answers through a response_url, which Slack takes five times within thirty minutes."""

import structlog
from slack_bolt.async_app import AsyncRespond

from bot.slack.mrkdwn import Message

log = structlog.get_logger(__name__)


async def reply(
    respond: AsyncRespond, message: Message, *, replace: bool = False, to_channel: bool = False
) -> bool:
    """Shows `message` to the asker alone unless `to_channel`; whether Slack took it.

    Slack's answer is not raised by Bolt, so it is looked at here. Blocks that Slack does not take are left
    out, so that the asker at least reads the text.
    """
    for attempt in (message, {"text": message["text"]}):
        response = await respond(
            **attempt,
            response_type="in_channel" if to_channel else "ephemeral",
            replace_original=replace,
            unfurl_links=False,
            unfurl_media=False,
        )
        if response.status_code == 200:
            return True
        log.error("reply_refused", status=response.status_code, body=str(response.body)[:300])
        if "blocks" not in attempt:
            break
    return False
