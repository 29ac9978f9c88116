"""Many failures at once: one list instead of a card each, and what lasts gets its card later."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.flows.rolling import HARMLESS_WAIT_MS
from bot.flows.triage import Request, Triage
from bot.incidents.roll import CARDS_IN_WINDOW, STORM_OVER_MS, storm_of
from bot.incidents.steps import Acknowledge
from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from tests.scenarios.plots import OOM, waiting, watching
from tests.stage import CHANNEL, Stage, open_stage, shown

UPLOAD = "WARNING Retrying (Retry(total=2, connect=None, read=None)) after connection broken by 'ReadTimeoutError'"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def watched(stage: Stage, count: int) -> list[SimJob]:
    """So many jobs of one watched project; none of them is ever called silent."""
    jobs = [stage.job(f"run-{number}") for number in range(count)]
    await watching(stage, "llama-ft silence:24h")
    await stage.ticks(2)
    return jobs


async def fail(stage: Stage, jobs: list[SimJob]) -> None:
    for job in jobs:
        job.write(OOM, level="ERROR")
    await stage.ticks(8)


def lists(stage: Stage) -> list[dict[str, Any]]:
    return [message for message in stage.channel() if "too many at once" in message["text"]]


def posts(stage: Stage) -> int:
    channel = stage.workspace.channel(CHANNEL).id
    made = stage.workspace.calls.of("chat.postMessage")
    return sum(call.arguments["channel"] == channel and not call.arguments.get("thread_ts") for call in made)


async def test_more_failures_than_a_person_can_read_are_one_list_beside_the_first_cards(stage: Stage):
    jobs = await watched(stage, 12)
    await fail(stage, jobs)

    assert len(stage.cards()) == CARDS_IN_WINDOW
    [storm] = lists(stage)
    carded = " ".join(shown(card) for card in stage.cards())
    for number in range(12):
        assert (f"run-{number} " in shown(storm)) != (f"run-{number} " in carded)
    assert "7 more new errors in 7 jobs" in shown(storm)
    assert await waiting(stage) == 0


async def test_the_end_of_a_job_names_what_only_the_list_shows(stage: Stage):
    jobs = await watched(stage, CARDS_IN_WINDOW + 2)
    await fail(stage, jobs)
    for job in jobs:
        job.set_status("TRAINING_JOB_FAILED", error_message="exit code 1")
    await stage.ticks(40, 30)
    ends = [message for message in stage.channel() if " failed after " in message["text"]]
    assert len(ends) == len(jobs)
    assert all(
        "1 incident unresolved by then: torch.OutOfMemoryError" in shown(end).replace("  ", " ") for end in ends
    ), [shown(end) for end in ends]


async def test_as_many_as_a_person_can_read_get_a_card_each(stage: Stage):
    await fail(stage, await watched(stage, CARDS_IN_WINDOW))
    assert len(stage.cards()) == CARDS_IN_WINDOW
    assert lists(stage) == []


async def test_failures_that_come_one_by_one_get_a_card_each(stage: Stage):
    for job in await watched(stage, CARDS_IN_WINDOW + 3):
        await fail(stage, [job])
    assert len(stage.cards()) == CARDS_IN_WINDOW + 3


async def test_the_list_is_edited_as_the_storm_grows_and_posted_once(stage: Stage):
    jobs = await watched(stage, 14)
    await fail(stage, jobs[:7])
    before = posts(stage)
    for job in jobs[7:]:
        await fail(stage, [job])
    await stage.ticks(6)

    [storm] = lists(stage)
    assert "9 more new errors" in shown(storm)
    assert posts(stage) == before


async def test_what_happens_again_during_the_storm_is_counted_in_the_list(stage: Stage):
    jobs = await watched(stage, 7)
    await fail(stage, jobs)
    await fail(stage, jobs)
    await stage.ticks(6)

    [storm] = lists(stage)
    assert shown(storm).count("2 times") == 2
    assert len(stage.cards()) == CARDS_IN_WINDOW


async def test_what_is_seen_again_after_the_storm_gets_a_card_of_its_own_and_what_is_not_does_not(stage: Stage):
    jobs = await watched(stage, 8)
    await fail(stage, jobs)
    [storm] = lists(stage)
    rolled = [job for job in jobs if f"{job.spec.name} " in shown(storm)]
    await stage.ticks(4, STORM_OVER_MS / 3_000)
    await fail(stage, rolled[:1])
    await fail(stage, rolled[:1])

    own = [card for card in stage.cards() if f"{rolled[0].spec.name} " in shown(card)]
    assert len(own) == 1
    assert len(stage.cards()) == CARDS_IN_WINDOW + 1
    assert any("Lines around" in shown(reply) for reply in stage.thread(own[0]))


async def test_what_a_person_does_with_one_of_the_list_shows_in_the_list_at_once(stage: Stage):
    jobs = await watched(stage, 7)
    await fail(stage, jobs)
    channel = stage.workspace.channel(CHANNEL).id
    storm = await stage.bot.db.run(lambda tx: tx.rolls.get(storm_of(channel).name))
    assert storm is not None
    grace = stage.workspace.roster.user("grace").id
    acknowledge = Request(
        incident_id=storm.listed[0], step=Acknowledge(), actor=grace, channel=channel, once="test"
    )
    await Triage(db=stage.bot.db, clock=stage.clock).act(acknowledge)
    await stage.tick()

    assert f"acknowledged by  <@{grace}>" in shown(lists(stage)[0])


async def test_who_takes_one_of_the_list_up_gets_its_card_at_once_and_only_one(stage: Stage):
    jobs = await watched(stage, 8)
    await fail(stage, jobs)
    menu = {"type": "plain_text", "text": "x", "emoji": False}
    [option, *_] = next(
        block["accessory"]["options"] for block in lists(stage)[0]["blocks"] if "accessory" in block
    )
    for _ in range(2):
        await stage.workspace.person("ada").press(
            CHANNEL, lists(stage)[0]["ts"], ids.OWN_CARD, {"selected_option": option | {"text": menu}}
        )
    await stage.ticks(10)

    assert len(stage.cards()) == CARDS_IN_WINDOW + 1
    [storm] = lists(stage)
    [menu_after] = [block for block in storm["blocks"] if "accessory" in block]
    assert option["value"] not in [one["value"] for one in menu_after["accessory"]["options"]]
    address = "p" + stage.cards()[-1]["ts"].replace(".", "")
    assert address in str(storm["blocks"])


async def test_a_second_storm_is_a_new_list_and_the_first_stays_as_it_was(stage: Stage):
    jobs = await watched(stage, 16)
    await fail(stage, jobs[:8])
    first = shown(lists(stage)[0])
    await stage.ticks(4, STORM_OVER_MS / 3_000)
    await fail(stage, jobs[8:])

    assert len(lists(stage)) == 2
    assert shown(lists(stage)[0]) == first
    assert "3 more new errors" in shown(lists(stage)[1])


async def test_a_storm_survives_a_restart_and_goes_on_in_the_same_message(stage: Stage):
    jobs = await watched(stage, 9)
    await fail(stage, jobs[:7])
    await stage.restart()
    await fail(stage, jobs[7:])
    await stage.ticks(20)

    [storm] = lists(stage)
    assert "4 more new errors" in shown(storm)


async def test_a_list_whose_answer_was_lost_is_posted_once(stage: Stage):
    jobs = await watched(stage, 7)
    for job in jobs:
        job.write(OOM, level="ERROR")
    stage.workspace.faults.add("chat.postMessage", "lost", times=3)
    await stage.ticks(20)

    assert len(lists(stage)) == 1
    assert len(stage.cards()) == CARDS_IN_WINDOW


async def test_harmless_errors_of_a_job_are_one_quiet_line_that_comes_late_and_notifies_nobody(stage: Stage):
    job = stage.job()
    await stage.command("watch llama-ft level:warning mention:@grace silence:24h")
    await stage.ticks(2)
    for _ in range(3):
        job.write("INFO step 12 loss 2.31", level="INFO")
        job.write(UPLOAD, level="WARNING")
        await stage.ticks(2)
    assert stage.channel() == []

    await stage.ticks(4, HARMLESS_WAIT_MS / 3_000)
    [quiet] = stage.channel()
    assert "one kind of error that needs nobody" in shown(quiet)
    assert "3 times" in shown(quiet)
    assert "<@" not in quiet["text"]
    assert stage.cards() == []
