"""What a log's last lines tell when none of them is an error: the words, and who wrote until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.incidents.incident import Sighting
from bot.logs.fold_prefix import clean
from bot.logs.line import Line
from bot.logs.redact import MASK, redact
from bot.times import NS_PER_S, Ns

LAST_LINES = 15
READ = 4_000
WIDTH = 1_000
"""Characters of a line that are looked at, and those that are shown."""
TOGETHER_NS = 60 * NS_PER_S
"""Who stopped within a minute of the last line wrote until the end: clocks and delays differ by less."""
NAMED = 4


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines as they may be shown, oldest first, and how many secrets were hidden in them."""

    lines: tuple[str, ...]
    hidden: int


def excerpt_of(lines: Iterable[Line], count: int = LAST_LINES) -> Excerpt:
    """The last `count` rows of `lines`, in the order of time; with the replica where several speak.

    All of `lines` are looked at for secrets, so that the end of a key whose beginning is not shown stays hidden.
    """
    said = sorted((line for line in lines if line.message.strip()), key=lambda line: line.timestamp_ns)
    several = len({line.replica for line in said[-count:]}) > 1
    rows = [row for line in said for row in _rows(line, with_replica=several)]
    shown = [row[:WIDTH] for row in redact("\n".join(rows)).text.split("\n")[-count:]] if rows else []
    return Excerpt(tuple(shown), sum(row.count(MASK) for row in shown))


def last_heard(lines: Iterable[Line]) -> tuple[Sighting, ...]:
    """Each replica with its last line among `lines`, who fell silent first in front; the platform is left out."""
    newest: dict[str, Ns] = {}
    for line in lines:
        if line.replica is not None:
            newest[line.replica] = max(line.timestamp_ns, newest.get(line.replica, line.timestamp_ns))
    ordered = sorted(newest.items(), key=lambda heard: (heard[1], heard[0]))
    return tuple(Sighting(replica=name, first_ns=at, last_ns=at, count=1) for name, at in ordered)


def first_silent(heard: Sequence[Sighting]) -> str | None:
    """The replica that fell silent clearly before the last line, or the only one."""
    if len(heard) > 1 and heard[-1].last_ns - heard[0].last_ns <= TOGETHER_NS:
        return None
    return heard[0].replica if heard else None


def who_stopped_when(heard: Sequence[Sighting], node_count: int) -> str:
    """Sentences on who wrote until the last line and who had stopped before; none where there is one node only.

    They say no more than the last lines do: who is not among those may have written before, or never does.
    """
    if node_count < 2 or not heard:
        return ""
    end = heard[-1].last_ns
    early = [seen for seen in heard if end - seen.last_ns > TOGETHER_NS]
    late = [str(seen.replica) for seen in heard if end - seen.last_ns <= TOGETHER_NS]
    missing = max(0, node_count - len(heard))
    told = [_stopped(early, end)] if early else []
    if early or missing:
        told.append(f"{names(sorted(late))} wrote until the last line.")
    else:
        told.append(f"All {len(heard)} replicas wrote until the last line.")
    if missing:
        told.append(
            f"{missing} of {node_count} replicas {'are' if missing > 1 else 'is'} not among the last lines."
        )
    return " ".join(told)


def names(replicas: Sequence[str]) -> str:
    """At most `NAMED` of them by name."""
    shown = ", ".join(replicas[:NAMED])
    more = len(replicas) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def span(ns: int) -> str:
    """A duration in the two units that matter: ``2 h 5 min``, ``12 min``, ``40 s``."""
    minutes, seconds = divmod(max(0, ns) // NS_PER_S, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes >= 10 or (minutes and not seconds):
        return f"{minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _rows(line: Line, *, with_replica: bool) -> list[str]:
    who = f"{line.replica or 'platform'}  " if with_replica else ""
    return [who + row for row in clean(line.message[:READ]).split("\n") if row.strip()]


def _stopped(early: Sequence[Sighting], end: Ns) -> str:
    shown = [f"{seen.replica} ({span(end - seen.last_ns)} before the last line)" for seen in early[:NAMED]]
    more = f" and {len(early) - NAMED} more" if len(early) > NAMED else ""
    return f"Fell silent earlier: {', '.join(shown)}{more}."
