"""The cheap question that is asked of every line: may it speak of a failure at all?"""

_WORDS = (
    "error", "traceback", "exception", "fail", "fatal", "abort", "kill", "signal", "sigterm", "xid", "terminat",
    "watchdog", "timed out", "timeout", "segmentation", "out of memory", "oom", "unable", "cannot", "assert",
    "panic", "what():", "preempt", "evict", "lost", "died", "dead", "refused", "denied", "corrupt", "core dumped",
    "nan", "unhandled", "crash", "exit code", "exited", "exitcode", "frame #", "reset by peer", "closed by",
    "broken pipe", "no space", "thread 0x", "*** ", "unreachable", "cancelled", "interrupt", "shutting down",
    "restart", "unclosed", "retry", "stuck", "heartbeat", "ecc", "nvrm", "stall", "diverge",
    "disconnect", "not found", "no such", "invalid", "mismatch", "overflow", "giving up", "skipping", "last error",
)  # fmt: skip


def is_hot(text: str) -> bool:
    """Whether `text` holds one of the words without which no line states, begins or carries on a crash."""
    low = text.lower()
    return any(word in low for word in _WORDS)
