"""Resident memory with many watched jobs, and whether it stays flat: ``python -m tests.bench.memory [MINUTES]``.

An hour (default) of simulated time over the real flows and a SQLite file: leases, statuses, watch, verdict, vigil,
delivery (each second) and tidying, the beats as often as in the app, every poll that an hour means. Each load is a process of
its own, with all modules of the app loaded:

- no jobs: what the program itself takes;
- 1,000 quiet jobs, each a line every five minutes;
- 4 loud jobs, each 200 lines a second, every tenth an ERROR of one of five kinds.

The logs are computed when they are asked for, and Slack takes everything and keeps nothing: neither holds memory. So
the HTTP client and the sockets are left out here; `many_jobs` measures the whole process with them. No budget
holds the polls back either: there are more of them than an account allows. Takes about eight minutes. Linux only.
"""

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import bot.app  # noqa: F401 - all modules of the app count
from bot.errors import ApiNotFound
from bot.flows.around import Around
from bot.flows.contents import Content
from bot.flows.deliver import Deliver
from bot.flows.leases import Leases
from bot.flows.lifecycle import Lifecycle
from bot.flows.services import Priority
from bot.flows.tidy import Tidy
from bot.flows.verdict import Verdict
from bot.flows.vigil import Vigil
from bot.flows.watch import Watch, WatchOptions
from bot.jobs.job import Checkpoint, Instance, Job, Metrics, Project, Status
from bot.jobs.watch import Watch as Wish
from bot.logs.line import Level, Line
from bot.logs.pages import Direction, Page, PageRequest
from bot.store.database import SqlDatabase, open_store
from bot.times import NS_PER_S, Ms, Ns, ns_from_ms

ACCOUNT = "bench"
START_MS = Ms(1_790_000_000_000)
QUIET_PERIOD_NS = 300 * NS_PER_S
LOUD_PERIOD_NS = NS_PER_S // 200
ERROR_EVERY = 10
KINDS = (
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate {} MiB",
    "RuntimeError: NCCL communicator was aborted on rank {}",
    "ConnectionResetError: [Errno 104] Connection reset by peer ({})",
    "OSError: [Errno 28] No space left on device: '/mnt/ckpt/{}'",
    "ValueError: loss is NaN at step {}",
)
SAMPLES = 6


