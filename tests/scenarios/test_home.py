"""App Home: what is mine, what is open in my channels, watches, mutes and how the bot is doing, with actions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.incidents.steps import Acknowledge, Assign, Mute
from bot.slack import ids
from tests.scenarios.plots import OOM, fail_more, take, watching, with_card
from tests.slack_limits import problems_of_view
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def home(stage: Stage, user: str = "ada") -> dict[str, Any]:
    """Opens the tab and waits for what the app publishes."""
    person = stage.workspace.person(user)
    before = (person.home or {}).get("hash")
    await person.open_home()
    await stage.until(lambda: (person.home or {}).get("hash") != before)
    assert person.home is not None
    assert problems_of_view({"type": "home", "blocks": person.home["blocks"]}) == []
    return person.home


async def press(stage: Stage, action_id: str, user: str = "ada", part: str = "") -> None:
    person = stage.workspace.person(user)
    assert person.home is not None
    block = next(
        block
        for block in person.home["blocks"]
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if element.get("action_id") == action_id and block["block_id"].startswith(f"home.{part}")
    )
    await person.act(person.home["id"], action_id, block_id=block["block_id"])


def seen(stage: Stage, user: str = "ada") -> str:
    return shown(stage.workspace.person(user).home or {})


def published(stage: Stage) -> int:
    return len(stage.workspace.calls.of("views.publish"))


async def test_an_empty_home_says_what_to_do_first(stage: Stage):
    await home(stage)
    assert "No incident is yours." in seen(stage)
    assert "type `/joblogs watch JOB`" in seen(stage)
    assert "How I am doing" in seen(stage)


async def test_what_is_open_in_my_channels_stands_there_and_is_taken_by_its_button(stage: Stage):
    await with_card(stage)
    await home(stage)
    assert "Open in your channels (1)" in seen(stage)
    assert "all jobs of *llama-ft*" in seen(stage)
    await press(stage, ids.ACKNOWLEDGE, part="open")
    await stage.until(lambda: "Yours (1)" in seen(stage))
    assert "Nothing is open that nobody has taken." in seen(stage)
    await stage.deliver()
    [card] = stage.cards()
    assert "Acknowledged by" in shown(card)
    assert any("acknowledged this" in shown(reply) for reply in stage.thread(card))


async def test_an_incident_of_a_channel_that_i_am_not_in_is_not_shown(stage: Stage):
    private = stage.workspace.add_channel("secret", members=["grace"], is_private=True)
    stage.workspace.invite_bot("secret")
    made = stage.job()
    await watching_as_grace(stage)
    await stage.ticks(2)
    made.write(OOM, level="ERROR")
    await stage.ticks(6)
    await home(stage)
    assert "CUDA" not in seen(stage)
    assert private.id not in str(stage.workspace.person("ada").home)
    await home(stage, "grace")
    assert "CUDA" in seen(stage, "grace")


async def watching_as_grace(stage: Stage) -> None:
    answer = await stage.command("watch llama-ft", user="grace", channel="secret")
    assert "watches" in shown(answer)


async def test_who_leaves_a_channel_sees_its_incidents_no_longer_than_a_minute(stage: Stage):
    await with_card(stage)
    await home(stage)
    channel = stage.workspace.channel("ml-alerts")
    channel.members.remove(stage.workspace.roster.user("ada").id)
    stage.clock.turn(61)
    await home(stage)
    assert "CUDA" not in seen(stage)


async def test_what_somebody_assigned_to_me_is_mine_in_whichever_channel(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Assign(stage.workspace.roster.user("grace").id), user="ada", to="grace")
    await home(stage, "grace")
    assert "Yours (1)" in seen(stage, "grace")
    assert "Assigned to" in seen(stage, "grace")


async def test_a_guest_reads_one_sentence(stage: Stage):
    await with_card(stage)
    await home(stage, "gus")
    assert seen(stage, "gus") == "Guests cannot use joblogs in this workspace; ask a member."


async def test_the_second_of_two_is_told_in_a_window_and_home_shows_who_was_first(stage: Stage):
    _, card = await with_card(stage)
    await home(stage)
    await take(stage, card, Acknowledge(), user="grace")
    await press(stage, ids.ACKNOWLEDGE, part="open")
    person = stage.workspace.person("ada")
    await stage.until(lambda: person.view is not None)
    assert "It was acknowledged already by" in shown(person.view or {})
    grace = stage.workspace.roster.user("grace").id
    await stage.until(lambda: f"Acknowledged by  <@{grace}>" in seen(stage))


async def test_mutes_and_watches_end_from_home(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Mute(None))
    await home(stage)
    assert "1 mute active" in seen(stage)
    await press(stage, ids.UNMUTE, part="mute")
    await stage.until(lambda: "mute active" not in seen(stage))
    await press(stage, ids.HOME_UNWATCH, part="watch")
    await stage.until(lambda: "Watches of your channels" not in seen(stage))
    assert "watches nothing" in shown(await stage.command("watches"))


async def test_resolving_from_home_asks_for_a_reason_and_home_shows_that_it_is_done(stage: Stage):
    await with_card(stage)
    await home(stage)
    await press(stage, ids.RESOLVE, part="open")
    person = stage.workspace.person("ada")
    await stage.until(lambda: person.view is not None)
    done = await person.submit(values=_reason(person.view or {}, "pinned the driver"))
    assert done.ok
    await stage.until(lambda: "CUDA" not in seen(stage))
    await stage.deliver()
    assert "pinned the driver" in shown(stage.cards()[0])


def _reason(view: dict[str, Any], text: str) -> dict[str, Any]:
    block = next(block for block in view["blocks"] if block["type"] == "input")
    return {block["block_id"]: {block["element"]["action_id"]: text}}


async def test_health_tells_the_last_poll_and_that_nobody_reads(stage: Stage):
    await with_card(stage)
    await stage.ticks(2, 40)
    await home(stage)
    assert "default : 1 job read , last poll" in " ".join(seen(stage).split())
    assert "it takes my messages, none waits" in seen(stage)
    stage.clock.turn(600)
    await home(stage)
    assert "Nobody has read it for 9 min" in seen(stage)


async def test_a_channel_that_refuses_messages_is_named_to_those_who_are_in_it(stage: Stage):
    await with_card(stage)
    stage.workspace.remove_bot("ml-alerts")
    fail_more(stage, 1)
    await stage.ticks(6)
    await home(stage)
    assert "refuses my messages (not_in_channel)" in seen(stage)


async def test_home_is_published_once_for_each_opening_and_each_step(stage: Stage):
    await with_card(stage)
    await home(stage)
    assert published(stage) == 1
    await press(stage, ids.ACKNOWLEDGE, part="open")
    await stage.until(lambda: "Yours (1)" in seen(stage))
    assert published(stage) == 2
    await press(stage, ids.HOME_AGAIN)
    await stage.until(lambda: published(stage) == 3)


async def test_forty_incidents_are_counted_and_ten_are_named(stage: Stage):
    await watching(stage)
    fail_more(stage, 40)
    await stage.ticks(8)
    await home(stage)
    assert "Open in your channels (40)" in seen(stage)
    assert "and 30 more" in seen(stage)


async def test_after_a_restart_the_old_home_still_works(stage: Stage):
    await with_card(stage)
    await home(stage)
    await stage.restart()
    await press(stage, ids.ACKNOWLEDGE, part="open")
    await stage.until(lambda: "Yours (1)" in seen(stage))


@pytest.mark.parametrize("kind", ["500", "reset", "429:retry_after=1", "error:hash_conflict"])
async def test_a_publish_that_fails_once_is_tried_again(stage: Stage, kind: str):
    await with_card(stage)
    stage.workspace.faults.add("views.publish", kind, times=1)
    person = stage.workspace.person("ada")
    await person.open_home()
    await stage.until(lambda: person.home is not None)


async def test_without_the_list_of_my_channels_only_mine_is_shown_and_that_is_said(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Acknowledge(), user="ada")
    stage.workspace.faults.add("users.conversations", "error:missing_scope", times=5)
    await home(stage)
    assert "Yours (1)" in seen(stage)
    assert "Slack does not tell me right now which channels you are in" in seen(stage)
