"""Stopping and recreating a job: off by default, asked for in a window, done once, written down."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.slack import ids
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url, job_control={"stop", "recreate"}) as opened:
        yield opened


async def window(stage: Stage, user: str = "ada") -> dict[str, Any]:
    """The window when its figures are in it."""
    person = stage.workspace.person(user)
    await stage.until(lambda: person.view is not None and "One moment" not in shown(person.view))
    assert person.view is not None
    return person.view


async def ask(stage: Stage, text: str, user: str = "ada") -> dict[str, Any]:
    assert (await stage.workspace.person(user).command("/joblogs", text, channel="ml-alerts")).acked
    return await window(stage, user)


async def audit(stage: Stage) -> list[tuple[str, str, str]]:
    entries = await stage.bot.db.run(lambda tx: tx.audit.recent(10))
    return [(entry.action, entry.target, entry.outcome) for entry in reversed(entries)]


async def test_a_job_is_stopped_after_a_window_said_what_that_means(stage: Stage):
    job = stage.job(node_count=2)
    view = await ask(stage, "stop run-1")
    said = shown(view)
    assert "run-1" in said
    assert "an hour" in said
    assert "It has saved no checkpoint: all of its work is lost." in said
    assert "This cannot be undone." in said

    person = stage.workspace.person("ada")
    await person.submit()
    await stage.until(lambda: person.view is not None and "is being stopped" in shown(person.view))
    assert job.status == "TRAINING_JOB_STOPPED"
    assert await audit(stage) == [("stop", f"job:{job.id}", "asked"), ("stop", f"job:{job.id}", "done")]


async def test_a_job_that_ended_can_be_made_again_from_its_status(stage: Stage):
    job = stage.job(status="TRAINING_JOB_FAILED")
    status = await stage.command("status run-1")
    person = stage.workspace.person("ada")
    await stage.press(status, ids.RECREATE_JOB)
    assert "same configuration" in shown(await window(stage))
    await person.submit()
    await stage.until(lambda: person.view is not None and "runs again as job" in shown(person.view))
    assert len(stage.world.jobs) == 2
    assert (await audit(stage))[-1] == ("recreate", f"job:{job.id}", "done")


async def test_after_a_lost_answer_nothing_is_made_twice_and_the_person_is_told_to_look(stage: Stage):
    stage.job(status="TRAINING_JOB_FAILED")
    await ask(stage, "recreate run-1")
    stage.world.faults.add("recreate", kind="truncate", times=1)
    person = stage.workspace.person("ada")
    await person.submit()
    await stage.until(lambda: person.view is not None and "it may have been done" in shown(person.view))
    assert len(stage.world.jobs) == 2


async def test_a_job_that_ended_meanwhile_is_not_stopped(stage: Stage):
    job = stage.job()
    await ask(stage, "stop run-1")
    job.set_status("TRAINING_JOB_COMPLETED")
    stage.clock.turn(30)
    person = stage.workspace.person("ada")
    await person.submit()
    await stage.until(lambda: person.view is not None and "has ended already" in shown(person.view))
    assert job.status == "TRAINING_JOB_COMPLETED"


async def test_without_the_operators_word_nobody_stops_anything(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        job = stage.job()
        status = await stage.command("status run-1")
        assert "Stop" not in shown(status)
        answer = await stage.command("stop run-1")
        assert "JOBLOGS_JOB_CONTROL" in answer["text"]
        assert job.status == "TRAINING_JOB_RUNNING"


async def test_only_those_whom_a_permission_names_may_stop(sqlite_url: str):
    rules = {"stop": ["S0ONCALL01"]}  # grace alone
    async with open_stage(sqlite_url, job_control={"stop"}, permissions=rules) as stage:
        stage.job()
        refused = await stage.command("stop run-1", user="ada")
        assert refused["text"] == "Only <!subteam^S0ONCALL01> may stop here."
        assert "Stop run-1" in shown(await ask(stage, "stop run-1", user="grace")).replace("  ", " ")


@pytest.mark.parametrize(
    ("rules", "text", "told"),
    [
        ({"*": ["U0GRACE001"]}, "jobs", "Only those that whoever runs joblogs has named may read logs here."),
        ({"logs": ["C0PRIVATE1"]}, "jobs", "Nobody may read logs in this channel"),
        ({"watch": ["S0ONCALL01"]}, "watch llama-ft", "Only <!subteam^S0ONCALL01> may watch here."),
    ],
)
async def test_a_command_that_is_not_permitted_is_refused_with_who_may(sqlite_url: str, rules, text, told):
    async with open_stage(sqlite_url, permissions=rules) as stage:
        assert told in (await stage.command(text, user="ada"))["text"]


async def test_when_slack_does_not_tell_who_is_in_a_group_nobody_slips_through(sqlite_url: str):
    async with open_stage(sqlite_url, permissions={"logs": ["S0ONCALL01"]}) as stage:
        stage.workspace.faults.add("usergroups.users.list", "500")
        answer = await stage.command("jobs", user="grace")
        assert "try again in a minute" in answer["text"]
        stage.workspace.faults.clear()
        assert "no training jobs yet" in (await stage.command("jobs", user="grace"))["text"]
