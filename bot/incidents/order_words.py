"""The words of orders: each name with what else people type for it."""

from enum import StrEnum


class Name(StrEnum):
    """How an order is called in the help."""

    ACK = "ack"
    TAKE = "take"
    ASSIGN = "assign"
    MUTE = "mute"
    UNMUTE = "unmute"
    RESOLVE = "resolve"
    DISMISS = "not an error"
    REOPEN = "reopen"
    LOGS = "logs"
    AROUND = "around"
    REPLICAS = "replicas"
    WHO = "who"
    JOBS = "jobs"
    STATUS = "status"
    HELP = "help"


CLEAR: dict[Name, str] = {
    Name.ACK: "ack, acknowledge, acknowledged, acked",
    Name.UNMUTE: "unmute, un-mute, end the mute",
    Name.DISMISS: "not an error, not-an-error, dismiss",
    Name.REOPEN: "reopen, re-open",
}
"""Words for what takes no words, that mean it whatever is said behind them."""

_ALONE: dict[Name, str] = {
    Name.ACK: "on it, i'm on it, im on it, looking, looking into it, acking",
    Name.TAKE: "take, take it, take over, i take it, i'll take it, claim, mine, grab",
    Name.UNMUTE: "unsnooze, unsilence, end mute",
    Name.DISMISS: (
        "no error, not error, not a bug, not a problem, no problem, false alarm, false positive, dismissed, "
        "harmless, noise, expected"
    ),
    Name.REOPEN: "reopened, open, open again, unresolve, release, unassign, unack, un-ack, unacknowledge, drop",
}
"""Words for the same, that are only taken for it when nothing else is said: "expected" may begin any sentence."""

_OTHERS: dict[Name, str] = {
    Name.ASSIGN: (
        "assign, assigned, reassign, re-assign, delegate, give to, give it to, give this to, hand to, hand it to, "
        "hand this to, hand over to"
    ),
    Name.MUTE: "mute, snooze, silence, hush, quiet, shush, ignore",
    Name.RESOLVE: "resolve, resolved, close, closed, fix, fixed, solve, solved, done, finished",
    Name.LOGS: "logs, log, tail, grep, search, show logs, show the logs, show me logs, show me the logs",
    Name.AROUND: "around, context, surroundings, lines around, show around, show lines around, look around",
    Name.REPLICAS: "replicas, replica, nodes, ranks, workers, hosts, which replicas, per replica",
    Name.WHO: "who, history, audit, timeline, whose",
    Name.JOBS: "jobs, list jobs",
    Name.STATUS: "status, state",
    Name.HELP: "help, usage, commands, what can you do",
}


def _by_word(*tables: dict[Name, str]) -> dict[str, Name]:
    return {word: name for table in tables for name, words in table.items() for word in words.split(", ")}


WORDS = _by_word(CLEAR, _ALONE, _OTHERS)
MUST_STAND_ALONE = frozenset(_by_word(_ALONE))
NAMES = tuple(word for word in WORDS if " " not in word)
"""Those that a misspelt word may have meant."""

SLASH_ONLY = frozenset({"watch", "unwatch", "watches", "incidents", "mutes", "digest", "stop", "recreate"})
"""What is about a channel or a whole job, and is typed as a command."""

GREETINGS = frozenset(
    {"hey", "hi", "hello", "ok", "okay", "please", "pls", "dear", "yo", "so", "and", "cc", "thanks"}
)
COURTESY = frozenset({"thanks", "thank", "thx", "ty", "cheers", "nice", "great", "🙏", "👍", "+1"})
FILLERS = frozenset(
    {"please", "pls", "just", "now", "it", "this", "that", "the", "incident", "error", "card", "can", "you"}
)
"""Say nothing of their own: before an order, or alone behind one."""
AROUND_FILLERS = FILLERS | frozenset(
    {"line", "lines", "on", "of", "for", "in", "at", "me", "all", "replica", "replicas"}
)
