"""A mute is of one error, is shown with its end, and ends by itself; what happens meanwhile is counted, not told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.incidents.steps import Acknowledge, Dismiss, Mute, Reopen, Unmute
from bot.sandbox.baseten.job import SimJob
from bot.times import Ms, now_ms
from tests.scenarios.plots import OOM, take, watching, with_card
from tests.stage import Stage, open_stage, shown

HOUR_MS = 3_600_000


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def in_an_hour(stage: Stage) -> Mute:
    return Mute(Ms(now_ms(stage.clock) + HOUR_MS))


def told(stage: Stage, card: dict[str, Any]) -> list[str]:
    return [shown(reply) for reply in stage.thread(card)]


def write(job: SimJob, count: int = 1, replica: str = "g00r0") -> None:
    for _ in range(count):
        job.write(OOM, level="ERROR", replica=replica)


async def test_a_muted_card_says_by_whom_and_how_long_and_can_be_unmuted(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, in_an_hour(stage))
    [muted] = stage.cards()
    assert f"Muted by  <@{stage.workspace.roster.user('grace').id}>" in shown(muted)
    assert "Unmute" in shown(muted)
    assert any("muted this until" in reply for reply in told(stage, card))

    await take(stage, card, Unmute(), user="ada")
    [open_again] = stage.cards()
    assert "Nobody has taken this yet." in shown(open_again)
    assert "Acknowledge" in shown(open_again)


async def test_while_it_is_muted_more_of_the_same_is_counted_and_nothing_is_said(stage: Stage):
    job, card = await with_card(stage)
    write(job, 30)
    await stage.ticks(8)
    await take(stage, card, in_an_hour(stage))
    before = told(stage, card)
    write(job, 85)
    await stage.ticks(10)
    assert told(stage, card) == before
    assert "116 times" in shown(stage.cards()[0])


async def test_a_mute_ends_when_its_time_is_up_and_wakes_nobody(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, in_an_hour(stage))
    stage.clock.turn(3_601)
    await stage.ticks(2)
    [line] = [reply for reply in stage.thread(card) if "The mute ended" in shown(reply)]
    assert shown(line).endswith("The mute ended: its time is up.")
    assert "<@" not in line["text"]
    assert "Acknowledge" in shown(stage.cards()[0])
    await stage.ticks(3)
    assert sum("The mute ended" in reply for reply in told(stage, card)) == 1


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        (lambda job: write(job, replica="g00r7"), "g00r7 has it now as well"),
        (lambda job: write(job, 150), "more than ten times as often as before"),
    ],
)
async def test_a_mute_ends_when_the_error_gets_worse_and_tells_who_set_it(stage: Stage, worse: Any, why: str):
    job, card = await with_card(stage)
    await take(stage, card, in_an_hour(stage))
    worse(job)
    await stage.ticks(8)
    [line] = [reply for reply in stage.thread(card) if "The mute ended" in shown(reply)]
    assert why in shown(line)
    assert line["text"].startswith(f"<@{stage.workspace.roster.user('grace').id}> ")
    assert "Acknowledge" in shown(stage.cards()[0])


async def test_a_mute_ends_with_the_job(stage: Stage):
    job, card = await with_card(stage)
    await take(stage, card, Mute(None))
    assert "until the job ends" in shown(stage.cards()[0])
    job.set_status("TRAINING_JOB_COMPLETED")
    await stage.ticks(10)
    assert any("The mute ended: the job ended." in reply for reply in told(stage, card))


async def test_who_held_it_before_it_was_muted_holds_it_again_afterwards(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Acknowledge(), user="ada")
    await take(stage, card, in_an_hour(stage), user="grace")
    stage.clock.turn(3_601)
    await stage.ticks(2)
    assert f"Acknowledged by  <@{stage.workspace.roster.user('ada').id}>" in shown(stage.cards()[0])


async def test_what_somebody_called_no_error_is_only_listed_in_the_next_job_until_they_think_better_of_it(
    stage: Stage,
):
    _, card = await with_card(stage)
    await take(stage, card, Dismiss())
    assert "not an error" in shown(stage.cards()[0])

    second = stage.job("run-2")
    await stage.ticks(4)
    write(second)
    await stage.ticks(40)
    assert len(stage.cards()) == 1, "no card of its own"
    assert any("Somebody said of it before that it is not an error." in shown(m) for m in stage.channel())

    await take(stage, card, Reopen())
    third = stage.job("run-3")
    await stage.ticks(4)
    write(third)
    await stage.ticks(10)
    assert len(stage.cards()) == 2


async def test_a_mute_survives_a_restart(stage: Stage):
    job, card = await with_card(stage)
    await take(stage, card, in_an_hour(stage))
    await stage.restart()
    write(job, 3)
    await stage.ticks(6)
    assert "Muted by" in shown(stage.cards()[0])
    await watching(stage, "llama-ft")
