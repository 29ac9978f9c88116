"""A workspace on a clock that can be turned ahead, its server on a free port, a plain client, and a Bolt app."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.application import DEFAULT as DEFAULT_APP
from bot.sandbox.slack.application import Application, Command, Shortcut
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import AheadClock, Api, BoltApp, listening


@pytest.fixture
def clock() -> AheadClock:
    return AheadClock()


@pytest.fixture
def installed() -> Application:
    """The default app with a shortcut of each type and a domain to unfurl."""
    return Application(
        scopes=DEFAULT_APP.scopes,
        events=DEFAULT_APP.events,
        commands=(Command(command="/joblogs", description="Logs"), Command(command="/esc", should_escape=True)),
        shortcuts=(
            Shortcut(name="Explain", callback_id="explain", type="message"),
            Shortcut(name="Jobs", callback_id="jobs", type="global"),
        ),
        unfurl_domains=("app.baseten.co",),
    )


@pytest.fixture
def workspace(clock: AheadClock, installed: Application) -> Workspace:
    space = Workspace(clock, manifest=None, seed=7)
    space.app = installed
    return space


@pytest.fixture
async def server(workspace: Workspace) -> AsyncIterator[SlackServer]:
    async with SlackServer(workspace) as running:
        yield running


@pytest.fixture
async def api(workspace: Workspace, server: SlackServer) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(session, server, workspace.bot_token)


@pytest.fixture
async def bolt(workspace: Workspace, server: SlackServer) -> AsyncIterator[BoltApp]:
    client = AsyncWebClient(workspace.bot_token, base_url=server.api_url)
    running = BoltApp(AsyncApp(client=client), app_token=workspace.app_token)
    yield running
    for handler in running.handlers:
        await handler.close_async()


@pytest.fixture(params=["sockets", "http"])
async def wired(request: pytest.FixtureRequest, workspace: Workspace) -> AsyncIterator[BoltApp]:
    """A Bolt app that the workspace reaches: once over Socket Mode, once behind a request URL."""
    app = AsyncApp(client=AsyncWebClient(workspace.bot_token), signing_secret=workspace.signing_secret)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(listening(app)) if request.param == "http" else None
        server = await stack.enter_async_context(SlackServer(workspace, request_url=url))
        app.client.base_url = server.api_url
        session = await stack.enter_async_context(aiohttp.ClientSession())
        running = BoltApp(app, app_token=workspace.app_token, api=Api(session, server, workspace.bot_token))
        if url is None:
            await running.connect()
        yield running
        for handler in running.handlers:
            await handler.close_async()


@pytest.fixture
def with_scopes(workspace: Workspace) -> Callable[..., None]:
    """Gives the bot token these scopes and no others."""

    def give(*scopes: str) -> None:
        workspace.app = replace(workspace.app, scopes=frozenset(scopes))

    return give
