"""What is remembered of the job around its incidents: who is there, who made progress when, who is whose host."""

import re
from collections.abc import Iterable

import msgspec

from bot.logs.fold_event import Event
from bot.logs.fold_time import inner_time
from bot.logs.fold_words import tells_progress
from bot.logs.line import Level, Line
from bot.times import NS_PER_S

MAX_REPLICAS = 4_096
MAX_HOSTS = 4_096
MAX_SAMPLES = 64
LATE_NS = 60 * NS_PER_S
"""Records that are this much older than their line were flushed late."""


class Member(msgspec.Struct, array_like=True):
    """One replica: when it was first and last heard, when it last told of progress, the ranks that it named."""

    first_ns: int
    last_ns: int
    progress_ns: int = 0
    low: int | None = None
    high: int | None = None


class Job(msgspec.Struct, array_like=True):
    """The job's members. Its size depends on the number of replicas alone."""

    members: dict[str, Member] = msgspec.field(default_factory=dict)
    hosts: dict[str, str] = msgspec.field(default_factory=dict)
    progress_ns: int = 0
    offset_ns: int | None = None
    samples: int = 0
    first_progress_ns: int = 0
    succeeded: bool = False

    def hear(self, lines: Iterable[Line]) -> None:
        """Notes who spoke, and which lines tell of progress."""
        members, warning = self.members, Level.WARNING
        for line in lines:
            name = line.replica
            if name is None:
                self.succeeded = self.succeeded or _SUCCESS.search(line.message) is not None
                continue
            member = members.get(name)
            if member is None:
                if len(members) >= MAX_REPLICAS:
                    continue
                member = members[name] = Member(line.timestamp_ns, line.timestamp_ns)
            member.last_ns = max(member.last_ns, line.timestamp_ns)
            text = line.message
            if "NCCL INFO" in text:
                self._host(text, name)
            elif (line.level is None or line.level < warning) and tells_progress(text):
                member.progress_ns = max(member.progress_ns, line.timestamp_ns)
                self.progress_ns = max(self.progress_ns, line.timestamp_ns)
                self.first_progress_ns = self.first_progress_ns or line.timestamp_ns
                if self.samples < MAX_SAMPLES:
                    self._compare(line)
                if text.startswith("[rank"):
                    _rank(member, text[5 : text.find("]", 5, 14)])

    def true_ns(self, event: Event) -> int:
        """When the event happened: a record that was flushed minutes late tells its own time."""
        if not event.stamp_ns or self.offset_ns is None:
            return event.first_ns
        told = event.stamp_ns + self.offset_ns
        return told if told < event.first_ns - LATE_NS else event.first_ns

    def _compare(self, line: Line) -> None:
        """Learns how the records' clock differs from the log's: the least of a few, since lateness adds."""
        told = inner_time(line.message)
        if told:
            self.samples += 1
            offset = line.timestamp_ns - told
            self.offset_ns = offset if self.offset_ns is None else min(self.offset_ns, offset)

    def meet(self, event: Event) -> None:
        """Notes the rank and, from a launcher's table, the host that an event names."""
        member = self.members.get(event.replica or "")
        if member is None:
            return
        if event.rank is not None:
            _rank(member, str(event.rank))
        for said in event.said:
            if said.startswith("host ") and len(self.hosts) < MAX_HOSTS:
                self.hosts.setdefault(said.partition(":")[2].strip(), event.replica or "")

    def replica_of(self, peer: str) -> str | None:
        """The replica behind a host name or an address, or behind "rank N"."""
        if peer in self.members:
            return peer
        if peer.startswith("rank "):
            return self._of_rank(int(peer[5:]))
        return self.hosts.get(peer)

    def _of_rank(self, rank: int) -> str | None:
        for name, member in self.members.items():
            if member.low is not None and member.high is not None and member.low <= rank <= member.high:
                return name
        return self._unheard()

    def _unheard(self) -> str | None:
        """Where ranks are dealt out evenly, the one replica whose range is not known holds the missing one."""
        unknown = [name for name, member in self.members.items() if member.low is None]
        return unknown[0] if len(unknown) == 1 and len(self.members) > 1 else None

    def _host(self, text: str, name: str) -> None:
        found = _NCCL_HOST.match(text)
        if found is not None and len(self.hosts) < MAX_HOSTS:
            self.hosts.setdefault(found[1], name)
        bound = _NCCL_ADDRESS.search(text)
        if bound is not None and len(self.hosts) < MAX_HOSTS:
            self.hosts.setdefault(bound[1], name)


_NCCL_HOST = re.compile(r"(?:\[rank\d+\]: ?)?([\w.\-]+):\d+:\d+ \[\d+\] NCCL")
_NCCL_ADDRESS = re.compile(r"Bootstrap ?: Using \w+:(\d+\.\d+\.\d+\.\d+)<")


_SUCCESS = re.compile(
    r"(?i)job (?:has )?(?:completed|finished|succeeded|ended)\b"
    r"(?!.*\b(?:fail|error|preempt|cancel|stopp|kill|abort|evict|terminat|timed|time_?out|unhealthy|lost))"
    r"|status succeeded"
)


def _rank(member: Member, digits: str) -> None:
    if digits.isdigit() and len(digits) < 7:
        rank = int(digits)
        member.low = rank if member.low is None else min(member.low, rank)
        member.high = rank if member.high is None else max(member.high, rank)
