"""What the bot has to say arrives once and in order, whatever Slack does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.flows import pace
from bot.slack import gateway, ids
from tests.scenarios.plots import OOM, fail_more, failed_once, resolve, waiting, watching, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

POST = "chat.postMessage"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def delivery_ids(stage: Stage, channel: str = CHANNEL) -> list[str]:
    """Of every message of the bot, replies too."""
    messages = [one for root in stage.channel(channel) for one in (root, *stage.thread(root, channel))]
    return [one["metadata"]["event_payload"]["delivery_id"] for one in messages]


def tried(stage: Stage, method: str = POST) -> int:
    return len(stage.workspace.calls.of(method))


async def test_a_pause_that_slack_asks_for_is_kept_and_then_the_card_comes(stage: Stage):
    await failed_once(stage)
    stage.workspace.faults.add(POST, "429:retry_after=9")
    await stage.ticks(4)
    assert stage.cards() == []
    assert tried(stage) == 1

    await stage.ticks(6)
    assert len(stage.cards()) == 1


@pytest.mark.parametrize("fault", ["lost", "garbage", "reset", "500", "error:fatal_error", "429:retry_after=2"])
async def test_a_card_is_posted_once_whatever_becomes_of_the_first_answer(stage: Stage, fault: str):
    await failed_once(stage)
    stage.workspace.faults.add(POST, fault)
    await stage.ticks(15)

    [card] = stage.cards()
    assert [shown(reply).count("Lines around") for reply in stage.thread(card)] == [1]
    assert len(set(delivery_ids(stage))) == 2
    assert await waiting(stage) == 0


async def test_an_answer_that_comes_too_late_counts_as_lost(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gateway, "CALL_TIMEOUT_S", 0.2)
    await failed_once(stage)
    stage.workspace.faults.add(POST, "slow:30")
    await stage.ticks(20)

    assert len(stage.cards()) == 1


async def test_a_reply_whose_answer_was_lost_stands_in_its_thread_once(stage: Stage):
    _, card = await with_card(stage)
    stage.workspace.faults.add(POST, "lost")
    await stage.press(card, ids.ACKNOWLEDGE)
    await stage.ticks(10)

    said = [shown(reply) for reply in stage.thread(card)]
    assert sum("acknowledged this" in text for text in said) == 1
    assert await waiting(stage) == 0


async def test_while_slack_shows_no_history_a_lost_card_is_not_posted_again_however_long_it_takes(stage: Stage):
    await failed_once(stage)
    stage.workspace.faults.add(POST, "lost")
    stage.workspace.faults.add("conversations.history", "500", duration_s=300)
    await stage.ticks(24, 20)

    assert len(stage.cards()) == 1
    assert await waiting(stage) == 0


async def test_blocks_that_slack_refuses_are_left_out_and_the_words_are_said(stage: Stage):
    await failed_once(stage)
    stage.workspace.faults.add(POST, "error:invalid_blocks")
    await stage.ticks(6)

    first = stage.channel()[0]
    assert "CUDA out of memory" in first["text"]
    assert await waiting(stage) == 0


async def test_an_edit_that_slack_refuses_leaves_the_words(stage: Stage):
    job, card = await with_card(stage)
    stage.workspace.faults.add("chat.update", "error:block_mismatch")
    job.write(OOM, level="ERROR", count=3)
    await stage.ticks(10)

    [root] = [one for one in stage.channel() if one["ts"] == card["ts"]]
    assert not root.get("blocks")
    assert "CUDA out of memory" in root["text"]
    assert await waiting(stage) == 0


@pytest.mark.parametrize("trouble", ["archived", "removed"])
async def test_what_a_channel_does_not_take_is_said_when_it_takes_messages_again(stage: Stage, trouble: str):
    channel = stage.workspace.channel(CHANNEL)
    await failed_once(stage)
    if trouble == "archived":
        channel.is_archived = True
    else:
        stage.workspace.remove_bot(CHANNEL)
    await stage.ticks(5)
    fail_more(stage)
    await stage.ticks(12)
    assert stage.channel() == []

    channel.is_archived = False
    stage.workspace.invite_bot(CHANNEL)
    await stage.ticks(12, 20)
    assert len(stage.cards()) == 5
    assert len(set(delivery_ids(stage))) == len(delivery_ids(stage)) == 10
    assert await waiting(stage) == 0


async def test_a_channel_that_takes_nothing_is_asked_seldom(stage: Stage):
    await failed_once(stage)
    stage.workspace.channel(CHANNEL).is_archived = True
    fail_more(stage)
    await stage.ticks(20, 15)  # five minutes

    assert tried(stage) <= 6


async def test_watching_again_brings_at_once_what_had_to_wait(stage: Stage):
    await failed_once(stage)
    stage.workspace.remove_bot(CHANNEL)
    await stage.ticks(5)
    await stage.tick(31)

    stage.workspace.invite_bot(CHANNEL)
    await watching(stage)
    await stage.ticks(5)
    assert len(stage.cards()) == 1


async def test_one_channel_in_trouble_holds_up_no_other(stage: Stage):
    await watching(stage, channel="ml-private")
    await failed_once(stage)
    stage.workspace.archive(CHANNEL)
    await stage.ticks(6)

    assert len(stage.cards("ml-private")) == 1


async def test_a_card_that_fails_for_a_while_is_followed_by_its_replies_never_preceded(stage: Stage):
    await failed_once(stage)
    stage.workspace.faults.add(POST, "500", times=4)
    await stage.ticks(40)

    [card] = stage.cards()
    [around] = stage.thread(card)
    assert float(card["ts"]) < float(around["ts"])


async def test_what_two_people_did_stands_in_the_thread_in_the_order_in_which_they_did_it(stage: Stage):
    _, card = await with_card(stage)
    stage.workspace.faults.add("chat.update", "429:retry_after=8")
    await stage.press(card, ids.ACKNOWLEDGE, user="ada")
    await stage.tick()
    await resolve(stage, card, user="grace")
    await stage.ticks(12)

    said = [shown(reply) for reply in stage.thread(card)]
    done = [text.rpartition(" ")[0].split()[-1] for text in said if "this." in text]
    assert done == ["acknowledged", "resolved"]


async def test_a_hundred_times_the_same_within_an_interval_is_one_edit(stage: Stage):
    job, _ = await with_card(stage)
    for _ in range(4):
        job.write(OOM, level="ERROR", count=25)
        await stage.tick(1)
    before = tried(stage, "chat.update")
    await stage.ticks(6)

    assert before == 0
    assert tried(stage, "chat.update") == 1
    assert "101 times" in shown(stage.cards()[0])


async def test_edits_keep_to_what_a_workspace_takes_in_a_minute(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(pace.RATES, pace.EDITS, pace.Rate(interval_ms=60_000, burst=3))
    jobs = [await failed_once(stage), *fail_more(stage)]
    await stage.ticks(20)
    assert len(stage.cards()) == 5

    for job in jobs:
        job.write(OOM, level="ERROR")
    await stage.ticks(20)
    assert tried(stage, "chat.update") == 3
    await stage.ticks(20, 7)
    assert all("2 times" in shown(card) for card in stage.cards())


async def test_edits_that_are_refused_for_a_while_stop_all_edits_and_no_card(stage: Stage):
    job, _ = await with_card(stage)
    stage.workspace.faults.add("chat.update", "429:retry_after=20")
    job.write(OOM, level="ERROR")
    await stage.ticks(7)
    fail_more(stage, 1)
    await stage.ticks(8)

    assert len(stage.cards()) == 2
    assert tried(stage, "chat.update") == 1


@pytest.mark.parametrize("with_replies", [True, False])
async def test_a_card_that_somebody_deleted_stays_deleted_and_stops_nothing(stage: Stage, with_replies: bool):
    job, card = await with_card(stage)
    if not with_replies:
        for reply in stage.thread(card):
            stage.workspace.delete_message(CHANNEL, reply["ts"])
    stage.workspace.delete_message(CHANNEL, card["ts"])
    job.write(OOM, level="ERROR", count=200)
    await stage.ticks(10)
    fail_more(stage, 1)
    await stage.ticks(12)

    [other] = stage.cards()
    assert "other-0" in shown(other)
    assert await waiting(stage) == 0


async def test_the_mention_stands_in_the_text_of_the_first_post_and_in_no_edit(stage: Stage):
    job = stage.job()
    grace = stage.workspace.roster.user("grace").id
    await stage.command("watch llama-ft mention:@grace")
    await stage.ticks(2)
    job.write(OOM, level="ERROR")
    await stage.ticks(6)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    posted: dict[str, Any] = stage.workspace.calls.of(POST)[0].arguments
    edited: dict[str, Any] = stage.workspace.calls.of("chat.update")[-1].arguments
    assert posted["text"].startswith(f"<@{grace}>")
    assert f"<@{grace}>" not in edited["text"]
