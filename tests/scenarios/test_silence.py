"""A running job stops writing: one card says so, who stopped when and what the GPUs do, and closes itself."""

import pytest

from bot.sandbox.baseten.job import SimJob
from tests.scenarios.plots import resolve, watching
from tests.stage import Stage, shown

SILENT = "stopped writing"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine will do: what is stored here is stored by the same code as everything else."""
    return sqlite_url


async def minutes_pass(stage: Stage, minutes: float) -> None:
    await stage.ticks(round(minutes * 6), 10)


async def trained_a_while(stage: Stage, **job: object) -> SimJob:
    """A watched job whose replicas have written a few lines."""
    made = stage.job(**job)
    await watching(stage)
    for step in range(3):
        for replica in made.replicas:
            made.write(f"step {step} loss 2.{step}", replica=replica)
        await stage.tick(10)
    return made


def silences(stage: Stage) -> list[dict[str, object]]:
    return [card for card in stage.cards() if SILENT in shown(card)]


async def test_a_job_that_stops_writing_gets_a_card_after_ten_minutes_and_not_before(stage: Stage):
    job = await trained_a_while(stage, node_count=2)
    await minutes_pass(stage, 9)
    assert silences(stage) == []
    await minutes_pass(stage, 1.5)

    [card] = silences(stage)
    assert job.spec.name in shown(card)
    assert "No line of any level for 10 min" in shown(card)
    assert "All 2 replicas wrote until the last line" in shown(card)
    assert "step 2 loss 2.2" in shown(card), "its last lines stand on the card"
    await minutes_pass(stage, 15)
    assert len(silences(stage)) == 1, "one silence, one card"
    assert "No line of any level for 20 min" in shown(silences(stage)[0]), "the card is kept up to date"


async def test_gpus_that_spin_are_told_from_gpus_that_are_idle(stage: Stage):
    job = await trained_a_while(stage, node_count=4)
    job.set_gpu(1.0)
    job.set_gpu(0.0, replicas=("g02r0",))
    await minutes_pass(stage, 10.5)

    [card] = silences(stage)
    assert "are busy (spinning, as in a collective that waits)" in shown(card)
    assert "on 1 of 4 nodes idle (stalled)" in shown(card)


async def test_it_closes_itself_when_lines_flow_again_and_the_thread_says_so_once(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    job.write("step 4 loss 1.9")
    await minutes_pass(stage, 2)

    [card] = silences(stage)
    assert "Closed by itself" in shown(card)
    said = [shown(reply) for reply in stage.thread(card) if "writes again" in shown(reply)]
    assert len(said) == 1


async def test_it_closes_itself_when_the_job_ends(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    job.set_status("TRAINING_JOB_STOPPED")
    await minutes_pass(stage, 1)

    [card] = silences(stage)
    assert "Closed by itself" in shown(card)
    assert any("The job has ended: stopped." in shown(reply) for reply in stage.thread(card))


async def test_a_job_that_was_quiet_for_long_before_is_given_longer(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 9.5)
    job.write("evaluation done")
    await minutes_pass(stage, 12)
    assert silences(stage) == [], "half as long again as the longest pause so far"
    await minutes_pass(stage, 3)
    assert len(silences(stage)) == 1
    assert "its longest pause before was 9 min" in shown(silences(stage)[0])


async def test_a_second_silence_is_a_card_of_its_own(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    job.write("step 4")
    await minutes_pass(stage, 16.5)

    first, second = silences(stage)
    assert "Closed by itself" in shown(first)
    assert "It is back" in shown(second)


async def test_a_watch_that_asks_for_three_minutes_is_told_before_the_others(stage: Stage):
    stage.workspace.add_channel("impatient", members=["ada"])
    stage.workspace.invite_bot("impatient")
    answer = await stage.command("watch llama-ft silence:3m", channel="impatient")
    assert "watches" in shown(answer)
    await trained_a_while(stage)
    await minutes_pass(stage, 3.5)

    assert [SILENT in shown(card) for card in stage.cards("impatient")] == [True]
    assert silences(stage) == []
    await minutes_pass(stage, 7)
    assert len(silences(stage)) == 1
    assert len(stage.cards("impatient")) == 1


async def test_a_silence_that_a_person_resolved_stays_resolved_while_it_lasts(stage: Stage):
    await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    [card] = silences(stage)
    await resolve(stage, card)
    await minutes_pass(stage, 15)

    [card] = silences(stage)
    assert "Resolved by" in shown(card)


async def test_a_restart_neither_forgets_nor_repeats_a_silence(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    await stage.restart()
    await minutes_pass(stage, 2)
    assert len(silences(stage)) == 1

    job.write("step 4")
    await minutes_pass(stage, 1)
    [card] = silences(stage)
    assert "Closed by itself" in shown(card)


async def test_a_job_without_a_line_of_a_replica_is_given_half_an_hour_to_load(stage: Stage):
    job = stage.job()
    await watching(stage)
    job.write("All nodes are running", replica=None)
    await minutes_pass(stage, 15)
    assert silences(stage) == []


async def test_a_line_that_was_not_read_yet_is_no_silence(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 9.5)
    job.write("step 4")
    stage.clock.turn(40)
    await stage.bot.vigil.tick()
    await stage.deliver()
    assert silences(stage) == []


async def test_a_log_that_cannot_be_read_is_not_taken_for_silence(stage: Stage):
    await trained_a_while(stage)
    stage.world.faults.add("logs", kind="403")
    await minutes_pass(stage, 12)
    assert silences(stage) == []


async def test_a_silence_that_ended_while_nobody_looked_is_closed_afterwards(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 10.5)
    await stage.stop()
    job.write("step 4")
    stage.clock.turn(60)
    await stage.start()
    await minutes_pass(stage, 1)

    [card] = silences(stage)
    assert "Closed by itself" in shown(card)


async def test_what_is_usual_for_a_job_outlives_a_restart(stage: Stage):
    job = await trained_a_while(stage)
    await minutes_pass(stage, 9.5)
    job.write("evaluation done")
    await minutes_pass(stage, 3)
    await stage.restart()
    await minutes_pass(stage, 9)
    assert silences(stage) == []
    await minutes_pass(stage, 3)
    assert len(silences(stage)) == 1
