from dataclasses import replace

from bot.jobs.job import Status
from bot.store import Store
from tests.contract.store.samples import a_job, a_tail


def test_a_job_is_new_once_and_its_snapshot_is_refreshed(store: Store) -> None:
    ended = a_job(status=Status("TRAINING_JOB_FAILED"), error_message="exit code 1")
    assert store.run(lambda tx: (tx.tails.track(a_job()), tx.tails.track(ended))) == (True, False)
    assert store.run(lambda tx: tx.tails.open("default")) == (a_tail(ended),)


def test_refreshing_a_job_leaves_the_cursor_alone(store: Store) -> None:
    read = a_tail(cursor=b"\x00\xff", engine=b"state", chunks={1: b"one"}, progress={"told": True}, paused="gone")
    store.run(lambda tx: tx.tails.save(read, {1: b"one"}))
    store.run(lambda tx: tx.tails.track(a_job(name="renamed")))
    assert store.run(lambda tx: tx.tails.get("default", "j1")) == replace(read, job=a_job(name="renamed"))


def test_a_saved_tail_comes_back_whole(store: Store) -> None:
    progress = {"status": "RUNNING", "silent_since_ms": 1_733_000_000_123, "told": False, "verdict": None}
    tail = a_tail(cursor=b"c" * 20_000, engine=bytes(range(256)), progress=progress, paused="forbidden")
    store.run(lambda tx: (tx.tails.track(a_job()), tx.tails.save(tail, {})))
    assert store.run(lambda tx: tx.tails.open("default")) == (tail,)


def test_only_changed_chunks_are_written(store: Store) -> None:
    store.run(lambda tx: tx.tails.save(a_tail(), {1: b"one", 2: b"two", 3: b"three"}))
    # What the tail itself says of its chunks is not written.
    store.run(
        lambda tx: tx.tails.save(
            a_tail(chunks={1: b"ignored"}), {2: None, 3: b"changed", 10**12: b"far", 99: None}
        )
    )
    tail = store.run(lambda tx: tx.tails.get("default", "j1"))
    assert tail is not None
    assert tail.chunks == {1: b"one", 3: b"changed", 10**12: b"far"}


def test_closed_tails_are_not_open_and_paused_ones_are(store: Store) -> None:
    tails = [
        a_tail(a_job("j1"), closed=True),
        a_tail(a_job("j2"), paused="not found"),
        a_tail(a_job("j3")),
        a_tail(a_job("j4", account="blue")),
    ]
    for tail in tails:
        store.run(lambda tx, tail=tail: tx.tails.save(tail, {7: tail.job.id.encode()}))
    found = store.run(lambda tx: tx.tails.open("default"))
    assert [(tail.job.id, tail.paused, dict(tail.chunks)) for tail in found] == [
        ("j2", "not found", {7: b"j2"}),
        ("j3", None, {7: b"j3"}),
    ]
    closed = store.run(lambda tx: tx.tails.get("default", "j1"))
    assert closed is not None
    assert closed.closed


def test_a_closed_tail_stays_closed_when_its_job_is_tracked_again(store: Store) -> None:
    store.run(lambda tx: tx.tails.save(a_tail(closed=True), {}))
    assert store.run(lambda tx: tx.tails.track(a_job())) is False
    assert store.run(lambda tx: tx.tails.open("default")) == ()


def test_saving_leaves_the_snapshot_of_the_job_alone(store: Store) -> None:
    """A poll that began before the status changed must not take the change back."""
    failed = a_job(status=Status("TRAINING_JOB_FAILED"))
    store.run(
        lambda tx: (tx.tails.track(a_job()), tx.tails.track(failed), tx.tails.save(a_tail(cursor=b"new"), {}))
    )
    assert store.run(lambda tx: tx.tails.get("default", "j1")) == a_tail(failed, cursor=b"new")


def test_open_leaves_out_what_is_known(store: Store) -> None:
    for job in (a_job("j1"), a_job("j2"), a_job("j3")):
        store.run(lambda tx, job=job: tx.tails.save(a_tail(job), {1: job.id.encode()}))
    found = store.run(lambda tx: tx.tails.open("default", except_for={"j1", "j3", "gone"}))
    assert found == (a_tail(a_job("j2"), chunks={1: b"j2"}),)


def test_jobs_are_the_snapshots_of_an_account_with_or_without_closed_ones(store: Store) -> None:
    tails = [a_tail(a_job("j1"), closed=True), a_tail(a_job("j2")), a_tail(a_job("j3", account="blue"))]
    for tail in tails:
        store.run(lambda tx, tail=tail: tx.tails.save(tail, {}))
    assert store.run(lambda tx: tx.tails.jobs("default")) == {"j2": a_job("j2")}
    assert store.run(lambda tx: tx.tails.jobs("default", with_closed=True)) == {
        "j1": a_job("j1"),
        "j2": a_job("j2"),
    }


def test_an_unknown_tail_is_none(store: Store) -> None:
    assert store.run(lambda tx: tx.tails.get("default", "j1")) is None
