"""The shortcut "Triage this failure", and what no version of the bot knows: nothing is ever dead."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.incidents.steps import Acknowledge, Resolve
from bot.slack import ids
from bot.slack.render.refusals import NO_CARD, UNKNOWN_ACTION, UNKNOWN_WINDOW
from bot.slack.windows.window import modal
from tests.scenarios.plots import OOM, take, window, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture(params=["sockets", "http"])
async def stage(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url, wire=request.param) as opened:
        yield opened


async def triage(stage: Stage, ts: str, user: str = "ada", channel: str = CHANNEL) -> Any:
    person = stage.workspace.person(user)
    if person.view is not None:
        await person.close()
    assert (await person.shortcut(ids.TRIAGE_SHORTCUT, channel, ts)).acked
    await window(stage, user)
    return person


def steps(view: dict[str, Any]) -> list[str]:
    return [
        element["action_id"].removeprefix(ids.STEP_IN_WINDOW)
        for block in view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def press(stage: Stage, person: Any, name: str, seen: str) -> dict[str, Any]:
    """Presses a button of the window, and waits until it shows `seen`."""
    assert (await person.act(None, ids.STEP_IN_WINDOW + name)).acked
    await stage.until(lambda: seen in _all(person.view))
    found: dict[str, Any] = person.view
    return found


def _all(view: dict[str, Any] | None) -> str:
    """What stands in a window, its labels too."""
    return f"{shown(view or {})} {[block.get('label') for block in (view or {}).get('blocks', ())]}"


async def history(stage: Stage) -> list[str]:
    return [entry.action for entry in await stage.bot.db.run(lambda tx: tx.incidents.history(1))]


async def test_the_window_offers_all_that_can_be_done_now_and_changes_with_it(stage: Stage):
    _, card = await with_card(stage)
    ada = await triage(stage, card["ts"])
    assert "Nobody has taken this yet." in shown(ada.view)
    assert steps(ada.view) == ["acknowledge", "resolve", "assign", "mute", "dismiss", "around", "history"]

    view = await press(stage, ada, "acknowledge", "Acknowledged by")
    assert steps(view) == ["resolve", "assign", "mute", "dismiss", "reopen", "around", "history"]
    view = await press(stage, ada, "mute", "Mute this error for")
    assert (await ada.submit()).ok
    await stage.ticks(2)
    assert "Muted by" in shown(stage.cards()[0])

    ada = await triage(stage, card["ts"])
    await press(stage, ada, "unmute", "Acknowledged by")
    await press(stage, ada, "dismiss", "not an error")
    view = await press(stage, ada, "reopen", "Opened again by")
    assert "acknowledge" in steps(view)
    assert await history(stage) == ["acknowledge", "mute", "unmute", "dismiss", "reopen"]


async def test_resolve_from_there_asks_for_a_reason(stage: Stage):
    _, card = await with_card(stage)
    ada = await triage(stage, card["ts"])
    await press(stage, ada, "resolve", "What was it")
    assert (await ada.submit(values={"reason": {"reason": "rebooted"}})).ok
    await stage.ticks(2)
    assert "rebooted" in shown(stage.cards()[0])
    assert ada.view is None


async def test_the_second_of_two_is_told_in_the_window(stage: Stage):
    _, card = await with_card(stage)
    ada = await triage(stage, card["ts"])
    await take(stage, card, Acknowledge(), user="grace")
    view = await press(stage, ada, "acknowledge", "acknowledged already by")
    assert "acknowledge" not in steps(view)
    assert await history(stage) == ["acknowledge"]


async def test_lines_around_and_who_did_what_are_shown_in_the_window(stage: Stage):
    _, card = await with_card(stage)
    ada = await triage(stage, card["ts"])
    await press(stage, ada, "around", "▶")
    ada = await triage(stage, card["ts"])
    await press(stage, ada, "history", "Nobody has done anything to it.")


async def test_a_reply_in_a_cards_thread_leads_to_its_incident_and_any_other_message_to_a_sentence(stage: Stage):
    _, card = await with_card(stage)
    ada = await triage(stage, stage.thread(card)[0]["ts"])
    assert "Nobody has taken this yet." in shown(ada.view)
    await ada.close()
    said = await ada.say(CHANNEL, "hello")
    before = len(stage.ephemerals())
    assert (await ada.shortcut(ids.TRIAGE_SHORTCUT, CHANNEL, said.ts)).acked
    await stage.until(lambda: len(stage.ephemerals()) > before)
    assert shown(stage.ephemerals()[-1]) == NO_CARD
    assert ada.view is None


async def test_an_error_that_came_back_while_the_window_was_open_is_said_to_be_elsewhere(stage: Stage):
    job, card = await with_card(stage)
    ada = await triage(stage, card["ts"])
    await take(stage, card, Resolve(), user="grace")
    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    await press(stage, ada, "acknowledge", "This error has come back since.")
    assert await history(stage) == ["resolve"]


# --- never dead ----------------------------------------------------------------------------------


async def old_window(stage: Stage, view: dict[str, Any]) -> Any:
    """A window of another version, in front of ada."""
    stage.workspace.views.open(stage.workspace.roster.user("ada").id, view)
    return stage.workspace.person("ada")


async def test_a_window_that_nobody_knows_is_answered_with_a_sentence(stage: Stage):
    text = {"type": "plain_text_input", "action_id": "x"}
    block = {"type": "input", "block_id": "b", "element": text, "label": {"type": "plain_text", "text": "?"}}
    for callback in ("joblogs.0.window.resolve", "someone.elses", ids.RESOLVE_WINDOW, ids.MUTE_WINDOW):
        ada = await old_window(stage, modal("Old", [block], callback=callback, submit="Go", data="nonsense"))
        done = await ada.submit(values={"b": {"x": "y"}})
        assert done.ok, callback
        assert shown(ada.view) == UNKNOWN_WINDOW, callback


async def test_a_button_that_nobody_knows_in_a_window_is_answered_with_a_sentence(stage: Stage):
    for action, sentence in (
        ("joblogs.0.something", UNKNOWN_ACTION),
        (ids.STEP_IN_WINDOW + "explode", UNKNOWN_ACTION),
        (ids.STEP_IN_WINDOW + "acknowledge", UNKNOWN_WINDOW),
    ):
        button = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": "Press"}}
        ada = await old_window(stage, modal("Old", [{"type": "actions", "elements": [button]}], data="x"))
        assert (await ada.act(None, action)).acked
        await stage.until(lambda: shown(ada.view or {}) == sentence)  # noqa: B023 - awaited at once


async def test_a_list_that_nobody_knows_is_empty(stage: Stage):
    select = {"type": "external_select", "action_id": "joblogs.0.choice", "min_query_length": 0}
    block = {"type": "input", "element": select, "label": {"type": "plain_text", "text": "?"}}
    ada = await old_window(stage, modal("Old", [block], submit="Go"))
    assert await ada.suggest("joblogs.0.choice", "x") == {"options": []}


async def test_a_step_of_a_stranger_in_a_window_is_refused(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        grace = await triage(stage, card["ts"], user="grace")
        stage.workspace.roster.user("grace").is_restricted = True
        stage.clock.turn(700)
        await press(stage, grace, "acknowledge", "Guests cannot use joblogs")
        assert await history(stage) == []
