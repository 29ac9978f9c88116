"""Leases: one owner for one account, whatever happens."""

import pytest

from bot.errors import LeaseLost
from bot.flows.ports import Lease, Tx
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import NOW

TTL = 15_000
LAPSED = -1  # a lease that is over when it begins: PostgreSQL's own clock cannot be turned


@pytest.fixture
def accounts(store: Store) -> Store:
    store.run(lambda tx: tx.accounts.register(["red", "blue", "red"]))
    return store


def claim(store: Store, owner: str, ttl_ms: int = TTL) -> dict[str, int]:
    leases = store.run(lambda tx: tx.accounts.claim(owner, NOW, ttl_ms))
    assert {lease.owner for lease in leases} <= {owner}
    return {lease.account: lease.epoch for lease in leases}


def lease(store: Store, account: str) -> Lease:
    return next(found for found in store.run(lambda tx: tx.accounts.all()) if found.account == account)


def test_a_worker_takes_all_free_accounts(accounts: Store) -> None:
    assert claim(accounts, "w1") == {"blue": 1, "red": 1}


def test_a_worker_takes_only_accounts_that_it_has_keys_for(accounts: Store) -> None:
    leases = accounts.run(lambda tx: tx.accounts.claim("w1", NOW, TTL, only=["red", "unknown"]))
    assert [lease.account for lease in leases] == ["red"]
    assert accounts.run(lambda tx: tx.accounts.claim("w2", NOW, TTL, only=())) == ()


def test_an_account_that_is_held_is_not_taken(accounts: Store) -> None:
    claim(accounts, "w1")
    assert claim(accounts, "w2") == {}


def test_a_renewal_keeps_the_epoch(accounts: Store) -> None:
    claim(accounts, "w1")
    assert claim(accounts, "w1") == {"blue": 1, "red": 1}


def test_a_renewal_moves_the_end(store: Store) -> None:
    store.run(lambda tx: tx.accounts.register(["red"]))
    first = store.run(lambda tx: tx.accounts.claim("w1", NOW, TTL))[0]
    later = store.run(lambda tx: tx.accounts.claim("w1", Ms(NOW + 1), TTL + 1_000))[0]
    assert later.until_ms > first.until_ms


def test_a_lapsed_lease_that_nobody_took_is_renewed_under_its_epoch(accounts: Store) -> None:
    claim(accounts, "w1", LAPSED)
    assert claim(accounts, "w1") == {"blue": 1, "red": 1}


def test_a_lapsed_lease_is_taken_under_a_new_epoch_and_lost_to_the_old_owner(accounts: Store) -> None:
    claim(accounts, "w1", LAPSED)
    assert claim(accounts, "w2") == {"blue": 2, "red": 2}
    assert claim(accounts, "w1") == {}


def test_released_accounts_are_free_at_once_and_their_epoch_goes_on(accounts: Store) -> None:
    claim(accounts, "w1")
    accounts.run(lambda tx: tx.accounts.release("w1"))
    assert lease(accounts, "red").owner == ""
    assert claim(accounts, "w2") == {"blue": 2, "red": 2}


def test_a_new_account_is_found_beside_those_that_are_held(accounts: Store) -> None:
    claim(accounts, "w1")
    accounts.run(lambda tx: tx.accounts.register(["blue", "green"]))
    assert claim(accounts, "w1") == {"blue": 1, "green": 1, "red": 1}


def test_a_commit_under_the_newest_lease_is_allowed_even_when_it_has_lapsed_untaken(accounts: Store) -> None:
    claim(accounts, "w1", LAPSED)
    held = lease(accounts, "red")
    accounts.run(lambda tx: tx.accounts.check(held))


@pytest.mark.parametrize("how", ["taken by another", "released", "unknown account"])
def test_a_commit_under_a_lease_that_is_gone_is_refused_and_writes_nothing(accounts: Store, how: str) -> None:
    claim(accounts, "w1", LAPSED)
    held = lease(accounts, "red")
    match how:
        case "taken by another":
            claim(accounts, "w2")
        case "released":
            accounts.run(lambda tx: tx.accounts.release("w1"))
        case _:
            held = Lease(account="none", owner="w1", epoch=1, until_ms=NOW)

    def commit(tx: Tx) -> None:
        tx.inbox.first_time("poll", NOW)
        tx.accounts.check(held)

    with pytest.raises(LeaseLost):
        accounts.run(commit)
    assert accounts.run(lambda tx: tx.inbox.first_time("poll", NOW)) is True


def test_an_owner_who_lost_and_regained_an_account_has_a_new_epoch(accounts: Store) -> None:
    claim(accounts, "w1", LAPSED)
    old = lease(accounts, "red")
    claim(accounts, "w2", LAPSED)
    assert claim(accounts, "w1") == {"blue": 3, "red": 3}
    with pytest.raises(LeaseLost):
        accounts.run(lambda tx: tx.accounts.check(old))
