"""How fast the engine reads, and where its time goes: ``python tests/bench/engine.py [LINES]``.

Four logs: a healthy one, one with an error in a hundred lines, a storm of watchdogs and tracebacks, and a flood
of logged errors. Prints lines per
second on one core, the same for a log ten times as long (linear or not), the size of what is remembered, and the
functions that take the time.
"""

import cProfile
import io
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bot.incidents.grouping import Engine
from bot.logs.line import Level, Line
from bot.times import NS_PER_MS, Ns

START = 1_750_000_000_000_000_000
POLL = 1_000
"""Lines that one poll brings."""


def healthy(number: int) -> Line:
    """A line of torchtitan, of DeepSpeed, of a progress bar, of NCCL, in turn; no two are equal."""
    rank, step = number % 64, number // 64
    texts = (
        f"[rank{rank}]:[titan] 2025-06-11 03:17:06,{number % 1000:03} - root - INFO - step: {step}  loss:  {2 + step % 97 / 97:.4f}"
        f"  grad_norm: {number % 7}.1153  memory: 55.14GiB(69.71%)  tps: 7,{number % 1000:03}  mfu: 33.01%",
        f"[2025-05-02 01:15:16,427] [INFO] [logging.py:128:log_dist] [Rank {rank}] step={step}, skipped=0, lr=[9.95e-06]",
        f"\r {step % 100}%|▌         | {step}/2210 [2:24:34<31:02:44, {number % 90}.96s/it]",
        f"ip-10-23-4-{rank}:92:473 [0] NCCL INFO comm 0xa{number:x} rank {rank} nranks 64 busId 69000 - Init COMPLETE",
    )
    return _line(
        number, f"r{rank // 8}", texts[number % 4], (Level.INFO, Level.INFO, None, Level.INFO)[number % 4]
    )


def storm(number: int) -> Line:
    """64 ranks whose watchdogs fire, each with a dump, line by line between one another."""
    rank, part = number % 64, number // 64 % 8
    texts = (
        f"[rank{rank}]:[E611 03:28:45.276635155 ProcessGroupNCCL.cpp:629] [Rank {rank}] Watchdog caught collective operation "
        f"timeout: WorkNCCL(SeqNum={number}, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600054 milliseconds before timing out.",
        f"[rank{rank}]:[E611 03:28:45.276935445 ProcessGroupNCCL.cpp:2168] [PG ID 0 Rank {rank}]  failure detected by watchdog at "
        f"work sequence id: {number} PG status: last enqueued work: {number}, last completed work: {number - 1}",
        f"[rank{rank}]: Traceback (most recent call last):",
        f'[rank{rank}]:   File "/workspace/train.py", line 88, in step',
        f"[rank{rank}]:     loss = model(batch)",
        f"[rank{rank}]: RuntimeError: CUDA error: device-side assert triggered",
        "frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x96 (0x7e61 in libc10.so)",
        "terminate called after throwing an instance of 'c10::DistBackendError'",
    )
    return _line(number, f"r{rank // 8}", texts[part], None)


def errors(number: int) -> Line:
    """Every line is a logged error of its own wording in numbers only."""
    text = f"2025-06-11 03:17:06,532 - data - ERROR - sample {number} of shard-{number % 512:05}.jsonl has no field 'labels'"
    return _line(number, f"r{number % 8}", text, Level.ERROR)


def typical(number: int) -> Line:
    """A job that goes on with one logged error in a hundred lines."""
    return errors(number) if number % 100 == 0 else healthy(number)


def _line(number: int, replica: str, text: str, level: Level | None) -> Line:
    return Line(Ns(START + number * NS_PER_MS), text, replica, level)


def run(lines: list[Line]) -> tuple[float, int, int]:
    """Seconds of one core, bytes remembered, incidents."""
    engine = Engine.fresh()
    begun = time.process_time()
    for at in range(0, len(lines), POLL):
        piece = lines[at : at + POLL]
        engine.feed(piece, now_ns=piece[-1].timestamp_ns)
    engine.finish()
    return time.process_time() - begun, len(engine.dump()), len(engine.incidents())


def measure(name: str, make: Callable[[int], Line], count: int) -> None:
    for size in (count // 10, count):
        seconds, kept, incidents = run([make(number) for number in range(size)])
        print(
            f"{name:>8}  {size:>9,} lines  {size / seconds:>9,.0f} lines/s  {kept:>9,} bytes kept  {incidents} incidents"
        )


def profile(make: Callable[[int], Line], count: int) -> None:
    lines = [make(number) for number in range(count)]
    watch = cProfile.Profile()
    watch.runcall(run, lines)
    out = io.StringIO()
    pstats.Stats(watch, stream=out).sort_stats("tottime").print_stats(12)
    print("\n".join(line for line in out.getvalue().splitlines() if "/" in line or "ncalls" in line))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    kinds: dict[str, Callable[[int], Line]] = {
        "healthy": healthy,
        "typical": typical,
        "storm": storm,
        "errors": errors,
    }
    for name, make in kinds.items():
        measure(name, make, count)
    for name, make in kinds.items():
        print(f"\nwhere the time goes: {name}")
        profile(make, count // 10)


if __name__ == "__main__":
    main()
