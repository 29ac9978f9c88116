from dataclasses import replace

from bot.incidents.delivery import Kind
from bot.jobs.digest import Digest
from bot.store import SqlDatabase, Store
from bot.times import Ms
from tests.contract.store.samples import NOW, a_delivery


def a_digest(channel: str = "C1", **changes: object) -> Digest:
    values: dict[str, object] = {
        "minute": 540,
        "zone": "Europe/Berlin",
        "created_by": "U1",
        "since_ms": NOW,
        "next_ms": Ms(NOW + 1_000),
    }
    return Digest(channel=channel, **{**values, **changes})  # type: ignore[arg-type]  # a test's own mistake would show


def test_a_channel_has_one_digest_and_another_takes_its_place(store: Store) -> None:
    first, second = a_digest(), a_digest(minute=600, weekdays=True)
    assert store.run(lambda tx: tx.digests.get("C1")) is None
    store.run(lambda tx: tx.digests.put(first))
    store.run(lambda tx: tx.digests.put(second))
    assert store.run(lambda tx: tx.digests.get("C1")) == second
    assert store.run(lambda tx: tx.digests.get("C2")) is None


def test_a_digest_is_removed_once(store: Store) -> None:
    store.run(lambda tx: tx.digests.put(a_digest()))
    assert store.run(lambda tx: (tx.digests.remove("C1"), tx.digests.remove("C1"))) == (True, False)


def test_those_are_due_whose_moment_has_come(store: Store) -> None:
    early, late = a_digest("C1", next_ms=NOW), a_digest("C2", next_ms=Ms(NOW + 1))
    store.run(lambda tx: (tx.digests.put(early), tx.digests.put(late)))
    assert store.run(lambda tx: tx.digests.due(Ms(NOW - 1))) == ()
    assert store.run(lambda tx: tx.digests.due(NOW)) == (early,)
    assert store.run(lambda tx: tx.digests.due(Ms(NOW + 1))) == (early, late)


def test_a_channel_in_which_one_still_waits_is_not_due(store: Store) -> None:
    store.run(lambda tx: [tx.digests.put(a_digest(channel, next_ms=NOW)) for channel in ("C1", "C2")])
    waiting = a_delivery("digest:C1:2026-11-23", lane="digest:C1", kind=Kind.DIGEST, incident_id=None)
    store.run(lambda tx: tx.outbox.add([waiting]))
    assert [digest.channel for digest in store.run(lambda tx: tx.digests.due(NOW))] == ["C2"]


async def test_two_processes_that_look_at_once_do_not_both_see_it_as_due(database: SqlDatabase) -> None:
    import asyncio

    await database.run(lambda tx: tx.digests.put(a_digest(next_ms=NOW)))

    def take(tx: object) -> int:
        due = tx.digests.due(NOW)  # type: ignore[attr-defined]  # a transaction
        for digest in due:
            tx.digests.put(replace(digest, next_ms=Ms(NOW + 86_400_000)))  # type: ignore[attr-defined]
        return len(due)

    assert sum(await asyncio.gather(*(database.run(take) for _ in range(8)))) == 1
