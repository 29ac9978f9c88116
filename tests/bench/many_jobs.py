"""Many jobs on one account: polls a second, refusals, CPU, and how soon an ERROR line is in the outbox.

``python -m tests.bench.many_jobs [JOBS [SECONDS]]`` (default: 500 jobs, 40 s). Both simulated services are in this
process, and `joblogs run` is a process of its own on SQLite, with a watch on the project of all jobs. Two loads:

- mostly quiet: the jobs have run for an hour, written nothing since, and were read until a moment ago;
- asked for: each of them writes a line a second, so that each is due again as soon as the pace allows.

Beside that a random job writes an ERROR line every second, no job twice. "Read" is when the first page was asked for
that has it, "outbox" (both medians) when another connection sees its incident, whose outbox row is in the same transaction. The
interval is the median time between two pages of a job without one. Linux only: CPU and memory are from /proc.
"""

import asyncio
import os
import platform
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options
from bot.baseten.transport import open_http
from bot.flows.ports import Tail, Tx
from bot.flows.services import Priority
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.logs.cursor import Cursor
from bot.logs.line import Level
from bot.sandbox.baseten.job import PREFIX, SimJob
from bot.sandbox.baseten.lines import LineArchive, SimLine, Window
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.store.database import open_store
from bot.times import Ms, SystemClock, now_ms

KEY = "bench-key"
ROOT = Path(__file__).parents[2]
HOUR_MS = 3_600_000
WARM_S = 10.0
STEP_S = 0.02
LAST_LINES_S = 15.0
"""No ERROR line is written so shortly before the end: each has time to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`writes_all`: every job writes a line a second. `settings` are further ones of the environment."""

    name: str
    jobs: int
    seconds: float
    writes_all: bool = False
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process, as /proc tells it."""

    cpu_s: float
    resident_mb: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        ticks = int(stat[11]) + int(stat[12])
        return cls(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


class Noting(LineArchive):
    """A job's log that remembers when it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_ns: list[int] = []

    def read(self, window: Window, now_ns: int) -> list[SimLine]:
        self.read_ns.append(time.time_ns())
        return super().read(window, now_ns)


