"""What a job really wrote, and what ``joblogs explain`` makes of it: a second account, beside the running bot's.

The lines are the simulated platform's own, all that can be read by now. The account comes from a process of
its own that reads them from its standard input, so that nothing which the bot has missed can be missed here.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.lines import SimLine
from bot.sandbox.baseten.shapes import line_json
from bot.sandbox.baseten.traits import Traits
from bot.times import Clock, Ms, ms_ceil, ms_floor

AT_ONCE = 2
EXPLAIN_S = 120.0
REST_FACTOR = 4.0
LEAST_REST_S = 2.0
"""The log of a running job is explained again after this long, or this many times what it took."""
_TRAITS = Traits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One incident of the account.

    Attributes:
        role: "root", "cascade" or "noise".
        count: events; a traceback is one.
        readable_ms: since when its newest line can be read.
        cause: its place in the account's list, of a consequence.
    """

    title: str
    role: str
    count: int
    replicas: int
    first_ms: Ms
    readable_ms: Ms
    cause: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A job's log: how many lines can be read, and the incidents in them.

    Attributes:
        errors: lines of level ERROR; `loose` of them belong to no incident.
    """

    lines: int
    errors: int
    loose: int
    incidents: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What can be read of a job now, by replica ("" is the platform): lines, and those of level ERROR."""

    by_replica: dict[str, tuple[int, int]]

    @property
    def lines(self) -> int:
        return sum(lines for lines, _ in self.by_replica.values())

    @property
    def errors(self) -> int:
        return sum(errors for _, errors in self.by_replica.values())


@dataclass(frozen=True, slots=True)
class _Kept:
    account: Account
    at_s: float
    took_s: float


class Ledger:
    """Accounts of jobs, made again when there is more to read; of one that is loud, not every time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def account(self, job: SimJob) -> tuple[Log, Account]:
        """What it wrote, and the account of that, or of the lines up to a moment ago.

        Raises:
            OSError, ValueError: the log cannot be explained.
        """
        now_ns = self._clock.now_ns()
        readable = sorted(
            (line for line in job.written if line.visible_ns <= now_ns),
            key=lambda line: (line.timestamp_ns, line.number),
        )
        log, kept = _log(readable), self._kept.get(job.id)
        if kept is not None and (kept.account.lines == len(readable) or self._rests(kept)):
            return log, kept.account
        async with self._slots:
            began_s = self._clock.monotonic_s()
            account = _account(readable, await _explained(readable))
            now_s = self._clock.monotonic_s()
        self._kept[job.id] = _Kept(account, now_s, now_s - began_s)
        return log, account

    def _rests(self, kept: _Kept) -> bool:
        rest_s = max(LEAST_REST_S, REST_FACTOR * kept.took_s)
        return self._clock.monotonic_s() - kept.at_s < rest_s


async def _explained(lines: list[SimLine]) -> list[dict[str, Any]]:
    if not lines:
        return []
    log = "\n".join(json.dumps(line_json(line, _TRAITS)) for line in lines)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "explain",
        "--json",
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(EXPLAIN_S):
            told, complaint = await process.communicate(log.encode(errors="replace"))
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    if process.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        raise OSError(f"joblogs explain failed: {' '.join(last)[:300]}")
    incidents: list[dict[str, Any]] = json.loads(told)
    return incidents


def _log(lines: list[SimLine]) -> Log:
    wrote = Counter(line.replica or "" for line in lines)
    complained = Counter(line.replica or "" for line in lines if line.level == "ERROR")
    return Log(by_replica={name: (wrote[name], complained[name]) for name in sorted(wrote)})


def _account(lines: list[SimLine], incidents: list[dict[str, Any]]) -> Account:
    errors = {number for number, line in enumerate(lines) if line.level == "ERROR"}
    claimed = {number for each in incidents for number in (*each["lines"], *each["context"])}
    return Account(
        lines=len(lines),
        errors=len(errors),
        loose=len(errors - claimed),
        incidents=tuple(_told(each, lines) for each in incidents),
    )


def _told(incident: dict[str, Any], lines: list[SimLine]) -> Told:
    own = [lines[number] for number in incident["lines"] or incident["context"]]
    return Told(
        title=incident["title"],
        role=incident["role"],
        count=incident["count"],
        replicas=len(incident["replicas"]),
        first_ms=ms_floor(min((line.timestamp_ns for line in own), default=0)),
        readable_ms=ms_ceil(max((line.visible_ns for line in own), default=0)),
        cause=incident["caused_by"],
    )
