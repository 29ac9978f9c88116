"""The outbox: order within a lane, one try at a time, and no intent lost."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.incidents.delivery import Delivery, Kind, Urgency
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import HOSTILE, NOW, a_delivery

TTL = 60_000


def at(ms: int) -> Ms:
    return Ms(NOW + ms)


def add(store: Store, *deliveries: Delivery) -> int:
    return store.run(lambda tx: tx.outbox.add(deliveries))


def claim(store: Store, ms: int = 0, *, limit: int = 10, owner: str = "w1") -> tuple[Delivery, ...]:
    return store.run(lambda tx: tx.outbox.claim(owner, at(ms), limit, TTL))


def keys(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.key for delivery in deliveries]


def only(deliveries: Sequence[Delivery]) -> Delivery:
    assert len(deliveries) == 1, keys(deliveries)
    return deliveries[0]


def done(store: Store, delivery: Delivery, ms: int = 0) -> None:
    store.run(lambda tx: tx.outbox.done(delivery, at(ms)))


def again(store: Store, delivery: Delivery, due: int, unclear_since: int | None = None) -> None:
    unclear = None if unclear_since is None else at(unclear_since)
    store.run(lambda tx: tx.outbox.again(delivery, at(due), "timeout", unclear))


def park(store: Store, delivery: Delivery) -> None:
    store.run(lambda tx: tx.outbox.park(delivery, "not_in_channel"))


def test_a_delivery_comes_back_whole_and_counts_the_try(store: Store) -> None:
    wanted = a_delivery("k1", payload={"text": "x", "count": 1, "nothing": None})
    assert add(store, wanted) == 1
    claimed = only(claim(store))
    assert claimed == replace(wanted, id=claimed.id, attempts=1)


def test_hostile_payloads_are_stored(store: Store) -> None:
    add(store, a_delivery("k1", payload={"text": HOSTILE, "\ud83d": "\x00"}))
    assert only(claim(store)).payload == {
        "text": HOSTILE.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd"),
        "\ufffd": "\ufffd",
    }


def test_a_key_that_waits_is_not_added_again(store: Store) -> None:
    assert add(store, a_delivery("k1"), a_delivery("k2"), a_delivery("k1", delivery_id="other")) == 2
    assert add(store, a_delivery("k1", delivery_id="yet another")) == 0
    assert store.run(lambda tx: tx.outbox.depth(NOW))[0] == 2


def test_a_row_that_waits_takes_the_earlier_moment_and_the_greater_urgency(store: Store) -> None:
    add(store, a_delivery("k1", due_ms=at(900), urgency=Urgency.EDIT))
    add(store, a_delivery("k1", delivery_id="sooner", due_ms=at(50), urgency=Urgency.REPLY))
    add(store, a_delivery("k1", delivery_id="later", due_ms=at(990), urgency=Urgency.EDIT))
    assert claim(store, 49) == ()
    claimed = only(claim(store, 50))
    assert (claimed.delivery_id, claimed.due_ms, claimed.urgency) == ("id-k1", at(50), Urgency.REPLY)


def test_a_row_that_was_put_off_after_a_failure_is_not_brought_forward(store: Store) -> None:
    add(store, a_delivery("k1"))
    again(store, only(claim(store)), due=500)
    add(store, a_delivery("k1", delivery_id="sooner", urgency=Urgency.NEW_CARD))
    assert claim(store, 499) == ()
    assert only(claim(store, 500)).urgency == Urgency.EDIT


def test_a_key_is_free_again_once_its_row_is_done(store: Store) -> None:
    add(store, a_delivery("k1"))
    done(store, only(claim(store)))
    assert claim(store) == ()
    assert add(store, a_delivery("k1", delivery_id="second")) == 1
    assert only(claim(store)).delivery_id == "second"


def test_rows_of_one_lane_are_claimed_one_after_another(store: Store) -> None:
    add(store, a_delivery("card", urgency=Urgency.NEW_CARD), a_delivery("reply", kind=Kind.REPLY, urgency=0))
    first = only(claim(store))
    assert first.key == "card"
    assert claim(store, owner="w2") == ()
    done(store, first)
    assert only(claim(store)).key == "reply"


def test_an_edit_that_waits_is_in_no_new_messages_way(store: Store) -> None:
    add(store, a_delivery("edit", due_ms=at(100)), a_delivery("reply", kind=Kind.REPLY, urgency=Urgency.REPLY))
    reply = only(claim(store))
    assert reply.key == "reply"
    assert claim(store, 100) == ()  # one of a lane at a time
    done(store, reply)
    edit = only(claim(store, 100))
    add(store, a_delivery("next", kind=Kind.REPLY, urgency=Urgency.REPLY))
    assert claim(store, 100) == ()
    done(store, edit)
    assert only(claim(store, 100)).key == "next"


def test_a_row_that_is_not_due_yet_holds_its_lane_only(store: Store) -> None:
    add(store, a_delivery("early", due_ms=at(100)), a_delivery("behind"), a_delivery("beside", "other"))
    assert keys(claim(store)) == ["beside"]
    assert keys(claim(store, 100)) == ["early"]


def test_among_lanes_the_most_urgent_goes_first_and_then_what_was_due_first(store: Store) -> None:
    add(
        store,
        a_delivery("edit", "l1", urgency=Urgency.EDIT, due_ms=at(-50)),
        a_delivery("late card", "l2", urgency=Urgency.NEW_CARD),
        a_delivery("early card", "l3", urgency=Urgency.NEW_CARD, due_ms=at(-10)),
        a_delivery("reply", "l4", urgency=Urgency.REPLY),
    )
    assert keys(claim(store, limit=3)) == ["early card", "late card", "reply"]
    assert keys(claim(store, limit=3)) == ["edit"]


def test_a_failed_try_comes_back_when_it_is_due_and_counts(store: Store) -> None:
    add(store, a_delivery("k1"), a_delivery("behind"))
    again(store, only(claim(store)), due=500)
    assert claim(store, 499) == ()
    second = only(claim(store, 500))
    assert (second.key, second.attempts, second.due_ms, second.unclear_since_ms) == ("k1", 2, at(500), None)


def test_an_unclear_try_comes_back_with_the_time_at_which_it_began(store: Store) -> None:
    add(store, a_delivery("k1"))
    again(store, only(claim(store)), due=500, unclear_since=3)
    assert only(claim(store, 500)).unclear_since_ms == at(3)


def test_a_try_whose_process_died_comes_back_as_unclear_since_its_start(store: Store) -> None:
    add(store, a_delivery("k1"), a_delivery("behind"))
    claim(store, 5)
    assert claim(store, 5 + TTL - 1, owner="w2") == ()
    second = only(claim(store, 5 + TTL, owner="w2"))
    assert (second.key, second.attempts, second.unclear_since_ms) == ("k1", 2, at(5))


def test_two_deaths_in_a_row_keep_the_first_start(store: Store) -> None:
    add(store, a_delivery("k1"))
    claim(store, 5)
    claim(store, 5 + TTL)
    assert only(claim(store, 5 + 2 * TTL)).unclear_since_ms == at(5)


def test_a_known_failure_ends_the_doubt(store: Store) -> None:
    add(store, a_delivery("k1"))
    claim(store)
    again(store, only(claim(store, TTL)), due=TTL)
    assert only(claim(store, TTL)).unclear_since_ms is None


@pytest.mark.parametrize("verdict", ["again", "park"])
def test_a_late_verdict_on_an_earlier_try_changes_nothing(store: Store, verdict: str) -> None:
    add(store, a_delivery("k1"))
    late = only(claim(store))
    current = only(claim(store, TTL, owner="w2"))
    again(store, late, due=TTL) if verdict == "again" else park(store, late)
    assert claim(store, TTL, owner="w3") == ()
    again(store, current, due=TTL)
    assert only(claim(store, TTL)).attempts == 3


def test_a_late_done_of_an_earlier_try_is_believed(store: Store) -> None:
    """Whoever says that it was sent has seen Slack's answer."""
    add(store, a_delivery("k1"))
    late = only(claim(store))
    current = only(claim(store, TTL, owner="w2"))
    done(store, late)
    done(store, current)
    assert store.run(lambda tx: tx.outbox.depth(NOW)) == (0, 0)


