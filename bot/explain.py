"""`joblogs explain`: the triage engine over a saved log, for a terminal or for programs.

The engine is the watcher's own. What the live bot does not keep, the numbers of the lines, is recorded here.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import msgspec

from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts, Role
from bot.logs.fold_event import Event
from bot.logs.fold_prefix import clean
from bot.logs.line import Level, Line
from bot.logs.redact import redact
from bot.times import Ns, parse_stamp, utc

EXCERPT = 12
"""Lines of an excerpt that a terminal shows."""


class Explained(TypedDict):
    """One incident as `--json` prints it: `count` events (a traceback is one).

    Lines count from 0; `caused_by` is an index into the list.
    """

    lines: list[int]
    context: list[int]
    role: str
    alert: bool
    count: int
    title: str
    exception: str | None
    replicas: list[str]
    first_replica: str | None
    first_rank: int | None
    root_line: int | None
    caused_by: int | None
    reason: str


def explain(
    source: Iterable[str], *, as_json: bool = False, colour: bool = False, counts_as_error: Level = Level.ERROR
) -> str:
    """The incidents of a saved log, the most important first: text for a terminal, or a JSON list.

    `source` gives lines: JSON as the API returns it, or raw text, which has no time and no replica.
    """
    told = _Told.of(source, counts_as_error)
    if as_json:
        return json.dumps([told.plain(facts) for facts in told.facts], ensure_ascii=False, indent=1)
    return _Page(told, colour=colour).text()


def incidents_of(source: Iterable[str], *, counts_as_error: Level = Level.ERROR) -> list[Explained]:
    """The same as plain values."""
    told = _Told.of(source, counts_as_error)
    return [told.plain(facts) for facts in told.facts]


@dataclass(slots=True)
class _Recorder:
    """Keeps the line numbers of each incident."""

    core: dict[str, set[int]] = field(default_factory=dict)
    all: dict[str, set[int]] = field(default_factory=dict)
    first: dict[str, tuple[int, int]] = field(default_factory=dict)

    def saw(self, key: str, event: Event) -> None:
        core = event.core or event.serials[:1]
        self.core.setdefault(key, set()).update(core)
        self.all.setdefault(key, set()).update(event.serials)
        if core:
            # A traceback states best what happened; a mere log line stands for the incident until one comes.
            mark = (0 if event.faults or event.said else 1, core[-1] if event.faults else core[0])
            old = self.first.get(key)
            self.first[key] = mark if old is None or mark[0] < old[0] else old


@dataclass(slots=True)
class _Told:
    """What the engine says of one log."""

    facts: tuple[Facts, ...]
    recorder: _Recorder
    lines: int

    @classmethod
    def of(cls, source: Iterable[str], threshold: Level) -> "_Told":
        recorder = _Recorder()
        engine = Engine.fresh(recorder)
        lines = [_line(text, number) for number, text in enumerate(source)]
        now = Ns(max((line.timestamp_ns for line in lines), default=0))
        engine.feed(lines, now_ns=now, counts_as_error=threshold)
        engine.finish()
        return cls(engine.incidents(), recorder, len(lines))

    def plain(self, facts: Facts) -> Explained:
        place = {each.key: number for number, each in enumerate(self.facts)}
        core = self.recorder.core.get(facts.key, set())
        return Explained(
            lines=sorted(core), context=sorted(self.recorder.all.get(facts.key, set()) - core),
            role=facts.role.value, alert=facts.alert, count=facts.count,
            title=facts.title, exception=facts.exception,
            replicas=list(facts.replicas), first_replica=facts.first_replica, first_rank=facts.first_rank,
            root_line=self.recorder.first.get(facts.key, (0, None))[1],
            caused_by=place.get(facts.caused_by) if facts.caused_by else None, reason=facts.reason,
        )  # fmt: skip


class _Row(msgspec.Struct):
    message: str
    timestamp: str | int = 0
    replica: str | None = None
    level: str | None = None
    request_id: str | None = None


def _line(text: str, number: int) -> Line:
    """A line as the API gives it, or raw text, whose number stands for its time."""
    bare = text.rstrip("\r\n")
    if bare.startswith("{"):
        try:
            row = msgspec.json.decode(bare, type=_Row)
            stamp = parse_stamp(row.timestamp)
            return Line(stamp, row.message, row.replica, Level.parse(row.level), row.request_id)
        except (msgspec.MsgspecError, ValueError):
            pass
    return Line(Ns(number), bare, level=_level(bare))


def _level(text: str) -> Level | None:
    """The first word of a raw line that names a level, as the API detects it."""
    words = (Level.parse(word.strip("[]():|")) for word in text[:200].split() if word.strip("[]():|").isupper())
    return next((level for level in words if level is not None), None)


_COLOURS = {Role.ROOT: "1;31", Role.CASCADE: "33", Role.NOISE: "2"}


@dataclass(slots=True)
class _Page:
    """The report for a terminal."""

    told: _Told
    colour: bool

    def text(self) -> str:
        roots = [facts for facts in self.told.facts if facts.role is Role.ROOT]
        quiet = [facts for facts in self.told.facts if facts.role is Role.NOISE]
        parts = [self._summary(len(roots), len(quiet))]
        parts += [self._root(number, facts) for number, facts in enumerate(roots, 1)]
        if quiet:
            parts.append("\n".join([self._paint("harmless", "2"), *(self._short(facts) for facts in quiet)]))
        return "\n\n".join(parts) + "\n"

    def _summary(self, roots: int, quiet: int) -> str:
        what = "nothing went wrong" if not roots else f"{roots} {'cause' if roots == 1 else 'causes'}"
        rest = f", {quiet} harmless" if quiet else ""
        return f"{self.told.lines:,} lines: {what}{rest}"

    def _root(self, number: int, facts: Facts) -> str:
        head = f"{number}. {_shown(facts.title)}"
        rows = [self._paint(head, _COLOURS[Role.ROOT]), f"   {_place(facts)}", f"   why: {_shown(facts.reason)}"]
        rows += [f"   {self._paint('│', '2')} {_shown(line)}" for line in _excerpt(facts.excerpt)]
        then = [each for each in self.told.facts if each.caused_by == facts.key]
        return "\n".join([*rows, *(["   then:"] if then else []), *(self._short(each) for each in then)])

    def _short(self, facts: Facts) -> str:
        replicas = len(facts.replicas)
        where = f"{replicas} replica{'' if replicas == 1 else 's'}" if replicas else "the platform"
        text = f"   · {_shown(facts.title)} ({facts.count}× on {where}): {_shown(facts.reason)}"
        return self._paint(text, _COLOURS[facts.role])

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def _place(facts: Facts) -> str:
    rank = f", rank {facts.first_rank}" if facts.first_rank is not None else ""
    first = f"first on {_shown(facts.first_replica)}{rank}" if facts.first_replica else "told by the platform"
    when = f" at {utc(facts.first_ns).isoformat(' ', 'milliseconds')}" if facts.first_ns > 10**15 else ""
    times, where = _count(facts.count, "time"), _count(len(facts.replicas), "replica")
    return f"{first}{when}; {times} on {where} ({facts.confidence.value})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _excerpt(lines: Sequence[str]) -> list[str]:
    """The first and the last lines: a traceback says where at its head and what at its end."""
    if len(lines) <= EXCERPT:
        return list(lines)
    return [*lines[:3], f"… {len(lines) - EXCERPT} more …", *lines[3 - EXCERPT :]]


def _shown(text: str) -> str:
    """Safe on a terminal: no control characters, no secret."""
    return redact(" ".join(clean(text).splitlines())).text
