"""What the store remembers of errors over jobs, and of messages that list several incidents."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from alembic import command
from sqlalchemy import text

from bot.flows.ports import Tx
from bot.incidents.incident import State
from bot.incidents.roll import Listed, Roll, joined, place, storm_of
from bot.store import Store, open_store_here
from bot.store.engine import make_engine
from bot.store.migration import config
from bot.times import Ms
from tests.contract.store.samples import NOW, a_card, an_incident, facts


def put(store: Store, job_id: str, key: str = "k1", fingerprint: str = "1:abc", **changes: object) -> int:
    incident = an_incident(key, job_id=job_id, facts=facts(key, fingerprint=fingerprint), **changes)
    return store.run(lambda tx: tx.incidents.put(incident)).id


def earlier(store: Store, incident_id: int) -> tuple[int, int] | None:
    """How many jobs, and the number of the incident that is told of."""
    found = store.run(lambda tx: tx.incidents.earlier(tx.incidents.get(incident_id)))  # type: ignore[arg-type]
    return (found.jobs, found.last.id) if found else None


def test_the_same_error_of_other_jobs_is_found_and_each_job_counts_once(store: Store) -> None:
    put(store, "j1")
    newest = put(store, "j1", "k2")
    assert earlier(store, put(store, "j2")) == (1, newest)
    put(store, "j3")
    assert earlier(store, put(store, "j4")) == (3, newest + 2)


def test_what_somebody_resolved_is_told_before_what_is_newer(store: Store) -> None:
    put(store, "j1", state=State.RESOLVED)
    resolved = put(store, "j2", state=State.RESOLVED)
    put(store, "j3")
    assert earlier(store, put(store, "j4")) == (3, resolved)


def test_other_errors_projects_accounts_later_ones_and_the_job_itself_are_not_earlier_jobs(store: Store) -> None:
    put(store, "j0", fingerprint="1:other")
    put(store, "j1", project_id="p2")
    put(store, "j2", account="blue")
    put(store, "j9", "k0")
    mine = put(store, "j9")
    put(store, "j10")
    assert earlier(store, mine) is None


def test_incidents_are_listed_by_number_as_far_as_they_exist(store: Store) -> None:
    first, second = put(store, "j1"), put(store, "j2")
    assert [one.id for one in store.run(lambda tx: tx.incidents.listed([second, 99, first]))] == [first, second]
    assert store.run(lambda tx: tx.incidents.listed([])) == ()


def test_a_card_keeps_its_address(store: Store) -> None:
    number = put(store, "j1")
    card = a_card(number, permalink="https://team.slack.com/archives/C1/p1")
    store.run(lambda tx: tx.cards.put(card))
    assert store.run(lambda tx: tx.cards.get(number, "C1")) == card


def test_a_roll_comes_back_as_it_was_put(store: Store) -> None:
    roll = replace(storm_of("C1"), listed=(1, 2), ts="1.2", began_ms=NOW)
    assert store.run(lambda tx: tx.rolls.get(roll.name)) is None
    assert store.run(lambda tx: tx.rolls.lock(roll)) == roll
    changed = replace(roll, past=(7,))
    store.run(lambda tx: tx.rolls.put(changed))
    assert store.run(lambda tx: tx.rolls.lock(storm_of("elsewhere"))).listed == ()
    assert store.run(lambda tx: tx.rolls.lock(roll)) == store.run(lambda tx: tx.rolls.get(roll.name)) == changed


def test_incidents_that_join_a_roll_at_the_same_time_are_all_in_it(store: Store) -> None:
    def join(number: int) -> None:
        def work(tx: Tx) -> None:
            tx.rolls.put(joined(tx.rolls.lock(storm_of("C1")), number, NOW))

        store.run(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(join, range(40)))
    roll = store.run(lambda tx: tx.rolls.get("storm:C1"))
    assert isinstance(roll, Roll)
    assert sorted(roll.listed) == list(range(40))


def test_a_storm_remembers_over_the_store_when_its_cards_were_opened(store: Store) -> None:
    def open_one(number: int) -> bool:
        def work(tx: Tx) -> bool:
            placed = place(tx.rolls.lock(storm_of("C1")), number, Ms(NOW + number))
            tx.rolls.put(placed.roll)
            return isinstance(placed, Listed)

        return store.run(work)

    assert [open_one(number) for number in range(7)] == [False] * 5 + [True] * 2


def test_incidents_from_before_the_memory_are_found_after_the_migration(database_url: str) -> None:
    engine = make_engine(database_url)
    with open_store_here(database_url) as store:
        put(store, "j1")
        with engine.begin() as connection:
            command.downgrade(config(connection), "0001")
        with engine.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM incidents")).scalar_one() == 1
        store.migrate()
        assert earlier(store, put(store, "j2")) == (1, 1)
    engine.dispose()
