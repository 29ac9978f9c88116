"""Without an app token Slack comes by HTTP: signed requests alone are served, and each once."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.app import open_app
from bot.health import serve
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.http_delivery import signature
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.settings import Settings
from bot.slack import ids
from bot.slack.server import take
from bot.store import engine
from bot.times import SystemClock
from tests.stage import CHANNEL, KEY, shown

Door = Callable[[AsyncApp, web.Request], Awaitable[web.Response]]
FORM = "application/x-www-form-urlencoded"


@dataclass
class House:
    """A bot that listens on `url`, and the services that it talks to."""

    url: str
    world: World
    workspace: Workspace
    slack: SlackServer
    http: aiohttp.ClientSession

    async def post(self, body: bytes, kind: str = FORM, headers: dict[str, str] | None = None) -> int:
        async with self.http.post(
            f"{self.url}/slack/events", data=body, headers={"Content-Type": kind} | (headers or {})
        ) as response:
            return response.status

    async def signed(self, body: bytes, kind: str = FORM, *, secret: str = "", age_s: int = 0, **more: str) -> int:
        stamped = signature(secret or self.workspace.signing_secret, int(time.time()) - age_s, body)
        return await self.post(body, kind, stamped | more)

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.http.get(self.url + path) as response:
            return response.status, await response.json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def open_house(database_url: str, door: Door | None = None) -> AsyncIterator[House]:
    """The whole app, or with `door` only what it does with a request."""
    clock, port = SystemClock(), free_port()
    world, workspace = World(clock, keys={KEY: "house"}), Workspace(clock, seed=3)
    url = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        baseten = await stack.enter_async_context(BasetenServer(world))
        slack = await stack.enter_async_context(SlackServer(workspace, request_url=f"{url}/slack/events"))
        chosen: dict[str, Any] = {
            "slack_signing_secret": workspace.signing_secret,
            "slack_bot_token": workspace.bot_token,
            "slack_api_url": slack.api_url,
            "baseten_api_key": KEY,
            "baseten_api_url": baseten.url,
            "database_url": database_url,
            "host": "127.0.0.1",
            "port": port,
        }
        app = await stack.enter_async_context(open_app(Settings(**chosen), role="web"))
        if door is None:
            await stack.enter_async_context(app.running())
        else:
            handler = partial(door, app.bolt)
            where = ("127.0.0.1", port)
            await stack.enter_async_context(
                serve(where, alive={}, ready={}, metrics=app.vitals(None).scrape, slack=handler)
            )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(url, world, workspace, slack, http)


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with open_house(sqlite_url) as opened:
        yield opened


async def answered(house: House, count: int = 1) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while len(house.workspace.ephemerals("ada")) < count:
        assert time.monotonic() < deadline, "nobody answered"
        await pause()
    return house.workspace.ephemerals("ada")


async def pause() -> None:

    await asyncio.sleep(0.02)


def command(house: House, text: str, trigger: str = "1.2.3") -> bytes:
    ada = house.workspace.roster.user("ada").id
    token = house.workspace.response_urls.new(ada, house.workspace.channel(CHANNEL).id)
    fields = {
        "command": "/joblogs",
        "text": text,
        "team_id": house.workspace.team_id,
        "user_id": ada,
        "channel_id": house.workspace.channel(CHANNEL).id,
        "trigger_id": trigger,
        "response_url": f"{house.workspace.base_url}/response/{token}",
    }
    return urlencode(fields).encode()


async def test_the_request_url_passes_slacks_own_check(house: House):
    assert await house.slack.verify_request_url()


async def test_commands_buttons_and_mentions_are_served(house: House):
    job = house.world.add_job(house.world.add_project("llama-ft"), "run-1", status="TRAINING_JOB_RUNNING")
    job.write("ERROR loss is nan", level="ERROR")
    ada = house.workspace.person("ada")

    assert (await ada.command("/joblogs", "run-1", channel=CHANNEL)).acked
    [answer] = await answered(house)
    assert "loss is nan" in shown(answer)
    assert (await ada.press(CHANNEL, answer["ts"], ids.WATCH)).acked
    assert "now watches" in shown((await answered(house, 2))[1])
    await ada.say(CHANNEL, f"<@{house.workspace.bot_user_id}> hello")
    await answered(house, 3)


async def test_what_is_not_signed_by_slack_is_refused_and_does_nothing(house: House):
    body = command(house, "watches")
    now = int(time.time())
    good = signature(house.workspace.signing_secret, now, body)
    assert await house.post(body) == 401
    assert await house.signed(body, secret="somebody-elses") == 401
    assert await house.signed(body, age_s=600) == 401
    assert await house.signed(body, age_s=-600) == 401
    assert await house.post(body + b"&text=jobs", headers=good) == 401
    assert await house.post(body, headers=good | {"X-Slack-Signature": "v0="}) == 401
    assert await house.post(body, headers=good | {"X-Slack-Request-Timestamp": "soon"}) >= 400
    await pause()
    assert house.workspace.ephemerals("ada") == []
    assert house.workspace.calls.of("response_url") == []

    assert await house.signed(body) == 200
    await answered(house)


async def test_a_command_that_comes_twice_is_answered_once(house: House):
    body = command(house, "watches")
    assert await house.signed(body) == 200
    assert await house.signed(body, **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}) == 200
    assert await house.signed(command(house, "help", trigger="4.5.6")) == 200
    await answered(house, 2)
    assert sum("watches nothing" in shown(one) for one in house.workspace.ephemerals("ada")) == 1


async def test_an_event_that_slack_repeats_is_answered_once(house: House):
    ada, channel = house.workspace.roster.user("ada").id, house.workspace.channel(CHANNEL).id
    event = {"type": "app_mention", "user": ada, "text": "hi", "ts": "1.1", "channel": channel}
    payload = {"type": "event_callback", "team_id": house.workspace.team_id, "event_id": "Ev1", "event": event}
    body = json.dumps(payload).encode()
    for attempt in range(3):
        assert await house.signed(body, "application/json", **{"X-Slack-Retry-Num": str(attempt)}) == 200
    assert await house.signed(body.replace(b"Ev1", b"Ev2"), "application/json") == 200
    await answered(house, 2)
    assert len(house.workspace.calls.of("chat.postEphemeral")) == 2


UNREADABLE = {
    "nothing": b"",
    "words": b"nonsense",
    "half an object": b"payload=%7B",
    "no object": b"payload=%5B1%5D",
    "not UTF-8": b"\xff\xfe",
}


async def test_what_cannot_be_read_is_refused_quietly_and_the_next_request_is_served(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
):
    async with open_house(sqlite_url, take) as house:
        for name, body in UNREADABLE.items():
            for kind in (FORM, "application/json", "text/plain; charset=klingon"):
                assert 400 <= await house.signed(body, kind) < 500, (name, kind)
                assert 400 <= await house.post(body, kind) < 500, (name, kind)
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []
        assert await house.signed(command(house, "watches")) == 200
        await answered(house)


async def test_health_is_told(house: House):
    assert await house.get("/healthz") == (200, {"ok": True, "problems": {}})
    assert await house.get("/readyz") == (200, {"ok": True, "problems": {}})


async def test_without_its_database_a_bot_is_alive_but_not_ready(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.1)
    async with open_house(sqlite_url) as house:
        path = sqlite_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert (await house.get("/healthz"))[0] == 200
            status, body = await house.get("/readyz")
            other.execute("ROLLBACK")
        assert status == 503
        assert "database" in body["problems"]
        assert (await house.get("/readyz"))[0] == 200


async def test_with_sockets_the_port_serves_health_and_no_requests_of_slack(sqlite_url: str):
    clock, port = SystemClock(), free_port()
    workspace = Workspace(clock, seed=4)
    async with SlackServer(workspace) as slack, aiohttp.ClientSession() as http:
        settings = Settings(
            slack_bot_token=workspace.bot_token,
            slack_app_token=workspace.app_token,
            slack_api_url=slack.api_url,
            baseten_api_key=KEY,
            baseten_api_url="http://127.0.0.1:9",
            database_url=sqlite_url,
            port=port,
        )
        async with open_app(settings, role="web") as app, app.running():
            url = f"http://127.0.0.1:{port}"
            async with http.post(f"{url}/slack/events", data=b"x") as response:
                assert response.status == 404
            async with http.get(f"{url}/healthz") as response:
                assert response.status == 200
