"""Two people at one card: the second hears what the first did, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.incidents.steps import Acknowledge, Mute, Reopen, Resolve, Step
from bot.slack import ids
from tests.scenarios.plots import OOM, resolve, take, with_card
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def mention(stage: Stage, name: str) -> str:
    return f"<@{stage.workspace.roster.user(name).id}>"


def said(stage: Stage, word: str) -> int:
    """How many replies of the card's thread tell of it."""
    return sum(f" {word} this." in shown(reply) for reply in stage.thread(stage.cards()[0]))


async def history(stage: Stage) -> list[tuple[str, str | None]]:
    entries = await stage.bot.db.run(lambda tx: tx.incidents.history(1))
    return [(entry.action, entry.actor) for entry in entries]


async def test_of_two_who_press_at_once_one_acknowledges_and_the_other_is_told(database_url: str):
    async with open_stage(database_url) as stage:
        _, card = await with_card(stage)
        presses = [stage.press(card, ids.ACKNOWLEDGE, user=user) for user in ("ada", "grace")]
        await asyncio.gather(*presses)
        await stage.until(lambda: len(stage.ephemerals("ada")) - 1 + len(stage.ephemerals("grace")) == 1)
        await stage.ticks(3)

        [(action, actor)] = await history(stage)
        assert action == "acknowledge"
        late = "grace" if actor == stage.workspace.roster.user("ada").id else "ada"
        assert f"acknowledged already by <@{actor}>" in shown(stage.ephemerals(late)[-1])
        assert said(stage, "acknowledged") == 1


@pytest.mark.parametrize(
    ("seen", "unseen", "pressed", "word", "stays"),
    [
        ([], [Mute(None)], ids.ACKNOWLEDGE, "It is muted already by", "Muted by"),
        ([Resolve()], [Reopen(), Acknowledge()], ids.REOPEN, "It was acknowledged already by", "Acknowledged by"),
    ],
    ids=["muted", "opened again and taken"],
)
async def test_a_button_does_not_undo_what_whoever_presses_it_has_not_seen(
    stage: Stage, seen: list[Step], unseen: list[Step], pressed: str, word: str, stays: str
):
    _, card = await with_card(stage)
    for step in seen:
        await take(stage, card, step, user="ada")
    stage.workspace.faults.add("chat.update", "503", times=None)
    for step in unseen:
        await take(stage, card, step, user="grace")
    [old] = stage.cards()
    before = await history(stage)
    await stage.press(old, pressed, user="ada")
    await stage.until(lambda: any(word in shown(one) for one in stage.ephemerals("ada")))
    assert await history(stage) == before
    await stage.press(old, pressed, user="ada")  # a double click
    await stage.until(lambda: sum(word in shown(one) for one in stage.ephemerals("ada")) == 2)
    assert await history(stage) == before
    stage.clock.turn(5)
    await stage.press(old, pressed, user="ada")  # the card may never be edited: now they know
    assert len(await history(stage)) == len(before) + 1
    stage.workspace.faults.clear()
    await stage.ticks(10, 10)
    [fresh] = stage.cards()
    assert stays not in shown(fresh) or "Grace" not in shown(fresh)


async def test_a_double_click_acknowledges_once(stage: Stage):
    _, card = await with_card(stage)
    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    await stage.until(lambda: bool(stage.ephemerals("grace")))
    await stage.ticks(3)

    assert len(await history(stage)) == 1
    assert said(stage, "acknowledged") == 1


async def test_a_press_that_slack_delivers_twice_counts_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    _, card = await with_card(stage)
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: object) -> object:
        await ask(parcel)  # type: ignore[arg-type]
        return await ask(parcel)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatcher, "ask", twice)
    await resolve(stage, card, user="grace")
    await stage.ticks(3)

    assert len(await history(stage)) == 1
    assert said(stage, "resolved") == 1
    assert stage.ephemerals("grace") == []


async def test_an_old_button_after_the_end_says_who_resolved_it(stage: Stage):
    _, card = await with_card(stage)
    await resolve(stage, card, user="ada")
    await stage.until(lambda: stage.workspace.calls.of("deliver.block_actions") != [])
    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    await stage.until(lambda: bool(stage.ephemerals("grace")))
    await stage.ticks(3)

    assert f"resolved already by {mention(stage, 'ada')}" in shown(stage.ephemerals("grace")[-1])
    assert said(stage, "acknowledged") == 0
    assert "Resolved by" in shown(stage.cards()[0])


async def test_who_reopens_it_stands_on_the_card(stage: Stage):
    _, card = await with_card(stage)
    await resolve(stage, card, user="ada")
    await stage.ticks(3)
    await stage.press(stage.cards()[0], ids.REOPEN, user="grace")
    await stage.ticks(3)

    assert f"Opened again by  {mention(stage, 'grace')}" in shown(stage.cards()[0])
    assert [action for action, _ in await history(stage)] == ["resolve", "reopen"]


async def test_what_returns_after_it_was_resolved_gets_a_card_that_says_who_resolved_it(stage: Stage):
    job, card = await with_card(stage)
    await resolve(stage, card, user="ada")
    await stage.ticks(3)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)

    old, new = stage.cards()
    assert old["ts"] == card["ts"]
    assert "Resolved by" in shown(old)
    assert mention(stage, "ada") in shown(new)
    assert "Acknowledge" in shown(new)


async def test_a_card_in_two_channels_changes_in_both(stage: Stage):
    await stage.command("watch llama-ft", channel="ml-private")
    _, card = await with_card(stage)
    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    await stage.ticks(3)

    for channel in ("ml-alerts", "ml-private"):
        [shown_there] = stage.cards(channel)
        assert f"Acknowledged by  {mention(stage, 'grace')}" in shown(shown_there)
        assert any(" acknowledged this." in shown(reply) for reply in stage.thread(shown_there, channel))


async def test_after_a_restart_the_buttons_work_and_nothing_is_said_again(stage: Stage):
    _, card = await with_card(stage)
    before = len(stage.channel()), len(stage.thread(card))
    await stage.restart()
    await stage.ticks(4)
    assert (len(stage.channel()), len(stage.thread(card))) == before

    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    await stage.ticks(3)
    assert said(stage, "acknowledged") == 1