def test_a_parked_row_stops_its_lane_and_no_other_until_it_is_unparked(store: Store) -> None:
    add(store, a_delivery("k1"), a_delivery("behind"), a_delivery("beside", "other"))
    for delivery in claim(store):
        park(store, delivery) if delivery.key == "k1" else done(store, delivery)
    assert claim(store, 10**9) == ()
    assert store.run(lambda tx: (tx.outbox.unpark("C9"), tx.outbox.unpark("C1"))) == (0, 1)
    first = only(claim(store))
    assert (first.key, first.attempts, first.unclear_since_ms) == ("k1", 2, None)


def test_depth_counts_what_waits_and_leaves_parked_lanes_out(store: Store) -> None:
    assert store.run(lambda tx: tx.outbox.depth(NOW)) == (0, 0)
    add(store, a_delivery("k1", created_ms=at(-900)), a_delivery("behind", created_ms=at(-800)))
    add(store, a_delivery("beside", "other", created_ms=at(-70)), a_delivery("later", "third", due_ms=at(50)))
    assert store.run(lambda tx: tx.outbox.depth(NOW)) == (4, 900)
    park(store, next(row for row in claim(store) if row.key == "k1"))
    assert store.run(lambda tx: tx.outbox.depth(NOW)) == (2, 70)