class Lookout(threading.Thread):
    """Notes when the incident of a job is first seen in the database, a look every 10 ms."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.seen_ns: dict[str, int] = {}
        self.over = threading.Event()
        self._path = path

    def run(self) -> None:
        newest = 0
        with sqlite3.connect(f"file:{self._path}?mode=ro", uri=True) as database:
            while not self.over.wait(0.01):
                rows = database.execute("SELECT id, job_id FROM incidents WHERE id > ? ORDER BY id", (newest,))
                for number, job_id in rows.fetchall():
                    newest = number
                    self.seen_ns.setdefault(job_id, time.time_ns())


async def measure(load: Load) -> tuple[str, ...]:
    """One row of the table."""
    clock = SystemClock()
    world, workspace = World(clock, keys={KEY: "bench"}), Workspace(clock, seed=7)
    project = world.add_project("bench")
    begun = Ms(now_ms(clock) - HOUR_MS)
    jobs = [
        world.add_job(project, f"run-{number}", status=PREFIX + "RUNNING", created_ms=begun)
        for number in range(load.jobs)
    ]
    archives = {job.id: Noting() for job in jobs}
    for job in jobs:
        job.archive = archives[job.id]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.sqlite3"
        async with BasetenServer(world) as baseten, SlackServer(workspace) as slack:
            await prepare(path, baseten.url, workspace.channel("ml-alerts").id, begun)
            environment = surroundings(baseten.url, slack.api_url, workspace, path) | load.settings
            async with running_bot(environment, Path(folder) / "bot.log") as bot:
                seen = await observe(load, world, jobs, bot.pid, Lookout(path))
    return cells(load, world, seen, archives)


async def prepare(path: Path, url: str, channel: str, begun: Ms) -> None:
    """The database of a bot that has watched the project for an hour, and read every job until now."""
    async with open_store(f"sqlite:///{path}") as db, open_http() as http:
        await db.migrate()
        api = BasetenApi(Account(name="default", key=KEY, options=Options(base_url=url)), http, SystemClock())
        jobs = await api.search_jobs(priority=Priority.COMMAND)
        watch = Watch(
            account="default",
            project_id=jobs[0].project_id,
            job_id=None,
            title="bench",
            channel=channel,
            created_by="U0BENCH",
            created_ms=begun,
        )
        await db.run(lambda tx: _follow(tx, watch, jobs, now_ms(SystemClock())))


def _follow(tx: Tx, watch: Watch, jobs: tuple[Job, ...], now: Ms) -> None:
    tx.watches.add(watch)
    for number, job in enumerate(jobs):
        reconciled = Ms(now - number % 60 * 1_000)
        cursor = replace(
            Cursor.at(Ms(now - 600_000), Level.ERROR),
            begun_ms=job.created_ms,
            news_ms=job.created_ms,
            reconciled_ms=reconciled,
        )
        tx.tails.track(job)
        encoded = cursor.encode()
        tx.tails.save(Tail(job=job, cursor=encoded.head, chunks={}, progress={}), dict(encoded.chunks))


def surroundings(baseten_url: str, slack_url: str, workspace: Workspace, path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": slack_url,
        "BASETEN_API_KEY": KEY,
        "BASETEN_API_URL": baseten_url,
        "DATABASE_URL": f"sqlite:///{path}",
        "JOBLOGS_LOG_LEVEL": "WARNING",
        "JOBLOGS_LOG_FORMAT": "json",
    }


@asynccontextmanager
async def running_bot(environment: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`joblogs run`; what it complained of is shown at the end."""
    with log.open("wb") as out:
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", stdout=out, stderr=out, env=environment, cwd=ROOT
        )
        try:
            yield bot
        finally:
            bot.terminate()
            await asyncio.wait_for(bot.wait(), 30)
    complaints = [line for line in log.read_text().splitlines() if "`token`" not in line]  # noqa: ASYNC240 - at the end
    if complaints:
        print("its log:", *complaints[-10:], sep="\n", file=sys.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen in `spent_s` seconds; `written_ns` and `told_ns` of the ERROR lines by job."""

    begun_ns: int
    spent_s: float
    polls: int
    before: Usage
    after: Usage
    written_ns: dict[str, int]
    told_ns: dict[str, int]


async def observe(load: Load, world: World, jobs: list[SimJob], pid: int, lookout: Lookout) -> Seen:
    await first_polls(world, load.jobs)
    lookout.start()
    writing = asyncio.create_task(write_all(jobs)) if load.writes_all else None
    await asyncio.sleep(WARM_S)
    before, asked, begun_ns = Usage.of(pid), world.requests.count("logs"), time.time_ns()
    written = await write_errors(jobs, load.seconds - LAST_LINES_S)
    await asyncio.sleep(load.seconds - (time.time_ns() - begun_ns) / 1e9)
    lookout.over.set()
    if writing is not None:
        writing.cancel()
    return Seen(
        begun_ns=begun_ns,
        spent_s=(time.time_ns() - begun_ns) / 1e9,
        polls=world.requests.count("logs") - asked,
        before=before,
        after=Usage.of(pid),
        written_ns=written,
        told_ns=dict(lookout.seen_ns),
    )


def cells(load: Load, world: World, seen: Seen, archives: dict[str, Noting]) -> tuple[str, ...]:
    written, told = seen.written_ns, seen.told_ns
    calm = [archives[job].read_ns for job in archives if job not in written]
    between = [(b - a) / 1e9 for read in calm for a, b in pairwise(at for at in read if at > seen.begun_ns)]
    first = [
        (min(at for at in archives[job].read_ns if at > since) - since) / 1e9 for job, since in written.items()
    ]
    took = [(told[job] - since) / 1e9 for job, since in written.items() if job in told]
    cpu_s = seen.after.cpu_s - seen.before.cpu_s
    return (
        load.name,
        f"{load.jobs}",
        f"{seen.polls / seen.spent_s:.1f}",
        f"{world.busiest_second('logs')}",
        f"{world.requests.rate_limited}",
        f"{100 * cpu_s / seen.spent_s:.0f} %",
        f"{1e3 * cpu_s / seen.polls:.1f} ms",
        f"{seen.after.resident_mb:.0f} MB ({seen.after.resident_mb - seen.before.resident_mb:+.1f})",
        f"{median(between):.1f} s",
        f"{len(took)} of {len(written)}",
        f"{median(first):.1f} s",
        f"{median(took):.1f} s",
        f"{quantiles(took, n=10)[-1]:.1f} s",
        f"{median(between) / 2 + 0.2:.1f} s",
    )


HEAD = (
    "load", "jobs", "polls/s", "most in 1 s", "429", "CPU of one core", "CPU per poll", "resident (grown)",
    "interval", "ERROR lines told", "read after", "outbox after", "p90", "goal for the median",
)  # fmt: skip


async def first_polls(world: World, jobs: int) -> None:
    """Waits until as many pages were asked for as there are jobs."""
    deadline = time.monotonic() + 60
    while world.requests.count("logs") < jobs:
        if time.monotonic() > deadline:
            raise SystemExit("the bot does not read the jobs")
        await asyncio.sleep(0.1)


async def write_all(jobs: list[SimJob]) -> None:
    """A line a second of each job, spread over the second; lines on time, whatever was delayed."""
    begun, number = time.monotonic(), 0
    while True:
        until = int((time.monotonic() - begun) * len(jobs))
        for each in range(number, until):
            jobs[each % len(jobs)].write(f"step {each // len(jobs)} loss=2.3104 grad_norm=0.8713", level="INFO")
        number = until
        await asyncio.sleep(STEP_S)


async def write_errors(jobs: list[SimJob], seconds: float) -> dict[str, int]:
    """An ERROR line every second; when each was visible, by job."""
    written: dict[str, int] = {}
    for job in random.Random(1).sample(jobs, int(seconds)):
        at_ns = time.time_ns()
        job.write(f"RuntimeError: NCCL communicator of {job.id} was aborted", level="ERROR", at_ns=at_ns)
        written[job.id] = at_ns
        await asyncio.sleep(1.0 + random.uniform(-0.2, 0.2))
    return written


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, tuple("---" for _ in head), *rows))


async def main(jobs: int, seconds: float) -> None:
    full = {"JOBLOGS_REQUESTS_PER_SECOND": "100", "JOBLOGS_COMMAND_RESERVE": "1"}
    loads = (
        Load(name="mostly quiet", jobs=jobs, seconds=seconds),
        Load(name="asked for", jobs=jobs, seconds=seconds, writes_all=True),
        Load(name="asked for, limit 100, reserve 1", jobs=jobs, seconds=seconds, writes_all=True, settings=full),
    )
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start\n", flush=True)
    rows = []
    for load in loads:
        rows.append(await measure(load))
        print(" · ".join(rows[-1]), flush=True)
    print("\n" + table(HEAD, rows) + "\n", flush=True)


if __name__ == "__main__":
    defaults = ("500", "40")
    count, length = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    asyncio.run(main(int(count), float(length)))
