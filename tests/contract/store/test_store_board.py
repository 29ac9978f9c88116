"""What lists and Home look at, on both databases."""

from dataclasses import replace

from bot.flows.board import Followed, Stuck
from bot.incidents.incident import State
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import HOSTILE, NOW, a_card, a_delivery, a_job, a_tail, an_incident, facts

HERE, PROJECT = ["C1"], [("default", "p1")]


def put(store: Store, key: str, **changes: object) -> int:
    return store.run(lambda tx: tx.incidents.put(an_incident(key, **changes))).id


def test_what_nobody_has_taken_comes_first_the_oldest_of_it_at_the_top(store: Store) -> None:
    muted = put(store, "k1", state=State.MUTED, created_ms=NOW)
    taken = put(store, "k2", state=State.ACKNOWLEDGED, created_ms=Ms(NOW + 1))
    younger = put(store, "k3", created_ms=Ms(NOW + 9))
    older = put(store, "k4", created_ms=Ms(NOW + 2))
    assigned = put(store, "k5", state=State.ASSIGNED, created_ms=Ms(NOW + 20))
    put(store, "k6", state=State.RESOLVED)
    found = store.run(lambda tx: tx.board.unresolved([], PROJECT, 10))
    assert [one.id for one in found] == [older, younger, assigned, taken, muted]
    assert [one.id for one in store.run(lambda tx: tx.board.unresolved([], PROJECT, 2))] == [older, younger]


def test_incidents_are_found_by_a_card_in_the_channel_or_by_their_project(store: Store) -> None:
    carded = put(store, "k1", project_id="p2")
    of_project = put(store, "k2")
    put(store, "k3", account="blue")
    elsewhere = put(store, "k4", project_id="p3")
    store.run(lambda tx: (tx.cards.put(a_card(carded)), tx.cards.put(a_card(elsewhere, "C2"))))

    def ids(channels: list[str], projects: list[tuple[str, str]]) -> list[int]:
        return [one.id for one in store.run(lambda tx: tx.board.unresolved(channels, projects, 10))]

    assert ids(HERE, PROJECT) == [carded, of_project]
    assert ids(HERE, []) == [carded]
    assert ids([], PROJECT) == [of_project]
    assert ids([], []) == []


def test_only_what_the_person_holds_and_has_not_resolved_is_theirs(store: Store) -> None:
    mine = put(store, "k1", state=State.ACKNOWLEDGED, holder="U1")
    put(store, "k2", state=State.ACKNOWLEDGED, holder="U11")
    put(store, "k3", state=State.RESOLVED, holder="U1")
    put(store, "k4", state=State.ACKNOWLEDGED, holder="U2", actor="U1")
    put(store, "k5", facts=facts("k5", title='"holder":"U1"', excerpt=('"holder":"U1"',)))
    assert [one.id for one in store.run(lambda tx: tx.board.held_by("U1", 10))] == [mine]
    assert store.run(lambda tx: tx.board.held_by("U%", 10)) == ()


def test_what_was_touched_since_a_moment_comes_newest_first_whatever_its_state(store: Store) -> None:
    base = facts("k").last_ns // 1_000_000
    put(store, "k1")
    resolved = put(store, "k2", state=State.RESOLVED, changed_ms=Ms(base + 100))
    opened = put(store, "k3", created_ms=Ms(base + 50))
    found = store.run(lambda tx: tx.board.touched([], PROJECT, Ms(base + 50), 10))
    assert [one.id for one in found] == [resolved, opened]


def test_what_was_called_no_error_is_found_and_no_text_can_pretend_to_be(store: Store) -> None:
    dismissed = put(store, "k1", state=State.RESOLVED, dismissed=True)
    put(store, "k2", state=State.RESOLVED)
    put(store, "k3", state=State.RESOLVED, note='","dismissed":true', facts=facts("k3", title='"dismissed":true'))
    assert [one.id for one in store.run(lambda tx: tx.board.dismissed([], PROJECT, 10))] == [dismissed]


