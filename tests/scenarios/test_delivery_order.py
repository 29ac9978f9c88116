"""What goes first when more is to be said than Slack takes, and what becomes of a message that cannot be made."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from bot.flows import deliver, pace
from bot.flows.ports import Tx
from bot.flows.scene import Scene
from bot.incidents.delivery import Delivery, Kind, Urgency
from bot.slack import gateway, ids
from bot.store import Store, open_store_here
from bot.times import Ms
from tests.scenarios.plots import OOM, fail_more, failed_once, waiting, with_card
from tests.stage import Stage, open_stage, shown

NOW = Ms(1_795_000_000_000)
TTL = 60_000


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def a_row(key: str, kind: Kind, urgency: int, channel: str = "C1", due: int = 0) -> Delivery:
    return Delivery(
        key=key,
        delivery_id=f"id-{key}",
        lane=f"lane-{key}",
        kind=kind,
        urgency=urgency,
        channel=channel,
        created_ms=NOW,
        due_ms=Ms(NOW + due),
    )


def claimed(store: Store, owner: str, ms: int) -> list[str]:
    """What `owner` may say at that moment; it is said at once."""

    def work(tx: Tx) -> Sequence[Delivery]:
        rows = pace.claim(tx, owner, Ms(NOW + ms), 16, TTL)
        for row in rows:
            tx.outbox.done(row, Ms(NOW + ms))
        return rows

    return [row.key for row in store.run(work)]


def test_of_one_channel_new_cards_go_before_notices_before_thread_lines_whenever_they_came(database_url: str):
    with open_store_here(database_url) as store:
        first = [a_row(f"reply {n}", Kind.REPLY, Urgency.REPLY) for n in range(2)]
        store.run(lambda tx: tx.outbox.add([*first, a_row("elsewhere", Kind.REPLY, Urgency.REPLY, "C2")]))
        assert claimed(store, "w1", 0) == ["reply 0", "elsewhere"]
        late = [a_row("notice", Kind.NOTICE, Urgency.NOTICE), a_row("card", Kind.CARD, Urgency.NEW_CARD)]
        store.run(lambda tx: tx.outbox.add(late))
        assert [claimed(store, "w1", ms) for ms in (500, 999, 1_000, 2_000, 3_000, 4_000)] == [
            [], [], ["card"], ["notice"], ["reply 1"], [],
        ]  # fmt: skip


def test_all_processes_together_keep_the_pace_of_a_channel_and_of_the_workspace(database_url: str):
    with open_store_here(database_url) as store, open_store_here(database_url) as other:
        edits = [a_row(f"edit {n}", Kind.CARD, Urgency.EDIT, f"C{n}") for n in range(120)]
        posts = [a_row(f"post {n}", Kind.NOTICE, Urgency.NOTICE) for n in range(120)]
        store.run(lambda tx: tx.outbox.add([*edits, *posts]))
        said: list[str] = []
        for ms in range(0, 60_000, 250):
            said += claimed(store, "w1", ms) + claimed(other, "w2", ms + 100)
        assert len([key for key in said if key.startswith("post")]) == 60
        assert 40 <= len([key for key in said if key.startswith("edit")]) <= 45


def test_a_press_goes_before_all_edits_that_wait_even_for_the_same_card(database_url: str):
    with open_store_here(database_url) as store:
        edits = [a_row(f"edit {n}", Kind.CARD, Urgency.EDIT, f"C{n}") for n in range(50)]
        store.run(lambda tx: tx.outbox.add(edits))
        assert len(claimed(store, "w1", 0)) == pace.RATES[pace.EDITS].burst
        pressed = replace(edits[40], delivery_id="pressed", urgency=Urgency.NOTICE)
        store.run(lambda tx: tx.outbox.add([pressed]))
        assert claimed(store, "w1", 2_000) == ["edit 40"]


async def test_what_a_press_changed_is_shown_at_once_though_the_card_waits_for_its_next_edit(stage: Stage):
    job, card = await with_card(stage)
    job.write(OOM, level="ERROR", count=3)
    while await stage.bot.db.run(lambda tx: tx.incidents.listed([1])[0].count) < 4:
        await stage.tick(1)
    assert stage.workspace.calls.of("chat.update") == []
    await stage.press(card, ids.ACKNOWLEDGE)
    await stage.until(lambda: not stage.workspace.faults.standing)
    await stage.deliver()
    assert "acknowledged" in shown(stage.cards()[0]).lower()
    assert "4 times" in shown(stage.cards()[0])


async def test_a_message_that_cannot_be_drawn_is_told_in_words(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    def fails(_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(gateway, "incident_card", fails)
    await failed_once(stage)
    await stage.ticks(4)
    [said] = [one["text"] for one in stage.channel()]
    assert "CUDA out of memory" in said
    assert "my log says why" in said
    assert await waiting(stage) == 0


async def test_a_row_that_fails_in_an_unforeseen_way_is_given_up_after_some_tries_and_somebody_learns_of_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    scene_of, tries = deliver.scene_of, []

    def fails_on_cards(tx: Tx, row: Delivery, now: Ms) -> Scene:
        if row.kind is Kind.CARD and row.incident_id == 1:
            tries.append(now)
            raise ZeroDivisionError
        return scene_of(tx, row, now)

    monkeypatch.setattr(deliver, "scene_of", fails_on_cards)
    await failed_once(stage)
    await stage.ticks(40)
    assert len(tries) == deliver.BROKEN_TRIES
    [said] = [one["text"] for one in stage.channel()]
    assert "something to say here of incident 1" in said
    fail_more(stage, 1)
    await stage.ticks(10)
    assert len(stage.cards()) == 1


async def test_a_slow_answer_holds_up_no_other_channel(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deliver, "PATIENCE_S", 0.1)
    monkeypatch.setattr(gateway, "CALL_TIMEOUT_S", 1.5)
    await stage.command("watch llama-ft", channel="ml-private")
    await failed_once(stage)
    stage.workspace.faults.add("chat.postMessage", "timeout")
    await stage.ticks(3)
    assert len(stage.cards()) + len(stage.cards("ml-private")) == 1

    await stage.bot.deliver.settle()
    await stage.ticks(10)
    assert len(stage.cards()) == len(stage.cards("ml-private")) == 1
