"""Several processes and threads on one database: nothing twice, nothing lost, nothing half."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from bot.flows.ports import Tx
from bot.incidents.delivery import Delivery
from bot.store import Store, open_store_here
from tests.contract.store import contenders
from tests.contract.store.samples import NOW, a_delivery, an_incident, facts

TTL = 60_000
LONG_ENOUGH_TO_BE_IN_THE_WAY = 0.2


def test_every_row_of_the_outbox_is_sent_once_and_in_the_order_of_its_lane(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    rows = [a_delivery(f"{lane} {number}", lane) for number in range(8) for lane in ("a", "b", "c", "d", "e", "f")]
    store.run(lambda tx: tx.outbox.add(rows))
    marks = tmp_path / "marks"
    marks.mkdir()
    sent = contenders.contend(contenders.deliver_all, database_url, marks)
    assert sorted(key for keys in sent for key in keys) == sorted(row.key for row in rows)


def test_an_account_has_one_owner_at_a_time_and_an_epoch_one_owner_for_ever(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    store.run(lambda tx: tx.accounts.register(["a", "b", "c"]))
    marks = tmp_path / "marks"
    marks.mkdir()
    held = [lease for leases in contenders.contend(contenders.take_turns, database_url, marks) for lease in leases]
    assert len(held) >= 30 * contenders.PROCESSES
    assert len(held) == len(set(held))


def test_no_update_of_an_incident_is_lost(store: Store, database_url: str) -> None:
    incident = store.run(lambda tx: tx.incidents.put(an_incident("k1", facts=facts("k1", count=0))))
    contenders.contend(contenders.count_up, database_url, incident.id, 40)
    counted = store.run(lambda tx: tx.incidents.get(incident.id))
    assert counted is not None
    assert counted.facts.count == 40 * contenders.PROCESSES


def test_a_watch_that_many_add_at_once_is_made_once(store: Store, database_url: str) -> None:
    made = contenders.contend(contenders.add_watches, database_url, 30)
    assert sorted(int(number) for numbers in made for number in numbers) == sorted(
        watch.id for watch in store.run(lambda tx: tx.watches.active())
    )
    assert len(store.run(lambda tx: tx.watches.active())) == 30


def test_a_process_that_is_killed_in_a_transaction_leaves_nothing_half(store: Store, database_url: str) -> None:
    code = f"from tests.contract.store.contenders import *; hang_in_a_transaction({database_url!r})"
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.kill()

    def everything(tx: Tx) -> list[object]:
        return [
            tx.accounts.all(),
            tx.watches.active(),
            tx.tails.open("default"),
            tx.incidents.unresolved(),
            tx.cards.of(1),
            tx.incidents.history(1),
            tx.outbox.claim("w1", NOW, 9, TTL),
            tx.audit.recent(9),
            tx.inbox.trim(NOW),
        ]

    assert store.run(everything) == [(), (), (), (), (), (), (), (), 0]


def test_an_intent_is_never_lost_between_being_added_and_being_sent(database_url: str) -> None:
    """The last thing that was asked for is seen by a try that begins afterwards."""
    asked, seen = 0, 0

    def ask(store: Store) -> None:
        nonlocal asked
        for number in range(1, 201):
            asked = number
            store.run(lambda tx, number=number: tx.outbox.add([a_delivery("edit", delivery_id=f"d{number}")]))

    def send(store: Store) -> bool:
        nonlocal seen
        deliveries = store.run(lambda tx: tx.outbox.claim("w1", NOW, 1, TTL))
        for delivery in deliveries:
            seen = asked
            store.run(lambda tx, delivery=delivery: tx.outbox.done(delivery, NOW))
        return bool(deliveries)

    with open_store_here(database_url) as asking, open_store_here(database_url) as sending:
        thread = threading.Thread(target=ask, args=[asking])
        thread.start()
        while thread.is_alive():
            send(sending)
            time.sleep(0.001)  # who never pauses starves the other one of a SQLite file
        thread.join()
        while send(sending):
            pass
    assert (asked, seen) == (200, 200)


class TestOnPostgresql:
    """Orders of events that SQLite, where a transaction is alone, cannot have."""

    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[Store]:
        with open_store_here(postgres_url) as opened:
            yield opened

    def test_a_row_that_is_committed_late_waits_for_the_try_of_its_lane(self, store: Store) -> None:
        with Paused(store, lambda tx: tx.outbox.add([a_delivery("early")])) as late_commit:
            store.run(lambda tx: tx.outbox.add([a_delivery("second")]))
            claimed = claim(store)
            assert keys(claimed) == ["second"]
            late_commit.goes_on()
        assert claim(store) == ()
        store.run(lambda tx: tx.outbox.done(claimed[0], NOW))
        assert keys(claim(store)) == ["early"]

    def test_claims_at_the_same_moment_do_not_take_two_rows_of_a_lane(self, store: Store) -> None:
        with Paused(store, lambda tx: tx.outbox.add([a_delivery("early")])) as late_commit:
            store.run(lambda tx: tx.outbox.add([a_delivery("second")]))
            with (
                Paused(store, lambda tx: tx.outbox.claim("w1", NOW, 9, TTL)) as first,
                ThreadPoolExecutor(1) as pool,
            ):
                late_commit.goes_on()
                second = pool.submit(claim, store)
                wait([second], LONG_ENOUGH_TO_BE_IN_THE_WAY)
                first.goes_on()
                assert keys(first.result()) == ["second"]
                assert second.result(10) == ()

    def test_an_account_whose_owner_is_committing_is_not_taken_even_when_its_lease_has_lapsed(
        self, store: Store
    ) -> None:
        store.run(lambda tx: tx.accounts.register(["a"]))
        lease = store.run(lambda tx: tx.accounts.claim("w1", NOW, -1))[0]
        with Paused(store, lambda tx: tx.accounts.check(lease)) as commit:
            assert store.run(lambda tx: tx.accounts.claim("w2", NOW, TTL)) == ()
            commit.goes_on()
        assert [taken.epoch for taken in store.run(lambda tx: tx.accounts.claim("w2", NOW, TTL))] == [2]

    def test_a_renewal_waits_for_the_owners_own_commit(self, store: Store) -> None:
        store.run(lambda tx: tx.accounts.register(["a"]))
        lease = store.run(lambda tx: tx.accounts.claim("w1", NOW, TTL))[0]
        with Paused(store, lambda tx: tx.accounts.check(lease)) as commit, ThreadPoolExecutor(1) as pool:
            renewal = pool.submit(store.run, lambda tx: tx.accounts.claim("w1", NOW, TTL))
            wait([renewal], LONG_ENOUGH_TO_BE_IN_THE_WAY)
            commit.goes_on()
            assert [renewed.account for renewed in renewal.result(10)] == ["a"]

    def test_a_deadlock_is_run_a_second_time(self, store: Store) -> None:
        numbers = [store.run(lambda tx, key=key: tx.incidents.put(an_incident(key))).id for key in ("k1", "k2")]
        both_hold_one = threading.Barrier(2)
        attempts = []

        def acknowledge_both(first: int, second: int) -> Callable[[Tx], None]:
            def work(tx: Tx) -> None:
                attempts.append(first)
                incident = tx.incidents.get(first)
                if attempts.count(first) == 1:
                    both_hold_one.wait(60)
                other = tx.incidents.get(second)
                assert incident is not None
                assert other is not None
                tx.incidents.put(replace(incident, revision=incident.revision + 1))
                tx.incidents.put(replace(other, revision=other.revision + 1))

            return work

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(store.run, acknowledge_both(*order)) for order in (numbers, numbers[::-1])]:
                done.result(100)
        assert len(attempts) == 3
        assert [found.revision for found in store.run(lambda tx: tx.incidents.unresolved())] == [3, 3]


class Paused:
    """A unit of work in a thread that has done everything but its commit, until it `goes_on`."""

    def __init__(self, store: Store, work: Callable[[Tx], object]) -> None:
        self._may_end = threading.Event()
        self._has_written = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._outcome: Future[object] = self._pool.submit(store.run, self._paused(work))

    def __enter__(self) -> "Paused":
        assert self._has_written.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._may_end.set()
        self._pool.shutdown()

    def goes_on(self) -> None:
        """Returns when it is committed."""
        self._may_end.set()
        self._outcome.result(10)

    def result(self) -> object:
        return self._outcome.result(10)

    def _paused(self, work: Callable[[Tx], object]) -> Callable[[Tx], object]:
        def run(tx: Tx) -> object:
            value = work(tx)
            self._has_written.set()
            assert self._may_end.wait(10)
            return value

        return run


def claim(store: Store) -> tuple[Delivery, ...]:
    return store.run(lambda tx: tx.outbox.claim("w", NOW, 9, TTL))


def keys(deliveries: object) -> list[str]:
    assert isinstance(deliveries, tuple)
    return [delivery.key for delivery in deliveries]
