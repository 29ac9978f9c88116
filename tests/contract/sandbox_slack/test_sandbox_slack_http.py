"""HTTP mode: a real Bolt app behind a request URL, and a bare app where Bolt would hide the requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.application import Application
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button
from tests.contract.sandbox_slack.wires import ADA, ALERTS, AheadClock, until

Body = dict[str, Any]


@dataclass
class Listener:
    """An app of plain HTTP: what it was sent, and the statuses that it answers with (200 when there are none)."""

    url: str = ""
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append((dict(request.headers), await request.text()))
        if self.gate is not None:
            await self.gate.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers=self.headers)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    app, listening = web.Application(), Listener()
    app.router.add_post("/slack/events", listening.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield listening
    await runner.cleanup()


async def test_bolt_serves_commands_buttons_events_and_the_handshake(
    clock: AheadClock, installed: Application
) -> None:
    space = Workspace(clock, manifest=None)
    space.app = installed
    async with SlackServer(space) as outside:
        client = AsyncWebClient(space.bot_token, base_url=outside.api_url)
        app = AsyncApp(client=client, signing_secret=space.signing_secret)
        heard: list[Any] = []

        @app.command("/joblogs")
        async def command(ack: AsyncAck, command: Body) -> None:
            heard.append(command["text"])
            await ack("hello")

        @app.action("go")
        async def action(ack: AsyncAck, body: Body) -> None:
            heard.append(body["actions"][0]["action_id"])
            await ack()

        @app.event("app_mention")
        async def mention(event: Body) -> None:
            heard.append(event["user"])

        @app.event("message")
        async def message() -> None:
            return

        bolt = AsyncSlackAppServer(port=0, path="/slack/events", app=app)
        runner = web.AppRunner(bolt.web_app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        async with SlackServer(space, request_url=url) as server:
            app.client.base_url = server.api_url
            assert await server.verify_request_url()
            ada = space.person("ada")
            outcome = await ada.command("/joblogs", "a & b=c", channel="ml-alerts")
            assert (outcome.acked, outcome.response) == (True, {"text": "hello"})
            posted = await client.chat_postMessage(channel=ALERTS, text="x", blocks=[actions(button())])
            assert (await ada.press("ml-alerts", str(posted["ts"]), "go")).acked
            await ada.say("ml-alerts", f"<@{space.bot_user_id}>")
            await until(lambda: len(heard) == 3)
        await runner.cleanup()
    assert heard == ["a & b=c", "go", ADA]


async def test_each_request_is_signed_over_its_raw_body(workspace: Workspace, listener: Listener) -> None:
    async with SlackServer(workspace, request_url=listener.url):
        await workspace.person("ada").command("/joblogs", "x y", channel="ml-alerts")
    ((headers, body),) = listener.heard
    verifier = SignatureVerifier(workspace.signing_secret)
    assert verifier.is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    form = parse_qs(body)
    assert (form["command"], form["text"], form["is_enterprise_install"]) == (["/joblogs"], ["x y"], ["false"])


async def test_an_event_is_sent_again_with_its_number_and_reason(
    workspace: Workspace, listener: Listener, clock: AheadClock
) -> None:
    listener.statuses = [500, 500, 500]
    async with SlackServer(workspace, request_url=listener.url):
        await workspace.person("ada").say("ml-alerts", "hello")
        await until(lambda: len(listener.heard) == 2)
        for wait_s, count in ((60, 3), (300, 4)):
            await asyncio.sleep(0.02)
            clock.turn(wait_s)
            await until(lambda expected=count: len(listener.heard) == expected)
        assert workspace.dispatcher is not None
        await workspace.dispatcher.settled()
    numbers = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in listener.heard]
    assert numbers == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in listener.heard}) == 1


async def test_an_app_can_ask_that_an_event_not_come_again(workspace: Workspace, listener: Listener) -> None:
    listener.statuses, listener.headers = [500], {"X-Slack-No-Retry": "1"}
    async with SlackServer(workspace, request_url=listener.url):
        await workspace.person("ada").say("ml-alerts", "hello")
        assert workspace.dispatcher is not None
        await workspace.dispatcher.settled()
    assert len(listener.heard) == 1


async def test_a_command_fails_when_the_app_is_late_away_or_broken(
    workspace: Workspace, listener: Listener, clock: AheadClock
) -> None:
    ada = workspace.person("ada")
    async with SlackServer(workspace, request_url=listener.url):
        listener.gate = asyncio.Event()
        late = asyncio.create_task(ada.command("/joblogs", channel="ml-alerts"))
        await until(lambda: listener.heard)
        clock.turn(3)
        outcome = await late
        assert (outcome.error, outcome.message) == (
            "operation_timeout",
            "/joblogs failed because the app did not respond",
        )
        listener.statuses = [200, 404]
        listener.gate.set()
        await until(lambda: listener.statuses == [404])
        assert (await ada.command("/joblogs", channel="ml-alerts")).error == "http_error"
    async with SlackServer(workspace, request_url="http://127.0.0.1:1/slack/events") as server:
        assert (await ada.command("/joblogs", channel="ml-alerts")).error == "connection_failed"
        assert not await server.verify_request_url()
