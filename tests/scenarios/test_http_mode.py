"""Without an app token Slack comes by HTTP: signed requests alone are served, and each once."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot import doorstep
from bot.app import open_app
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.http_delivery import signature
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.settings import Settings
from bot.slack import crowd, door, ids
from bot.slack.render.refusals import BUSY
from bot.store import engine
from bot.times import SystemClock
from tests.stage import CHANNEL, KEY, shown

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
async def open_house(database_url: str) -> AsyncIterator[House]:
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
        await stack.enter_async_context(app.running())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(url, world, workspace, slack, http)


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with open_house(sqlite_url) as opened:
        yield opened


async def answered(house: House, count: int = 1) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
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
    while ada.view is None:
        await pause()
    assert (await ada.submit()).ok
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
    for stamp in ("soon", "", "-1", "9" * 5_000, "\u0661\u0667", f"{now}.5"):
        assert await house.post(body, headers=good | {"X-Slack-Request-Timestamp": stamp}) == 401
    for signed in ("v1=" + good["X-Slack-Signature"][3:], "v0=\u00e9", good["X-Slack-Signature"].upper(), " "):
        assert await house.post(body, headers=good | {"X-Slack-Signature": signed}) == 401
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
    text = f"<@{house.workspace.bot_user_id}> hi"
    event = {"type": "app_mention", "user": ada, "text": text, "ts": "1.1", "channel": channel}
    payload = {"type": "event_callback", "team_id": house.workspace.team_id, "event_id": "Ev1", "event": event}
    body = json.dumps(payload).encode()
    for attempt in range(3):
        assert await house.signed(body, "application/json", **{"X-Slack-Retry-Num": str(attempt)}) == 200
    other = body.replace(b"Ev1", b"Ev2").replace(b'"1.1"', b'"2.2"')
    assert await house.signed(other, "application/json") == 200
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
    async with open_house(sqlite_url) as house:
        for name, body in UNREADABLE.items():
            for kind in (FORM, "application/json", "text/plain; charset=klingon"):
                assert 400 <= await house.signed(body, kind) < 500, (name, kind)
                assert 400 <= await house.post(body, kind) < 500, (name, kind)
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []
        assert await house.signed(command(house, "watches")) == 200
        await answered(house)


async def test_a_body_that_is_too_large_is_refused_unread(house: House):
    big = command(house, "x" * 1_000_001)
    assert await house.signed(big) == 413
    now = int(time.time())
    headers = signature(house.workspace.signing_secret, now, big) | {"Content-Type": FORM}

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    async with house.http.post(f"{house.url}/slack/events", data=in_pieces(), headers=headers) as response:
        assert response.status == 413
    assert await house.signed(command(house, "watches")) == 200
    await answered(house)


async def test_headers_without_end_are_refused(house: House):
    many = {f"X-Filler-{number}": "x" for number in range(500)}
    assert await house.post(b"x", headers=many) == 400
    assert await house.post(b"x", headers={"X-Filler": "x" * 100_000}) == 400
    assert await house.signed(command(house, "watches")) == 200


async def test_who_never_ends_the_headers_is_sent_away_and_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doorstep, "HEADERS_S", 1.0)
    monkeypatch.setattr(doorstep, "MOST_WAITING", 20)
    host, port = house.url.removeprefix("http://").split(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(40)]
    for number, (_, writer) in enumerate(idle):
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"")
    assert await house.signed(command(house, "watches")) == 200
    for reader, writer in idle:
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    assert (await house.get("/healthz"))[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_only_posts_to_the_one_path_are_taken(house: House, method: str):
    async with house.http.request(method, f"{house.url}/slack/events") as response:
        assert response.status == 405
    for path in (
        "/",
        "/slack",
        "/slack/events/",
        "/slack/events/..",
        "/slack/install",
        "/../etc/passwd",
        "/%2e%2e",
    ):
        async with house.http.post(house.url + path, data=b"x") as response:
            assert response.status == 404, path


async def test_nothing_of_a_request_is_repeated_to_whoever_sent_it(house: House):
    mark = "e2f1b0-marked"
    challenge = json.dumps({"type": "url_verification", "challenge": mark}).encode()
    now = int(time.time())
    for path, body, headers in (
        ("/slack/events", challenge, {"Content-Type": "application/json"}),
        ("/slack/events", challenge, {"Content-Type": f"text/{mark}", "X-Slack-Request-Timestamp": str(now)}),
        ("/slack/events", challenge, signature(mark, now, challenge) | {"Content-Type": "application/json"}),
        (f"/{mark}?{mark}", b"", {}),
    ):
        async with house.http.post(house.url + path, data=body, headers=headers) as response:
            assert response.status in (401, 404, 415)
            assert mark not in await response.text() + str(response.headers)


async def _opened(house: House, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request whose headers look like Slack's, and of whose body only one byte comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    stamp = int(time.time())
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0=00\r\n\r\nx"
    )
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


async def test_a_body_that_trickles_in_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(door, "READ_S", 0.3)
    reader, writer = await _opened(house, 500_000)
    async with asyncio.timeout(10):
        assert b" 408 " in await reader.readline()
        await reader.read()  # up to the end: the connection is closed
    writer.close()


async def test_while_many_bodies_trickle_in_what_slack_sends_is_served_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door, "READ_S", 60.0)
    slow = [await _opened(house, 900_000) for _ in range(3 * door.MOST_READING)]
    for number in range(5):
        assert await house.signed(command(house, "watches", trigger=f"9.{number}")) == 200
    await answered(house, 5)
    refused = await asyncio.gather(*(asyncio.wait_for(one.readline(), 10) for one, _ in slow[: door.MOST_READING]))
    assert all(b" 408 " in line for line in refused)
    for _, writer in slow:
        writer.close()


async def test_a_burst_of_unsigned_requests_keeps_no_signed_one_waiting(house: House):
    junk = [asyncio.create_task(house.post(b"x" * 50_000)) for _ in range(300)]
    junk += [asyncio.create_task(house.signed(b"y" * 50_000, secret="wrong")) for _ in range(100)]
    for number in range(5):
        assert await house.signed(command(house, "watches", trigger=f"8.{number}")) == 200
    assert set(await asyncio.gather(*junk)) <= {401, 408}
    await answered(house, 5)


async def test_more_than_can_be_worked_on_at_once_is_refused_with_a_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crowd, "MOST_AT_ONCE", 2)
    fault = house.workspace.faults.add("response_url", "slow:1", times=None)
    before = [await house.signed(command(house, "watches", trigger=f"7.{number}")) for number in range(2)]
    async with house.http.post(
        f"{house.url}/slack/events",
        data=(body := command(house, "watches", trigger="7.9")),
        headers=signature(house.workspace.signing_secret, int(time.time()), body) | {"Content-Type": FORM},
    ) as response:
        assert (response.status, (await response.json())["text"]) == (200, BUSY)
    assert before == [200, 200]
    payload = {"type": "event_callback", "team_id": "T1", "event_id": "Ev9", "event": {"type": "app_mention"}}
    assert await house.signed(json.dumps(payload).encode(), "application/json") == 503
    house.workspace.faults.end(fault)
    await answered(house, 2)
    for number in range(10, 200):  # the two listeners end within a second
        assert await house.signed(command(house, "watches", trigger=f"7.{number}")) == 200
        if len(house.workspace.ephemerals("ada")) > 2:
            break
        await pause()
    await answered(house, 3)


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
