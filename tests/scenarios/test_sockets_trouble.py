"""Socket Mode on bad days: sockets that drop, that are refused, that go deaf; and payloads that come twice."""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack.sockets import Connection
from bot.slack import connection, sockets
from tests.stage import CHANNEL, Stage, open_stage, shown

OPEN = "apps.connections.open"


@pytest.fixture
async def stage(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Two sockets, watched over in tenths of seconds."""
    for room, name, seconds in (
        (sockets, "CHECK_INTERVAL_S", 0.05),
        (connection, "HELLO_S", 1.0),
        (sockets, "LINGER_S", 0.2),
        (connection, "PING_INTERVAL_S", 0.4),
        (connection, "FIRST_WAIT_S", 0.1),
    ):
        monkeypatch.setattr(room, name, seconds)
    async with open_stage(sqlite_url) as opened:
        await both(opened)
        yield opened


def asked(stage: Stage) -> int:
    return len(stage.workspace.calls.of(OPEN))


def standing(stage: Stage) -> set[Connection]:
    return set(stage.workspace.sockets.connections)


async def replaced(stage: Stage, old: set[Connection]) -> None:
    await stage.until(lambda: len(stage.workspace.sockets) == 2 and not old & standing(stage))


async def both(stage: Stage) -> None:
    """Waits until two sockets are open and hear."""
    hub = stage.workspace.sockets
    await stage.until(lambda: len([one for one in hub.connections if not one.deaf]) == len(hub) == 2)


async def served(stage: Stage, times: int = 4) -> None:
    """So many commands, whichever socket they come by."""
    for _ in range(times):
        assert "watches nothing" in shown(await stage.command("watches"))


async def test_when_one_of_two_sockets_drops_commands_are_served_at_once_and_it_comes_back(stage: Stage):
    hub = stage.workspace.sockets
    dropped = hub.connections.pop(0)
    dropped.cut()
    await served(stage)
    await both(stage)
    await served(stage)


async def test_when_all_sockets_drop_they_come_back(stage: Stage):
    assert stage.workspace.drop_sockets() == 2
    await both(stage)
    await served(stage)


async def test_an_address_that_is_refused_is_not_tried_again(stage: Stage):
    stage.workspace.refuse_sockets(3)
    before = asked(stage)
    stage.workspace.drop_sockets()
    await both(stage)
    await served(stage)
    assert asked(stage) == before + 5  # three that were refused, and two that were taken


@pytest.mark.parametrize("kind", ["down", "wedged"])
async def test_while_no_socket_can_be_opened_addresses_are_asked_for_seldom_and_then_it_goes_on(
    stage: Stage, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 1.0)
    fault = stage.workspace.faults.sockets(kind)
    before, minutes = asked(stage), 10
    for _ in range(minutes * 60):
        stage.clock.turn(1)
        await asyncio.sleep(0.01)
    assert asked(stage) - before <= 8 + minutes * 60 / (connection.LONGEST_WAIT_S / 2)
    assert stage.workspace.sockets.connections == []

    stage.workspace.faults.end(fault)
    for _ in range(60):  # within a minute
        stage.clock.turn(1)
        await asyncio.sleep(0.03)
    await both(stage)
    await served(stage)


async def test_while_slack_gives_no_addresses_the_sockets_that_there_are_stay(stage: Stage):
    stage.workspace.faults.add(OPEN, "429:retry_after=30", times=2)
    old = standing(stage)
    stage.clock.turn(sockets.RENEWAL_S)
    await stage.until(lambda: asked(stage) > 2)
    assert standing(stage) == old
    await served(stage, 1)
    for _ in range(300):  # half a minute twice, and then each of them in its turn
        if not old & standing(stage):
            break
        stage.clock.turn(1)
        await asyncio.sleep(0.02)
    assert asked(stage) > 4
    await replaced(stage, old)


@pytest.mark.parametrize("kind", ["deaf", "mute"])
async def test_of_sockets_to_which_nobody_speaks_one_is_replaced_each_minute(stage: Stage, kind: str):
    old, least = standing(stage), 2
    stage.workspace.faults.sockets(kind)
    for left in (1, 0):  # of the deaf ones, after each minute
        before = asked(stage)
        for _ in range(60):
            stage.clock.turn(1)
            least = min(least, len(stage.workspace.sockets))
            await asyncio.sleep(0.03)
        await stage.until(lambda left=left: len(old & standing(stage)) <= left)
        assert kind == "mute" or asked(stage) - before <= 2
    assert kind == "mute" or least == 2
    await both(stage)
    await served(stage)


async def test_a_deaf_socket_beside_one_that_hears_is_replaced_within_a_minute(stage: Stage):
    deaf, other = stage.workspace.sockets.connections
    stage.workspace.faults.sockets("deaf")
    other.born_s = math.inf  # it is met by no fault of before its birth
    for number in range(60):
        stage.clock.turn(1)
        if deaf not in stage.workspace.sockets.connections:
            break
        ada = stage.workspace.person("ada")
        await ada.say(CHANNEL, f"<@{stage.workspace.bot_user_id}> hello {number}")
        await asyncio.sleep(0.1)
    assert deaf not in stage.workspace.sockets.connections
    await both(stage)


async def test_a_socket_whose_listener_died_is_replaced(stage: Stage):
    old = standing(stage)
    async with asyncio.timeout(10):
        for task in asyncio.all_tasks():
            if "receive_messages" in repr(task.get_coro()):
                task.cancel()
        await replaced(stage, old)
    await served(stage)


async def test_a_payload_too_large_to_be_one_of_slacks_ends_its_socket_and_nothing_else(stage: Stage):
    old = stage.workspace.sockets.connections[0]
    await old.socket.send_str("{" + " " * connection.MAX_PAYLOAD_BYTES + "}")
    await stage.until(lambda: old not in stage.workspace.sockets.connections)
    await both(stage)
    await served(stage)


async def test_sockets_that_went_deaf_are_replaced(stage: Stage):
    assert stage.workspace.deafen_sockets() == 2
    await both(stage)
    await served(stage)


async def test_when_slack_asks_for_it_sockets_are_renewed(stage: Stage):
    old = list(stage.workspace.sockets.connections)
    await stage.workspace.refresh_sockets()
    await both(stage)
    assert not set(map(id, old)) & set(map(id, stage.workspace.sockets.connections))
    await served(stage)


async def test_an_event_that_comes_twice_is_answered_once(stage: Stage):
    stage.workspace.duplicate_events()
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> hello")
    await stage.until(lambda: len(stage.workspace.calls.of("deliver.app_mention")) == 2)
    await stage.until(lambda: bool(stage.ephemerals()))
    await served(stage, 1)

    assert len(stage.workspace.calls.of("chat.postEphemeral")) == 1


async def test_an_event_lost_with_its_socket_comes_again_and_is_answered(stage: Stage):
    stage.workspace.deafen_sockets()
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> hello")
    await both(stage)
    stage.clock.turn(3)
    await stage.until(lambda: bool(stage.ephemerals()))
    assert len(stage.workspace.calls.of("chat.postEphemeral")) == 1
