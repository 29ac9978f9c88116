"""Socket Mode with the real Bolt client, and with bare sockets where the client would hide the frames."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.sandbox.slack.sockets import MOST_SOCKETS
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, AheadClock, Api, BoltApp, until


@dataclass
class Bare:
    """A socket without a client library."""

    socket: aiohttp.ClientWebSocketResponse

    async def frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = await self.socket.receive_json(timeout=5)
        return frame

    async def ack(self, frame: dict[str, Any]) -> None:
        await self.socket.send_json({"envelope_id": frame["envelope_id"]})


async def address(api: Api, workspace: Workspace) -> str:
    return str((await api.send("apps.connections.open", token=workspace.app_token)).body["url"])


@asynccontextmanager
async def bare(api: Api, workspace: Workspace) -> AsyncIterator[Bare]:
    async with api.session.ws_connect(await address(api, workspace), autoping=False) as socket:
        opened = Bare(socket)
        hello = await opened.frame()
        assert hello["type"] == "hello"
        yield opened


async def test_hello_tells_how_many_and_for_how_long(api: Api, workspace: Workspace) -> None:
    async with api.session.ws_connect(await address(api, workspace)) as socket:
        hello = await socket.receive_json()
    assert hello["num_connections"] == 1
    assert hello["connection_info"] == {"app_id": workspace.app_id}
    assert hello["debug_info"]["approximate_connection_time"] > 3600


async def test_a_ticket_is_good_once_and_for_half_a_minute(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    url = await address(api, workspace)
    async with api.session.ws_connect(url):
        pass
    with pytest.raises(aiohttp.WSServerHandshakeError, match="408"):
        await api.session.ws_connect(url)
    stale = await address(api, workspace)
    clock.turn(31)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="408"):
        await api.session.ws_connect(stale)


async def test_sockets_are_refused_on_command(api: Api, workspace: Workspace) -> None:
    workspace.refuse_sockets(1)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="408"):
        await api.session.ws_connect(await address(api, workspace))
    async with bare(api, workspace):
        assert len(workspace.sockets) == 1


async def test_an_eleventh_socket_is_sent_away(api: Api, workspace: Workspace) -> None:
    opened = [await api.session.ws_connect(await address(api, workspace)) for _ in range(MOST_SOCKETS)]
    async with api.session.ws_connect(await address(api, workspace)) as extra:
        frame = await extra.receive_json(timeout=5)
        assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
        assert (await extra.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    assert len(workspace.sockets) == MOST_SOCKETS
    for socket in opened:
        await socket.close()


async def test_pings_are_answered_with_what_they_carried(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        await one.socket.ping(b"sdk-ping-pong:1")
        answer = await one.socket.receive(timeout=5)
        assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_a_deaf_socket_gets_nothing_and_answers_no_ping(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with bare(api, workspace) as one:
        assert workspace.deafen_sockets() == 1
        await one.socket.ping(b"?")
        call = asyncio.create_task(workspace.person("ada").command("/joblogs", "x", channel="ml-alerts"))
        with pytest.raises(TimeoutError):
            await one.socket.receive(timeout=0.1)
        clock.turn(3)
        outcome = await call
        assert (outcome.acked, outcome.error) == (False, "operation_timeout")


async def test_a_command_without_an_ack_fails_after_three_seconds(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with bare(api, workspace) as one:
        call = asyncio.create_task(workspace.person("ada").command("/joblogs", "x", channel="ml-alerts"))
        frame = await one.frame()
        assert (frame["type"], frame["accepts_response_payload"]) == ("slash_commands", True)
        clock.turn(2.9)
        await asyncio.sleep(0.02)
        assert not call.done()
        clock.turn(0.1)
        outcome = await call
        assert outcome.message == "/joblogs failed because the app did not respond"
        await one.ack(frame)


async def test_without_a_socket_a_command_fails_at_once(api: Api, workspace: Workspace) -> None:
    outcome = await workspace.person("ada").command("/joblogs", "x", channel="ml-alerts")
    assert outcome.message == '/joblogs failed with the error "dispatch_failed"'


async def test_an_event_comes_four_times_until_it_is_acknowledged(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with bare(api, workspace) as one:
        await workspace.person("ada").say("ml-alerts", "hello")
        seen = [await one.frame()]
        for wait_s in (3, 63, 303):
            clock.turn(wait_s)
            await asyncio.sleep(0.01)
            clock.turn(wait_s)
            seen.append(await one.frame())
        await one.ack(seen[-1])
        assert [frame["retry_attempt"] for frame in seen] == [0, 1, 2, 3]
        assert [frame["retry_reason"] for frame in seen] == ["", "timeout", "timeout", "timeout"]
        assert len({frame["payload"]["event_id"] for frame in seen}) == 1
        assert len({frame["envelope_id"] for frame in seen}) == 4


async def test_an_acknowledged_event_does_not_come_again(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    async with bare(api, workspace) as one:
        await workspace.person("ada").say("ml-alerts", "hello")
        await one.ack(await one.frame())
        assert workspace.dispatcher is not None
        await workspace.dispatcher.settled()
        clock.turn(1000)
        with pytest.raises(TimeoutError):
            await one.socket.receive(timeout=0.1)


async def test_payloads_are_spread_over_all_sockets_and_an_ack_may_come_on_another(
    api: Api, workspace: Workspace
) -> None:
    async with bare(api, workspace) as one, bare(api, workspace) as two:
        heard = {"one": 0, "two": 0}
        for number in range(12):
            await workspace.person("ada").say("ml-alerts", f"message {number}")

        async def listen(name: str, socket: Bare, other: Bare) -> None:
            while True:
                frame = await socket.frame()
                heard[name] += 1
                await other.ack(frame)

        listening = [asyncio.create_task(listen("one", one, two)), asyncio.create_task(listen("two", two, one))]
        assert workspace.dispatcher is not None
        await workspace.dispatcher.settled()
        for task in listening:
            task.cancel()
        assert sum(heard.values()) == 12
        assert min(heard.values()) > 0


async def test_duplicates_on_command_have_one_event_id(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        workspace.duplicate_events()
        await workspace.person("ada").say("ml-alerts", "hello")
        frames = [await one.frame(), await one.frame()]
        for frame in frames:
            await one.ack(frame)
        assert len({frame["payload"]["event_id"] for frame in frames}) == 1


async def test_a_socket_is_warned_and_then_asked_to_come_again(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    url = await address(api, workspace)
    async with api.session.ws_connect(f"{url}&debug_reconnects=true") as socket:
        assert (await socket.receive_json())["debug_info"]["approximate_connection_time"] == 360
        clock.turn(350)
        assert (await socket.receive_json(timeout=5))["reason"] == "warning"
        clock.turn(10)
        assert (await socket.receive_json(timeout=5))["reason"] == "refresh_requested"
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_bolt_reconnects_when_it_is_asked_to(bolt: BoltApp, workspace: Workspace) -> None:
    await bolt.connect()
    await until(lambda: len(workspace.sockets) == 1)
    first = workspace.sockets.connections[0]
    await workspace.refresh_sockets()
    await until(lambda: len(workspace.sockets) == 1 and workspace.sockets.connections[0] is not first)
    assert len(workspace.calls.of("apps.connections.open")) >= 2


async def test_two_sockets_of_bolt_both_work_and_one_is_enough(bolt: BoltApp, workspace: Workspace) -> None:
    @bolt.app.command("/joblogs")
    async def handle(ack: AsyncAck, command: dict[str, Any]) -> None:
        bolt.heard.append(command["text"])
        await ack()

    await bolt.connect(sockets=2)
    await until(lambda: len(workspace.sockets) == 2)
    ada = workspace.person("ada")
    for number in range(6):
        assert (await ada.command("/joblogs", str(number), channel="ml-alerts")).acked
    workspace.sockets.connections.pop(0).cut()
    await until(lambda: len(workspace.sockets) == 1)
    assert (await ada.command("/joblogs", "last", channel="ml-alerts")).acked
    assert bolt.heard == ["0", "1", "2", "3", "4", "5", "last"]


async def test_dropped_sockets_are_gone_for_the_workspace_at_once(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        assert workspace.drop_sockets() == 1
        assert len(workspace.sockets) == 0
        assert (await one.socket.receive(timeout=5)).type in {
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.ERROR,
        }


async def test_events_arrive_only_for_what_is_subscribed_and_where_the_bot_is(
    api: Api, workspace: Workspace
) -> None:
    async with bare(api, workspace) as one:
        await workspace.person("ada").say("general", "unheard")
        workspace.archive("random")
        await workspace.person("ada").say("ml-private", f"<@{workspace.bot_user_id}> hi")
        frames = [await one.frame(), await one.frame()]
        for frame in frames:
            await one.ack(frame)
        events = {frame["payload"]["event"]["type"]: frame["payload"]["event"] for frame in frames}
        assert set(events) == {"message", "app_mention"}
        assert events["message"]["channel_type"] == "group"
        assert events["app_mention"]["text"] == f"<@{workspace.bot_user_id}> hi"
        workspace.remove_bot("ml-private")
        left = await one.frame()
        await one.ack(left)
        assert left["payload"]["event"]["type"] == "group_left"


async def test_a_stranger_in_a_shared_channel_is_told_by_flags(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        await workspace.person("sam").say("partner-shared", "hello")
        frame = await one.frame()
        await one.ack(frame)
        assert frame["payload"]["is_ext_shared_channel"] is True
        assert frame["payload"]["event"]["user_team"] != workspace.team_id


async def test_the_bots_own_messages_come_back_as_events(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        ts = await api.post("mine")
        posted = await one.frame()
        await one.ack(posted)
        await api("chat.update", channel=ALERTS, ts=ts, text="changed")
        changed = await one.frame()
        await one.ack(changed)
        await api("chat.delete", channel=ALERTS, ts=ts)
        deleted = await one.frame()
        await one.ack(deleted)
    events = [frame["payload"]["event"] for frame in (posted, changed, deleted)]
    assert [event.get("subtype") for event in events] == [None, "message_changed", "message_deleted"]
    assert events[0]["bot_id"] == workspace.bot_id
    assert (events[1]["message"]["text"], events[1]["previous_message"]["text"]) == ("changed", "mine")
    assert events[2]["deleted_ts"] == ts


async def test_a_shared_link_and_a_reaction_are_told(api: Api, workspace: Workspace) -> None:
    async with bare(api, workspace) as one:
        said = await workspace.person("ada").say("ml-alerts", "https://app.baseten.co/training/p1?a=1&b=2")
        frames = [await one.frame(), await one.frame()]
        workspace.person("ada").react("ml-alerts", said.ts or "", "eyes")
        frames.append(await one.frame())
        for frame in frames:
            await one.ack(frame)
        events = {frame["payload"]["event"]["type"]: frame["payload"]["event"] for frame in frames}
        assert events["link_shared"]["message_ts"] == said.ts
        assert events["link_shared"]["links"][0]["domain"] == "app.baseten.co"
        assert (events["reaction_added"]["user"], events["reaction_added"]["reaction"]) == (ADA, "eyes")
