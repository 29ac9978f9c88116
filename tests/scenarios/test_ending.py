"""A job ends: what the channel hears of it, and the card of one that failed without an error in its log."""

import pytest

from bot.slack import ids
from bot.times import Ms
from tests.scenarios.plots import OOM, watching
from tests.stage import Stage, shown

FAILED = "TRAINING_JOB_FAILED"
HOUR_MS = 3_600_000
TOKEN = "hf_" + "ExampleExampleExampleExampleExam01"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine will do: what is stored here is stored by the same code as everything else."""
    return sqlite_url


async def trains(stage: Stage, **fields: object):
    job = stage.job(**fields)
    await watching(stage)
    for step in range(40):
        job.write(f"step {step} HF_TOKEN={TOKEN}")
    await stage.ticks(6, 10)
    return job


def told_end(stage: Stage) -> str:
    [message] = [shown(one) for one in stage.channel() if "llama-ft" in shown(one) and " after " in shown(one)]
    return message


async def test_a_job_that_fails_without_an_error_gets_a_card_of_its_last_lines_a_minute_later(stage: Stage):
    job = await trains(stage)
    job.set_status(FAILED, error_message=f"container exited with code 137 (HF_TOKEN={TOKEN})")
    await stage.ticks(5, 10)
    assert stage.cards() == [], "the cause may still be on its way"
    await stage.ticks(3, 10)

    [card] = stage.cards()
    assert "Failed: container exited with code 137" in shown(card)
    assert "SIGKILL" in shown(card)
    assert "step 39" in shown(card)
    assert "step 25" in shown(card)
    assert "step 24" not in shown(card), "fifteen lines and no more"
    assert TOKEN not in str(stage.workspace.messages("ml-alerts")), "neither in the lines nor in the message"
    await stage.ticks(12, 10)
    assert len(stage.cards()) == 1


async def test_a_preempted_job_and_one_that_was_never_deployed_get_theirs(stage: Stage):
    await watching(stage)
    spot, image = stage.job("spot"), stage.job("image", status="TRAINING_JOB_DEPLOYING")
    await stage.ticks(2, 10)
    spot.set_status("TRAINING_JOB_PREEMPTED", error_message="Spot capacity was reclaimed")
    image.set_status("TRAINING_JOB_DEPLOY_FAILED", error_message="manifest unknown")
    await stage.ticks(9, 10)

    told = sorted(shown(card) for card in stage.cards())
    assert len(told) == 2
    assert any("Preempted: Spot capacity was reclaimed" in text for text in told)
    assert any("Deploy failed: manifest unknown" in text and "The log holds no lines" in text for text in told)


@pytest.mark.parametrize("status", ["TRAINING_JOB_COMPLETED", "TRAINING_JOB_STOPPED"])
async def test_a_job_that_did_not_fail_gets_none(stage: Stage, status: str):
    job = await trains(stage)
    job.set_status(status)
    await stage.ticks(12, 10)
    assert stage.cards() == []


async def test_a_job_whose_error_has_a_card_gets_no_second_one(stage: Stage):
    job = await trains(stage)
    job.write(OOM, level="ERROR")
    await stage.ticks(2, 10)
    job.set_status(FAILED, error_message="exit code 1")
    await stage.ticks(12, 10)

    [card] = stage.cards()
    assert "CUDA out of memory" in shown(card)


async def test_an_error_of_hours_ago_does_not_explain_the_end(stage: Stage):
    now = stage.clock.now_ns()
    job = stage.job(created_ms=Ms(now // 10**6 - 4 * HOUR_MS))
    job.write(OOM, level="ERROR", at_ns=now - 3 * HOUR_MS * 10**6)
    await watching(stage)
    await stage.ticks(3, 10)
    job.set_status(FAILED, error_message="exit code 1")
    await stage.ticks(12, 10)

    told = [shown(card) for card in stage.cards()]
    assert [text for text in told if "torch.OutOfMemoryError" in text.split(". ")[0]], "it has its own card"
    [ended] = [text for text in told if "Failed: exit code 1" in text]
    assert OOM in ended, "the last line, however long ago that was"


async def test_a_cause_that_arrives_late_takes_the_card_over(stage: Stage):
    job = await trains(stage)
    job.set_status(FAILED, error_message="exit code 1")
    died_ns = stage.clock.now_ns()
    await stage.ticks(9, 10)
    [card] = stage.cards()
    assert "Failed: exit code 1" in shown(card)
    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    job.write(OOM, level="ERROR", at_ns=died_ns - 10**9)
    await stage.ticks(9, 10)

    [after] = stage.cards()
    assert after["ts"] == card["ts"], "the same message, with a new headline"
    assert "CUDA out of memory" in shown(after)
    assert "Acknowledged by" in shown(after), "who took the one on has taken on the other"
    assert "Failed: exit code 1" in shown(after), "listed under its cause"


async def test_a_restart_does_not_judge_again(stage: Stage):
    job = await trains(stage)
    job.set_status(FAILED, error_message="exit code 1")
    await stage.ticks(9, 10)
    await stage.restart()
    await stage.ticks(9, 10)
    assert len(stage.cards()) == 1


async def test_the_end_tells_how_long_it_ran_what_it_cost_and_what_was_lost(stage: Stage):
    job = await trains(stage, node_count=2)
    job.add_checkpoint("checkpoint-20")
    await stage.ticks(12, 10)
    job.set_status(FAILED, error_message="exit code 1")
    await stage.ticks(3, 10)

    end = told_end(stage)
    assert "failed after" in end
    assert "exit code 1" in end
    assert "It ran 2 min" in end or "It ran 3 min" in end
    assert "(2 nodes)" in end
    assert "about $" in end
    assert "Last checkpoint checkpoint-20: the work of the last 2 min" in end


async def test_what_the_api_does_not_tell_is_left_out_of_the_end(stage: Stage):
    job = await trains(stage)
    job.add_checkpoint("checkpoint-20")
    for endpoint in ("prices", "checkpoints"):
        stage.world.faults.add(endpoint, kind="403")
    job.set_status("TRAINING_JOB_COMPLETED")
    await stage.ticks(3, 10)

    end = told_end(stage)
    assert "completed after" in end
    assert "It ran" in end
    assert "$" not in end
    assert "checkpoint" not in end


async def test_the_end_lists_what_is_unresolved(stage: Stage):
    job = await trains(stage)
    job.write(OOM, level="ERROR")
    await stage.ticks(3, 10)
    job.set_status(FAILED, error_message="exit code 1")
    await stage.ticks(3, 10)

    assert "1 incident unresolved by then" in told_end(stage)
    [card] = stage.cards()
    links = [text for text in str(stage.channel()).split("'") if "/archives/" in text]
    assert any(card["ts"].replace(".", "") in link for link in links), "with a link to its card"
