"""What a channel hears when logs cannot be read, and that nothing is lost by it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.logs.line import Line
from bot.sandbox.baseten.job import SimJob
from tests.scenarios.tailing import BOOM, MINUTE, S, counted, errors, incidents, is_exact, notices, watch
from tests.stage import KEY, Stage, open_stage, shown

BEHIND = "has not been read"
CAUGHT_UP = "has been read up to now again"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def watched(stage: Stage, count: int = 1) -> list[SimJob]:
    jobs = [stage.job(f"run-{number}") for number in range(count)]
    await watch(stage)
    await stage.ticks(4)
    return jobs


def impatient(stage: Stage) -> None:
    """A server that never answers is given up after a tenth of a second, so that the test need not wait."""
    calls = stage.bot.watch._apis["default"]._calls
    calls._options = replace(calls._options, read_s=0.1, connect_s=0.1, deadline_s=0.3)


@pytest.mark.parametrize(
    ("kind", "minutes"), [("status:503", 60), ("garbage", 10), ("reset", 10), ("truncate", 10)]
)
async def test_an_hour_of_failures_loses_nothing_and_is_told_once(stage: Stage, kind: str, minutes: int):
    jobs = await watched(stage, 3)
    stage.world.faults.add(kind=kind, duration_s=minutes * 60)
    for minute in range(minutes + 2):
        for job in jobs:
            job.write(BOOM, level="ERROR")
            job.write(f"step {minute}", level="INFO")
        await stage.tick(60)
    await stage.ticks(20, 3)
    for job in jobs:
        await is_exact(stage, job)
    [behind] = notices(stage, BEHIND)
    assert "and 2 other jobs" in behind
    assert len(notices(stage, CAUGHT_UP)) == 1
    assert len(stage.cards()) == 3


async def test_ten_minutes_without_any_answer_lose_nothing_and_are_told_once(stage: Stage):
    jobs = await watched(stage, 2)
    impatient(stage)
    stage.world.faults.add("logs", kind="timeout", duration_s=600)
    for _ in range(40):
        jobs[0].write(BOOM, level="ERROR")
        await stage.turn_the_watch(15)
        await stage.deliver()
    await stage.ticks(20, 3)
    await is_exact(stage, jobs[0])
    assert len(notices(stage, BEHIND)) == 1
    assert len(notices(stage, CAUGHT_UP)) == 1


async def test_a_minute_of_failures_is_not_worth_a_word(stage: Stage):
    [job] = await watched(stage)
    stage.world.faults.add("logs", kind="status:500", duration_s=60)
    for _ in range(6):
        job.write(BOOM, level="ERROR")
        await stage.tick(10)
    await stage.ticks(20, 3)
    await is_exact(stage, job)
    assert not notices(stage, "log")


async def test_a_restart_in_the_middle_of_an_outage_repeats_no_notice(stage: Stage):
    [job] = await watched(stage)
    stage.world.faults.add("logs", kind="status:500", duration_s=1200)
    await stage.ticks(14, 20)
    job.write(BOOM, level="ERROR")
    assert len(notices(stage, BEHIND)) == 1
    await stage.restart()
    await stage.ticks(20, 20)
    assert len(notices(stage, BEHIND)) == 1
    await stage.ticks(30, 20)
    assert len(notices(stage, BEHIND)) == 1
    assert len(notices(stage, CAUGHT_UP)) == 1
    await is_exact(stage, job)


async def test_one_channel_with_two_jobs_hears_once_that_both_have_caught_up(stage: Stage):
    one, two = await watched(stage, 2)
    stage.world.faults.add("logs", kind="status:500", duration_s=700, job_id=one.id)
    await stage.ticks(12, 25)
    assert len(notices(stage, BEHIND)) == 1
    stage.world.faults.add("logs", kind="status:500", duration_s=900, job_id=two.id)
    await stage.ticks(26, 25)
    assert len(notices(stage, BEHIND)) == 1
    assert not notices(stage, CAUGHT_UP)
    await stage.ticks(16, 25)
    assert len(notices(stage, BEHIND)) == 1
    assert len(notices(stage, CAUGHT_UP)) == 1


@pytest.mark.parametrize("kind", ["403", "404"])
async def test_a_refusal_pauses_once_for_all_jobs_and_comes_back_by_itself(stage: Stage, kind: str):
    jobs = await watched(stage, 3)
    await stage.ticks(10, 30)
    stage.world.faults.add("logs", kind=kind)
    await stage.ticks(25, 24)
    [paused] = notices(stage, "the watch is paused")
    assert "and 2 other jobs" in paused
    assert f"({kind})" in paused
    asked = stage.world.requests.count("logs")
    await stage.ticks(12, 25)
    assert stage.world.requests.count("logs") - asked <= 3 * 6

    jobs[1].write(BOOM, level="ERROR")
    stage.world.faults.clear()
    await stage.ticks(20, 20)
    [resumed] = notices(stage, "the watch goes on")
    assert "and 2 other jobs" in resumed
    assert len(notices(stage, "the watch is paused")) == 1
    await is_exact(stage, jobs[1])
    assert not notices(stage, BEHIND)


async def test_a_paused_watch_goes_on_at_once_when_the_status_of_its_job_changes(stage: Stage):
    [job] = await watched(stage)
    await stage.ticks(10, 30)
    stage.world.faults.add("logs", kind="404")
    await stage.ticks(60, 30)
    assert notices(stage, "the watch is paused")
    stage.world.faults.clear()
    job.write(BOOM, level="ERROR")
    job.set_status("TRAINING_JOB_FAILED")
    await stage.ticks(5)
    await is_exact(stage, job)


async def test_the_log_of_a_brand_new_job_may_be_missing(stage: Stage):
    [job] = await watched(stage)
    stage.world.faults.add("logs", kind="404", duration_s=100)
    await stage.ticks(20, 5)
    job.write(BOOM, level="ERROR")
    await stage.ticks(10, 5)
    await is_exact(stage, job)
    assert not notices(stage, "pause")


async def test_a_job_that_could_not_be_deployed_has_no_log_and_still_an_end(stage: Stage):
    [job] = await watched(stage)
    stage.world.faults.add("logs", kind="404")
    job.set_status("TRAINING_JOB_DEPLOY_FAILED", error_message="no such image")
    await stage.ticks(4, 5)
    assert notices(stage, "could not be deployed")
    await stage.ticks(60, 30)
    assert not notices(stage, "pause")
    tail = await stage.bot.db.run(lambda tx: tx.tails.get("default", job.id))
    assert tail is not None
    assert tail.closed


async def test_a_key_that_is_revoked_is_told_and_nothing_is_lost_until_it_is_back(stage: Stage):
    [job] = await watched(stage)
    team = stage.world.keys.pop(KEY)
    job.write(BOOM, level="ERROR")
    await stage.ticks(60, 10)
    [behind] = notices(stage, BEHIND)
    assert "API key" in behind
    stage.world.keys[KEY] = team
    await stage.ticks(20, 10)
    await is_exact(stage, job)
    assert len(notices(stage, CAUGHT_UP)) == 1


async def test_a_log_that_the_program_fails_at_is_told_and_holds_up_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    one, two = await watched(stage, 2)
    feed = Engine.feed

    def failing(engine: Engine, lines: Sequence[Line], **how: Any) -> tuple[Facts, ...]:
        if any("poison" in line.message for line in lines):
            raise ArithmeticError("a line that was not thought of")
        return feed(engine, lines, **how)

    monkeypatch.setattr(Engine, "feed", failing)
    one.write("ERROR poison", level="ERROR")
    two.write(BOOM, level="ERROR")
    before = stage.world.requests.count("logs")
    await stage.ticks(45, 5)
    await is_exact(stage, two)
    assert stage.world.requests.count("logs") - before < 100
    assert notices(stage, BEHIND, "run-0", "joblogs itself fails")
    monkeypatch.undo()
    await stage.ticks(20)
    await is_exact(stage, one)
    assert len(notices(stage, CAUGHT_UP)) == 1


async def test_an_account_whose_key_is_refused_holds_up_no_other(sqlite_url: str):
    async with open_stage(sqlite_url, accounts={"second": "second-key"}) as stage:
        projects = (
            stage.world.add_project("speech", team="stage"),
            stage.world.add_project("vision", team="second"),
        )
        stage.world.keys["second-key"] = "second"
        one, two = (stage.world.add_job(project, status="TRAINING_JOB_RUNNING") for project in projects)
        await watch(stage, "speech")
        await watch(stage, "vision")
        await stage.ticks(4)
        del stage.world.keys["second-key"]
        for job in (one, two):
            job.write(BOOM, level="ERROR")
        await stage.ticks(8)
        await is_exact(stage, one)
        stage.world.keys["second-key"] = "second"
        await stage.ticks(20)
        assert sorted("vision" in shown(card) for card in stage.cards()) == [False, True]


async def test_a_loud_job_is_read_at_its_level_and_says_so_once(stage: Stage):
    job = stage.job(node_count=2)
    await watch(stage)
    await stage.ticks(4)
    traceback = ("Traceback (most recent call last):", '  File "train.py", line 3, in main', "    step()")
    now = stage.clock.now_ns()
    for number in range(130_000):
        job.write("step", level="INFO", at_ns=now + number * 15_000)
    await stage.ticks(3)
    assert len(notices(stage, "it writes more")) == 1
    now = stage.clock.now_ns()
    for text in traceback:
        job.write(text, at_ns=now)
    job.write("ValueError: bad loss", level="ERROR", at_ns=now)
    for text in (*traceback, "KeyError: 'lr'"):
        job.write(text, replica="g01r0", at_ns=now + S)
    await stage.ticks(4)
    assert "train.py" in shown(stage.cards()[0])
    await stage.ticks(60, 5)
    assert len(notices(stage, "it is quiet enough again")) == 1
    assert [incident.facts.count for incident in await incidents(stage, job)] == [1, 1]


async def test_a_long_history_is_skimmed_and_new_incidents_show_what_was_skipped(stage: Stage):
    job = stage.job(created_ms=stage.clock.now_ns() // 1_000_000 - 7_200_000)
    now = stage.clock.now_ns()
    for number in range(150_000):
        job.write("step", level="INFO", at_ns=now - 100 * MINUTE + number * 40_000_000)
    for text in ("Traceback (most recent call last):", '  File "train.py", line 3, in main', "    step()"):
        job.write(text, at_ns=now - 20 * MINUTE)
    job.write("ValueError: bad loss", level="ERROR", at_ns=now - 20 * MINUTE)
    await watch(stage)
    await stage.ticks(25)
    assert await counted(stage, job) == errors(job) == 1
    [card] = stage.cards()
    assert "train.py" in shown(card)
    assert len(notices(stage, "there was much to catch up with")) == 1
    assert not notices(stage, "it writes more")
    job.write(BOOM, level="ERROR")
    await stage.ticks(8)
    await is_exact(stage, job)
