"""A running job that has gone quiet: how long is too long for it, and the incident that says so.

How long a job is quiet by nature (an evaluation, a checkpoint, a compilation) is learnt from its own lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.incidents.incident import Confidence, Facts, HistoryEntry, Incident, State
from bot.incidents.last_lines import excerpt_of, first_silent, last_heard, span, who_stopped_when
from bot.incidents.triage import Changed
from bot.jobs.job import Job, Metrics
from bot.logs.line import Line
from bot.times import NS_PER_S, Ms, Ns, ms_floor, ms_from_s, ns_from_ms

VERSION = "silence1"
KEY = "silence"
CLOSED = "closed"
SHORTEST_MS = ms_from_s(600)
LOADING_MS = ms_from_s(1800)
"""Before the first line of a replica the machines are being set up and images loaded."""
BUSY = 0.5
"""From here on a GPU counts as busy. A collective that waits keeps its GPU at 1, a process that sleeps at 0."""

Progress = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a job has written so far.

    Attributes:
        heard_ns: stamp of the newest line; None before the first one.
        longest_ns: the longest time between two lines, of those since a replica first wrote.
        spoken: a replica has written, not the platform alone.
    """

    heard_ns: Ns | None = None
    longest_ns: int = 0
    spoken: bool = False

    def after(self, lines: Iterable[Line], *, whole: bool) -> "Rhythm":
        """With new lines, ascending. From a log that was not read whole no pause can be learnt."""
        heard, longest, spoken = self.heard_ns, self.longest_ns, self.spoken
        for line in lines:
            if line.replica is not None and not spoken:
                heard, longest, spoken = line.timestamp_ns, 0, True
            elif heard is None or line.timestamp_ns > heard:
                if whole and heard is not None:
                    longest = max(longest, line.timestamp_ns - heard)
                heard = line.timestamp_ns
        return Rhythm(heard_ns=heard, longest_ns=longest, spoken=spoken)

    def dump(self) -> Progress:
        """As it is kept with the job's progress."""
        return {"heard_ns": self.heard_ns, "longest_quiet_ns": self.longest_ns, "spoken": self.spoken}

    @classmethod
    def restore(cls, progress: Progress) -> "Rhythm":
        """What `dump` wrote; of a job that has none, a fresh one."""
        heard = progress.get("heard_ns")
        return cls(
            heard_ns=None if heard is None else Ns(int(heard)),
            longest_ns=int(progress.get("longest_quiet_ns") or 0),
            spoken=bool(progress.get("spoken")),
        )

    def limit_ms(self, asked_s: int | None) -> int:
        """From how long on a quiet is told: as a watch asked, else half as much again as the longest so far."""
        learnt = max(SHORTEST_MS, ms_floor(self.longest_ns * 3 // 2))
        wanted = learnt if asked_s is None else ms_from_s(asked_s)
        return wanted if self.spoken else max(wanted, LOADING_MS)

    def quiet_ms(self, now_ms: Ms) -> int:
        """How long it has written nothing; 0 before the first line."""
        return 0 if self.heard_ns is None else max(0, now_ms - ms_floor(self.heard_ns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """How many GPUs are busy and idle by their newest sample, on how many nodes with an idle one."""

    busy: int
    idle: int
    nodes: int
    nodes_idle: int


def gpus(metrics: Iterable[Metrics]) -> Gpus | None:
    """None without a sample: then nothing is said of them."""
    newest = [[series[-1][1] for series in node.gpu.values() if series] for node in metrics]
    nodes = [loads for loads in newest if loads]
    if not nodes:
        return None
    idle = [sum(load < BUSY for load in loads) for loads in nodes]
    return Gpus(
        busy=sum(map(len, nodes)) - sum(idle),
        idle=sum(idle),
        nodes=len(nodes),
        nodes_idle=sum(count > 0 for count in idle),
    )


def fell_silent(
    job: Job, rhythm: Rhythm, now_ms: Ms, lines: Sequence[Line], metrics: Iterable[Metrics], before: Facts | None
) -> Facts:
    """The incident; `lines` are the last ones in any order, `before` is what was known of it until now.

    `first_ns` is the last line's stamp, `last_ns` the moment of this look. The same quiet has the same `first_ns`,
    and counts once.
    """
    since = rhythm.heard_ns or ns_from_ms(now_ms)
    heard, excerpt = last_heard(lines), excerpt_of(lines)
    same = before is not None and before.first_ns == since
    parts = (
        f"No line of any level for {span(ns_from_ms(now_ms) - since)}{_usual(rhythm)}.",
        who_stopped_when(heard, job.node_count),
        in_words(gpus(metrics)),
    )
    return Facts(
        key=KEY,
        fingerprint=f"{VERSION}:{KEY}",
        title="Silent: the job is running and has stopped writing",
        count=(before.count if before else 0) + (0 if same else 1),
        first_ns=since,
        last_ns=ns_from_ms(now_ms),
        sightings=heard,
        first_replica=first_silent(heard),
        excerpt=excerpt.lines,
        reason=" ".join(part for part in parts if part),
        confidence=Confidence.GUESS,
        hidden_values=excerpt.hidden,
    )


def in_words(found: Gpus | None) -> str:
    """What the GPUs do, and what that is a sign of. Metrics and log name nodes differently: counts only."""
    if found is None:
        return ""
    total = found.busy + found.idle
    if not found.idle:
        all_of = f"All {total} GPUs are" if total > 1 else "The GPU is"
        return f"{all_of} busy: spinning, as in a collective that waits, or in a long computation."
    if not found.busy:
        all_of = f"All {total} GPUs are" if total > 1 else "The GPU is"
        return f"{all_of} idle: stalled, as on input, storage or a lock."
    where = f" on {found.nodes_idle} of {found.nodes} nodes" if found.nodes > 1 else ""
    return (
        f"{found.busy} of {total} GPUs are busy (spinning, as in a collective that waits), "
        f"{found.idle}{where} idle (stalled): the busy ones seem to wait for the idle."
    )


def closed(incident: Incident, now_ms: Ms, why: str) -> Changed | None:
    """The incident as the bot itself resolves it; None when a person has done so."""
    if incident.state is State.RESOLVED:
        return None
    changed = replace(
        incident,
        state=State.RESOLVED,
        actor=None,
        changed_ms=now_ms,
        note=None,
        revision=incident.revision + 1,
    )
    return Changed(
        changed, HistoryEntry(incident_id=incident.id, at_ms=now_ms, action=CLOSED, actor=None, detail=why)
    )


def _usual(rhythm: Rhythm) -> str:
    known = rhythm.spoken and rhythm.longest_ns >= NS_PER_S
    return f"; its longest pause before was {span(rhythm.longest_ns)}" if known else ""
