"""Failures for a while, by the workspace's clock: of calls, of response URLs, of sockets."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, AheadClock, Api, BoltApp, until

PING = b"sdk-ping-pong:1"


async def posting(api: Api) -> int:
    """The HTTP status that a message gets; 0 when the connection is cut."""
    headers = {"Authorization": f"Bearer {api.token}"}
    said = {"channel": ALERTS, "text": "x"}
    try:
        async with api.session.post(f"{api.server.api_url}chat.postMessage", json=said, headers=headers) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


BROKEN = [
    ("500", 500, 0),
    ("502", 502, 0),
    ("503", 503, 0),
    ("504", 504, 0),
    ("429:retry_after=7", 429, 0),
    ("reset", 0, 0),
    ("lost", 0, 1),
    ("garbage", 200, 1),
]


@pytest.mark.parametrize(("kind", "status", "posted"), BROKEN)
async def test_an_hour_of_trouble_ends_when_the_clock_says_so(
    kind: str, status: int, posted: int, api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    fault = workspace.faults.add("*", kind, duration_s=3600)
    assert [await posting(api), await posting(api)] == [status, status]
    assert len(workspace.messages("ml-alerts")) == 2 * posted
    assert workspace.faults.standing == (fault,)
    assert fault.until_ms is not None
    clock.turn(3601)
    assert await posting(api) == 200
    assert workspace.faults.standing == ()


async def test_trouble_can_be_ended_before_its_time_and_leaves_the_other(api: Api, workspace: Workspace) -> None:
    first = workspace.faults.add("chat.postMessage", "500", times=None)
    second = workspace.faults.add("chat.postMessage", "503", duration_s=60)
    assert await posting(api) == 500
    workspace.faults.end(first)
    assert await posting(api) == 503
    workspace.faults.end(second)
    workspace.faults.end(second)
    assert await posting(api) == 200


async def test_a_call_that_times_out_has_no_effect_and_is_recorded_without_an_answer(
    api: Api, workspace: Workspace
) -> None:
    workspace.faults.add("chat.postMessage", "timeout")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await api.post()
    assert await posting(api) == 200
    assert len(workspace.messages("ml-alerts")) == 1
    await until(lambda: len(workspace.calls.of("chat.postMessage")) == 2)
    (lost,) = [call for call in workspace.calls.of("chat.postMessage") if call.fault]
    assert (lost.status, lost.fault) == (0, "timeout")


async def test_response_urls_and_uploads_share_the_trouble_of_all(api: Api, workspace: Workspace) -> None:
    workspace.faults.add("*", "503", times=None)
    url = f"{workspace.base_url}/response/{workspace.response_urls.new(ADA, ALERTS)}"
    async with api.session.post(url, json={"text": "x"}) as answer:
        assert answer.status == 503
    async with api.session.post(f"{workspace.base_url}/upload/none", data=b"x") as answer:
        assert answer.status == 500
    assert workspace.ephemerals("ada") == []


async def test_a_response_url_counts_toward_the_channels_pace(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    said = {"response_type": "in_channel", "text": "shared"}
    url = f"{workspace.base_url}/response/{workspace.response_urls.new(ADA, ALERTS)}"
    for _ in range(5):
        await api.post()
    async with api.session.post(url, json=said) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    async with api.session.post(url, json={"text": "for one alone"}) as answer:
        assert answer.status == 200
    clock.turn(1)
    for _ in range(4):
        async with api.session.post(url, json=said) as answer:
            assert answer.status == 200
        clock.turn(1)
    async with api.session.post(url, json=said) as answer:
        assert (answer.status, await answer.text()) == (404, "used_url")


async def test_a_method_that_reads_does_not_look_at_json(api: Api) -> None:
    ts = await api.post()
    blind = await api.send("conversations.replies", json={"channel": ALERTS, "ts": ts})
    assert blind.error == "invalid_arguments"
    assert blind.body["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]
    assert (await api.form("conversations.replies", channel=ALERTS, ts=ts)).body["ok"]
    async with api.session.post(f"{api.server.api_url}auth.test", json={"token": api.token}) as answer:
        assert (await answer.json())["error"] == "not_authed"


# --- sockets ---------------------------------------------------------------------------------------------


async def address(api: Api, workspace: Workspace) -> str:
    return str((await api.send("apps.connections.open", token=workspace.app_token)).body["url"])


async def connects(api: Api, url: str) -> int:
    """101, or the status with which the socket is refused."""
    try:
        async with api.session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            return 101
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


async def test_while_sockets_are_down_all_are_cut_and_a_ticket_stays_good(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with api.session.ws_connect(await address(api, workspace)) as socket:
        await socket.receive_json()
        workspace.faults.sockets("down", 20)
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    url = await address(api, workspace)
    assert await connects(api, url) == 503
    clock.turn(21)
    assert await connects(api, url) == 101


async def test_a_wedged_ticket_fails_at_its_first_use_and_stays_used(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    workspace.faults.sockets("wedged", 10)
    url = await address(api, workspace)
    assert await connects(api, url) == 408
    clock.turn(11)
    assert await connects(api, url) == 408
    assert await connects(api, await address(api, workspace)) == 101


@pytest.mark.parametrize(("kind", "answered"), [("deaf", True), ("mute", False)])
async def test_a_socket_that_hears_nothing_may_still_answer_pings_until_its_time_is_over(
    kind: str, answered: bool, api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with api.session.ws_connect(await address(api, workspace), autoping=False) as socket:
        await socket.receive_json()
        workspace.faults.sockets(kind, 60)
        call = asyncio.create_task(workspace.person("ada").command("/joblogs", "x", channel="ml-alerts"))
        await socket.ping(PING)
        if answered:
            pong = await socket.receive(timeout=5)
            assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, PING)
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)
        clock.turn(3)
        assert (await call).error == "operation_timeout"
        clock.turn(60)
        call = asyncio.create_task(workspace.person("ada").command("/joblogs", "x", channel="ml-alerts"))
        frame = await socket.receive_json(timeout=5)
        await socket.send_json({"envelope_id": frame["envelope_id"]})
        assert (await call).acked


async def test_a_socket_that_is_opened_later_hears(bolt: BoltApp, workspace: Workspace) -> None:
    @bolt.app.command("/joblogs")
    async def command(ack: AsyncAck, command: dict[str, Any]) -> None:
        bolt.heard.append(command["text"])
        await ack()

    await bolt.connect()
    workspace.faults.sockets("deaf")
    first = workspace.sockets.connections[0]
    await bolt.connect()
    workspace.sockets.connections.remove(first)
    assert (await workspace.person("ada").command("/joblogs", "again", channel="ml-alerts")).acked
    assert bolt.heard == ["again"]


def test_calls_and_sockets_fail_in_different_ways(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="known are deaf, down, mute, wedged"):
        workspace.faults.sockets("500")
    with pytest.raises(ValueError, match="unknown fault 'deaf'"):
        workspace.faults.add("*", "deaf")
