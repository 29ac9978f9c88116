"""What several processes do to one database at once. Each function is run in a process of its own."""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.flows.ports import Tx
from bot.store import open_store_here
from bot.times import Ms
from tests.contract.store.samples import (
    NOW,
    a_card,
    a_delivery,
    a_note,
    a_tail,
    a_watch,
    an_audit_entry,
    an_incident,
)

PROCESSES = 3
PATIENCE_S = 90


def contend(work: Callable[..., list[str]], *arguments: object) -> list[list[str]]:
    """What `work(*arguments, number)` returned in each of the processes, which begin together."""
    with TemporaryDirectory() as marks, ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        futures = [
            pool.submit(_together, Path(marks), work, (*arguments, number), number) for number in range(PROCESSES)
        ]
        return [future.result(3 * PATIENCE_S) for future in futures]


def _together(
    marks: Path, work: Callable[..., list[str]], arguments: tuple[object, ...], number: int
) -> list[str]:
    (marks / str(number)).touch()
    deadline = time.monotonic() + PATIENCE_S
    while len(list(marks.iterdir())) < PROCESSES:
        assert time.monotonic() < deadline, "the other processes did not start"
        time.sleep(0.005)
    return work(*arguments)


@contextmanager
def alone(directory: Path, name: str) -> Iterator[None]:
    """Fails if another process is in here with the same `name`."""
    mark = directory / name
    mark.touch(exist_ok=False)
    try:
        yield
    finally:
        mark.unlink()


def deliver_all(url: str, marks: Path, number: int) -> list[str]:
    """Claims and finishes rows until none is left; at no time are two of one lane under way."""
    sent, deadline = [], time.monotonic() + PATIENCE_S
    with open_store_here(url) as store:
        while store.run(lambda tx: tx.outbox.depth(NOW))[0]:
            assert time.monotonic() < deadline, "a row was claimed and never finished"
            for delivery in store.run(lambda tx: tx.outbox.claim(f"w{number}", NOW, 3, 60_000)):
                with alone(marks, delivery.lane):
                    sent.append(delivery.key)
                store.run(lambda tx, delivery=delivery: tx.outbox.done(delivery, NOW))
    return sent


def take_turns(url: str, marks: Path, number: int) -> list[str]:
    """Claims accounts, commits under the leases and gives them back; returns what it held, by epoch."""
    held, deadline = [], time.monotonic() + PATIENCE_S
    with open_store_here(url) as store:
        while len(held) < 30:
            assert time.monotonic() < deadline, "the accounts are not given back"
            # The file database has no clock of its own: all of its processes say the same time.
            for lease in store.run(lambda tx: tx.accounts.claim(f"w{number}", NOW, 60_000)):
                with alone(marks, lease.account):
                    store.run(lambda tx, lease=lease: tx.accounts.check(lease))
                    held.append(f"{lease.account} {lease.epoch}")
            store.run(lambda tx: tx.accounts.release(f"w{number}"))
    return held


def count_up(url: str, incident_id: int, times: int, number: int) -> list[str]:
    """Adds to an incident's count as a poll does (`newest`) or as a button does (`get`), by turns."""

    def one_more(tx: Tx) -> None:
        incident = tx.incidents.get(incident_id) if number % 2 else tx.incidents.newest("default", "j1")["k1"]
        assert incident is not None
        more = replace(incident.facts, count=incident.facts.count + 1)
        tx.incidents.put(replace(incident, facts=more))

    with open_store_here(url) as store:
        for _ in range(times):
            store.run(one_more)
    return []


def add_watches(url: str, targets: int, number: int) -> list[str]:
    """Adds the same watches as everybody else; returns the numbers of those that it made."""
    made = []
    with open_store_here(url) as store:
        for target in range(targets):
            watch, is_new = store.run(lambda tx, job=f"j{target}": tx.watches.add(a_watch(job_id=job)))
            made += [str(watch.id)] if is_new else []
    return made


def hang_in_a_transaction(url: str) -> None:
    """Writes to every table, says so, and never commits: it waits to be killed."""

    def write(tx: Tx) -> None:
        tx.accounts.register(["half"])
        tx.accounts.claim("half", NOW, 60_000)
        tx.watches.add(a_watch())
        tx.tails.save(a_tail(cursor=b"half"), {1: b"half"})
        incident = tx.incidents.put(an_incident())
        tx.incidents.note(a_note(incident.id))
        tx.cards.put(a_card(incident.id))
        tx.outbox.add([a_delivery("half")])
        tx.audit.add(an_audit_entry("half"))
        tx.inbox.first_time("half", Ms(1))
        sys.stdout.write("written\n")
        sys.stdout.flush()
        time.sleep(60)

    with open_store_here(url) as store:
        store.run(write)
