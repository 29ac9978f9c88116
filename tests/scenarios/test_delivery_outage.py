"""Slack is away for an hour, in all the ways in which it can be: nothing is lost, and no history is recited."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.flows.ports import Tail, Tx
from bot.incidents import announce
from bot.incidents.delivery import Topic
from bot.sandbox.baseten.job import SimJob
from bot.slack import gateway, ids
from bot.times import Ms
from tests.scenarios.plots import OOM, fail_more, rows, waiting, watching, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

KINDS = {"503": 60, "429:retry_after=30": 60, "reset": 30, "error:internal_error": 30, "timeout": 30}
"""And for how many minutes."""
CHANGES = ("chat.postMessage", "chat.update", "conversations.history", "conversations.replies")


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def said(stage: Stage) -> list[str]:
    """Everything that the bot said in the channel, replies too, in order."""
    roots = stage.channel()
    return [shown(one) for root in roots for one in (root, *stage.thread(root))]


async def away(stage: Stage, job: SimJob, kind: str, minutes: int) -> None:
    """The known error is seen a hundred times a minute, on one more replica every ten minutes."""
    faults = [stage.workspace.faults.add(method, kind, times=None) for method in CHANGES]
    for minute in range(minutes):
        job.write(OOM, level="ERROR", count=100, replica=f"g0{minute // 10}r0")
        await stage.tick(60)
    for fault in faults:
        stage.workspace.faults.end(fault)


@pytest.mark.parametrize(("kind", "minutes"), KINDS.items(), ids=KINDS)
async def test_after_an_hour_the_newest_state_is_told_and_what_is_new_says_how_late_it_is(
    stage: Stage, kind: str, minutes: int, monkeypatch: pytest.MonkeyPatch
):
    job, card = await with_card(stage)
    before = len(said(stage))
    fail_more(stage, 2)
    with monkeypatch.context() as patched:
        if kind == "timeout":
            patched.setattr(gateway, "CALL_TIMEOUT_S", 0.05)
        await away(stage, job, kind, minutes)
    assert len(said(stage)) == before  # nothing got through
    waited = await waiting(stage)
    await stage.ticks(60, 3)

    assert await waiting(stage) == 0
    [root] = [one for one in stage.cards() if one["ts"] == card["ts"]]
    assert f"{minutes * 100 + 1:,} times" in shown(root)
    assert f"{minutes // 10} replicas" in shown(root)
    [grown] = [shown(one) for one in stage.thread(card) if "times now" in shown(one)]
    assert "1,000 times" in grown
    assert f"{minutes // 10 - 1} more replicas" in grown
    fresh = [one for one in stage.cards() if "other-" in shown(one)]
    assert len(fresh) == 4  # each failed, and then each fell silent
    assert all("late." in shown(one) and "late)" in one["text"] for one in fresh)
    failures = [shown(one) for one in fresh if "Silent:" not in shown(one)]
    assert len(failures) == 2
    for text in failures:
        [late] = re.findall(r"Told (?:(\d+) min|1 h)", text)
        assert minutes - 10 < int(late or 60) < minutes + 10, text
    assert waited <= 25, waited  # rows, not the hundreds of things that happened


async def test_a_card_goes_on_saying_that_it_came_late_when_it_is_edited(stage: Stage):
    await watching(stage)
    fail_more(stage, 1)
    fault = stage.workspace.faults.add("chat.postMessage", "503", times=None)
    await stage.ticks(16, 20)
    stage.workspace.faults.end(fault)
    await stage.ticks(20, 3)
    [card] = stage.cards()
    assert "Told 5 min late." in shown(card) or "Told 6 min late." in shown(card)
    assert "min late)" in card["text"]

    await stage.press(card, ids.ACKNOWLEDGE)
    await stage.ticks(5)
    [card] = stage.cards()
    assert "min late." in shown(card)
    assert "acknowledged" in shown(card).lower()


async def test_what_was_opened_and_resolved_meanwhile_comes_as_one_folded_card(stage: Stage):
    await watching(stage)
    fail_more(stage, 1)
    fault = stage.workspace.faults.add("chat.postMessage", "503", times=None)
    await stage.ticks(5, 20)
    await stage.bot.db.run(resolve)
    await stage.ticks(12, 20)
    stage.workspace.faults.end(fault)
    await stage.ticks(20, 3)

    [card] = stage.cards()
    assert "resolved" in shown(card).lower()
    assert "CUDA out of memory" in shown(card)
    assert not any(element["type"] == "rich_text_preformatted" for element in card["blocks"][0]["elements"])
    assert len([one for one in stage.thread(card) if "resolved this" in shown(one)]) == 1


def resolve(tx: Tx) -> None:
    from bot.flows.triage import carry_out
    from bot.incidents.steps import Resolve
    from bot.incidents.triage import Changed, apply

    incident = tx.incidents.get(1)
    assert incident is not None
    changed = apply(incident, Resolve(reason="bad node"), actor="U0GRACE001", now_ms=Ms(incident.created_ms + 1))
    assert isinstance(changed, Changed)
    carry_out(tx, changed, Ms(incident.created_ms + 1), actor_name="Grace")


PAIRS = {
    "behind and caught up": ([Topic.BEHIND, Topic.CAUGHT_UP], []),
    "twice behind and caught up": ([Topic.BEHIND, Topic.CAUGHT_UP, Topic.BEHIND, Topic.CAUGHT_UP], []),
    "behind, well, behind again": ([Topic.BEHIND, Topic.CAUGHT_UP, Topic.BEHIND], ["has not been read"]),
    "loud and quiet": ([Topic.LOUD, Topic.QUIET], []),
    "paused and resumed": ([Topic.PAUSED, Topic.RESUMED], []),
    "loud while behind": ([Topic.BEHIND, Topic.LOUD, Topic.CAUGHT_UP], ["writes more than can be read"]),
    "only the end": ([Topic.CAUGHT_UP], ["has been read up to now again"]),
    "three gaps": ([Topic.GAP, Topic.GAP, Topic.GAP], ["what 0; what 1; what 2"]),
}


@pytest.mark.parametrize("name", PAIRS)
async def test_states_that_came_and_went_meanwhile_are_not_told(stage: Stage, name: str):
    topics, expected = PAIRS[name]
    job, _ = await with_card(stage)
    before = said(stage)
    fault = stage.workspace.faults.add("chat.postMessage", "503", times=None)
    for number, topic in enumerate(topics):
        await stage.bot.db.run(lambda tx, topic=topic, number=number: tell(stage, tx, job.id, topic, number))
        await stage.ticks(2, 30)
    stage.workspace.faults.end(fault)
    await stage.ticks(40, 3)

    news = [text for text in said(stage) if text not in before]
    assert len(news) == len(expected), news
    assert all(words in text for words, text in zip(expected, news, strict=True)), news
    assert await waiting(stage) == 0


def tell(stage: Stage, tx: Tx, job_id: str, topic: Topic, number: int) -> None:
    tail = tx.tails.get("default", job_id)
    assert isinstance(tail, Tail)
    detail = f"what {number}" if topic is Topic.GAP else None
    channel, now = stage.workspace.channel(CHANNEL).id, Ms(stage.clock.now_ns() // 1_000_000)
    tx.outbox.add(announce.notice(topic, tail.job, [channel], now, lane="default", detail=detail))


async def test_when_a_lost_answer_is_found_what_came_after_it_is_still_said(stage: Stage):
    job, card = await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", "lost")
    fault = stage.workspace.faults.add("conversations.replies", "503", times=None)
    job.write(OOM, level="ERROR", count=200)
    await stage.ticks(3)
    job.write(OOM, level="ERROR", count=2_000)
    await stage.ticks(10)
    stage.workspace.faults.end(fault)
    await stage.ticks(40, 3)

    grown = [shown(one) for one in stage.thread(card) if "times now" in shown(one)]
    assert grown == ["Seen 100 times now.", "Seen 1,000 times now."]
    assert rows(stage)["outbox"] == []
