"""`/joblogs incidents` and `/joblogs mutes`: what is open here, with a card's buttons, drawn anew after each step."""

from dataclasses import replace
from typing import Any

from bot.incidents.roll import CARDS_IN_WINDOW
from bot.incidents.steps import Acknowledge, Dismiss, Mute, Resolve
from bot.slack import ids
from bot.slack.render.lists import PAGE
from tests.scenarios.plots import OOM, fail_more, take, watching, with_card
from tests.slack_limits import problems_of_message
from tests.stage import CHANNEL, Stage, shown


def button(message: dict[str, Any], action_id: str, at: int = 0) -> dict[str, Any]:
    found = [
        (block, element)
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == action_id
    ]
    block, element = found[at]
    return {"block_id": block["block_id"], "patch": {"value": element.get("value")}}


async def press(stage: Stage, message: dict[str, Any], action_id: str, at: int = 0, user: str = "ada") -> None:
    found = button(message, action_id, at)
    person = stage.workspace.person(user)
    await person.press(CHANNEL, message["ts"], action_id, block_id=found["block_id"])


async def open_list(stage: Stage, text: str = "", **who: str) -> dict[str, Any]:
    message = await stage.command(f"incidents {text}".strip(), **who)
    assert problems_of_message({"text": message["text"], "blocks": message.get("blocks", [])}) == []
    return message


async def test_an_empty_list_says_how_to_begin(stage: Stage):
    assert "begin with `/joblogs watch JOB`" in shown(await open_list(stage))
    await watching(stage)
    assert shown(await open_list(stage)) == "Nothing is open in this channel."


async def test_an_incident_stands_there_with_its_job_its_count_its_card_and_nobody(stage: Stage):
    _, card = await with_card(stage)
    message = await open_list(stage)
    assert "1 incident in this channel*: 1 open" in shown(message)
    assert "CUDA out of memory" in shown(message)
    assert "run-1" in shown(message)
    assert "Nobody has taken this yet." in shown(message)
    links = [part.get("url") for block in message["blocks"] for part in _parts(block)]
    assert any(url and card["ts"].replace(".", "") in url for url in links)


def _parts(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for section in block.get("elements", []) for part in section.get("elements", [])]


async def test_a_step_in_the_list_is_the_cards_own_and_the_list_shows_it_at_once(stage: Stage):
    _, card = await with_card(stage)
    message = await open_list(stage)
    await press(stage, message, ids.ACKNOWLEDGE)
    ada = stage.workspace.roster.user("ada").id
    await stage.until(lambda: f"Acknowledged by  <@{ada}>" in shown(stage.ephemerals()[-1]))
    assert stage.ephemerals()[-1]["ts"] == message["ts"], "in place"
    await stage.deliver()
    [card] = stage.cards()
    assert "Acknowledged by" in shown(card)
    assert any("acknowledged this" in shown(reply) for reply in stage.thread(card))


async def test_who_comes_second_is_told_and_sees_the_list_as_it_is(stage: Stage):
    _, card = await with_card(stage)
    message = await open_list(stage)
    await take(stage, card, Acknowledge(), user="grace")
    await press(stage, message, ids.ACKNOWLEDGE)
    await stage.until(lambda: any("acknowledged already" in shown(m) for m in stage.ephemerals()))
    grace = stage.workspace.roster.user("grace").id
    listed = next(m for m in stage.ephemerals() if m["ts"] == message["ts"])
    await stage.until(lambda: f"<@{grace}>" in shown(listed) or f"<@{grace}>" in shown(_again(stage, message)))


def _again(stage: Stage, message: dict[str, Any]) -> dict[str, Any]:
    return next(m for m in stage.ephemerals() if m["ts"] == message["ts"])


async def test_what_a_storm_only_lists_is_there_too_and_can_be_acknowledged_without_a_card(stage: Stage):
    await watching(stage)
    fail_more(stage, CARDS_IN_WINDOW + 3)
    await stage.ticks(12)
    carded = [m for m in stage.cards() if "too many at once" not in shown(m)]
    assert len(carded) == CARDS_IN_WINDOW
    message = await open_list(stage)
    assert f"{CARDS_IN_WINDOW + 3} incidents in this channel" in shown(message)
    for at in range(CARDS_IN_WINDOW + 3):
        name = f"other-{at}"
        assert name in shown(message), name
    last = f"Acknowledged by  <@{stage.workspace.roster.user('ada').id}>"
    await press(stage, message, ids.ACKNOWLEDGE, at=CARDS_IN_WINDOW + 2)
    await stage.until(lambda: last in shown(_again(stage, message)))
    assert "1 acknowledged" in shown(_again(stage, message))


