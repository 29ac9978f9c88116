"""Whom the lines point at without naming a cause: the peer that hung up, the rank that lags, the silent one."""

import re
from collections.abc import Collection
from functools import lru_cache

from bot.incidents.grouping_case import Case
from bot.incidents.grouping_job import Job
from bot.logs.fold_event import Event
from bot.logs.fold_words import MAX_SHAPE, shape_of, text_of

MAX_PEERS = 256
MAX_LAGS = 16_384


def note_peers(case: Case, event: Event) -> None:
    """Keeps whom the event names as gone or late."""
    for said in (event.head, *event.said):
        if not said:
            continue
        text = said[:2_000]
        for pattern in _telling(shape_of(text)) if len(text) <= MAX_SHAPE else _PEERS:
            for found in pattern.finditer(text):
                _count(case, _peer(found))
        progress = _PROGRESS.search(text) if "last enqueued" in text else None
        if progress is not None and event.rank is not None and len(case.lags) < MAX_LAGS:
            case.lags[event.rank] = int(progress[1])


def suspect_of(case: Case, job: Job, touched: Collection[str]) -> tuple[str, str] | None:
    """The replica that most likely failed first though it says nothing of it, and why; None when nothing shows."""
    named = _named(case, job)
    if named is not None:
        return named
    lagging = _lagging(case, job)
    if lagging is not None:
        return lagging
    silent = [name for name in job.members if name not in touched]
    if len(silent) == 1 and len(job.members) > 2:
        return silent[0], f"every replica but {silent[0]} complained"
    return None


_PEERS = (
    re.compile(r"(?i)(?:closed by|from|to) (?:remote )?peer ([\w.\-]+)(?:<|:|\s|$)"),
    re.compile(r"(?i)waiting for (?:rank|ranks) (?P<rank>\d+)"),
    re.compile(r"(?i)\[?rank (?P<rank>\d+)\]? (?:has )?(?:failed|did not|is not|was not|never|not responding)"),
    re.compile(r"(?i)connection (?:closed|reset|lost) .{0,40}\brank (?P<rank>\d+)"),
    re.compile(r"/task:(?P<rank>\d+)\b"),
)


@lru_cache(maxsize=8_192)
def _telling(shape: bytes) -> tuple[re.Pattern[str], ...]:
    """The patterns that find a peer in a text of this shape."""
    text = text_of(shape)
    return tuple(pattern for pattern in _PEERS if pattern.search(text))


_PROGRESS = re.compile(r"last enqueued (?:NCCL )?work: (\d+)")


def _peer(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return f"rank {groups['rank'][:6]}" if groups.get("rank") else found[1]


def _count(case: Case, peer: str) -> None:
    if peer in case.peers or len(case.peers) < MAX_PEERS:
        case.peers[peer] = case.peers.get(peer, 0) + 1


def _named(case: Case, job: Job) -> tuple[str, str] | None:
    """The peer that most of them name; one that two thirds agree on."""
    votes: dict[str, int] = {}
    for peer, count in case.peers.items():
        name = job.replica_of(peer)
        if name is not None:
            votes[name] = votes.get(name, 0) + count
    if not votes:
        return None
    best = max(votes, key=lambda name: votes[name])
    return (
        (best, f"the others name {best} as the peer that went away")
        if votes[best] * 3 > sum(votes.values()) * 2
        else None
    )


def _lagging(case: Case, job: Job) -> tuple[str, str] | None:
    """The one rank that had enqueued less work than all others when they timed out."""
    if len(case.lags) < 3:
        return None
    ordered = sorted(case.lags.items(), key=lambda pair: pair[1])
    (rank, least), (_, second) = ordered[0], ordered[1]
    name = job.replica_of(f"rank {rank}")
    if name is None or least >= second or ordered[1][1] - least < 1:
        return None
    return name, f"rank {rank} on {name} had enqueued less work than every other rank"
