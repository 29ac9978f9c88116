"""How much of a job's log is lost: the official tail beside ours, on the same server.

``python -m tests.bench.tail [RATE ...]``. One job writes RATE lines a second for 15 s (default: 50, 500, 2,000,
10,000), every tenth an ERROR; then one job writes a burst of 64 replicas × 40 lines at once. Each tail is a process
of its own, follows the job from before the first line to its end, and is asked what it has shown. The official one
is truss from the package index, in an environment of its own under the system's temporary directory.
"""

import asyncio
import json
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.baseten.job import PREFIX, SimJob
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.times import SystemClock

TRUSS = "0.18.35"
KEY = "bench-key"
RATES = (50, 500, 2_000, 10_000)
SECONDS = 15
STEP_S = 0.02
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one tail made of one job."""

    load: str
    tail: str
    lines: int
    errors: int
    lost: int
    lost_errors: int
    twice: int
    after_s: float
    requests: int
    busiest: int
    refused: int
    note: str

    def cells(self) -> tuple[str, ...]:
        return (
            self.load,
            self.tail,
            f"{self.lines:,}",
            _share(self.lost, self.lines),
            _share(self.lost_errors, self.errors),
            f"{self.twice:,}",
            f"{self.after_s:.1f} s",
            f"{self.requests:,}",
            f"{self.busiest}",
            f"{self.refused}",
            self.note,
        )


HEAD = ("load", "tail", "lines", "lost", "ERROR lost", "twice", "last line after", "requests", "in 1 s", "429", "")


async def main(rates: tuple[int, ...]) -> None:
    commands = {
        "official": [official_python(), str(HERE / "official_tail.py")],
        "ours": [sys.executable, "-m", "tests.bench.our_tail"],
    }
    rows = []
    for rate in (*rates, None):
        for name, command in commands.items():
            rows.append(await run(name, command, rate))
            print(" · ".join(rows[-1].cells()), flush=True)
    print(
        f"\n{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, truss {TRUSS}\n"
    )
    print(table([row.cells() for row in rows]))


async def run(name: str, command: list[str], rate: int | None) -> Row:
    world = World(SystemClock(), keys={KEY: "bench"})
    job = world.add_job(world.add_project("bench"), "loud", node_count=64, status=PREFIX + "RUNNING")
    async with BasetenServer(world) as server:
        process = await asyncio.create_subprocess_exec(
            *command,
            server.url,
            KEY,
            job.project.id,
            job.id,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        output = asyncio.create_task(process.communicate())
        await asyncio.sleep(6)
        await write(job, rate)
        end_ms = time.time_ns() // 1_000_000
        await asyncio.sleep(10)
        job.set_status(PREFIX + "COMPLETED")
        out, problems = await asyncio.wait_for(output, 240)
    if process.returncode:
        raise SystemExit(f"{name} failed: {problems.decode()[-2000:]}")
    return row(name, rate, job, world, json.loads(out.decode().splitlines()[-1]), end_ms)


async def write(job: SimJob, rate: int | None) -> None:
    """Lines on time: what a slow moment delayed is written with the next step."""
    if rate is None:
        for number in range(64 * 40):
            say(job, number)
        return
    begun, number = time.monotonic(), 0
    while number < rate * SECONDS:
        until = min(rate * SECONDS, int((time.monotonic() - begun) * rate))
        for each in range(number, until):
            say(job, each)
        number = max(number, until)
        await asyncio.sleep(STEP_S)


def say(job: SimJob, number: int) -> None:
    level = "INFO" if number % 10 else "ERROR"
    job.write(
        f"step {number} loss=2.3104 grad_norm=0.8713 tokens/s=48211 mem=71.3GiB",
        replica=job.replicas[number % 64],
        level=level,
    )


def row(name: str, rate: int | None, job: SimJob, world: World, told: dict, end_ms: int) -> Row:
    written = Counter(line.message for line in job.written)
    failed = {line.message for line in job.written if line.level == "ERROR"}
    shown = Counter(told["shown"])
    lost = written - shown
    note = (
        f"{told['polls']} polls, {told['cpu_s']:.1f} s CPU, {told['skims']} skims, {told['gaps']} gaps"
        if "polls" in told
        else ""
    )
    return Row(
        load=f"{rate:,}/s" if rate else "64 × 40",
        tail=name,
        lines=len(job.written),
        errors=len(failed),
        lost=lost.total(),
        lost_errors=sum(count for message, count in lost.items() if message in failed),
        twice=(shown - written).total(),
        after_s=(told["last_ms"] - end_ms) / 1_000,
        requests=world.requests.count("logs"),
        busiest=world.requests.busiest_second("logs"),
        refused=world.requests.rate_limited,
        note=note,
    )


def official_python() -> str:
    """The interpreter of an environment with truss in it; made at the first run, kept for later ones."""
    place = Path(tempfile.gettempdir()) / f"joblogs-truss-{TRUSS}"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", f"truss=={TRUSS}"], check=True, stderr=subprocess.DEVNULL
    )
    return str(python)


def table(rows: list[tuple[str, ...]]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.0f} %)" if part else "0"


if __name__ == "__main__":
    asyncio.run(main(tuple(map(int, sys.argv[1:])) or RATES))
