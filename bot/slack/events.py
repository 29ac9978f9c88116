"""Events: mentions of the bot, and what somebody writes to it alone.

Bolt acknowledges an event before its listener runs, and what dies between the two is lost. So the work is begun in
a middleware, which comes before: a step of triage is committed before Slack is told that it arrived, and an event
that is not acknowledged comes again. Looking things up may take longer than Slack waits; that goes on in the
listener.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.errors import SlackRefused, TransientError
from bot.slack.desk import Desk
from bot.slack.looking import ForAll, ForOne, Said
from bot.slack.mentions import heard
from bot.slack.saying import Spot, Voice

log = structlog.get_logger(__name__)

ACK_BY_S = 1.5
"""As for buttons: Slack waits for three seconds."""
_WORK = "mention"


def register(app: AsyncApp, desk: Desk) -> None:
    async def begin(context: AsyncBoltContext, body: dict[str, Any], next: Callable[[], Awaitable[Any]]) -> None:  # noqa: A002 - Bolt's name
        work = asyncio.create_task(heard(desk, body), name="mention")
        await asyncio.wait({work}, timeout=ACK_BY_S)
        context[_WORK] = work
        await next()

    async def mentioned(context: AsyncBoltContext, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Where another organisation reads along, whoever asks is answered alone."""
        said = await context[_WORK]
        if said is not None:
            shared = bool(body.get("is_ext_shared_channel"))
            await _say(desk, ForOne(said.message) if shared else said, event)

    app.event("app_mention", middleware=[begin])(mentioned)
    app.event("message", middleware=[begin])(mentioned)  # the manifest asks for those of direct messages alone


async def _say(desk: Desk, said: Said, event: dict[str, Any]) -> None:
    """To all in the thread of the mention, or to one person where they wrote it.

    Slack shows a whisper in a thread only when the thread is there already.
    """
    voice, user = Voice(desk.client, desk.clock), str(event["user"])
    written = Spot(channel=str(event["channel"]), thread_ts=event.get("thread_ts"))
    try:
        if isinstance(said, ForAll):
            thread = written.thread_ts or str(event["ts"])
            await voice.say(said.message, Spot(channel=written.channel, thread_ts=thread))
        else:
            await voice.whisper(said.message, written, user)
    except SlackRefused as error:
        log.warning("mention_refused", channel=written.channel, code=error.code)
        await voice.whisper({"text": f"Slack does not let me post here ({error.code})."}, written, user)
    except TransientError as error:
        log.warning("mention_unanswered", reason=str(error))
