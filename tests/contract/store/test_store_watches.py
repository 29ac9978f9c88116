from dataclasses import replace

import pytest

from bot.logs.line import Level
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import HOSTILE, NOW, a_watch


def test_a_watch_comes_back_as_it_was_added(store: Store) -> None:
    added, is_new = store.run(lambda tx: tx.watches.add(a_watch()))
    assert is_new
    assert added == replace(a_watch(), id=added.id)
    assert store.run(lambda tx: tx.watches.get(added.id)) == added


def test_a_second_add_changes_what_is_wanted_and_keeps_who_began_it(store: Store) -> None:
    first, _ = store.run(lambda tx: tx.watches.add(a_watch()))
    wanted = a_watch(
        min_level=Level.WARNING, mention=None, silence_s=60, pattern=None, created_by="U2", created_ms=Ms(NOW + 1)
    )
    second, is_new = store.run(lambda tx: tx.watches.add(wanted))
    assert not is_new
    assert second == replace(wanted, id=first.id, created_by="U1", created_ms=NOW)
    assert store.run(lambda tx: tx.watches.active()) == (second,)


@pytest.mark.parametrize(
    "other",
    [{"channel": "C2"}, {"job_id": "j2"}, {"job_id": None}, {"account": "blue"}, {"project_id": "p2"}],
    ids=lambda other: next(iter(other)),
)
def test_another_target_or_channel_is_another_watch(store: Store, other: dict[str, str | None]) -> None:
    store.run(lambda tx: tx.watches.add(a_watch()))
    _, is_new = store.run(lambda tx: tx.watches.add(a_watch(**other)))
    assert is_new
    assert len(store.run(lambda tx: tx.watches.active())) == 2


def test_a_project_is_watched_once_per_channel(store: Store) -> None:
    store.run(lambda tx: tx.watches.add(a_watch(job_id=None)))
    again, is_new = store.run(lambda tx: tx.watches.add(a_watch(job_id=None)))
    assert not is_new
    assert again.job_id is None


def test_a_removed_watch_is_gone_and_its_target_can_be_watched_anew(store: Store) -> None:
    first, _ = store.run(lambda tx: tx.watches.add(a_watch()))
    assert store.run(lambda tx: tx.watches.remove(first.id, NOW)) is True
    assert store.run(lambda tx: tx.watches.remove(first.id, NOW)) is False
    assert store.run(lambda tx: (tx.watches.get(first.id), tx.watches.active())) == (None, ())
    second, is_new = store.run(lambda tx: tx.watches.add(a_watch()))
    assert is_new
    assert second.id != first.id


def test_watches_are_found_by_channel_and_by_account(store: Store) -> None:
    for watch in (a_watch(), a_watch(channel="C2"), a_watch(account="blue", channel="C2")):
        store.run(lambda tx, watch=watch: tx.watches.add(watch))
    found = store.run(lambda tx: (tx.watches.of_channel("C2"), tx.watches.active("default")))
    assert [(watch.account, watch.channel) for watch in found[0]] == [("default", "C2"), ("blue", "C2")]
    assert [(watch.account, watch.channel) for watch in found[1]] == [("default", "C1"), ("default", "C2")]


def test_hostile_text_is_stored_with_what_no_database_takes_replaced(store: Store) -> None:
    added, _ = store.run(lambda tx: tx.watches.add(a_watch(title=HOSTILE, channel="C\x00\ud83d")))
    stored = store.run(lambda tx: tx.watches.get(added.id))
    assert stored is not None
    assert stored.title == HOSTILE.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
    assert store.run(lambda tx: tx.watches.of_channel("C\x00\ud83d")) == (stored,)
