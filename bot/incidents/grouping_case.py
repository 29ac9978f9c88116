"""What is remembered of one incident, and of the job around it."""

from typing import TYPE_CHECKING

import msgspec

from bot.incidents.fingerprint import Reading, title_of
from bot.incidents.incident import EXCERPT_LINES
from bot.incidents.masks import alike
from bot.logs.fold_event import Event
from bot.logs.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_KEYS = 64
MAX_SOURCES = 8
MAX_WORDS = 60
MAX_REPLICAS = 4_096


class Seen(msgspec.Struct, array_like=True):
    """One replica's share of an incident."""

    first_ns: int
    last_ns: int
    count: int
    rank: int | None = None
    order: int = 0


class Case(msgspec.Struct, array_like=True, eq=False):
    """One incident, as long as the job lives. Its size does not depend on how often it happens."""

    key: str
    fingerprint: str
    name: str
    says: str
    stage: int
    title: str
    exception: str | None
    frame: str
    keys: list[str]
    words: list[str]
    sources: list[str]
    first_ns: int
    last_ns: int
    order: int
    count: int = 0
    seen: dict[str, Seen] = msgspec.field(default_factory=dict)
    excerpt: list[str] = msgspec.field(default_factory=list)
    hidden: int = 0
    uncaught: bool = False
    gives_up: bool = False
    mild: bool = True
    loud: bool = False
    waits: bool = False
    peers: dict[str, int] = msgspec.field(default_factory=dict)
    lags: dict[int, int] = msgspec.field(default_factory=dict)
    level: int = 0

    def take(self, event: Event, reading: Reading, order: int) -> None:
        """One more event of this incident."""
        self.count += event.repeats
        self.level = max(self.level, event.level)
        self.first_ns, self.last_ns = min(self.first_ns, event.first_ns), max(self.last_ns, event.last_ns)
        self._sight(event, order)
        self.keys = _more(self.keys, reading.keys, MAX_KEYS)
        if reading.source:
            self.sources = _more(self.sources, (reading.source,), MAX_SOURCES)
        self.uncaught = self.uncaught or reading.uncaught
        self.gives_up = self.gives_up or reading.gives_up
        self.mild = self.mild and reading.mild
        self.loud = self.loud or event.loud or reading.uncaught
        if self._reads_better(reading):
            self._rename(event, reading)

    def likeness(self, other: frozenset[str]) -> float:
        return alike(frozenset(self.words), other)

    def _sight(self, event: Event, order: int) -> None:
        name = event.replica or ""
        seen = self.seen.get(name)
        if seen is None:
            if len(self.seen) < MAX_REPLICAS:
                self.seen[name] = Seen(event.first_ns, event.last_ns, event.repeats, event.rank, order)
            return
        if event.first_ns < seen.first_ns:
            seen.first_ns, seen.rank = event.first_ns, event.rank if event.rank is not None else seen.rank
        seen.rank = seen.rank if seen.rank is not None else event.rank
        seen.last_ns, seen.count = max(seen.last_ns, event.last_ns), seen.count + event.repeats

    def _reads_better(self, reading: Reading) -> bool:
        """A cause names an incident better than an unknown exception, and that better than a mere log line."""
        if not self.excerpt or reading.stage < self.stage:
            return True
        return reading.stage == self.stage and self.exception is None and reading.exception is not None

    def _rename(self, event: Event, reading: Reading) -> None:
        self.title, hidden = _clean(title_of(event, reading))
        self.exception = reading.exception
        self.stage = min(self.stage, reading.stage)
        self.frame, self.words = reading.frame or self.frame, sorted(reading.words)[:MAX_WORDS]
        if reading.signature is not None:
            self.name, self.says = reading.signature.name, reading.signature.says
            self.waits = reading.signature.waits
        whole = redact("\n".join(event.excerpt()))
        self.excerpt, self.hidden = whole.text.split("\n")[:EXCERPT_LINES], max(self.hidden, whole.hidden, hidden)


def new_case(event: Event, reading: Reading, order: int) -> Case:
    """An incident that begins with `event`."""
    return Case(
        key=f"{reading.fingerprint}:{order}", fingerprint=reading.fingerprint, name="", says="",
        stage=reading.stage,
        title="", exception=None, frame="", keys=[], words=[], sources=[], first_ns=event.first_ns,
        last_ns=event.last_ns, order=order,
    )  # fmt: skip


def _clean(text: str) -> tuple[str, int]:
    done = redact(text)
    return done.text, done.hidden


def _more(have: list[str], new: "Iterable[str]", limit: int) -> list[str]:
    fresh = [each for each in dict.fromkeys(new) if each not in have]
    return [*have, *fresh][:limit] if fresh else have
