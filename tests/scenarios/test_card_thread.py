"""What a card's thread tells, when, and what it keeps to itself."""

from collections.abc import AsyncIterator

import pytest

from bot.incidents.announce import CHART_MS, FIRST_WAVE_MS
from bot.sandbox.baseten.job import SimJob
from tests.scenarios.plots import OOM, failed_once, waiting, watching, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

TRACEBACK = (
    "Traceback (most recent call last):",
    *(
        line
        for at in range(12)
        for line in (f'  File "/app/train.py", line {at + 10}, in step_{at}', f"    return step_{at + 1}(batch)")
    ),
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
)


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def thread(stage: Stage) -> list[str]:
    [card] = stage.cards()
    return [shown(reply) for reply in stage.thread(card)]


async def hit(stage: Stage, job: SimJob, replicas: list[str]) -> None:
    for name in replicas:
        job.write(OOM, level="ERROR", replica=name)
    await stage.ticks(3)


async def test_a_traceback_that_the_card_cuts_stands_whole_in_the_thread(stage: Stage):
    job = stage.job()
    await watching(stage)
    await stage.ticks(2)
    for line in TRACEBACK:
        job.write(line, level="ERROR")
    await stage.ticks(8)

    [card] = stage.cards()
    assert "more lines" in shown(card)
    [whole] = [text for text in thread(stage) if text.startswith(f"The whole first event: {len(TRACEBACK)} lines")]
    assert all(line in whole for line in TRACEBACK)


async def test_an_error_that_the_card_shows_whole_is_not_repeated_in_the_thread(stage: Stage):
    await with_card(stage)
    assert not any("whole first event" in text for text in thread(stage))


async def test_three_replicas_get_one_chart_and_later_ones_no_other(stage: Stage):
    job = await failed_once(stage, node_count=8)
    await hit(stage, job, ["g01r0", "g02r0"])
    await stage.ticks(4, CHART_MS / 1_000)
    await hit(stage, job, ["g03r0"])
    await stage.ticks(3, 20)

    [card] = stage.cards()
    charts = [reply for reply in stage.thread(card) if any("chart" in block for block in reply["blocks"])]
    assert len(charts) == 1
    assert "3 on 3 of 8 replicas" in shown(charts[0])
    assert await waiting(stage) == 0


async def test_two_replicas_get_no_chart(stage: Stage):
    job = await failed_once(stage, node_count=8)
    await hit(stage, job, ["g01r0"])
    await stage.ticks(4, CHART_MS / 1_000)
    assert not any("Errors per replica" in text for text in thread(stage))


async def test_where_slack_refuses_the_chart_its_numbers_come_as_bars_of_text(stage: Stage):
    job = await failed_once(stage, node_count=8)
    await hit(stage, job, ["g01r0", "g02r0", "g02r0"])
    await stage.ticks(3)
    stage.workspace.faults.add("chat.postMessage", "error:invalid_blocks")
    await stage.ticks(4, CHART_MS / 1_000)

    [bars] = [text for text in thread(stage) if "Errors per replica" in text]
    assert "g02r0" in bars
    assert "█" in bars
    assert await waiting(stage) == 0


async def test_replicas_of_the_first_wave_change_the_card_and_say_nothing(stage: Stage):
    job = await failed_once(stage, node_count=64)
    for number in range(1, 9):
        await hit(stage, job, [f"g{number:02}r0"])
    await stage.ticks(10)

    [card] = stage.cards()
    assert "9 of 64 replicas" in shown(card)
    assert not any("more replica" in text for text in thread(stage))


async def test_replicas_that_join_later_are_told_in_one_line_for_a_poll(stage: Stage):
    job = await failed_once(stage, node_count=64)
    await stage.ticks(5, FIRST_WAVE_MS / 4_000)
    await hit(stage, job, ["g07r0", "g08r0", "g09r0"])
    await stage.ticks(6)

    joined = [text for text in thread(stage) if "more replica" in text]
    assert joined == ["3 more replicas: g07r0, g08r0, g09r0. That makes 4 of 64."]


async def test_a_hundred_and_a_thousand_are_told_and_nothing_in_between(stage: Stage):
    job, _ = await with_card(stage)
    for count in (150, 300, 700):
        job.write(OOM, level="ERROR", count=count)
        await stage.ticks(8)

    assert [text for text in thread(stage) if "times now" in text] == [
        "Seen 100 times now.",
        "Seen 1,000 times now.",
    ]


async def test_a_card_knows_its_address(stage: Stage):
    _, card = await with_card(stage)
    channel = stage.workspace.channel(CHANNEL)
    stored = await stage.bot.db.run(lambda tx: tx.cards.at(channel.id, card["ts"]))
    assert stored is not None
    assert stored.permalink is not None
    assert card["ts"].replace(".", "") in stored.permalink


async def test_a_consequence_that_came_first_hands_its_card_to_the_cause_and_is_listed_there(stage: Stage):
    job = stage.job(node_count=8)
    await watching(stage)
    await stage.ticks(2)
    late = stage.clock.now_ns()
    job.write(
        "[rank3]:[E ProcessGroupNCCL.cpp:616] [Rank 3] Watchdog caught collective operation timeout: "
        "WorkNCCL(SeqNum=7, OpType=ALLREDUCE, NumelIn=1, NumelOut=1, Timeout(ms)=600000) ran for 600001 "
        "milliseconds before timing out.",
        level="ERROR",
        replica="g03r0",
    )
    await stage.ticks(8)
    [card] = stage.cards()
    assert "Watchdog" in shown(card)

    job.write(OOM, level="ERROR", replica="g02r0", at_ns=late - 1_000_000_000)
    await stage.ticks(12)

    [after] = stage.cards()
    assert after["ts"] == card["ts"]
    assert shown(after).lstrip().find("CUDA out of memory") < shown(after).find("then:")
    assert "Watchdog" in shown(after).partition("then:")[2]