class TestAnIntentThatArrivesWhileItsKeyIsBeingSent:
    def test_is_sent_after_it_under_its_own_id(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        assert (
            add(store, a_delivery("edit", delivery_id="fresh", payload={"text": "newer"}, created_ms=at(4))) == 0
        )
        done(store, sending, 9)
        second = only(claim(store, 9))
        assert (second.delivery_id, second.payload, second.attempts) == ("fresh", {"text": "newer"}, 1)
        assert (second.due_ms, second.created_ms, second.unclear_since_ms) == (at(9), at(4), None)
        done(store, second)
        assert claim(store, 10**9) == ()

    def test_is_remembered_once(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        for number in range(3):
            add(store, a_delivery("edit", delivery_id=f"fresh {number}"))
        done(store, sending)
        second = only(claim(store))
        assert second.delivery_id == "fresh 0"
        done(store, second)
        assert claim(store) == ()

    def test_waits_for_its_own_time(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        add(store, a_delivery("edit", delivery_id="fresh", due_ms=at(700)))
        done(store, sending, 1)
        assert claim(store, 699) == ()
        assert only(claim(store, 700)).delivery_id == "fresh"

    def test_takes_the_earliest_moment_that_was_asked_for(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        add(store, a_delivery("edit", delivery_id="fresh", due_ms=at(700)))
        add(store, a_delivery("edit", delivery_id="pressed", due_ms=at(5), urgency=Urgency.REPLY))
        done(store, sending, 1)
        assert claim(store, 4) == ()
        second = only(claim(store, 5))
        assert (second.delivery_id, second.due_ms, second.urgency) == ("fresh", at(5), Urgency.REPLY)

    def test_is_said_by_the_next_try_when_this_one_certainly_failed(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        add(store, a_delivery("edit", delivery_id="fresh"))
        again(store, sending, due=5)
        retried = only(claim(store, 5))
        assert retried.delivery_id == "id-edit"
        done(store, retried)
        assert claim(store, 5) == ()

    @pytest.mark.parametrize("when", ["before the verdict", "after the verdict", "after the process died"])
    def test_outlives_an_unclear_try_that_turns_out_to_have_been_sent(self, store: Store, when: str) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        if when == "before the verdict":
            add(store, a_delivery("edit", delivery_id="fresh"))
        if when != "after the process died":
            again(store, sending, due=TTL, unclear_since=0)
        if when != "before the verdict":
            add(store, a_delivery("edit", delivery_id="fresh"))
        found_in_slack = only(claim(store, TTL))
        assert (found_in_slack.delivery_id, found_in_slack.unclear_since_ms) == ("id-edit", NOW)
        done(store, found_in_slack)
        assert only(claim(store, TTL)).delivery_id == "fresh"

    def test_keeps_its_place_before_what_was_added_behind(self, store: Store) -> None:
        add(store, a_delivery("edit"))
        sending = only(claim(store))
        add(store, a_delivery("reply"), a_delivery("edit", delivery_id="fresh"))
        done(store, sending)
        assert only(claim(store)).delivery_id == "fresh"