async def test_a_long_list_has_pages_and_what_nobody_has_taken_stands_first(stage: Stage):
    await watching(stage)
    fail_more(stage, PAGE + 3)
    await stage.ticks(6)
    message = await open_list(stage)
    assert "Page 1 of 2" in shown(message)
    await press(stage, message, ids.ACKNOWLEDGE)
    await stage.until(lambda: "1 acknowledged" in shown(_again(stage, message)))
    first = _again(stage, message)
    assert "other-0" not in shown(first)
    await press(stage, first, ids.LIST_ON)
    await stage.until(lambda: "Page 2 of 2" in shown(_again(stage, message)))
    second = _again(stage, message)
    assert "other-0" in shown(second)
    await press(stage, second, ids.LIST_BACK)
    await stage.until(lambda: "Page 1 of 2" in shown(_again(stage, message)))


async def test_mine_all_and_a_job_narrow_the_list(stage: Stage):
    await watching(stage)
    fail_more(stage, 3)
    await stage.ticks(6)
    first, second, _ = stage.cards()
    await take(stage, first, Acknowledge(), user="ada")
    await take(stage, second, Resolve("bad driver"), user="grace")
    assert "1 incident of yours" in shown(await open_list(stage, "mine"))
    assert "No incident is yours" in shown(await open_list(stage, "mine", user="grace"))
    every = shown(await open_list(stage, "all"))
    assert "bad driver" in every
    assert "1 open, 1 acknowledged, 1 resolved" in every
    of_job = shown(await open_list(stage, "all other-1"))
    assert "1 incident of other-1 in this channel" in of_job
    assert "2 incidents of llama-ft in this channel" in shown(await open_list(stage, "llama-ft"))
    assert "is of a job or project called `nonsense`" in shown(await open_list(stage, "nonsense"))


async def test_a_direct_message_lists_what_is_mine_in_all_channels(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Acknowledge(), user="ada")
    # Between two people commands work whatever the app's own messages allow; the simulated workspace has these only.
    stage.workspace.app = replace(stage.workspace.app, direct_read_only=False)
    await stage.workspace.person("ada").command("/joblogs", "incidents", channel=_direct(stage))
    await stage.until(
        lambda: any("1 incident of yours" in shown(m) for m in stage.ephemerals("ada", _direct(stage)))
    )


def _direct(stage: Stage) -> str:
    return stage.workspace.roster.direct(stage.workspace.roster.user("ada").id).id


async def test_mutes_are_listed_with_what_they_hid_and_end_by_their_button(stage: Stage):
    job, card = await with_card(stage)
    assert "Nothing is muted in this channel." in shown(await stage.command("mutes"))
    await take(stage, card, Mute(None))
    for _ in range(7):
        job.write(OOM, level="ERROR")
    await stage.ticks(4)
    message = await stage.command("mutes")
    assert "1 mute active in this channel" in shown(message)
    assert "Muted by " in shown(message)
    assert "Hidden so far: 7 times" in shown(message)
    assert "1 mute active" in shown(await stage.command("watches"))
    await press(stage, message, ids.UNMUTE)
    await stage.until(lambda: "Nothing is muted in this channel." in shown(_again(stage, message)))
    await stage.deliver()
    assert "Acknowledge" in shown(stage.cards()[0])


async def test_what_was_called_no_error_is_listed_with_the_mutes_and_can_be_reopened(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Dismiss())
    message = await stage.command("mutes")
    assert "Not errors" in shown(message)
    assert "CUDA out of memory" in shown(message)
    await press(stage, message, ids.REOPEN)
    await stage.until(lambda: "Not errors" not in shown(_again(stage, message)))
    await stage.deliver()
    assert "Acknowledge" in shown(stage.cards()[0])


async def test_a_list_of_another_channel_shows_nothing_of_this_one(stage: Stage):
    await with_card(stage)
    message = await open_list(stage, channel="ml-private")
    assert "CUDA" not in shown(message)


async def test_a_dismissed_error_that_came_back_in_its_job_gets_a_card_when_it_is_an_error_after_all(stage: Stage):
    job, card = await with_card(stage)
    await take(stage, card, Dismiss())
    job.write(OOM, level="ERROR")
    await stage.ticks(40)
    assert len(stage.cards()) == 1, "only listed"
    assert any("Somebody said of it before that it is not an error." in shown(m) for m in stage.channel())
    message = await stage.command("mutes")
    await press(stage, message, ids.REOPEN)
    await stage.until(lambda: "Not errors" not in shown(_again(stage, message)))
    await stage.deliver()
    assert len(stage.cards()) == 2
    assert "Nobody has taken" in shown(stage.cards()[1]) or "Opened again by" in shown(stage.cards()[1])
    assert "1 incident in this channel" in shown(await open_list(stage))