def test_cards_and_jobs_come_for_many_at_once(store: Store) -> None:
    numbers = [put(store, f"k{at}") for at in range(600)]
    store.run(lambda tx: [tx.cards.put(a_card(number)) for number in numbers])
    store.run(lambda tx: [tx.tails.track(a_job(f"j{at}")) for at in range(600)])
    assert len(store.run(lambda tx: tx.board.cards(numbers))) == 600
    wanted = [("default", f"j{at}") for at in range(600)]
    jobs = store.run(lambda tx: tx.board.jobs([*wanted, ("blue", "j1")]))
    assert sorted(jobs) == sorted(wanted)
    assert jobs["default", "j7"] == a_job("j7")
    assert store.run(lambda tx: (tx.board.cards([]), tx.board.jobs([]))) == ({}, {})


def test_a_card_in_two_channels_is_two_cards(store: Store) -> None:
    number = put(store, "k1")
    store.run(lambda tx: (tx.cards.put(a_card(number)), tx.cards.put(a_card(number, "C2"))))
    assert store.run(lambda tx: tx.board.cards([number])) == {number: (a_card(number), a_card(number, "C2"))}


def test_jobs_that_are_still_followed_tell_how_they_are_read(store: Store) -> None:
    reading = a_tail(a_job("j1"), progress={"polled_ms": 7}, paused="gone")
    store.run(lambda tx: (tx.tails.save(reading, {}), tx.tails.save(a_tail(a_job("j2"), closed=True), {})))
    expected = Followed(account="default", progress={"polled_ms": 7}, paused="gone")
    assert store.run(lambda tx: tx.board.followed()) == (expected,)


def test_channels_that_refuse_messages_are_counted(store: Store) -> None:
    rows = [a_delivery(f"k{at}", lane=f"L{at}") for at in range(3)]
    rows.append(a_delivery("k9", lane="L9", channel="C2"))
    store.run(lambda tx: tx.outbox.add(rows))

    def refuse(tx: object) -> None:
        for row in tx.outbox.claim("me", NOW, 10, 1_000):  # type: ignore[attr-defined]  # a transaction
            if row.channel == "C1":
                tx.outbox.park(row, "is_archived")  # type: ignore[attr-defined]

    store.run(refuse)
    assert store.run(lambda tx: tx.board.stuck()) == (Stuck(channel="C1", code="is_archived", count=3),)


def test_what_is_due_and_what_was_tried_is_late_and_what_waits_on_purpose_is_not(store: Store) -> None:
    due, later, tried = a_delivery("k1", lane="L1"), a_delivery("k2", lane="L2", due_ms=Ms(NOW + 60_000)), "k3"
    store.run(lambda tx: tx.outbox.add([due, later]))
    assert store.run(lambda tx: tx.board.late(Ms(NOW + 5))) == (1, 5)
    store.run(lambda tx: [tx.outbox.done(row, NOW) for row in tx.outbox.claim("me", NOW, 9, 1_000)])
    assert store.run(lambda tx: tx.board.late(Ms(NOW + 5))) == (0, 0)
    store.run(lambda tx: tx.outbox.add([a_delivery(tried, lane="L3")]))
    [row] = store.run(lambda tx: tx.outbox.claim("me", NOW, 9, 1_000))
    store.run(lambda tx: tx.outbox.again(row, Ms(NOW + 90_000), "Slack asks to slow down", None))
    assert store.run(lambda tx: tx.board.late(Ms(NOW + 7))) == (1, 7)


def test_hostile_text_is_looked_through_as_any_other(store: Store) -> None:
    number = put(store, "k1", state=State.ACKNOWLEDGED, holder="U1", facts=facts("k1", title=HOSTILE))
    [found] = store.run(lambda tx: tx.board.held_by("U1", 10))
    assert found.id == number
    assert replace(found, id=0).holder == "U1"
