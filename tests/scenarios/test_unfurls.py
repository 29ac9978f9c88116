"""A link to a job's page at Baseten tells how the job is doing, to those who may know it, and once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.slack import ids
from tests.scenarios.plots import with_card
from tests.slack_limits import problems_of_message
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def page(stage: Stage, job_id: str) -> str:
    return f"https://app.baseten.co/training/{stage.project.id}/logs/{job_id}"


async def said(stage: Stage, text: str, *, user: str = "ada", channel: str = CHANNEL) -> dict[str, Any]:
    outcome = await stage.workspace.person(user).say(channel, text)
    return stage.workspace.channel(channel).messages[str(outcome.ts)]


async def unfurled(message: dict[str, Any], stage: Stage) -> dict[str, Any]:
    await stage.until(lambda: bool(message.get("attachments")))
    [attachment] = message["attachments"]
    assert problems_of_message({"text": attachment["fallback"], "blocks": attachment["blocks"]}) == []
    return attachment


async def not_unfurled(message: dict[str, Any], stage: Stage) -> None:
    """Long enough for everything that is on its way: a command that was given later is answered."""
    await stage.command("help")
    await asyncio.sleep(0.2)
    assert not message.get("attachments")
    assert stage.workspace.calls.of("chat.unfurl") == []


async def test_a_link_to_a_job_shows_its_state_and_its_open_incidents_with_their_cards(stage: Stage):
    job, card = await with_card(stage)
    attachment = await unfurled(await said(stage, f"look at {page(stage, job.id)} please"), stage)
    text = shown(attachment)
    assert "run-1" in text
    assert "in llama-ft: running" in " ".join(text.split())
    assert "1 incident unresolved:" in text
    assert card["ts"].replace(".", "") in str(attachment["blocks"])
    assert [element["text"]["text"] for element in attachment["blocks"][-1]["elements"]] == ["Logs", "Watch"]


async def test_its_buttons_show_lines_and_offer_a_watch(stage: Stage):
    job = stage.job()
    job.write("hello from the job", level="INFO")
    message = await said(stage, page(stage, job.id))
    await unfurled(message, stage)
    await stage.press(message, ids.SHOW_LOGS)
    await stage.until(lambda: any("hello from the job" in shown(m) for m in stage.ephemerals()))
    await stage.press(message, ids.WATCH)
    await stage.until(lambda: "run-1" in str(stage.workspace.person("ada").view))


async def test_the_same_job_is_shown_once_in_half_an_hour_in_a_channel(stage: Stage):
    job = stage.job()
    await unfurled(await said(stage, page(stage, job.id)), stage)
    again = await said(stage, f"again {page(stage, job.id)}?tab=1")
    await stage.command("help")
    await asyncio.sleep(0.2)
    assert not again.get("attachments")
    stage.clock.turn(1_801)
    await unfurled(await said(stage, page(stage, job.id)), stage)


@pytest.mark.parametrize(
    "address",
    [
        "https://app.baseten.co/training/nonsense/logs/nonsense",
        "https://docs.baseten.co/training/overview",
        "https://app.baseten.co/",
    ],
)
async def test_a_page_that_is_no_known_job_is_left_alone(stage: Stage, address: str):
    stage.job()
    await not_unfurled(await said(stage, address), stage)


async def test_a_guest_gets_no_unfurl(stage: Stage):
    job = stage.job()
    stage.workspace.channel(CHANNEL).members.append(stage.workspace.roster.user("gus").id)
    await not_unfurled(await said(stage, page(stage, job.id), user="gus"), stage)


async def test_a_channel_that_is_shared_with_others_gets_no_unfurl(stage: Stage):
    job = stage.job()
    for user in ("sam", "ada"):
        await not_unfurled(await said(stage, page(stage, job.id), user=user, channel="partner-shared"), stage)


async def test_while_somebody_still_types_nothing_is_shown(stage: Stage):
    job = stage.job()
    person = stage.workspace.person("ada")
    await person.compose(page(stage, job.id))
    await stage.command("help")
    await asyncio.sleep(0.2)
    assert await person.compose(page(stage, job.id)) == []


async def test_an_event_that_comes_twice_unfurls_once(stage: Stage):
    job = stage.job()
    stage.workspace.duplicate_events(1)
    await unfurled(await said(stage, page(stage, job.id)), stage)
    await asyncio.sleep(0.2)
    assert len(stage.workspace.calls.of("chat.unfurl")) == 1


async def test_a_message_that_is_gone_by_then_disturbs_nobody(stage: Stage):
    job = stage.job()
    stage.workspace.faults.add("chat.unfurl", "error:cannot_find_message", times=1)
    await said(stage, page(stage, job.id))
    await stage.until(lambda: len(stage.workspace.calls.of("chat.unfurl")) == 1)
    assert "run-1" in shown(await stage.command("jobs"))
