"""The daily digest: asked for in one's own zone, posted once, and only when something happened."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.incidents.steps import Acknowledge, Resolve
from bot.slack import ids
from tests.scenarios.plots import OOM, fail_more, take, watching, with_card
from tests.slack_limits import problems_of_message
from tests.stage import CHANNEL, Stage, shown

BERLIN = ZoneInfo("Europe/Berlin")


def seconds_until(stage: Stage, hour: int) -> float:
    """Until it is that hour in Berlin again."""
    now = datetime.fromtimestamp(stage.clock.now_ns() / 1e9, BERLIN)
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()


async def morning(stage: Stage, hour: int = 9) -> None:
    """It becomes that hour in Berlin, and what is due then is said."""
    stage.clock.turn(seconds_until(stage, hour) + 5)
    await stage.bot.leases.tick()
    await stage.bot.summarise.tick()
    await stage.deliver()


def digests(stage: Stage, channel: str = CHANNEL) -> list[dict[str, Any]]:
    return [message for message in stage.channel(channel) if message["text"].startswith("Since ")]


async def asked(stage: Stage, text: str = "daily 09:00", **who: str) -> str:
    return shown(await stage.command(f"digest {text}".strip(), **who))


async def test_it_is_asked_for_in_the_askers_zone_told_and_ended(stage: Stage):
    assert "This channel gets no digest." in await asked(stage, "")
    assert "daily at 09:00 (Europe/Berlin)" in await asked(stage)
    assert "begin with `/joblogs watch JOB`" in await asked(stage, "")
    await watching(stage)
    assert "A digest is posted daily at 09:00 (Europe/Berlin)." in shown(await stage.command("watches"))
    assert "on weekdays at 21:30 (America/Los_Angeles)" in await asked(stage, "weekdays 9:30pm", user="grace")
    assert "no digest any more" in await asked(stage, "off")
    await morning(stage)
    assert digests(stage) == []


@pytest.mark.parametrize("text", ["25:00", "soon", "daily", "9", "13pm", "daily 9:61"])
async def test_what_is_no_time_is_answered_with_what_can_be_written(stage: Stage, text: str):
    assert "For example: `/joblogs digest daily 09:00`" in await asked(stage, text)


async def test_it_tells_what_ran_what_failed_who_resolved_it_and_why_with_a_chart(stage: Stage):
    await asked(stage)
    _, card = await with_card(stage)
    fail_more(stage, 2)
    await stage.ticks(6)
    await take(stage, card, Resolve("bad driver, pinned 550"), user="grace")
    [second, _] = stage.cards()[1:]
    await take(stage, second, Acknowledge(), user="ada")
    await morning(stage)
    [digest] = digests(stage)
    text = shown(digest)
    assert problems_of_message({"text": digest["text"], "blocks": digest["blocks"]}) == []
    assert "3 jobs ran, 3 new incidents, 1 resolved, 2 open now" in text
    assert "run-1" in text
    assert "bad driver, pinned 550" in text
    assert "acknowledged," in text
    [chart] = [block for block in digest["blocks"] if block["type"] == "data_visualization"]
    assert sum(point["value"] for point in chart["chart"]["series"][0]["data"]) == 3
    assert card["ts"].replace(".", "") in str(digest["blocks"])


async def test_where_charts_are_refused_it_comes_with_bars_of_text(stage: Stage):
    await asked(stage)
    await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", "error:invalid_blocks", times=1)
    await morning(stage)
    [digest] = digests(stage)
    assert "█" in shown(digest)
    assert "data_visualization" not in str(digest["blocks"])


async def test_when_nothing_happened_nothing_is_posted_and_the_next_day_is(stage: Stage):
    await asked(stage)
    await watching(stage)
    await morning(stage)
    assert digests(stage) == []
    await with_card(stage)
    await morning(stage)
    assert len(digests(stage)) == 1


async def test_an_incident_is_new_in_one_digest_and_open_from_before_in_the_next(stage: Stage):
    await asked(stage)
    job, _ = await with_card(stage)
    await morning(stage)
    job.write(OOM, level="ERROR")
    await stage.ticks(4)
    await morning(stage)
    first, second = digests(stage)
    assert "1 new incident" in shown(first)
    assert "0 new incidents" in shown(second)
    assert "Open from before" in shown(second)


async def test_two_processes_post_it_once(stage: Stage):
    await asked(stage)
    await with_card(stage)
    stage.clock.turn(seconds_until(stage, 9) + 5)
    await asyncio.gather(*(stage.bot.summarise.tick() for _ in range(4)))
    await stage.deliver()
    await stage.bot.summarise.tick()
    await stage.deliver()
    assert len(digests(stage)) == 1


async def test_a_restart_in_the_night_neither_loses_nor_repeats_it(stage: Stage):
    await asked(stage)
    await with_card(stage)
    await stage.restart()
    await morning(stage)
    await stage.restart()
    await stage.bot.summarise.tick()
    await stage.deliver()
    assert len(digests(stage)) == 1


async def test_after_days_without_the_bot_there_is_one_digest_and_not_one_for_each_day(stage: Stage):
    await asked(stage)
    await with_card(stage)
    stage.clock.turn(3 * 86_400)
    await morning(stage)
    assert len(digests(stage)) == 1


async def test_a_lost_answer_does_not_post_it_twice(stage: Stage):
    await asked(stage)
    await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", "lost", times=1)
    await morning(stage)
    for _ in range(4):
        stage.clock.turn(30)
        await stage.deliver()
    assert len(digests(stage)) == 1


async def test_an_archived_channel_never_has_more_than_one_waiting_and_gets_the_newest_alone(stage: Stage):
    await asked(stage)
    await with_card(stage)
    stage.workspace.archive(CHANNEL)
    for _ in range(3):
        await morning(stage)
        stuck = await stage.bot.db.run(lambda tx: tx.board.stuck())
        assert sum(one.count for one in stuck) <= 1
    stage.workspace.unarchive(CHANNEL)
    for _ in range(2):
        await morning(stage)
    assert len(digests(stage)) == 1
    assert "1 job ran" in shown(digests(stage)[0])


async def test_its_button_ends_it(stage: Stage):
    message = await stage.command("digest daily 9am")
    await stage.press(message, ids.END_DIGEST)
    await stage.until(lambda: any("no digest any more" in shown(m) for m in stage.ephemerals()))
    assert "gets no digest." in await asked(stage, "")


async def test_a_channel_that_is_shared_with_others_gets_none(stage: Stage):
    assert "shared with another organisation" in await asked(stage, channel="partner-shared")
