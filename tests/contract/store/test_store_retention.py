"""What is removed after a time, and of a job that is to be forgotten; on both databases."""

from dataclasses import replace

import pytest

from bot.incidents.delivery import Kind
from bot.incidents.incident import State
from bot.incidents.roll import harmless_of
from bot.jobs.job import Status
from bot.store import Store
from bot.times import Ms, Ns
from tests.contract.store.samples import (
    NOW,
    a_card,
    a_delivery,
    a_job,
    a_note,
    a_tail,
    a_watch,
    an_audit_entry,
    an_incident,
    facts,
)

DAY = 24 * 3_600_000
LATER = Ms(NOW + 40 * DAY)
BEFORE = Ms(NOW + 10 * DAY)
"""What is older than this is old."""


def put(store: Store, key: str = "k1", **changes: object) -> int:
    return store.run(lambda tx: tx.incidents.put(an_incident(key, **changes))).id


def ended(store: Store, job_id: str = "j1") -> None:
    job = a_job(job_id, status=Status("TRAINING_JOB_COMPLETED"))
    tail = a_tail(job, cursor=b"c", engine=b"e", chunks={1: b"x"}, closed=True)
    store.run(lambda tx: (tx.tails.track(job), tx.tails.save(tail, {1: b"x"})))


def running(store: Store, job_id: str = "j1") -> None:
    store.run(lambda tx: tx.tails.track(a_job(job_id)))


def excerpt(store: Store, number: int) -> tuple[str, ...]:
    found = store.run(lambda tx: tx.incidents.get(number))
    assert found is not None
    return found.facts.excerpt


def test_the_lines_of_what_is_over_go_after_a_time_and_the_rest_of_it_stays(store: Store) -> None:
    ended(store)
    old = put(store, state=State.RESOLVED, changed_ms=NOW, note="pin driver 550")
    fresh = put(store, "k2", state=State.RESOLVED, changed_ms=LATER)
    assert store.run(lambda tx: tx.retention.trim_excerpts(BEFORE)) == 1
    assert store.run(lambda tx: tx.retention.trim_excerpts(BEFORE)) == 0
    kept = store.run(lambda tx: tx.incidents.get(old))
    assert kept is not None
    assert (kept.facts.excerpt, kept.facts.title, kept.note) == ((), facts().title, "pin driver 550")
    assert excerpt(store, fresh) != ()


def test_the_lines_of_an_open_incident_of_a_running_job_stay_however_old(store: Store) -> None:
    running(store)
    number = put(store, state=State.OPEN)
    assert store.run(lambda tx: tx.retention.trim_excerpts(LATER)) == 0
    assert store.run(lambda tx: tx.retention.trim_incidents(LATER)) == 0
    assert excerpt(store, number) != ()


def test_an_old_incident_goes_with_its_history_and_cards(store: Store) -> None:
    ended(store)
    number = put(store, state=State.OPEN)
    store.run(lambda tx: (tx.cards.put(a_card(number)), tx.incidents.note(a_note(number))))
    assert store.run(lambda tx: tx.retention.trim_incidents(BEFORE)) == 1
    assert store.run(lambda tx: tx.incidents.get(number)) is None
    assert store.run(lambda tx: (tx.cards.of(number), tx.incidents.history(number))) == ((), ())


def test_what_came_back_since_keeps_its_earlier_generation(store: Store) -> None:
    ended(store)
    first = put(store, state=State.RESOLVED, changed_ms=NOW)
    late = facts("k1", last_ns=Ns(LATER * 1_000_000))
    store.run(lambda tx: tx.incidents.put(replace(an_incident("k1"), generation=2, previous_id=first, facts=late)))
    assert store.run(lambda tx: tx.retention.trim_incidents(BEFORE)) == 0


def test_of_a_job_that_was_read_to_its_end_only_the_snapshot_stays(store: Store) -> None:
    ended(store)
    running(store, "j2")
    assert store.run(lambda tx: tx.retention.trim_tails(BEFORE)) == 1
    assert store.run(lambda tx: tx.retention.trim_tails(BEFORE)) == 0
    tail = store.run(lambda tx: tx.tails.get("default", "j1"))
    assert tail is not None
    assert (tail.cursor, tail.engine, dict(tail.chunks), tail.closed, tail.job.id) == (b"", b"", {}, True, "j1")