@dataclass(slots=True)
class Turned:
    """Time passes only when it is told to."""

    passed_s: float = 0.0

    def now_ns(self) -> Ns:
        return Ns(ns_from_ms(START_MS) + int(self.passed_s * NS_PER_S))

    def monotonic_s(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.passed_s += seconds
        await asyncio.sleep(0)


@dataclass(slots=True)
class Computed:
    """The API of an account whose logs are a function of time: line `n` of a job is stamped start + n periods."""

    clock: Turned
    jobs: Mapping[str, Job]
    periods_ns: Mapping[str, int]
    account: str = ACCOUNT
    pages: int = 0
    lines: int = 0

    async def log_page(self, job: Job, request: PageRequest, priority: Priority) -> Page:
        period = self.periods_ns[job.id]
        start = ns_from_ms(job.created_ms) + crc32(job.id.encode()) * 1_000 % period
        end_ns = min(ns_from_ms(request.end_ms), self.clock.now_ns() + 1)
        first = max(0, -(-(ns_from_ms(request.start_ms) - start) // period))
        after = max(first, -(-(end_ns - start) // period))
        step = 1
        if request.min_level is Level.ERROR:
            first, step = -(-first // ERROR_EVERY) * ERROR_EVERY, ERROR_EVERY
        numbers: Sequence[int] = range(first, after, step)
        numbers = (numbers if request.direction is Direction.ASC else numbers[::-1])[: request.limit]
        self.pages += 1
        self.lines += len(numbers)
        await asyncio.sleep(0)
        loud = period == LOUD_PERIOD_NS
        return Page(lines=tuple(_line(number, start + number * period, loud=loud) for number in numbers))

    async def search_jobs(
        self,
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        statuses: Sequence[str] = (),
        priority: Priority,
    ) -> tuple[Job, ...]:
        """Made anew, as an answer that was decoded is."""
        return tuple(_job(job.id) for job in self.jobs.values())

    async def projects(self, priority: Priority) -> tuple[Project, ...]:
        return ()

    async def project_jobs(self, project_id: str, priority: Priority) -> tuple[Job, ...]:
        return tuple(self.jobs.values())

    async def job(self, project_id: str, job_id: str, priority: Priority) -> Job:
        if job_id not in self.jobs:
            raise ApiNotFound(f"no job {job_id}", status=404)
        return self.jobs[job_id]

    async def checkpoints(self, job: Job, priority: Priority) -> tuple[Checkpoint, ...]:
        return ()

    async def metrics(self, job: Job, start_ms: Ms, end_ms: Ms, priority: Priority) -> tuple[Metrics, ...]:
        return ()

    async def prices(self, priority: Priority) -> Mapping[str, float]:
        return {}


@dataclass(slots=True)
class Taker:
    """A Slack that takes everything and keeps nothing."""

    said: int = 0

    async def post(
        self, channel: str, content: Content, *, thread_ts: str | None, delivery_id: str, late_ms: int = 0
    ) -> str:
        self.said += 1
        return f"{self.said}.000100"

    async def edit(self, channel: str, ts: str, content: Content, *, late_ms: int = 0) -> None:
        self.said += 1

    async def permalink(self, channel: str, ts: str) -> str | None:
        return f"https://training.slack.com/archives/{channel}/p{ts.replace('.', '')}"

    async def find(self, channel: str, *, thread_ts: str | None, delivery_id: str, since_ms: Ms) -> str | None:
        return None


@dataclass(slots=True)
class Bot:
    """The flows of the app on one database, turned by hand."""

    clock: Turned
    watch: Watch
    beats: Sequence[tuple[int, Callable[[], Awaitable[object]]]]

    async def second(self, number: int) -> None:
        self.clock.passed_s = max(self.clock.passed_s, float(number))
        for every_s, tick in self.beats:
            if number % every_s == 0:
                await tick()
        await self.watch.settle()


def build(db: SqlDatabase, api: Computed, taker: Taker, clock: Turned) -> Bot:
    apis = {ACCOUNT: api}
    leases = Leases(db=db, clock=clock, owner="bench", accounts=(ACCOUNT,))
    watch = Watch(db=db, apis=apis, leases=leases, clock=clock, options=WatchOptions(), meter=Metrics())
    lifecycle = Lifecycle(db=db, apis=apis, leases=leases, clock=clock)
    verdict = Verdict(db=db, apis=apis, leases=leases, clock=clock)
    vigil = Vigil(db=db, apis=apis, leases=leases, clock=clock, listeners=lambda: watch.readers)
    deliver = Deliver(db=db, messenger=taker, around=Around(apis), clock=clock, owner="bench")
    tidy = Tidy(db=db, clock=clock)
    return Bot(
        clock,
        watch,
        (
            (5, leases.tick),
            (10, lifecycle.tick),
            (1, watch.tick),
            (15, verdict.tick),
            (15, vigil.tick),
            (1, deliver.tick),
            (600, tidy.tick),
        ),
    )


async def simulate(quiet: int, loud: int, minutes: int) -> None:
    """Prints a JSON object for each sample: minute, resident MB, and what was done until then."""
    assert "slack_bolt" in sys.modules  # all modules of the app count
    clock = Turned()
    jobs = {name: _job(name) for name in (*_names("quiet", quiet), *_names("loud", loud))}
    periods = {name: LOUD_PERIOD_NS if name.startswith("loud") else QUIET_PERIOD_NS for name in jobs}
    api, taker = Computed(clock, jobs, periods), Taker()
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{folder}/bench.sqlite3") as db:
            await db.migrate()
            await db.run(lambda tx: tx.watches.add(_wish()))
            flows = build(db, api, taker, clock)
            for second in range(minutes * 60 + 1):
                await flows.second(second)
                if second and second % (minutes * 60 // SAMPLES) == 0:
                    done = {
                        "pages": api.pages,
                        "lines": api.lines,
                        "said": taker.said,
                        "readers": len(flows.watch.readers),
                    }
                    sample = {"minute": second / 60, "mb": resident_mb(), "cpu_s": time.process_time(), **done}
                    print(json.dumps(sample), flush=True)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _names(kind: str, count: int) -> list[str]:
    return [f"{kind}{number}" for number in range(count)]


def _job(name: str) -> Job:
    return Job(
        account=ACCOUNT,
        id=name,
        project_id="bench",
        project_name="bench",
        name=f"run of {name}",
        status=Status("TRAINING_JOB_RUNNING"),
        created_ms=START_MS,
        updated_ms=START_MS,
        instance=Instance(id="h100", name="H100:8", gpu_count=8, gpu_type="H100"),
        node_count=8,
        user_email="ml-team@example.com",
    )


def _wish() -> Wish:
    return Wish(
        account=ACCOUNT,
        project_id="bench",
        job_id=None,
        title="bench",
        channel="C0BENCH",
        created_by="U0BENCH",
        created_ms=START_MS,
    )


def _line(number: int, stamp_ns: int, *, loud: bool) -> Line:
    if loud and number % ERROR_EVERY == 0:
        kind = KINDS[number // ERROR_EVERY % len(KINDS)]
        return Line(Ns(stamp_ns), kind.format(number), f"g{number % 8:02}r0", Level.ERROR)
    text = f"step {number} loss=2.3104 grad_norm=0.8713 tokens/s=48211 mem=71.3GiB"
    return Line(Ns(stamp_ns), text, f"g{number % 8:02}r0", Level.INFO)


# --- the table


def main(minutes: int) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}\n")
    alone_mb = 0.0
    for name, quiet, loud in (("no jobs", 0, 0), ("1,000 quiet jobs", 1_000, 0), ("4 loud jobs", 0, 4)):
        samples = run(quiet, loud, minutes)
        alone_mb = alone_mb or samples[-1]["mb"]
        course = " → ".join(f"{sample['mb']:.0f}" for sample in samples)
        last = samples[-1]
        each = f"{1_000 * (last['mb'] - alone_mb) / (quiet + loud):,.0f} kB a job" if quiet + loud else "-"
        did = (
            f"{last['pages']:,} pages, {last['lines']:,} lines, {last['said']} messages, {last['cpu_s']:.0f} s CPU"
        )
        cells = (name, f"{course} MB", each, f"{last['mb'] - samples[1]['mb']:+.1f} MB", did)
        if not quiet + loud:
            head = (
                "load",
                f"resident every {minutes / SAMPLES:g} min",
                "each",
                "since the second sample",
                "in all",
            )
            print("\n".join("| " + " | ".join(row) + " |" for row in (head, tuple("---" for _ in head))))
        print("| " + " | ".join(cells) + " |", flush=True)


def run(quiet: int, loud: int, minutes: int) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "tests.bench.memory", str(quiet), str(loud), str(minutes)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return [json.loads(row) for row in done.stdout.splitlines() if row.startswith(b"{")]


if __name__ == "__main__":
    match [int(argument) for argument in sys.argv[1:]]:
        case [quiet, loud, minutes]:
            asyncio.run(simulate(quiet, loud, minutes))
        case [minutes]:
            main(minutes)
        case _:
            main(60)
