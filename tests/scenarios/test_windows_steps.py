"""Steps that ask first: Resolve, and a card's menu. Over sockets and over HTTP."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.incidents.steps import Acknowledge, Dismiss, Mute, Resolve
from bot.slack import ids
from bot.slack.render.refusals import NO_WINDOW, STORE_AWAY
from bot.slack.windows import window as window_room
from bot.store import engine
from tests.scenarios.plots import OOM, pick, resolve, rows, send, take, window, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

MINUTE = 60


@pytest.fixture(params=["sockets", "http"])
async def stage(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url, wire=request.param) as opened:
        yield opened


def who(stage: Stage, name: str) -> str:
    return stage.workspace.roster.user(name).id


async def whispered(stage: Stage, user: str = "ada") -> str:
    await stage.until(lambda: any("watches" not in shown(one) for one in stage.ephemerals(user)))
    return shown(stage.ephemerals(user)[-1])


async def history(stage: Stage) -> list[tuple[str, str | None]]:
    entries = await stage.bot.db.run(lambda tx: tx.incidents.history(1))
    return [(entry.action, entry.detail or entry.to) for entry in entries]


# --- resolve -------------------------------------------------------------------------------------


async def test_resolve_asks_for_a_reason_which_comes_back_with_the_error(stage: Stage):
    job, card = await with_card(stage)
    await resolve(stage, card, user="grace", reason="bad driver on g00\npinned <550>")
    await stage.ticks(3)
    [folded] = stage.cards()
    assert "bad driver on g00" in shown(folded)
    assert "pinned <550>" in shown(stage.thread(card)[-1])
    assert stage.workspace.person("grace").view is None

    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    assert "pinned <550>" in shown(stage.cards()[-1])


async def test_the_reason_may_be_left_out(stage: Stage):
    _, card = await with_card(stage)
    await resolve(stage, card)
    assert await history(stage) == [("resolve", None)]


async def test_while_nothing_is_sent_nothing_is_done(stage: Stage):
    _, card = await with_card(stage)
    before = rows(stage)
    await stage.press(card, ids.RESOLVE)
    await window(stage)
    await stage.workspace.person("ada").close()
    assert rows(stage) == before


async def test_of_two_who_resolve_at_once_the_second_is_told_in_the_window_what_the_first_did(stage: Stage):
    _, card = await with_card(stage)
    for user in ("ada", "grace"):
        await stage.press(card, ids.RESOLVE, user=user)
        await window(stage, user)
    await send(stage, "grace", reason="mine")
    await send(stage, "ada", reason="no, mine")
    said = shown(await window(stage))
    assert f"It was resolved already by <@{who(stage, 'grace')}>" in said
    assert "What you wrote was not kept: no, mine" in said
    assert (await window(stage))["submit"] is None
    assert await history(stage) == [("resolve", "mine")]


async def test_who_resolves_what_somebody_took_meanwhile_is_told_so_and_keeps_what_they_typed(stage: Stage):
    _, card = await with_card(stage)
    await stage.press(card, ids.RESOLVE)
    await window(stage)
    await take(stage, card, Acknowledge(), user="grace")
    await send(stage, reason="reboot")
    view = await window(stage)
    assert f"acknowledged already by <@{who(stage, 'grace')}>" in shown(view)
    assert view["state"]["values"]["reason"]["reason"]["value"] == "reboot"
    assert await history(stage) == [("acknowledge", None)]

    assert (await stage.workspace.person("ada").submit()).ok
    assert stage.workspace.person("ada").view is None
    assert (await history(stage))[-1] == ("resolve", "reboot")


@pytest.mark.parametrize("step", [Resolve(), Dismiss()])
async def test_an_old_button_says_at_once_what_happened_instead_of_an_empty_window(stage: Stage, step: Any):
    _, card = await with_card(stage)
    before = len(stage.ephemerals())
    await take(stage, card, step, user="grace")
    old = stage.workspace.timeline.post(
        stage.workspace.channel(CHANNEL),
        {"user": stage.workspace.bot_user_id, "bot_id": "B", "text": "old", "blocks": card["blocks"]},
    )
    for action in (ids.RESOLVE, ids.MENU):
        patch = None if action == ids.RESOLVE else ids.PickRef(ids.Pick.MUTE, ids.IncidentRef(1, 0)).encode()
        await stage.workspace.person("ada").press(CHANNEL, old["ts"], action, patch)
        before += 1
        await stage.until(lambda: len(stage.ephemerals()) == before)  # noqa: B023 - awaited at once
        assert f"resolved already by <@{who(stage, 'grace')}>" in shown(stage.ephemerals()[-1])
    assert stage.workspace.person("ada").view is None


async def test_on_the_card_of_an_error_that_came_back_the_new_card_is_named(stage: Stage):
    job, card = await with_card(stage)
    await resolve(stage, card)
    await stage.ticks(3)
    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    old = stage.workspace.timeline.post(
        stage.workspace.channel(CHANNEL),
        {"user": stage.workspace.bot_user_id, "bot_id": "B", "text": "old", "blocks": card["blocks"]},
    )
    await stage.press(old, ids.RESOLVE)
    await stage.until(lambda: len(stage.ephemerals()) == 2)
    assert "This error has come back since." in shown(stage.ephemerals()[-1])


async def test_a_submission_that_slack_delivers_twice_resolves_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    _, card = await with_card(stage)
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: Any) -> Any:
        first = await ask(parcel)
        second = await ask(parcel)
        assert first.payload == second.payload
        return second

    monkeypatch.setattr(dispatcher, "ask", twice)
    monkeypatch.setattr(window_room, "ANSWER_BY_S", 2.9)  # a window that says "One moment" is told twice what came
    await resolve(stage, card, reason="once")
    await stage.ticks(2)
    assert await history(stage) == [("resolve", "once")]
    assert len([one for one in stage.thread(card) if "resolved this" in shown(one)]) == 1
    assert len(stage.ephemerals()) == 1, "the watch alone"


@pytest.mark.parametrize("kind", ["error:expired_trigger_id", "500", "reset", "429:retry_after=9"])
async def test_when_slack_does_not_open_the_window_the_person_is_told_what_to_do(sqlite_url: str, kind: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        stage.workspace.faults.add("views.open", kind)
        await stage.press(card, ids.RESOLVE)
        await stage.until(lambda: bool(stage.ephemerals()[1:]))
        assert stage.ephemerals()[-1]["text"] == NO_WINDOW


async def test_while_the_database_is_away_the_window_stays_as_it_was_filled_in(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.1)
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        await stage.press(card, ids.RESOLVE)
        await window(stage)
        path = sqlite_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            done = await send(stage, reason="typed at three in the morning")
            other.execute("ROLLBACK")
        assert done.errors == {"reason": STORE_AWAY}
        assert await history(stage) == []
        assert (await stage.workspace.person("ada").submit()).ok
        assert await history(stage) == [("resolve", "typed at three in the morning")]


async def test_whoever_may_not_resolve_is_told_before_a_window_opens(sqlite_url: str):
    async with open_stage(sqlite_url, permissions={"resolve": ["S0ONCALL01"]}) as stage:
        _, card = await with_card(stage)
        await stage.press(card, ids.RESOLVE, user="ada")
        assert "may resolve here" in await whispered(stage)
        assert stage.workspace.person("ada").view is None


@pytest.mark.parametrize("user", ["sam", "gus"])
async def test_a_stranger_and_a_guest_get_no_window(sqlite_url: str, user: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        stage.workspace.roster.join(stage.workspace.channel(CHANNEL), who(stage, user))
        before = rows(stage)
        for wanted in ids.Pick:
            await pick(stage, card, wanted, user=user)
        await stage.press(card, ids.RESOLVE, user=user)
        await stage.until(lambda: len(stage.ephemerals(user)) == len(ids.Pick) + 1)
        assert all("workspace" in shown(one) for one in stage.ephemerals(user))
        assert stage.workspace.person(user).view is None
        assert rows(stage) == before


async def test_who_was_let_go_while_the_window_was_open_does_nothing_any_more(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        await stage.press(card, ids.RESOLVE, user="grace")
        await window(stage, "grace")
        stage.workspace.roster.user("grace").is_restricted = True
        stage.clock.turn(11 * MINUTE)
        await send(stage, "grace", reason="x")
        assert "Guests cannot use joblogs" in shown(await window(stage, "grace"))
        assert await history(stage) == []


# --- mute ----------------------------------------------------------------------------------------


async def test_a_mute_says_first_what_it_would_have_hidden_and_then_holds(stage: Stage):
    job, _card = await with_card(stage)
    for _ in range(4):
        job.write(OOM, level="ERROR")
    await stage.ticks(8)
    await pick(stage, stage.cards()[0], ids.Pick.MUTE)
    said = shown(await window(stage))
    assert "would have hidden *5 events*" in said
    assert "It ends by itself" in said
    assert (await send(stage, length="4")).ok
    await stage.ticks(2)
    [muted] = stage.cards()
    assert f"Muted by  <@{who(stage, 'ada')}>" in shown(muted)
    [entry] = await stage.bot.db.run(lambda tx: tx.incidents.history(1))
    assert entry.until_ms is not None
    assert round((entry.until_ms - entry.at_ms) / 3_600_000) == 4


async def test_until_the_job_ends(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.MUTE)
    await window(stage)
    await send(stage, length="job")
    await stage.ticks(2)
    assert "until the job ends" in shown(stage.cards()[0])


async def test_the_field_for_a_time_appears_when_it_is_chosen_and_its_errors_stand_there(stage: Stage):
    _, card = await with_card(stage)
    ada = stage.workspace.person("ada")
    await pick(stage, card, ids.Pick.MUTE)
    await window(stage)
    assert (await ada.act(None, ids.MUTE_LENGTH, "until")).acked
    await stage.until(lambda: "until" in (ada.view or {})["state"]["values"])
    now_s = stage.clock.now_ns() // 10**9
    for until_s, sentence in ((now_s - 60, "over already"), (now_s + 31 * 86_400, "30 days at most")):
        done = await send(stage, until=until_s)
        assert sentence in done.errors["until"]
    assert await history(stage) == []
    assert (await send(stage, until=now_s + 86_400)).ok
    assert await history(stage) == [("mute", None)]

    await stage.ticks(2)
    await pick(stage, stage.cards()[0], ids.Pick.MUTE)
    await window(stage)
    await ada.act(None, ids.MUTE_LENGTH, "until")
    await stage.until(lambda: "until" in (ada.view or {})["state"]["values"])
    await ada.act(None, ids.MUTE_LENGTH, "24")
    await stage.until(lambda: "until" not in (ada.view or {})["state"]["values"])
    assert (ada.view or {})["state"]["values"]["length"][ids.MUTE_LENGTH]["selected_option"]["value"] == "24"


async def test_who_sends_until_a_time_before_the_field_is_there_is_asked_for_it(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.MUTE)
    await window(stage)
    stage.workspace.faults.add("views.update", "500")
    await send(stage, length="until")
    assert "until" in (await window(stage))["state"]["values"]
    assert await history(stage) == []


async def test_who_mutes_what_somebody_muted_meanwhile_is_told_first(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.MUTE)
    await window(stage)
    await take(stage, card, Mute(None), user="grace")
    await send(stage, length="1")
    assert f"It is muted already by <@{who(stage, 'grace')}>" in shown(await window(stage))
    assert len(await history(stage)) == 1
    assert (await stage.workspace.person("ada").submit()).ok
    assert len(await history(stage)) == 2


# --- assign --------------------------------------------------------------------------------------


async def test_an_incident_is_assigned_to_somebody_who_is_told_once(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.ASSIGN)
    await window(stage)
    assert (await send(stage, person="grace")).ok
    await stage.ticks(3)
    assert f"Assigned to  <@{who(stage, 'grace')}>" in shown(stage.cards()[0])
    assert len(stage.workspace.person("grace").direct_messages) == 1


async def test_who_cannot_have_it_is_refused_at_the_field(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.ASSIGN)
    await window(stage)
    bot = stage.workspace.bot_user_id
    for person, sentence in (("gus", "Guests"), ("sam", "another organisation"), (bot, "I cannot take it")):
        done = await send(stage, person=person)
        assert sentence in done.errors["person"], person
    leaver = stage.workspace.add_user("lee")
    await stage.workspace.person("ada").act(None, "person", "lee")
    leaver.deleted = True
    done = await stage.workspace.person("ada").submit()
    assert "deactivated" in done.errors["person"]
    assert await history(stage) == []


# --- what is only shown --------------------------------------------------------------------------


async def test_who_did_what_stands_in_a_window_the_newest_first_and_its_reasons_are_harmless(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Acknowledge(), user="grace")
    await take(stage, card, Mute(None), user="ada")
    await take(stage, card, Resolve("<!channel> `rm`"), user="grace")
    shown_on = stage.workspace.timeline.post(
        stage.workspace.channel(CHANNEL),
        {"user": stage.workspace.bot_user_id, "bot_id": "B", "text": "old", "blocks": card["blocks"]},
    )
    await pick(stage, shown_on, ids.Pick.HISTORY)
    said = shown(await window(stage))
    order = [said.index(word) for word in ("resolved it", "muted it", "acknowledged it")]
    assert order == sorted(order)
    assert "<!channel> `rm`" in said


async def test_lines_around_are_shown_to_the_person_alone(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.AROUND)
    said = await whispered(stage)
    assert "CUDA out of memory" in said
    assert len(stage.thread(card)) == 1


async def test_not_an_error_acts_at_once(stage: Stage):
    _, card = await with_card(stage)
    await pick(stage, card, ids.Pick.DISMISS)
    await stage.ticks(2)
    assert "not an error" in shown(stage.cards()[0])
