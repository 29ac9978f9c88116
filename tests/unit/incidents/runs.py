"""Short runs in the words of the tools, for the tests of grouping and blame."""

from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.logs.line import Level, Line
from bot.times import NS_PER_S, Ns

START = 1_750_000_000 * NS_PER_S


def at(seconds: float, replica: str | None, text: str, level: Level | None = None) -> Line:
    """A line; its level is what the API's simple detector would find."""
    found = next((each for each in Level if each.name in text), None)
    if found is None and ("Traceback" in text or "Error:" in text):
        found = Level.ERROR
    return Line(Ns(START + round(seconds * NS_PER_S)), text, replica, level or found)


def block(seconds: float, replica: str | None, text: str, prefix: str = "") -> list[Line]:
    """A text of several lines, a millisecond apart."""
    return [at(seconds + n / 1000, replica, prefix + row) for n, row in enumerate(text.strip("\n").split("\n"))]


def progress(begin: int, end: int, replicas: tuple[str, ...], every: int = 20) -> list[Line]:
    return [at(t, name, f"INFO step {t} loss 2.{t}") for t in range(begin, end, every) for name in replicas]


def traceback(
    seconds: float, replica: str, fault: str, *, rank: int | None = None, place: str = "step"
) -> list[Line]:
    prefix = f"[rank{rank}]: " if rank is not None else ""
    return block(
        seconds,
        replica,
        "Traceback (most recent call last):\n"
        f'  File "/workspace/train.py", line 88, in {place}\n'
        "    loss = model(batch)\n"
        '  File "/opt/conda/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1739, in _call_impl\n'
        "    return forward_call(*args, **kwargs)\n" + fault,
        prefix,
    )


def watchdog(seconds: float, replica: str, rank: int, *, enqueued: int = 48_213) -> list[Line]:
    """What ProcessGroupNCCL prints when a collective has not ended in time."""
    head = f"[rank{rank}]:[E611 03:28:45.276635155 ProcessGroupNCCL.cpp"
    timeout = (
        f"[Rank {rank}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=48211, OpType=ALLREDUCE, "
        f"Timeout(ms)=600000) ran for 600054 milliseconds before timing out."
    )
    return block(
        seconds,
        replica,
        f"{head}:629] {timeout}\n"
        f"{head}:2168] [PG ID 0 Rank {rank}]  failure detected by watchdog at work sequence id: 48211 PG status: "
        f"last enqueued work: {enqueued}, last completed work: 48210\n"
        f"{head}:1895] [PG ID 0 Rank {rank}] Process group watchdog thread terminated with exception: {timeout}",
    )


def peer_gone(seconds: float, replica: str, rank: int, peer: str) -> list[Line]:
    return block(
        seconds,
        replica,
        f"[rank{rank}]:[E611 03:28:45.2 ProcessGroupNCCL.cpp:1895] [PG ID 0 Rank {rank}] Process group watchdog thread "
        "terminated with exception: NCCL error: remote process exited or there was a network error\n"
        "ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.\n"
        f"Last error:\nsocketProgress: Connection closed by remote peer {peer}<35220>",
    )


def torchrun(seconds: float, replica: str, code: int, *, rank: int = 0) -> list[Line]:
    """The launcher's report on one replica."""
    return block(
        seconds,
        replica,
        f"E0611 03:18:47.479000 192 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: {code}) "
        f"local_rank: {rank % 8} (pid: 252) of binary: /usr/bin/python3\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/local/bin/torchrun", line 8, in <module>\n'
        "    sys.exit(main())\n"
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n"
        "======================================================\n"
        "train.py FAILED\n"
        "------------------------------------------------------\n"
        "Failures:\n  <NO_OTHER_FAILURES>\n"
        "------------------------------------------------------\n"
        "Root Cause (first observed failure):\n[0]:\n"
        f"  host      : host-{replica}\n  rank      : {rank} (local_rank: {rank % 8})\n"
        f"  exitcode  : {code} (pid: 252)\n"
        f"  traceback : {f'Signal {-code} received by PID 252' if code < 0 else 'To enable traceback see: …'}\n"
        "======================================================",
    )


def ordered(*parts: list[Line]) -> list[Line]:
    return sorted((line for part in parts for line in part), key=lambda line: line.timestamp_ns)


def judged(*parts: list[Line], counts_as_error: Level = Level.ERROR) -> tuple[Facts, ...]:
    """All incidents of a whole run."""
    engine = Engine.fresh()
    lines = ordered(*parts)
    engine.feed(lines, now_ns=lines[-1].timestamp_ns, counts_as_error=counts_as_error)
    engine.finish()
    return engine.incidents()


ONE_OOM = ordered(
    progress(0, 300, ("a", "b", "c")),
    traceback(305, "b", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB.", rank=9),
    torchrun(307, "b", 1, rank=9),
    watchdog(905, "a", 0),
    watchdog(905.01, "c", 17),
    watchdog(905.02, "a", 3),
    torchrun(909, "a", -6),
    torchrun(909.5, "c", -6),
)
"""One rank runs out of memory; ten minutes later the watchdogs of the others fire."""
