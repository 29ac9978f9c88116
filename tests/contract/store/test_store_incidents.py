from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from bot.flows.ports import Tx
from bot.incidents.incident import State
from bot.store import Store
from bot.times import Ms
from tests.contract.store.samples import (
    HOSTILE,
    NOW,
    a_card,
    a_note,
    an_audit_entry,
    an_incident,
    facts,
)


def put(store: Store, key: str = "k1", **changes: object) -> int:
    return store.run(lambda tx: tx.incidents.put(an_incident(key, **changes))).id


def test_an_incident_gets_its_number_and_comes_back_whole(store: Store) -> None:
    wanted = an_incident(
        holder="U1", actor="U2", changed_ms=NOW, note="why", revision=3, previous_id=9, base_count=4
    )
    stored = store.run(lambda tx: tx.incidents.put(wanted))
    assert stored == replace(wanted, id=stored.id)
    assert store.run(lambda tx: tx.incidents.get(stored.id)) == stored


def test_put_replaces_an_incident_that_has_a_number(store: Store) -> None:
    stored = store.run(lambda tx: tx.incidents.put(an_incident()))
    changed = replace(stored, state=State.ACKNOWLEDGED, facts=facts("k1", count=128), revision=2)
    assert store.run(lambda tx: tx.incidents.put(changed)) == changed
    assert store.run(lambda tx: tx.incidents.get(stored.id)) == changed


def test_a_number_that_does_not_exist_is_a_mistake(store: Store) -> None:
    with pytest.raises(LookupError):
        store.run(lambda tx: tx.incidents.put(an_incident(id=7)))
    assert store.run(lambda tx: tx.incidents.get(7)) is None


def test_newest_has_the_last_generation_of_each_key_of_the_job(store: Store) -> None:
    put(store, "k1", state=State.RESOLVED)
    second = put(store, "k1", generation=2)
    other = put(store, "k2")
    put(store, "k3", job_id="j2")
    put(store, "k4", account="blue")
    newest = store.run(lambda tx: tx.incidents.newest("default", "j1"))
    assert {key: incident.id for key, incident in newest.items()} == {"k1": second, "k2": other}


def test_a_generation_exists_once(store: Store) -> None:
    put(store)
    with pytest.raises(IntegrityError):
        put(store)


def test_unresolved_incidents_are_found_by_channel_and_job(store: Store) -> None:
    numbers = {
        state: put(store, state.value, state=state, job_id="j2" if state is State.MUTED else "j1")
        for state in State
    }
    for incident_id in (numbers[State.OPEN], numbers[State.MUTED], numbers[State.RESOLVED]):
        store.run(lambda tx, number=incident_id: tx.cards.put(a_card(number)))

    def ids(**which: str) -> list[int]:
        return [found.id for found in store.run(lambda tx: tx.incidents.unresolved(**which))]

    assert ids() == [numbers[state] for state in State if state is not State.RESOLVED]
    assert ids(channel="C1") == [numbers[State.OPEN], numbers[State.MUTED]]
    assert ids(job_id="j1") == [numbers[state] for state in (State.OPEN, State.ASSIGNED, State.ACKNOWLEDGED)]
    assert ids(channel="C1", job_id="j1") == [numbers[State.OPEN]]
    assert ids(channel="C2") == []


def test_history_is_told_in_order(store: Store) -> None:
    first, second = put(store, "k1"), put(store, "k2")
    for entry in (a_note(first, "opened"), a_note(second, "opened"), a_note(first, "acknowledged")):
        store.run(lambda tx, entry=entry: tx.incidents.note(entry))
    assert store.run(lambda tx: tx.incidents.history(first)) == (
        a_note(first, "opened"),
        a_note(first, "acknowledged"),
    )


def test_hostile_facts_are_stored(store: Store) -> None:
    hostile = facts("k1", title=HOSTILE, excerpt=(HOSTILE, "", "\\u0000"))
    number = put(store, facts=hostile)
    stored = store.run(lambda tx: tx.incidents.get(number))
    assert stored is not None
    assert stored.facts.title == HOSTILE.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
    assert stored.facts.excerpt[1:] == ("", "\\u0000")
    assert stored.facts.first_ns == hostile.first_ns


def test_a_card_is_put_found_and_replaced(store: Store) -> None:
    number = put(store)
    posted, elsewhere = a_card(number), a_card(number, "C2", ts="1733000000.000200")
    store.run(lambda tx: (tx.cards.put(posted), tx.cards.put(elsewhere)))
    edited = replace(posted, shown_revision=9, said=("10", "100", "1000"))
    store.run(lambda tx: tx.cards.put(edited))
    assert store.run(lambda tx: tx.cards.of(number)) == (edited, elsewhere)
    assert store.run(lambda tx: tx.cards.get(number, "C1")) == edited
    assert store.run(lambda tx: tx.cards.get(number, "C3")) is None
    assert store.run(lambda tx: tx.cards.at("C2", "1733000000.000200")) == elsewhere
    assert store.run(lambda tx: tx.cards.at("C1", "1733000000.000200")) is None


def test_a_message_that_is_handed_to_another_incident_is_its_card_from_then_on(store: Store) -> None:
    consequence, cause = put(store, "k1"), put(store, "k2")
    card = a_card(consequence)
    store.run(lambda tx: (tx.cards.put(card), tx.cards.put(a_card(consequence, "C2"))))
    store.run(lambda tx: tx.cards.move(card, cause))
    assert store.run(lambda tx: tx.cards.of(cause)) == (replace(card, incident_id=cause),)
    assert store.run(lambda tx: tx.cards.of(consequence)) == (a_card(consequence, "C2"),)
    assert store.run(lambda tx: tx.cards.at("C1", card.ts)) == replace(card, incident_id=cause)


def test_a_message_that_shows_several_incidents_leads_to_the_oldest(store: Store) -> None:
    older, newer = put(store, "k1"), put(store, "k2")
    store.run(lambda tx: (tx.cards.put(a_card(newer)), tx.cards.put(a_card(older))))
    found = store.run(lambda tx: tx.cards.at("C1", a_card(1).ts))
    assert found is not None
    assert found.incident_id == older


def test_the_audit_log_is_read_from_its_end(store: Store) -> None:
    for action in ("watch", "resolve", "stop"):
        store.run(lambda tx, action=action: tx.audit.add(an_audit_entry(action)))
    assert store.run(lambda tx: tx.audit.recent(2)) == (an_audit_entry("stop"), an_audit_entry("resolve"))


def test_an_event_is_new_once_until_it_is_trimmed(store: Store) -> None:
    def seen(tx: Tx) -> tuple[bool, bool, bool]:
        return (
            tx.inbox.first_time("Ev1", NOW),
            tx.inbox.first_time("Ev1", NOW),
            tx.inbox.first_time("Ev2", Ms(NOW + 10)),
        )

    assert store.run(seen) == (True, False, True)
    assert store.run(lambda tx: tx.inbox.trim(Ms(NOW + 10))) == 1
    assert store.run(seen) == (True, False, False)