def test_old_audit_entries_and_watches_that_were_removed_go(store: Store) -> None:
    store.run(lambda tx: tx.audit.add(an_audit_entry("resolve")))
    store.run(lambda tx: tx.audit.add(replace(an_audit_entry("watch"), at_ms=LATER)))
    kept, _ = store.run(lambda tx: tx.watches.add(a_watch()))
    gone, _ = store.run(lambda tx: tx.watches.add(a_watch(channel="C2")))
    store.run(lambda tx: tx.watches.remove(gone.id, NOW))
    assert store.run(lambda tx: tx.retention.trim_audit(BEFORE)) == 1
    assert store.run(lambda tx: tx.retention.trim_watches(BEFORE)) == 1
    assert [entry.action for entry in store.run(lambda tx: tx.audit.recent(9))] == ["watch"]
    assert store.run(lambda tx: tx.watches.get(kept.id)) is not None


def test_only_lanes_of_shut_channels_lose_what_waits_too_long(store: Store) -> None:
    store.run(lambda tx: tx.outbox.add([a_delivery("k1", lane="shut"), a_delivery("k2", lane="shut")]))
    store.run(lambda tx: tx.outbox.add([a_delivery("k3", lane="open")]))
    [first] = [row for row in store.run(lambda tx: tx.outbox.claim("me", NOW, 9, 1000)) if row.lane == "shut"]
    store.run(lambda tx: tx.outbox.park(first, "is_archived"))
    assert store.run(lambda tx: tx.retention.trim_unsent(Ms(NOW - DAY))) == 0
    assert store.run(lambda tx: tx.retention.trim_unsent(BEFORE)) == 2
    assert store.run(lambda tx: tx.outbox.depth(NOW))[0] == 1


@pytest.mark.parametrize("job_id", ["j1", "j%"])
def test_a_job_that_is_forgotten_leaves_nothing_but_its_id(store: Store, job_id: str) -> None:
    for one in (job_id, "other-j1", "j2"):
        running(store, one)
    mine, theirs = put(store, job_id=job_id), put(store, "k1", job_id="j2")
    for number in (mine, theirs):
        store.run(lambda tx, number=number: (tx.cards.put(a_card(number)), tx.incidents.note(a_note(number))))
    store.run(lambda tx: tx.watches.add(a_watch(job_id=job_id)))
    project, _ = store.run(lambda tx: tx.watches.add(a_watch(job_id=None)))
    harmless = [harmless_of("C1", "default", one) for one in (job_id, "other-j1")]
    store.run(lambda tx: [tx.rolls.lock(roll) for roll in harmless])
    store.run(
        lambda tx: tx.outbox.add(
            [
                a_delivery("card", lane="a", incident_id=mine),
                a_delivery("notice", lane="b", kind=Kind.NOTICE, incident_id=None, payload={"job_id": job_id}),
                a_delivery("their card", lane="c", incident_id=theirs),
            ]
        )
    )
    for target in (f"incident:{mine}", f"job:{job_id}", f"incident:{theirs}"):
        told = replace(an_audit_entry("resolve"), target=target, detail="the reason")
        store.run(lambda tx, told=told: tx.audit.add(told))

    done = store.run(lambda tx: tx.retention.forget(job_id, NOW))
    assert [entry.detail for entry in store.run(lambda tx: tx.audit.recent(9))] == ["the reason", "", ""]
    assert (done.known, done.incidents, done.messages, done.waiting) == (True, 1, 1, 2)
    assert store.run(lambda tx: tx.incidents.get(mine)) is None
    assert store.run(lambda tx: tx.incidents.get(theirs)) is not None
    assert store.run(lambda tx: sorted(tx.tails.jobs("default", with_closed=True))) == ["j2", "other-j1"]
    assert [watch.id for watch in store.run(lambda tx: tx.watches.active())] == [project.id]
    assert [store.run(lambda tx, roll=roll: tx.rolls.get(roll.name)) is None for roll in harmless] == [True, False]
    assert store.run(lambda tx: tx.retention.forgotten("default")) == {job_id}


def test_what_is_not_known_is_said(store: Store) -> None:
    assert not store.run(lambda tx: tx.retention.forget("nothing", NOW)).known
