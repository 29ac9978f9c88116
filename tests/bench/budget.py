"""What the budget lets through and what the server makes of it: ``python -m tests.bench.budget``.

For each of some settings (`bot.baseten.options`) a process that always has 200 questions of polls waiting asks the
simulated service, which counts requests in a true sliding second and answers 429 from the 101st on. Both are on this
machine: what a network delays, and so `slack_s` is for, is hardly there.
"""

import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options
from bot.baseten.transport import open_http
from bot.errors import TransientError
from bot.flows.services import Priority
from bot.logs.pages import PageRequest
from bot.sandbox.baseten.job import PREFIX
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.times import Ms, SystemClock, now_ms

KEY = "bench-key"
ROOT = Path(__file__).parents[2]
WAITING = 200
FLOOD_S = 7.0
SETTINGS = (
    Options(),
    Options(reserve=0),
    Options(limit=100, reserve=1),
    Options(limit=100, reserve=1, burst=4),
    Options(limit=100, reserve=1, burst=2),
    Options(limit=100, reserve=1, burst=1),
    Options(limit=100, reserve=1, burst=2, slack_s=0.08),
)


async def budgets() -> list[tuple[str, ...]]:
    rows = []
    for options in SETTINGS:
        world = World(SystemClock(), keys={KEY: "bench"})
        world.add_job(world.add_project("bench"), "quiet", status=PREFIX + "RUNNING")
        async with BasetenServer(world) as server:
            chosen = {name: getattr(options, name) for name in ("limit", "reserve", "slack_s", "burst")}
            asking = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.budget", "flood", server.url, json.dumps(chosen),
                stdout=subprocess.PIPE, cwd=ROOT,
            )  # fmt: skip
            told = json.loads((await asking.communicate())[0])
        rows.append(
            (
                *(f"{value}" for value in chosen.values()),
                f"{told['answered'] / told['seconds']:.1f}",
                f"{world.busiest_second('logs')}",
                f"{world.requests.rate_limited}",
            )
        )
    return rows


async def flood(url: str, chosen: dict[str, Any]) -> None:
    """Asks as fast as the budget lets polls through; says how many were answered, the first second left out."""
    clock, answered, begun = SystemClock(), 0, time.monotonic() + 1
    async with open_http() as http:
        api = BasetenApi(Account(name="bench", key=KEY, options=Options(base_url=url, **chosen)), http, clock)
        [job] = await api.search_jobs(priority=Priority.COMMAND)

        async def ask() -> None:
            nonlocal answered
            while time.monotonic() < begun + FLOOD_S:
                now = now_ms(clock)
                try:
                    await api.log_page(job, PageRequest(start_ms=Ms(now - 5_000), end_ms=now), Priority.POLL)
                except TransientError:
                    continue
                answered += begun <= time.monotonic() < begun + FLOOD_S

        await asyncio.gather(*(ask() for _ in range(WAITING)))
    print(json.dumps({"answered": answered, "seconds": FLOOD_S}))


HEAD = ("limit", "reserve", "slack_s", "burst", "polls/s", "most in 1 s", "429")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, tuple("---" for _ in head), *rows))


async def main() -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start\n", flush=True)
    print(table(HEAD, await budgets()))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["flood", where, options]:
            asyncio.run(flood(where, json.loads(options)))
        case _:
            asyncio.run(main())
