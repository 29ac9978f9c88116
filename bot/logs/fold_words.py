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
MAX_SHAPE = 512
"""Characters of a text whose form is remembered; longer ones are rare, and would fill the memory."""


def shape_of(text: str) -> bytes:
    """`text` with every digit as "0": a pattern that knows digits by their class alone matches it just the same.

    Lines of one form differ in their digits only, so what a pattern says of the shape is remembered. Bytes, since
    only of them the digits are exchanged at no cost; `text_of` gives the text.
    """
    return text.encode("utf-8", "surrogatepass").translate(_ZEROS)


def text_of(shape: bytes) -> str:
    return shape.decode("utf-8", "surrogatepass")


def undigited(text: str) -> bytes:
    """`text` without its digits."""
    return text.encode("utf-8", "surrogatepass").translate(None, b"0123456789")


HANDLED = (
    r"(?i:\bretry(?:ing)?\b|will (?:be )?retr|skipp(?:ed|ing)|ignor(?:ed|ing)|falling back|fallback|continuing"
    r"|non-?fatal|trying (?:again|next)|recovered|resum(?:ed|ing)|reconnect|best.effort|not critical"
    r"|using (?:the |a |an )?(?:default|cached|local|previous|last|stale)\b)"
)
"""Words by which a message says that the program goes on in spite of what it tells."""
_HANDLED = re.compile(HANDLED)


def says_handled(text: str) -> bool:
    return _HANDLED.search(text[:MAX_TEXT]) is not None


_ZEROS = bytes.maketrans(b"123456789", b"000000000")


def is_hot(text: str) -> bool:
    """Whether `text` holds one of the words without which no line states, begins or carries on a crash.

    Lines of a healthy job differ in their numbers only, so the answer is remembered for text without digits.
    """
    return _is_hot(undigited(text[:MAX_TEXT]))


@lru_cache(maxsize=8_192)
def _is_hot(text: bytes) -> bool:
    low = text_of(text).lower()
    return any(word in low for word in _WORDS)


def tells_progress(text: str) -> bool:
    """Whether a line tells of a step done; code in a traceback uses the same words, but without a number."""
    if len(text) > MAX_SHAPE:
        return _STEP.search(text) is not None
    return _tells_progress(shape_of(text))


@lru_cache(maxsize=8_192)
def _tells_progress(shape: bytes) -> bool:
    return _STEP.search(text_of(shape)) is not None


_STEP = re.compile(r"(?:step|loss|iter(?:ation)?|[Ee]poch)s?\W{0,8}\d|\d ?(?:it/s|s/it)")
