"""How workers share the accounts: evenly, as far as their keys allow, and without moving more than that needs."""

from collections import Counter
from random import Random

import pytest

from bot.flows.ports import Lease
from bot.store import Store
from bot.store.shares import shares
from tests.contract.store.samples import NOW

ALL = frozenset("abcdef")
TTL = 15_000


def load(plan: dict[str, str]) -> list[int]:
    return sorted(Counter(plan.values()).values())


@pytest.mark.parametrize(
    ("able", "held", "wanted"),
    [
        ({"w1": ALL}, {}, "w1 reads all"),
        ({"w1": ALL, "w2": ALL}, {}, "three each"),
        ({"w1": ALL, "w2": ALL}, dict.fromkeys(ALL, "w1"), "three each"),
        ({"w1": ALL, "w2": ALL, "w3": ALL, "w4": ALL}, dict.fromkeys(ALL, "w2"), "one or two each"),
        ({"w1": ALL, "w2": frozenset()}, {}, "w1 reads all"),
        ({"w1": frozenset("ab"), "w2": frozenset("cdef")}, dict.fromkeys("ab", "w1"), "what each can"),
    ],
)
def test_shares_are_as_even_as_keys_allow(
    able: dict[str, frozenset[str]], held: dict[str, str], wanted: str
) -> None:
    plan = shares(able, {account: held.get(account) for account in ALL})
    assert set(plan) == ALL
    assert all(account in able[worker] for account, worker in plan.items())
    expected = {
        "w1 reads all": [6],
        "three each": [3, 3],
        "one or two each": [1, 1, 2, 2],
        "what each can": [2, 4],
    }
    assert load(plan) == expected[wanted]


def test_what_nobody_has_a_key_for_is_read_by_nobody() -> None:
    assert shares({"w1": frozenset("a")}, {"a": None, "b": None}) == {"a": "w1"}
    assert shares({}, {"a": "gone"}) == {}


def test_nothing_moves_without_need() -> None:
    held = {"a": "w1", "b": "w1", "c": "w2", "d": "w2", "e": "w1"}
    assert shares({"w1": ALL, "w2": ALL}, {**held, "f": None}) == {**held, "f": "w2"}


def test_an_account_goes_through_other_hands_where_that_evens_it_out() -> None:
    able = {"w1": frozenset("ab"), "w2": frozenset("bc"), "w3": frozenset("c")}
    plan = shares(able, {"a": "w1", "b": "w1", "c": "w2"})
    assert plan == {"a": "w1", "b": "w2", "c": "w3"}


def test_any_arrangement_ends_even_whatever_it_was_before() -> None:
    chance = Random(5)
    for _ in range(200):
        workers = [f"w{number}" for number in range(chance.randint(1, 5))]
        accounts = [f"a{number}" for number in range(chance.randint(1, 9))]
        held = {account: chance.choice([*workers, None, "dead"]) for account in accounts}
        plan = shares(dict.fromkeys(workers, accounts), held)
        counts = Counter(plan.values())
        loads = [counts[worker] for worker in workers]
        assert sum(loads) == len(accounts)
        assert max(loads) - min(loads) <= 1


# --- in the database ------------------------------------------------------------------------------


class Worker:
    """Beats as `flows/leases` does: what is surplus is handed back with the beat after the next."""

    def __init__(self, store: Store, name: str, keys: str = "abcd") -> None:
        self.store, self.name, self.keys = store, name, list(keys)
        self.leases: tuple[Lease, ...] = ()
        self.giving: tuple[Lease, ...] = ()

    def beat(self, ttl_ms: int = TTL) -> str:
        def work(tx):
            tx.accounts.give(self.giving)
            leases = tx.accounts.claim(self.name, NOW, ttl_ms, only=self.keys)
            return leases, tx.accounts.surplus(self.name)

        self.leases, surplus = self.store.run(work)
        self.giving = tuple(lease for lease in self.leases if lease.account in surplus)
        return "".join(lease.account for lease in self.leases if lease.account not in surplus)


@pytest.fixture
def accounts(store: Store) -> Store:
    store.run(lambda tx: tx.accounts.register(list("abcd")))
    return store


def test_a_new_worker_gets_its_half_once_the_old_one_has_let_go(accounts: Store) -> None:
    old, new = Worker(accounts, "w1"), Worker(accounts, "w2")
    assert old.beat() == "abcd"
    assert new.beat() == ""
    assert len(old.beat()) == 2  # it reads the others no more, and holds them until what it began has ended
    assert new.beat() == ""
    old.beat()
    assert len(new.beat()) == 2
    assert sorted(old.beat() + new.beat()) == list("abcd")


def test_workers_who_come_and_go_end_with_even_shares(accounts: Store) -> None:
    workers = [Worker(accounts, f"w{number}") for number in range(3)]
    for _ in range(8):
        for worker in workers:
            worker.beat()
    assert sorted(len(worker.beat()) for worker in workers) == [1, 1, 2]
    accounts.run(lambda tx: tx.accounts.release("w0"))
    for _ in range(4):
        for worker in workers[1:]:
            worker.beat()
    assert [len(worker.beat()) for worker in workers[1:]] == [2, 2]


def test_a_worker_that_died_counts_no_longer(accounts: Store) -> None:
    Worker(accounts, "dead").beat(ttl_ms=-1)
    assert Worker(accounts, "w1").beat() == "abcd"


def test_shares_count_only_workers_with_the_key(accounts: Store) -> None:
    few, all_keys = Worker(accounts, "few", keys="a"), Worker(accounts, "many")
    for _ in range(4):
        few.beat()
        all_keys.beat()
    assert (few.beat(), all_keys.beat()) == ("a", "bcd")


def test_what_has_changed_hands_is_not_given_back_by_its_former_owner(accounts: Store) -> None:
    old = Worker(accounts, "w1")
    old.beat(ttl_ms=-1)
    late = old.leases
    assert Worker(accounts, "w2").beat() == "abcd"
    accounts.run(lambda tx: tx.accounts.give(late))
    assert {lease.owner for lease in accounts.run(lambda tx: tx.accounts.all())} == {"w2"}
