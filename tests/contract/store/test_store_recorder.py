"""What a poll's facts become, decision by decision, without Slack: the recorder over a real store."""

from collections.abc import Sequence
from dataclasses import replace

from bot.flows.ports import Tx
from bot.flows.record import Recorder
from bot.incidents.delivery import Delivery, Kind
from bot.incidents.incident import Facts, Role
from bot.incidents.roll import CARDS_IN_WINDOW, harmless_of, storm_of
from bot.logs.line import Level
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import NOW, a_job, a_watch, facts

DAY_MS = 86_400_000


def record(store: Store, found: Sequence[Facts], at_ms: int = NOW) -> None:
    def work(tx: Tx) -> None:
        watches = (a_watch(pattern=None),)
        Recorder(tx=tx, job=a_job(), watches=watches, now_ms=Ms(at_ms), edit_interval_ms=10_000).record(found)

    store.run(work)


def enqueued(store: Store) -> list[Delivery]:
    """Claims what the outbox holds: one row of each lane."""
    return list(store.run(lambda tx: tx.outbox.claim("test", Ms(NOW + DAY_MS), 100, 1)))


def kinds(store: Store) -> list[Kind]:
    return sorted(row.kind for row in enqueued(store))


def noise(**changes: object) -> Facts:
    return facts("n", role=Role.NOISE, alert=False, sightings=(), **changes)


def posted_harmless(store: Store) -> None:
    def work(tx: Tx) -> None:
        roll = tx.rolls.get(harmless_of("C1", "default", "j1").name)
        assert roll is not None
        tx.rolls.put(replace(roll, ts="1.2"))

    store.run(work)


def test_harmless_noise_waits_in_one_list_for_the_job_and_gets_no_card(store: Store) -> None:
    record(store, [noise(), facts("m", role=Role.NOISE, alert=False, sightings=())])
    [row] = enqueued(store)
    assert row.kind is Kind.ROLL
    assert row.due_ms > NOW


def test_noise_below_the_level_of_every_watch_is_not_told(store: Store) -> None:
    record(store, [noise(level=Level.WARNING)])
    assert enqueued(store) == []


def test_what_turns_out_to_be_a_cause_gets_a_card_and_leaves_the_list_at_once(store: Store) -> None:
    record(store, [noise()])
    posted_harmless(store)
    record(store, [noise(count=65)], NOW + 1_000)
    record(store, [facts("n", count=66)], NOW + 2_000)
    told = {row.kind: row.due_ms for row in enqueued(store)}
    assert told[Kind.CARD] == told[Kind.ROLL] == NOW + 2_000


def test_cards_that_became_consequences_do_not_bring_on_a_storm(store: Store) -> None:
    keys = [f"k{at}" for at in range(CARDS_IN_WINDOW)]
    record(store, [facts(key) for key in keys])
    record(
        store, [facts(key, role=Role.CASCADE, alert=False, caused_by="k0", count=65) for key in keys[1:]], NOW + 1
    )
    record(store, [facts("late")], NOW + 2)
    storm = store.run(lambda tx: tx.rolls.get(storm_of("C1").name))
    assert storm is not None
    assert storm.listed == ()
    assert Kind.ROLL not in kinds(store)


def test_as_many_true_causes_do(store: Store) -> None:
    record(store, [facts(f"k{at}") for at in range(CARDS_IN_WINDOW)])
    record(store, [facts("late")], NOW + 2)
    assert Kind.ROLL in kinds(store)


def test_a_poll_that_finds_nothing_new_says_nothing(store: Store) -> None:
    record(store, [facts("k1"), noise()])
    for row in enqueued(store):
        store.run(lambda tx, row=row: tx.outbox.done(row, NOW))
    record(store, [facts("k1"), noise()], NOW + 5_000)
    assert enqueued(store) == []


def test_a_warning_that_an_error_follows_from_is_shown_to_those_who_asked_for_errors_alone(store: Store) -> None:
    record(store, [facts("w", level=Level.WARNING)])
    assert enqueued(store) == []
    record(store, [facts("e", level=Level.ERROR, role=Role.CASCADE, alert=False, caused_by="w")], NOW + 1)
    [card] = [row for row in enqueued(store) if row.kind is Kind.CARD]
    shown = store.run(lambda tx: tx.incidents.get(card.incident_id or 0))
    assert shown is not None
    assert shown.facts.key == "w"
