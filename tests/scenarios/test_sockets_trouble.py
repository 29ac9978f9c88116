"""Socket Mode on bad days: sockets that drop, that are refused, that go deaf; and payloads that come twice."""

from collections.abc import AsyncIterator

import pytest

from bot.slack import sockets
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Two sockets, watched over in tenths of seconds."""
    for name, seconds in (
        ("CHECK_INTERVAL_S", 0.05),
        ("PING_INTERVAL_S", 0.4),
        ("NEW_ADDRESS_AFTER_S", 0.6),
        ("NEW_CLIENT_AFTER_S", 60.0),
    ):
        monkeypatch.setattr(sockets, name, seconds)
    async with open_stage(sqlite_url) as opened:
        await both(opened)
        yield opened


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


async def test_a_refused_address_is_not_tried_for_ever(stage: Stage):
    stage.workspace.refuse_sockets(3)
    asked = len(stage.workspace.calls.of("apps.connections.open"))
    stage.workspace.drop_sockets()
    await both(stage)
    await served(stage)
    assert len(stage.workspace.calls.of("apps.connections.open")) > asked + 2


async def test_a_client_that_cannot_connect_is_built_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sockets, "NEW_ADDRESS_AFTER_S", 60.0)
    monkeypatch.setattr(sockets, "NEW_CLIENT_AFTER_S", 0.5)
    stage.workspace.refuse_sockets(2)
    stage.workspace.drop_sockets()
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
