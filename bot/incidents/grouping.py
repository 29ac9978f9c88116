"""Lines in, incidents out: the memory of one job's failures.

The watcher feeds it poll by poll and keeps its bytes beside the cursor; `joblogs explain` feeds it a whole file.
Both give the same incidents.
"""

import hashlib
from collections.abc import Sequence
from typing import Protocol

import msgspec

from bot.incidents.blame import Verdict, blame
from bot.incidents.fingerprint import Reading, as_report, read
from bot.incidents.grouping_case import Case, new_case
from bot.incidents.grouping_facts import facts_of
from bot.incidents.grouping_job import Job
from bot.incidents.grouping_join import home_of, is_explained_death, is_fragment
from bot.incidents.incident import Facts
from bot.incidents.signatures import Stage
from bot.incidents.suspects import note_peers
from bot.logs.fold import Folder
from bot.logs.fold_event import Event
from bot.logs.line import Level, Line
from bot.times import Ns

VERSION = 6
"""Of the dumped form. A dump of another version is not read: the job's incidents then begin anew."""
MAX_CASES = 500
"""Incidents that are told apart in one job; what comes after them goes to the one that is most alike."""


class Observer(Protocol):
    """Is told which lines make which incident. Only `explain` asks; the live bot keeps no line numbers."""

    def saw(self, key: str, event: Event) -> None: ...


class _Memory(msgspec.Struct, array_like=True):
    version: int = VERSION
    folder: Folder = msgspec.field(default_factory=Folder)
    cases: list[Case] = msgspec.field(default_factory=list)
    job: Job = msgspec.field(default_factory=Job)
    told: dict[str, int] = msgspec.field(default_factory=dict)
    order: int = 0


class _Version(msgspec.Struct, array_like=True):
    version: int = 0


class Engine:
    """Everything that is remembered of one job, bounded by its incidents and not by its lines."""

    def __init__(self, memory: "_Memory", observer: Observer | None = None) -> None:
        self._memory, self._observer = memory, observer
        self._index = {key: case for case in reversed(memory.cases) for key in case.keys}

    @classmethod
    def fresh(cls, observer: Observer | None = None) -> "Engine":
        return cls(_Memory(), observer)

    @classmethod
    def restore(cls, data: bytes) -> "Engine":
        """What `dump` wrote. Empty or damaged bytes, and those of another version, give a fresh engine."""
        try:
            if msgspec.msgpack.decode(data, type=_Version).version != VERSION:
                return cls.fresh()
            return cls(msgspec.msgpack.decode(data, type=_Memory))
        except (msgspec.DecodeError, msgspec.ValidationError):
            return cls.fresh()

    @property
    def carries(self) -> bool:
        """Whether an event is unfinished: without new lines, time alone will end it."""
        return bool(self._memory.folder.open)

    def dump(self) -> bytes:
        return msgspec.msgpack.encode(self._memory)

    def feed(
        self, lines: Sequence[Line], *, now_ns: Ns, counts_as_error: Level = Level.ERROR
    ) -> tuple[Facts, ...]:
        """Takes lines in the order of their time; the incidents that are new or changed, most important first.

        An event that the last line leaves unfinished is carried to the next call, unless it is older than a
        few seconds at `now_ns`.
        """
        memory = self._memory
        memory.job.hear(lines)
        for event in memory.folder.events(lines, counts_as_error):
            self._take(event)
        for event in memory.folder.stale(now_ns):
            self._take(event)
        return self._news()

    def finish(self) -> tuple[Facts, ...]:
        """Ends what is carried: at the job's end, or when it has been quiet for long."""
        for event in self._memory.folder.flush():
            self._take(event)
        return self._news()

    def incidents(self) -> tuple[Facts, ...]:
        """All incidents as they stand, most important first."""
        return tuple(facts_of(case, verdict) for case, verdict in self._judged())

    def heard(self) -> dict[str, tuple[Ns, Ns]]:
        """By replica, the stamps of its first and of its last line."""
        return {name: (Ns(one.first_ns), Ns(one.last_ns)) for name, one in self._memory.job.members.items()}

    def _take(self, event: Event) -> None:
        memory = self._memory
        memory.job.meet(event)
        event.first_ns = memory.job.true_ns(event)
        reading = read(event)
        if reading is None:
            return
        memory.order += 1
        if is_explained_death(event, reading, memory.cases):
            reading = as_report(reading)
        case = home_of(event, reading, memory.cases, self._index)
        if case is None and is_fragment(event) and not event.frames:
            return
        if case is None:
            case = self._open(event, reading)
        case.take(event, reading, memory.order)
        if reading.stage in (Stage.SYMPTOM, Stage.EFFECT):
            note_peers(case, event)
        for key in reading.keys:
            if len(case.keys) < 64 or key in case.keys:
                self._index.setdefault(key, case)
        if self._observer is not None:
            self._observer.saw(case.key, event)

    def _open(self, event: Event, reading: Reading) -> Case:
        cases = self._memory.cases
        if len(cases) >= MAX_CASES:
            return max(cases, key=lambda case: case.likeness(reading.words))
        case = new_case(event, reading, self._memory.order)
        cases.append(case)
        return case

    def _judged(self) -> list[tuple[Case, Verdict]]:
        memory = self._memory
        verdicts = blame(memory.cases, memory.job)
        by_key = {case.key: case for case in memory.cases}
        return [(by_key[verdict.key], verdict) for verdict in verdicts]

    def _news(self) -> tuple[Facts, ...]:
        told, news = self._memory.told, []
        for case, verdict in self._judged():
            facts = facts_of(case, verdict)
            mark = _mark(facts)
            if told.get(case.key) != mark:
                told[case.key] = mark
                news.append(facts)
        return tuple(news)


def _mark(facts: Facts) -> int:
    """A number that changes when `facts` do; equal in every process."""
    digest = hashlib.blake2b(msgspec.msgpack.encode(facts), digest_size=7).digest()
    return int.from_bytes(digest, "big")
