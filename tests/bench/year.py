"""How large the SQLite file of a year gets, with the clean-up at its defaults.

A team of twenty jobs a day, of which a third fail: three incidents with a traceback each, two of them acted on.
"""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from bot.flows.keeping import AuditEntry
from bot.flows.ports import Tail, Tx
from bot.flows.tidy import Keep, Tidy
from bot.incidents.incident import Card, Facts, HistoryEntry, Incident, Sighting, State
from bot.jobs.job import Instance, Job, Status
from bot.settings import Settings
from bot.store.database import open_store
from bot.times import Ms, Ns, ns_from_ms

START = Ms(1_764_000_000_000)
DAY_MS = 24 * 3_600_000
JOBS_A_DAY = 20
FAILING = 3
"""Every third job fails."""
INCIDENTS = 3
CURSOR_BYTES, ENGINE_BYTES, CHUNK_BYTES = 2_000, 30_000, 20_000
"""As a job of some thousand lines and a handful of incidents leaves them."""
EXCERPT = tuple(f'  File "/workspace/train.py", line {n}, in step_{n}' for n in range(40))


class YearClock:
    """Stands where the year has come to."""

    now = START

    def now_ns(self) -> Ns:
        return ns_from_ms(self.now)

    def monotonic_s(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


async def main(days: int = 365) -> None:
    """Prints the size after each quarter, and what is in the file at the end."""
    settings, clock = Settings(), YearClock()
    keep = Keep(
        excerpts_d=settings.keep_excerpts_d,
        incidents_d=settings.keep_incidents_d,
        audit_d=settings.keep_audit_d,
        unsent_d=settings.keep_unsent_d,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.sqlite3"
        async with open_store(f"sqlite:///{path}") as db:
            await db.migrate()
            tidy = Tidy(db=db, clock=clock, keep=keep)
            for day in range(days):
                clock.now = Ms(START + day * DAY_MS)
                await db.run(lambda tx, day=day: _a_day(tx, day, clock.now))  # type: ignore[misc]
                await tidy.tick()
                if (day + 1) % 91 == 0 or day + 1 == days:
                    print(f"day {day + 1:>4}: {_size_mb(path):6.1f} MB", flush=True)


def _size_mb(path: Path) -> float:
    return sum(file.stat().st_size for file in path.parent.iterdir()) / 1e6


def _a_day(tx: Tx, day: int, now: Ms) -> None:
    for number in range(JOBS_A_DAY):
        failed = number % FAILING == 0
        job = _job(f"j{day}x{number}", now, failed=failed)
        tx.tails.track(job)
        chunks = {1: b"c" * CHUNK_BYTES}
        tail = Tail(
            job=job,
            cursor=b"c" * CURSOR_BYTES,
            engine=b"e" * ENGINE_BYTES,
            chunks=chunks,
            progress={},
            closed=True,
        )
        tx.tails.save(tail, chunks)
        for which in range(INCIDENTS if failed else 0):
            _incident(tx, job, which, now)


def _job(job_id: str, now: Ms, *, failed: bool) -> Job:
    return Job(
        account="default",
        id=job_id,
        project_id="p1",
        project_name="llama-ft",
        name=f"run-{job_id}",
        status=Status("TRAINING_JOB_FAILED" if failed else "TRAINING_JOB_COMPLETED"),
        created_ms=now,
        updated_ms=now,
        instance=Instance(id="h100", name="H100", gpu_count=8, gpu_type="H100"),
        node_count=8,
    )


def _incident(tx: Tx, job: Job, which: int, now: Ms) -> None:
    at = ns_from_ms(now)
    seen = tuple(Sighting(replica=f"g{n:02}r0", rank=n, first_ns=at, last_ns=at, count=9) for n in range(8))
    facts = Facts(
        key=f"k{which}",
        fingerprint=f"1:{which}",
        title="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        count=72,
        first_ns=at,
        last_ns=at,
        sightings=seen,
        excerpt=EXCERPT,
    )
    incident = tx.incidents.put(
        Incident(account="default", project_id="p1", job_id=job.id, facts=facts, created_ms=now)
    )
    tx.cards.put(Card(incident_id=incident.id, channel="C0ALERTS01", ts=f"{now // 1000}.00{which}"))
    if which < INCIDENTS - 1:
        acted = replace(incident, state=State.RESOLVED, actor="U1", changed_ms=now, note="pinned driver 550")
        tx.incidents.put(acted)
        for action in ("acknowledge", "resolve"):
            tx.incidents.note(HistoryEntry(incident_id=incident.id, at_ms=now, action=action, actor="U1"))
            tx.audit.add(
                AuditEntry(at_ms=now, actor="U1", channel="C1", action=action, target="x", outcome="changed")
            )


if __name__ == "__main__":
    asyncio.run(main())
