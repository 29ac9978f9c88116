"""The cheap question that is asked of every line, whether it may speak of a failure at all."""

import re
from functools import lru_cache

MAX_TEXT = 4_000
"""Characters of a line that are looked at."""
# Words without digits, in lower case.
_WORDS = (
    "error", "fail", "traceback", "exception", "fatal", "abort", "kill", "signal", "sigterm", "terminat",
    "timed out", "timeout", "lost", "dead", "died", "refused", "denied", "corrupt", "crash", "panic", "exited",
    "exit code", "exitcode", "exit status", "return code", "non-zero", "watchdog", "unhandled", "unable",
    "cannot", "assert", "out of memory", "oom", "bad_alloc", "memory limit", "memory pressure", "low on",
    "no space", "xid", "nvrm", "ecc", "fallen off", "segfault", "segmentation", "sigseg", "sigab", "sigbus",
    "sigint", "sigill", "sigfpe", "illegal", "core dumped", "bus error", "what():", "frame #", "thread x",
    "*** ", "last error", "nccl warn", "ibv_", "net/ib", "mlx", "link is", "link down", "link flap", "nvlink",
    "from peer", "reset by peer", "closed", "broken pipe", "disconnect", "unreachable", "unhealthy",
    "not ready", "notready", "heartbeat", "preempt", "evict", "reclaim", "spot ", "shutting down", "shutdown",
    "restart", "back-off", "backoff", "imagepull", "insufficient", "nodes are available", "cancelled",
    "interrupt", "time limit", "walltime", "max runtime", "maximum runtime", "requeue", "in use", "errno",
    "no socket", "no interface", "rendezvous", "coordination", "barrier", "tcpstore", "prematurely",
    "flight recorder", "data inconsistency", "dumping", "trying to", "retry", "thrown while", "stuck", "stall",
    "diverge", "nan", "unclosed", "not found", "no such", "invalid", "mismatch", "overflow", "giving up",
    "skipping", "pdsh@", "job ", "orted", ".cu:", "root cause", "actor is", "engine core", "free()", "malloc",
    "manifest",
)  # fmt: skip
_NO_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1))


def is_hot(text: str) -> bool:
    """Whether `text` holds one of the words without which no line states, begins or carries on a crash.

    Lines of a healthy job differ in their numbers only, so the answer is remembered for text without digits.
    """
    return _is_hot(text[:MAX_TEXT].translate(_NO_DIGITS))


@lru_cache(maxsize=8_192)
def _is_hot(text: str) -> bool:
    low = text.lower()
    return any(word in low for word in _WORDS)


def tells_progress(text: str) -> bool:
    """Whether a line tells of a step done; code in a traceback uses the same words, but without a number."""
    return any(word in text for word in _STEP_WORDS) and _STEP.search(text) is not None


_STEP_WORDS = ("step", "loss", "it/s", "s/it", "iter", "poch")
_STEP = re.compile(r"(?:step|loss|iter(?:ation)?|[Ee]poch)s?\W{0,8}\d|\d ?(?:it/s|s/it)")
