"""The Bolt app: one team, its listeners, and a way in (sockets or HTTP)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import actions, commands, control, events, log_buttons, own_cards
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.measured import Listener, MeasuredClient
from bot.slack.members import Identity
from bot.slack.refusals import UNEXPECTED
from bot.slack.reply import reply
from bot.times import Clock

log = structlog.get_logger(__name__)

SESSION_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)


@asynccontextmanager
async def open_client(
    token: str, base_url: str, *, listener: Listener | None = None, clock: Clock | None = None
) -> AsyncIterator[AsyncWebClient]:
    """A client with one shared session and without retries of its own: a retried post is a second message."""
    async with aiohttp.ClientSession(timeout=SESSION_TIMEOUT, trust_env=True) as session:
        options: dict[str, Any] = {"token": token, "base_url": base_url, "session": session, "retry_handlers": []}
        if listener is None or clock is None:
            yield AsyncWebClient(**options)
        else:
            yield MeasuredClient(listener=listener, clock=clock, **options)


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
    for room in (commands, log_buttons, actions, own_cards, control, events):
        room.register(app, desk)
    commands.register_last(app)
    actions.register_last(app, desk)
    return app


async def take(app: AsyncApp, request: web.Request) -> web.Response:
    """One request of HTTP mode. What cannot even be read is refused here: Bolt reads before it verifies."""
    if not request.headers.get("X-Slack-Request-Timestamp", "").isdigit():
        return web.Response(status=401, text="not signed by Slack")
    try:
        readable = await to_bolt_request(request)
    except (AttributeError, LookupError, TypeError, ValueError):
        return web.Response(status=400, text="not a request of Slack's")
    return await to_aiohttp_response(await app.async_dispatch(readable))


def _reporter(desk: Desk) -> Callable[..., Awaitable[None]]:
    async def report(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Bolt's door: what a listener did not expect is logged with its kind, never with the payload.

        Before the request was verified nobody is answered: the address to answer to would be anybody's.
        """
        log.error("listener_failed", kind=body.get("type") or body.get("command"), exc_info=error)
        if context.authorize_result is not None and context.respond and context.response_url:
            await reply(desk.client, context.respond, {"text": UNEXPECTED})

    return report
