"""How many lines go through the tail alone on one core: ``python -m tests.bench.window [LINES]``.

Pages come ready made from memory, so this is reading, comparing, remembering and encoding; decoding of answers,
folding and grouping are measured elsewhere. Two loads: a job that writes 10,000 lines a second, polled every two
seconds with the usual overlap, and the same lines as a history that is caught up with.
"""

import cProfile
import pstats
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.logs.cursor import Cursor
from bot.logs.line import Level, Line
from bot.logs.pace import Options
from bot.logs.pages import Direction, Page, PageRequest
from bot.logs.window import begin
from bot.times import NS_PER_MS, Ms, Ns

START_MS = 1_750_000_000_000
RATE = 10_000
TEXT = (
    "[rank{}]: step {} loss=2.3104 grad_norm=0.8713 tokens/s=48211 mem=71.3GiB data_time=0.0021 step_time=0.7512"
)


@dataclass(slots=True)
class Memory:
    """A log in memory; `asking_s` is the time that its own answers took."""

    lines: list[Line]
    asking_s: float = 0.0

    def page(self, request: PageRequest, now_ms: int) -> Page:
        begun = time.process_time()
        first = bisect_left(self.lines, request.start_ms * NS_PER_MS, key=_stamp)
        after = bisect_left(self.lines, min(request.end_ms, now_ms) * NS_PER_MS, key=_stamp)
        if request.direction is Direction.ASC:
            lines = self.lines[first : min(after, first + request.limit)]
        else:
            lines = self.lines[max(first, after - request.limit) : after][::-1]
        self.asking_s += time.process_time() - begun
        return Page(lines=tuple(lines))


def live(memory: Memory) -> int:
    """Polls every two seconds until everything was taken; how many lines were new."""
    end_ms = START_MS + len(memory.lines) * 1_000 // RATE + 4_000
    cursor, now_ms, taken = Cursor.at(Ms(START_MS), Level.ERROR), START_MS, 0
    while now_ms < end_ms:
        now_ms += 2_000
        cursor, count = _caught_up(memory, cursor, now_ms)
        taken += count
    return taken


def history(memory: Memory) -> int:
    """All of it was written an hour ago."""
    return _caught_up(memory, Cursor.at(Ms(START_MS), Level.ERROR), START_MS + 3_600_000)[1]


def _caught_up(memory: Memory, cursor: Cursor, now_ms: int) -> tuple[Cursor, int]:
    options, taken = replace(Options(), loud_pages=10**6), 0
    while True:
        poll = begin(cursor, Ms(now_ms), options)
        while (request := poll.request) is not None:
            poll.answer(memory.page(request, now_ms))
        encoded = poll.result.cursor.encode()
        cursor = Cursor.decode(encoded.head, encoded.chunks)
        taken += len(poll.result.lines)
        if poll.result.caught_up:
            return cursor, taken


def measure(load: Callable[[Memory], int], lines: list[Line]) -> None:
    memory = Memory(lines)
    begun = time.process_time()
    taken = load(memory)
    spent_s = time.process_time() - begun - memory.asking_s
    if taken != len(lines):
        raise SystemExit(f"{load.__name__}: {taken} of {len(lines)} lines were taken")
    print(f"{load.__name__:>8}  {taken:>9,} lines  {taken / spent_s:>9,.0f} lines/s")


def _stamp(line: Line) -> int:
    return line.timestamp_ns


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    lines = [
        Line(
            Ns((START_MS * NS_PER_MS) + at * 1_000_000_000 // RATE),
            TEXT.format(at % 8, at),
            f"g{at % 64:02}r0",
            Level.INFO if at % 10 else Level.ERROR,
        )
        for at in range(count)
    ]
    for load in (live, history):
        measure(load, lines)
    watch = cProfile.Profile()
    watch.runcall(live, Memory(lines[: count // 3]))
    pstats.Stats(watch).sort_stats("tottime").print_stats(10)


if __name__ == "__main__":
    main()
