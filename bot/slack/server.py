"""The Bolt app: one team, its listeners, and a way in (sockets or HTTP)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import (
    actions,
    around_shortcut,
    commands,
    digesting,
    events,
    homes,
    listing,
    log_buttons,
    mended,
    own_cards,
    unfurls,
    windows,
)
from bot.slack.crowd import Crowd
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.measured import Listener, MeasuredClient, nobody
from bot.slack.members import Identity
from bot.slack.render.refusals import UNEXPECTED
from bot.slack.reply import reply
from bot.times import Clock

log = structlog.get_logger(__name__)

SESSION_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)

ROOMS = (
    commands,
    log_buttons,
    actions,
    windows,
    own_cards,
    around_shortcut,
    events,
    mended,
    listing,
    homes,
    digesting,
    unfurls,
)
"""What listens to what people do, in this order; Bolt takes the first listener that matches."""


@asynccontextmanager
async def open_client(
    token: str, base_url: str, *, clock: Clock, listener: Listener = nobody
) -> AsyncIterator[MeasuredClient]:
    """A client with one shared session and without retries of its own: a retried post is a second message."""
    async with aiohttp.ClientSession(timeout=SESSION_TIMEOUT, trust_env=True) as session:
        yield MeasuredClient(
            listener=listener, clock=clock, token=token, base_url=base_url, session=session, retry_handlers=[]
        )


async def identify(client: AsyncWebClient) -> Identity:
    """Who the token belongs to; also proves that the token works.

    Raises:
        SlackRefused, TransientError: the token is not accepted, or Slack cannot be reached.
    """
    answer = await translated(client.auth_test())
    return Identity(
        team_id=str(answer["team_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_id=answer.get("bot_id"),
        team_name=str(answer.get("team") or ""),
    )


def build_bolt(client: AsyncWebClient, identity: Identity, signing_secret: str | None, desk: Desk) -> AsyncApp:
    """The Bolt app with every listener. `authorize` is ours, so that the environment cannot turn on OAuth."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_token=client.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
        )

    app = AsyncApp(
        client=client,
        authorize=authorize,
        signing_secret=signing_secret or "",
        request_verification_enabled=signing_secret is not None,
    )
    app.error(_reporter(desk))
    app.middleware(Crowd(app).admit)
    for room in ROOMS:
        room.register(app, desk)
    commands.register_last(app)
    windows.register_last(app, desk)
    return app


def _reporter(desk: Desk) -> Callable[..., Awaitable[None]]:
    async def report(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Bolt's door: what a listener did not expect is logged with its kind, never with the payload.

        Before the request was verified nobody is answered: the address to answer to would be anybody's.
        """
        log.error("listener_failed", kind=body.get("type") or body.get("command"), exc_info=error)
        if context.authorize_result is not None and context.respond and context.response_url:
            await reply(desk.client, context.respond, {"text": UNEXPECTED})

    return report
