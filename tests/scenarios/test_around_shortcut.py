"""Lines around: asked for in a thread, and by the menu of a card, of a message in its thread, or of shared lines."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from bot.slack.render.refusals import NO_LINES
from tests.scenarios.plots import watching
from tests.stage import CHANNEL, Stage, open_stage, shown

BOOM = "ERROR loss is nan"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def crashed(stage: Stage) -> tuple[SimJob, dict[str, Any]]:
    """A job of two replicas with lines before and after its error, and the card of that."""
    job = stage.job(node_count=2)
    await watching(stage)
    await stage.ticks(2)
    for number in range(40):
        job.write(f"step {number}.", level="INFO", replica=f"g0{number % 2}r0")
    job.write(BOOM, level="ERROR", replica="g00r0")
    for number in range(40, 80):
        job.write(f"step {number}.", level="INFO", replica=f"g0{number % 2}r0")
    await stage.ticks(6)
    [card] = stage.cards()
    return job, card


async def shortcut(stage: Stage, message: dict[str, Any], user: str = "ada") -> dict[str, Any]:
    """What "Show lines around" on a message shows to `user` alone."""
    before = len(stage.ephemerals(user))
    outcome = await stage.workspace.person(user).shortcut(ids.SHOW_AROUND, CHANNEL, message["ts"])
    assert outcome.acked
    await stage.until(lambda: len(stage.ephemerals(user)) > before)
    return stage.ephemerals(user)[-1]


def marked(message: dict[str, Any]) -> str:
    rows = [row for row in shown(message).splitlines() if "▶" in row]
    assert len(rows) == 1, shown(message)
    return rows[0]


async def mention(stage: Stage, text: str, card: dict[str, Any]) -> dict[str, Any]:
    before = len(stage.thread(card))
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> {text}", card["ts"])
    await stage.until(lambda: len(stage.thread(card)) > before + 1)
    return stage.thread(card)[-1]


async def test_around_shows_so_many_lines_before_and_after_to_all_in_the_thread_and_marks_the_error(stage: Stage):
    _, card = await crashed(stage)
    answer = await mention(stage, "around 5", card)
    text = shown(answer)
    assert BOOM in marked(answer)
    assert [f"step {number}." in text for number in (34, 35, 39, 40, 44, 45)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert "11 lines · complete" in text
    assert "in Europe/Berlin" in text
    assert answer["thread_ts"] == card["ts"]
    assert "subtype" not in answer


async def test_around_of_one_replica_shows_its_lines_and_the_error(stage: Stage):
    _, card = await crashed(stage)
    answer = await mention(stage, "show lines around 3 g01r0", card)
    text = shown(answer)
    assert BOOM in marked(answer)
    assert [f"step {number}." in text for number in (35, 37, 38, 39, 40, 41)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
    assert "Only lines of g01r0, beside the marked one." in text


async def test_what_does_not_fit_around_the_error_is_cut_at_both_ends_and_can_be_had_whole(stage: Stage):
    job = stage.job()
    await watching(stage)
    await stage.ticks(2)
    for number in range(200):
        job.write(f"step {number}. " + "x" * 150, level="INFO")
    job.write(BOOM, level="ERROR")
    for number in range(200, 400):
        job.write(f"step {number}. " + "x" * 150, level="INFO")
    await stage.ticks(6)
    [card] = stage.cards()
    answer = await mention(stage, "around 150", card)
    text = shown(answer)
    assert BOOM in marked(answer)
    assert "of 301 lines, Download has all" in text
    assert "step 199." in text
    assert "step 200." in text
    grace = stage.workspace.person("grace")
    await grace.press(CHANNEL, answer["ts"], ids.DOWNLOAD)
    await stage.until(lambda: any("Complete: 301 lines" in message["text"] for message in grace.direct_messages))


async def test_the_shortcut_on_a_card_shows_the_lines_around_its_error_to_one_alone(stage: Stage):
    _, card = await crashed(stage)
    before = stage.thread(card)
    answer = await shortcut(stage, card, "grace")
    assert BOOM in marked(answer)
    assert "25 lines · complete" in shown(answer)
    assert "America/Los_Angeles" in shown(answer)
    assert stage.thread(card) == before
    assert len(stage.channel()) == 1


async def test_the_shortcut_on_what_somebody_wrote_in_the_thread_means_the_card(stage: Stage):
    _, card = await crashed(stage)
    said = await stage.workspace.person("grace").say(CHANNEL, "what was before that?", card["ts"])
    assert BOOM in marked(await shortcut(stage, {"ts": said.ts}))


async def test_the_shortcut_on_shared_lines_shows_what_stands_around_the_error_in_them(stage: Stage):
    await crashed(stage)
    page = await stage.command("run-1 level:error")
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: len(stage.channel()) > 1)
    shared = stage.channel()[-1]
    assert "step 39." not in shown(shared)
    answer = await shortcut(stage, shared, "grace")
    assert BOOM in marked(answer)
    assert "step 39." in shown(answer)
    assert "step 40." in shown(answer)
    assert "Lines around one on g00r0" in shown(answer)


async def test_without_an_error_in_them_the_lines_around_the_last_one_are_shown(stage: Stage):
    await crashed(stage)
    page = await stage.command('run-1 "step 10."')
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: len(stage.channel()) > 1)
    assert "step 10." in marked(await shortcut(stage, stage.channel()[-1]))


async def test_whoever_reads_shared_lines_can_look_further_alone(stage: Stage):
    await crashed(stage)
    page = await stage.command("run-1 level:error")
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: len(stage.channel()) > 1)
    await stage.press(stage.channel()[-1], ids.SHOW_LOGS, user="grace")
    await stage.until(lambda: bool(stage.ephemerals("grace")))
    assert BOOM in shown(stage.ephemerals("grace")[-1])
    assert len(stage.channel()) == 2


async def test_a_message_without_lines_is_said_to_have_none(stage: Stage):
    await crashed(stage)
    said = await stage.workspace.person("grace").say(CHANNEL, "hello")
    assert (await shortcut(stage, {"ts": said.ts}))["text"] == NO_LINES


async def test_a_question_that_a_person_put_into_a_message_of_theirs_is_not_asked(stage: Stage):
    await crashed(stage)
    channel = stage.workspace.channel(CHANNEL)
    button = {
        "type": "button",
        "action_id": ids.SHOW_LOGS,
        "value": "run-1",
        "text": {"type": "plain_text", "text": "x"},
    }
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    posted = stage.workspace.timeline.post(channel, {"user": "U0GRACE001", "text": "x", "blocks": blocks})
    assert (await shortcut(stage, posted))["text"] == NO_LINES


async def test_a_guest_is_refused(stage: Stage):
    _, card = await crashed(stage)
    stage.workspace.roster.join(stage.workspace.channel(CHANNEL), stage.workspace.roster.user("gus").id)
    assert "Guests cannot" in (await shortcut(stage, card, "gus"))["text"]


async def test_who_may_not_read_logs_sees_none_around(sqlite_url: str):
    async with open_stage(sqlite_url, permissions='{"logs": ["U0GRACE001"]}') as stage:
        job = stage.job()
        await stage.command("watch llama-ft", user="grace")
        await stage.ticks(2)
        job.write(BOOM, level="ERROR")
        await stage.ticks(6)
        [card] = stage.cards()
        assert "may read logs" in (await shortcut(stage, card))["text"]
        assert BOOM in marked(await shortcut(stage, card, "grace"))


async def test_when_baseten_is_away_the_sentence_says_so(stage: Stage):
    _, card = await crashed(stage)
    stage.world.faults.add("logs", kind="403")
    assert "may not read this" in (await shortcut(stage, card))["text"]


async def test_the_shortcut_repeated_by_a_press_is_answered_each_time(stage: Stage):
    _, card = await crashed(stage)
    first = await shortcut(stage, card)
    again = await shortcut(stage, card)
    assert first["ts"] != again["ts"]
    assert shown(first) == shown(again)
