"""Slack: the tokens, the scopes, and one socket that is really opened."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.check import clocks
from bot.check.finding import Finding, failed, fault, looked, note, ok
from bot.errors import ConfigurationError, JoblogsError, SlackUnavailable
from bot.settings import Settings
from bot.slack.gateway import translated
from bot.slack.scopes import SCOPES
from bot.times import Clock

HELLO_S = 10.0
MOST_SOCKETS = 10
"""Of one app (docs.slack.dev, Socket Mode)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """`is_usable`: the bot token works, so that more can be asked with it."""

    findings: list[Finding]
    is_usable: bool
    skew_s: float | None


async def look(client: AsyncWebClient, settings: Settings, clock: Clock) -> Looked:
    findings: list[Finding] = []
    skew_s, app_id, is_usable = None, None, False
    try:
        answer, middle_ns = await clocks.timed(clock, lambda: translated(client.auth_test()))
    except JoblogsError as error:
        findings.append(failed("Slack bot token", error, _REINSTALL))
    else:
        findings += [ok("Slack bot token", f"{answer.get('user')} in {answer.get('team')}"), *_scopes(answer)]
        skew_s, app_id, is_usable = clocks.skew(answer.headers, middle_ns), answer.get("app_id"), True
    findings.append(await _way_in(client, settings, app_id))
    return Looked(findings=findings, is_usable=is_usable, skew_s=skew_s)


def _scopes(answer: AsyncSlackResponse) -> Iterator[Finding]:
    """What Slack says of the token in each answer, against what manifest.yml asks for."""
    subject = "Slack scopes"
    header = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes")
    if header is None:
        yield note(subject, "Slack did not tell them", "Compare OAuth & Permissions with manifest.yml.")
        return
    granted = {scope.strip() for scope in str(header).split(",")} - {""}
    if lacking := sorted(SCOPES - granted):
        yield fault(subject, f"missing: {', '.join(lacking)}", _REINSTALL)
    if superfluous := sorted(granted - SCOPES):
        told = f"more than the bot uses: {', '.join(superfluous)}"
        yield note(subject, told, "Take them out in OAuth & Permissions, or paste manifest.yml, and reinstall.")
    if granted == SCOPES:
        yield ok(subject, f"the {len(SCOPES)} that the bot uses, and no other")


async def _way_in(client: AsyncWebClient, settings: Settings, app_id: str | None) -> Finding:
    if settings.slack_app_token is None:
        told = "HTTP mode: Slack tries it when the request URL is saved, nothing can be tried from here"
        return ok("Slack way in", told)
    token = settings.slack_app_token.get_secret_value()

    async def greet() -> str:
        return await _greeting(client, token, app_id, settings.sockets)

    return await looked("Slack sockets", greet, _SOCKET_MODE)


async def _greeting(client: AsyncWebClient, token: str, app_id: str | None, wanted: int) -> str:
    """Opens a socket, hears Slack's hello and leaves.

    An event that Slack sends to it in that moment comes again; a command or a press has to be repeated.
    """
    answer = await translated(client.apps_connections_open(app_token=token))
    hello = await _first_frame(client, str(answer["url"]))
    if hello.get("type") != "hello":
        raise ConfigurationError(f"Slack closes the socket at once: {hello.get('reason') or 'no hello came'}")
    theirs = (hello.get("connection_info") or {}).get("app_id")
    if app_id and theirs and app_id != theirs:
        raise ConfigurationError(f"the app-level token belongs to the app {theirs}, the bot token to {app_id}")
    others = int(hello.get("num_connections") or 1) - 1
    if others + wanted > MOST_SOCKETS:
        raise ConfigurationError(
            f"{others} sockets are open already, of {MOST_SOCKETS} for an app: stop a process"
        )
    return "Slack says hello" + (f"; {others} more are open, a bot is running" if others else "")


async def _first_frame(client: AsyncWebClient, url: str) -> dict[str, Any]:
    """The address holds a ticket: no message may repeat it, and so no error of aiohttp's is kept."""
    session = client.session
    assert session is not None  # noqa: S101 - `open_client` gave it one
    try:
        async with asyncio.timeout(HELLO_S), session.ws_connect(url) as socket:
            frame = await socket.receive_json()
    except aiohttp.WSServerHandshakeError as error:
        raise SlackUnavailable(f"Slack gave an address for a socket, which answers {error.status}") from None
    except (aiohttp.ClientError, TimeoutError, OSError, TypeError, ValueError) as error:
        raise SlackUnavailable(
            f"Slack gave an address for a socket, and no hello came: {type(error).__name__}"
        ) from None
    return frame if isinstance(frame, dict) else {}


_REINSTALL = (
    "In api.slack.com/apps → App Manifest paste manifest.yml, then Install App → Reinstall to Workspace;"
    " copy its Bot User OAuth Token to SLACK_BOT_TOKEN."
)
_SOCKET_MODE = (
    "In Basic Information → App-Level Tokens of the same app make a token with connections:write and set"
    " SLACK_APP_TOKEN; under Socket Mode the switch must be on."
)
