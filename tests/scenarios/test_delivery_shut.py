"""A channel that takes no messages: who made its watch hears of it once, and all goes on as soon as it is mended."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.flows import neighbours
from bot.slack import ids
from tests.scenarios.plots import OOM, fail_more, failed_once, rows, waiting, watching, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def told(stage: Stage, user: str = "ada") -> list[str]:
    direct: list[dict[str, Any]] = stage.workspace.person(user).direct_messages
    return [shown(one) for one in direct if "cannot post" in shown(one)]


CLOSED = {
    "archived": ("archive", "unarchive", "it is archived"),
    "removed": ("remove_bot", "invite_bot", "not in it any more"),
}


@pytest.mark.parametrize("trouble", CLOSED)
async def test_who_made_the_watch_is_told_once_and_what_waited_comes_at_once_when_it_is_mended(
    stage: Stage, trouble: str
):
    closes, opens, words = CLOSED[trouble]
    ada = stage.workspace.person("ada")
    await failed_once(stage)
    await getattr(ada, closes)(CHANNEL)
    fail_more(stage)
    await stage.ticks(20, 15)  # five minutes: it is tried again
    assert stage.channel() == []
    [sentence] = told(stage)
    assert words in sentence
    assert told(stage, "grace") == []

    await getattr(ada, opens)(CHANNEL)
    await stage.until(lambda: bool(stage.workspace.calls.of(f"deliver.{EVENTS[trouble]}")))
    await stage.ticks(12, 2)  # far less than the two minutes after which it is tried again anyway
    assert len(stage.cards()) == 5
    for _ in range(20):  # lines around them come when the API has them
        await stage.tick(2)
    assert len(told(stage)) == 1
    assert await waiting(stage) == 0


EVENTS = {"archived": "channel_unarchive", "removed": "member_joined_channel"}


async def test_a_channel_that_closes_a_second_time_is_told_a_second_time(stage: Stage):
    ada = stage.workspace.person("ada")
    job = await failed_once(stage)
    for closing in (1, 2):
        await ada.remove_bot(CHANNEL)
        job.write(f"{OOM} at step {closing}", level="ERROR", count=3)
        fail_more(stage, 1)
        await stage.ticks(15)
        assert len(told(stage)) == closing
        await ada.invite_bot(CHANNEL)
        await stage.ticks(15)
        assert await waiting(stage) == 0


async def test_everybody_who_made_a_watch_there_is_told_but_nobody_elsewhere(stage: Stage):
    await watching(stage, channel="ml-private")
    await failed_once(stage)
    assert "watches" in shown(await stage.command("watch run-1", user="grace"))
    stage.workspace.remove_bot(CHANNEL)
    await stage.ticks(10)
    assert len(told(stage)) == len(told(stage, "grace")) == 1
    assert len(stage.cards("ml-private")) == 1


async def test_a_person_who_takes_no_direct_messages_stops_nothing(stage: Stage):
    await failed_once(stage)
    stage.workspace.faults.add("conversations.open", "error:user_disabled", times=None)
    stage.workspace.remove_bot(CHANNEL)
    await stage.ticks(10)
    assert told(stage) == []
    assert await waiting(stage) == 0  # what is parked does not count


@pytest.mark.parametrize("kind", ["error:team_added_to_org", "error:what_nobody_knows", "403", "407"])
async def test_what_is_refused_for_no_known_reason_is_said_when_slack_takes_it(stage: Stage, kind: str):
    job, card = await with_card(stage)
    fault = stage.workspace.faults.add("chat.postMessage", kind, times=None)
    fail_more(stage, 1)
    job.write(OOM, level="ERROR", count=200)
    await stage.ticks(10, 10)
    assert len(stage.cards()) == 1
    stage.workspace.faults.end(fault)
    await stage.ticks(20, 20)
    assert len(stage.cards()) == 2
    assert sum("times now" in shown(one) for one in stage.thread(card)) == 1
    assert told(stage) == []  # in the channel there is nothing that its people could mend


async def test_what_is_never_taken_holds_up_nothing_else_and_is_told_after_a_day(stage: Stage):
    _, card = await with_card(stage)
    refused = stage.workspace.faults.add("chat.postMessage", "error:what_nobody_knows", times=1)
    await stage.press(card, ids.ACKNOWLEDGE)
    await stage.ticks(2)
    assert refused not in stage.workspace.faults.standing
    fail_more(stage, 2)
    await stage.ticks(6)
    assert len(stage.cards()) == 3
    assert not any("acknowledged this" in shown(one) for one in stage.thread(card))

    stage.workspace.faults.add("chat.postMessage", "error:what_nobody_knows", times=None)
    stage.clock.turn(24 * 3600)
    await stage.ticks(4, 40)
    assert not any("acted:" in str(row) for row in rows(stage)["outbox"])


@pytest.mark.parametrize("code", ["restricted_action", "restricted_action_read_only_channel"])
async def test_a_channel_where_only_some_may_post_is_one_that_is_shut(stage: Stage, code: str):
    fault = stage.workspace.faults.add("chat.postMessage", f"error:{code}", times=1)
    await failed_once(stage)
    await stage.ticks(4)
    assert fault not in stage.workspace.faults.standing
    assert stage.cards() == []
    await stage.ticks(10, 20)
    assert len(stage.cards()) == 1
    assert len(told(stage)) == 1


async def test_a_channel_that_another_organisation_reads_since_takes_nothing_until_it_has_left(stage: Stage):
    job, card = await with_card(stage)
    channel = stage.workspace.channel(CHANNEL)
    await stage.bot.neighbours.tick()
    channel.is_ext_shared = True
    stage.clock.turn(neighbours.ASK_AGAIN_S)
    await stage.bot.neighbours.tick()
    fail_more(stage, 1)
    job.write(OOM, level="ERROR", count=200)
    for _ in range(15):
        await stage.bot.neighbours.tick()
        await stage.tick(20)
    assert stage.cards() == [card]
    [word] = told(stage)
    assert "another organisation reads it now" in word

    for answer in ("503", "error:missing_scope"):  # what Slack does not tell opens nothing
        stage.workspace.faults.add("conversations.info", answer, times=1)
        stage.clock.turn(neighbours.ASK_AGAIN_S)
        await stage.bot.neighbours.tick()
        await stage.ticks(8, 20)
    await stage.restart()
    await stage.ticks(10, 20)
    assert stage.cards() == [card]

    channel.is_ext_shared = False
    stage.clock.turn(neighbours.ASK_AGAIN_S)
    await stage.bot.neighbours.tick()
    await stage.ticks(10)
    assert any("other-" in shown(one) for one in stage.cards())
    assert "201 times" in shown(stage.cards()[0])
    assert len(told(stage)) == 1
