"""Every case that a tail must pass, each as a story with the whole watcher."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.baseten import questions
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.traits import Traits
from bot.times import Ms, ms_from_s
from tests.scenarios.tailing import (
    BOOM,
    HOUR,
    MINUTE,
    S,
    TappedDatabase,
    counted,
    errors,
    incidents,
    is_exact,
    notices,
    watch,
)
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


TRACEBACK = ("Traceback (most recent call last):", '  File "train.py", line 3, in <module>', "    main()", BOOM)


async def watched(stage: Stage, **fields: object) -> SimJob:
    """A running job of a watched project that has been read up to now."""
    job = stage.job(**fields)
    await watch(stage)
    await stage.ticks(3)
    return job


def burst(job: SimJob, count: int, *, at_ns: int, step_ns: int, every: int = 10) -> None:
    """`count` lines, of which every tenth is an ERROR."""
    for number in range(count):
        bad = number % every == 0
        job.write(BOOM if bad else "step 1", level="ERROR" if bad else "INFO", at_ns=at_ns + number * step_ns)


async def test_a_burst_of_more_lines_than_a_page_between_two_polls(stage: Stage):
    job = await watched(stage)
    burst(job, 3_700, at_ns=stage.clock.now_ns(), step_ns=400_000)
    await stage.ticks(6)
    assert errors(job) == 370
    await is_exact(stage, job)


@pytest.mark.parametrize("lines", [1_000, 1_500])
async def test_as_many_lines_in_one_millisecond_as_two_pages_can_hold(stage: Stage, lines: int):
    job = await watched(stage)
    start = stage.clock.now_ns() // 1_000_000 * 1_000_000
    burst(job, lines, at_ns=start, step_ns=600)
    job.write(BOOM, level="ERROR", at_ns=start + 1_000_000)
    await stage.ticks(6)
    await is_exact(stage, job)
    assert not notices(stage, "could not be read")


async def test_five_thousand_lines_in_one_millisecond_are_read_by_level_and_the_rest_is_told(stage: Stage):
    job = await watched(stage)
    start = stage.clock.now_ns() // 1_000_000 * 1_000_000
    burst(job, 5_000, at_ns=start, step_ns=199)
    await stage.ticks(8)
    await is_exact(stage, job)
    [notice] = notices(stage, "could not be read")
    assert "all lines at WARNING and above are there" in notice


async def test_five_thousand_errors_in_one_millisecond_are_a_gap_that_channel_and_card_tell(stage: Stage):
    job = await watched(stage)
    job.write(BOOM, level="ERROR")
    await stage.ticks(6)
    start = stage.clock.now_ns() // 1_000_000 * 1_000_000
    burst(job, 5_000, at_ns=start, step_ns=199, every=1)
    await stage.ticks(8)
    assert 2_000 < await counted(stage, job) < errors(job)
    [notice] = notices(stage, "could not be read")
    assert f".{start // 1_000_000 % 1000:03d} UTC" in notice
    [card] = stage.cards()
    assert any("could not be read" in shown(reply) for reply in stage.thread(card))
    assert errors(job) == 5_001


async def test_gaps_that_keep_coming_are_told_once_in_ten_minutes_together(stage: Stage):
    job = await watched(stage)
    for _ in range(4):
        start = stage.clock.now_ns() // 1_000_000 * 1_000_000
        burst(job, 2_500, at_ns=start, step_ns=399, every=1)
        await stage.ticks(2)
    assert len(notices(stage, "could not be read")) == 1
    await stage.tick(600)
    await stage.ticks(2)
    assert len(notices(stage, "could not be read")) == 2
    assert notices(stage, "could not be read", "in 3 places")


async def test_identical_lines_count_as_often_as_they_were_written(stage: Stage):
    job = await watched(stage)
    now = stage.clock.now_ns()
    job.write(BOOM, level="ERROR", at_ns=now, count=5)
    await stage.ticks(4)
    job.write(BOOM, level="ERROR", at_ns=now, count=3)
    await stage.ticks(4)
    assert errors(job) == 8
    await is_exact(stage, job)


@pytest.mark.parametrize("late_s", [59, 61, 9 * 60])
async def test_a_line_that_comes_late(stage: Stage, late_s: int):
    job = await watched(stage)
    now = stage.clock.now_ns()
    job.write(BOOM, level="ERROR", at_ns=now, visible_ns=now + late_s * S)
    for _ in range(late_s // 20 + 8):
        job.write("step 1", level="INFO")
        await stage.tick(20)
    await is_exact(stage, job)
    assert errors(job) == 1


@pytest.mark.parametrize("skew_s", [-300, 300])
async def test_a_node_whose_clock_is_off_by_five_minutes(stage: Stage, skew_s: int):
    job = await watched(stage)
    for _ in range(20):
        job.write(BOOM, level="ERROR", at_ns=stage.clock.now_ns() + skew_s * S)
        await stage.tick(3)
    await stage.ticks(8)
    await is_exact(stage, job)
    assert errors(job) == 20


async def test_a_crash_on_a_node_whose_clock_is_ahead_is_told_at_once(stage: Stage):
    job = await watched(stage)
    for text in TRACEBACK:
        job.write(text, level="ERROR", at_ns=stage.clock.now_ns() + 5 * MINUTE)
    await stage.ticks(8)
    [card] = stage.cards()
    assert "RuntimeError: boom" in shown(card)


async def test_a_node_whose_clock_is_behind_the_creation_of_the_job(stage: Stage):
    job = stage.job()
    job.write(BOOM, level="ERROR", at_ns=stage.clock.now_ns() - 5 * MINUTE)
    await watch(stage)
    await stage.ticks(8)
    await is_exact(stage, job)


async def test_a_job_that_is_quiet_for_three_hours(stage: Stage):
    job = await watched(stage)
    for _ in range(18):
        await stage.tick(600)
    job.write(BOOM, level="ERROR")
    await stage.ticks(16)
    await is_exact(stage, job)


async def test_a_job_that_is_queued_for_three_hours_without_a_log(stage: Stage):
    job = await watched(stage, status="TRAINING_JOB_PENDING")
    stage.world.faults.add("logs", kind="404", job_id=job.id)
    for _ in range(18):
        await stage.tick(600)
    assert not stage.channel()
    stage.world.faults.clear()
    job.set_status("TRAINING_JOB_RUNNING")
    job.write(BOOM, level="ERROR")
    await stage.ticks(16)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


@pytest.mark.parametrize("late_s", [25, 180])
async def test_the_cause_comes_after_the_terminal_status(stage: Stage, late_s: int):
    job = await watched(stage)
    now = stage.clock.now_ns()
    job.write(BOOM, level="ERROR", at_ns=now, visible_ns=now + late_s * S)
    job.set_status("TRAINING_JOB_FAILED")
    await stage.ticks(late_s // 5 + 6, 5)
    await is_exact(stage, job)
    assert len(notices(stage, "failed")) == 1
    await stage.ticks(30, 30)
    tail = await stage.bot.db.run(lambda tx: tx.tails.get("default", job.id))
    assert tail is not None
    assert tail.closed


async def test_a_restart_between_two_pages(stage: Stage):
    job = await watched(stage)
    burst(job, 4_000, at_ns=stage.clock.now_ns(), step_ns=300_000)
    stage.world.faults.add("logs", kind="404", after=2)
    await stage.ticks(3)
    assert 0 < await counted(stage, job) < errors(job)
    stage.world.faults.clear()
    await stage.restart()
    await stage.ticks(18)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_a_crash_right_after_a_checkpoint_forgets_no_unfinished_error(stage: Stage):
    job = await watched(stage)
    database = stage.bot.watch._db = TappedDatabase(stage.bot.db)
    while not database.saves:
        await stage.tick(1)
    job.write("INFO step 1", level="INFO")
    while database.saves < 2:
        await stage.tick(1)
    saved = stage.clock.monotonic_s()
    while stage.clock.monotonic_s() - saved < 58:
        await stage.tick(1)
    job.write(BOOM, level="ERROR")
    while database.saves < 3:
        await stage.tick(1)
    await stage.restart()
    await stage.ticks(20)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_an_api_that_answers_shorter_windows_than_it_documents(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(questions, "SPAN_LIMIT_MS", ms_from_s(2 * 3600))
    job = stage.job(created_ms=Ms(stage.clock.now_ns() // 1_000_000 - ms_from_s(20 * 3600)))
    for hours in range(1, 20):
        job.write(BOOM, level="ERROR", at_ns=stage.clock.now_ns() - hours * HOUR)
    await watch(stage)
    await stage.ticks(14)
    await is_exact(stage, job)
    assert not notices(stage, "log")


@pytest.mark.parametrize("kind", ["429:retry_after=7", "429"])
async def test_429_with_and_without_a_time(stage: Stage, kind: str):
    job = await watched(stage)
    burst(job, 2_500, at_ns=stage.clock.now_ns(), step_ns=300_000)
    stage.world.faults.add("logs", kind=kind, after=1, times=2)
    await stage.ticks(12)
    await is_exact(stage, job)


async def test_5xx_at_page_seven(stage: Stage):
    job = await watched(stage)
    burst(job, 8_500, at_ns=stage.clock.now_ns() - 4 * S, step_ns=300_000)
    stage.world.faults.add("logs", kind="status:502", after=7, times=8)
    await stage.ticks(20, 3)
    await is_exact(stage, job)


async def test_lines_without_a_level_or_a_replica(stage: Stage):
    job = await watched(stage)
    for text in TRACEBACK:
        job.write(text, replica=None, level=None)
    job.write(BOOM, replica=None, level="ERROR", at_ns=stage.clock.now_ns() + 8 * S)
    await stage.ticks(12)
    [found] = await incidents(stage, job)
    assert found.facts.count == 2
    assert "RuntimeError: boom" in found.facts.title


async def test_lines_whose_optional_fields_are_absent(stage: Stage):
    stage.world.traits = Traits(drops_fields=("level", "request_id"))
    job = await watched(stage)
    for _ in range(3):
        for text in TRACEBACK:
            job.write(text)
        await stage.ticks(3, 4)
    await stage.ticks(4)
    assert await counted(stage, job) == 3


async def test_an_unknown_status_ends_nothing(stage: Stage):
    job = await watched(stage)
    job.set_status("TRAINING_JOB_DEFRAGMENTING")
    await stage.ticks(40, 30)
    job.write(BOOM, level="ERROR")
    await stage.ticks(16)
    await is_exact(stage, job)


@pytest.mark.parametrize("shown_first", ["asc", "desc"])
async def test_a_server_that_ignores_the_direction(stage: Stage, shown_first: str):
    stage.world.traits = Traits(ignores_direction=True, default_direction=shown_first)  # type: ignore[arg-type] - parametrized
    job = await watched(stage)
    burst(job, 4_200, at_ns=stage.clock.now_ns(), step_ns=300_000)
    await stage.ticks(8)
    await is_exact(stage, job)


@pytest.mark.parametrize("stamp", ["ns_string", "ns_int", "rfc3339"])
async def test_stamps_as_string_integer_or_rfc_3339(stage: Stage, stamp: str):
    stage.world.traits = Traits(stamp=stamp)  # type: ignore[arg-type] - parametrized
    job = await watched(stage)
    burst(job, 1_200, at_ns=stage.clock.now_ns() + 123_456_789, step_ns=777_777)
    await stage.ticks(6)
    await is_exact(stage, job)


@pytest.mark.parametrize("end_inclusive", [False, True])
async def test_a_window_whose_end_counts_in_or_not(stage: Stage, end_inclusive: bool):
    stage.world.traits = Traits(end_inclusive=end_inclusive)
    job = await watched(stage)
    start = stage.clock.now_ns() // 1_000_000 * 1_000_000
    burst(job, 3_000, at_ns=start, step_ns=1_000_000, every=1)
    await stage.ticks(6)
    await is_exact(stage, job)


async def test_an_absence_of_nine_days(stage: Stage):
    job = await watched(stage)
    await stage.stop()
    left = stage.clock.now_ns()
    for hour in range(0, 9 * 24, 6):
        job.write(BOOM, level="ERROR", at_ns=left + hour * HOUR)
        job.write("step 1", level="INFO", at_ns=left + hour * HOUR + S)
    stage.clock.turn(9 * 24 * 3600)
    await stage.start()
    await stage.ticks(10)
    assert errors(job) == 36
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_a_job_that_was_preempted_and_goes_on_under_its_id(stage: Stage):
    job = await watched(stage)
    job.write(BOOM, level="ERROR")
    job.set_status("TRAINING_JOB_PREEMPTED")
    await stage.ticks(40, 30)
    job.set_status("TRAINING_JOB_RUNNING")
    job.write(BOOM, level="ERROR")
    await stage.ticks(12, 5)
    await is_exact(stage, job)
    job.set_status("TRAINING_JOB_COMPLETED")
    await stage.ticks(4, 10)
    assert len(notices(stage, "was preempted")) == 1
    assert len(notices(stage, "completed")) == 1


async def test_the_first_look_goes_back_no_further_than_a_day(stage: Stage):
    created = Ms(stage.clock.now_ns() // 1_000_000 - ms_from_s(3 * 24 * 3600))
    job = stage.job(created_ms=created)
    now = stage.clock.now_ns()
    job.write(BOOM, level="ERROR", at_ns=now - 50 * HOUR)
    job.write(BOOM, level="ERROR", at_ns=now - 20 * HOUR)
    await watch(stage)
    await stage.ticks(8)
    assert await counted(stage, job) == 1
