"""What was resolved is remembered: in the same job, and in the next ones of the project."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.incidents.steps import Resolve
from bot.sandbox.baseten.job import SimJob
from tests.scenarios.plots import OOM, take, watching, with_card
from tests.scenarios.plots import resolve as resolve_by_button
from tests.stage import Stage, open_stage, shown

NOTE = "pin driver 550"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def resolve(stage: Stage, card: dict[str, Any], user: str = "grace") -> None:
    await take(stage, card, Resolve(NOTE), user=user)
    await stage.tick()


def links(card: dict[str, Any]) -> list[str]:
    parts = [part for block in card["blocks"] for part in block.get("elements", ())]
    return [one["url"] for part in parts for one in part.get("elements", ()) if one.get("type") == "link"]


def address(card: dict[str, Any]) -> str:
    return "p" + card["ts"].replace(".", "")


async def fails(stage: Stage, name: str) -> SimJob:
    job = stage.job(name)
    await stage.ticks(8)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    return job


async def test_an_error_that_returns_gets_a_new_card_that_names_who_had_resolved_it_and_links_the_old_one(
    stage: Stage,
):
    job, old = await with_card(stage)
    await resolve(stage, old)
    await stage.ticks(3)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    [_, new] = stage.cards()
    grace = stage.workspace.roster.user("grace").id
    assert f"It is back.  <@{grace}>  had resolved it :  {NOTE}" in shown(new)
    assert any(address(old) in link for link in links(new))


async def test_the_thread_of_a_return_shows_the_lines_around_the_return_and_not_the_old_ones(stage: Stage):
    job, old = await with_card(stage)
    await resolve(stage, old)
    job.write("INFO step 77 after the repair", level="INFO")
    job.write(OOM, level="ERROR", replica="g05r0")
    await stage.ticks(10)

    [around] = [shown(reply) for reply in stage.thread(stage.cards()[-1]) if "Lines around" in shown(reply)]
    assert "Lines around its return" in around
    assert "step 77 after the repair" in around.partition("▶")[0]


async def test_an_error_of_an_earlier_job_says_what_helped_then(stage: Stage):
    _, old = await with_card(stage)
    await resolve(stage, old)
    await fails(stage, "run-2")

    new = stage.cards()[-1]
    grace = stage.workspace.roster.user("grace").id
    assert f"Seen in 1 earlier job ; last time  <@{grace}> :  {NOTE}" in shown(new)
    assert any(address(old) in link for link in links(new))


async def test_earlier_jobs_are_counted_once_each_and_the_newest_resolution_counts(stage: Stage):
    _, old = await with_card(stage)
    await resolve(stage, old)
    await fails(stage, "run-2")
    await fails(stage, "run-3")
    second = stage.cards()[1]
    await resolve(stage, second, user="ada")
    await fails(stage, "run-4")

    newest = shown(stage.cards()[-1])
    assert "Seen in 3 earlier jobs" in newest
    assert f"<@{stage.workspace.roster.user('ada').id}>" in newest


async def test_the_first_card_does_not_learn_of_jobs_that_came_after_it(stage: Stage):
    job, _ = await with_card(stage)
    await fails(stage, "run-2")
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    assert "earlier job" not in shown(stage.cards()[0])


async def test_another_project_remembers_nothing_of_it(stage: Stage):
    _, old = await with_card(stage)
    await resolve(stage, old)
    other = stage.world.add_project("vision")
    job = stage.world.add_job(other, name="run-9", status="TRAINING_JOB_RUNNING")
    await watching(stage, "vision")
    await stage.ticks(3)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    new = stage.cards()[-1]
    assert "run-9" in shown(new)
    assert "earlier job" not in shown(new)


async def test_a_return_that_the_button_resolved_still_links_and_names(stage: Stage):
    job, old = await with_card(stage)
    await resolve_by_button(stage, old, user="grace")
    await stage.ticks(3)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    [_, new] = stage.cards()
    assert "It is back." in shown(new)
    assert any(address(old) in link for link in links(new))
