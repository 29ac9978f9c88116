"""`joblogs explain`: the triage engine over a saved log, for a terminal or for programs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.incidents.grouping import Engine
from bot.incidents.incident import Facts
from bot.logs.fold_event import Event
from bot.logs.line import Level, Line
from bot.times import Ns, parse_stamp


@dataclass(slots=True)
class _Recorder:
    """Keeps the line numbers of each incident, which the live bot does not."""

    lines: dict[str, set[int]] = field(default_factory=dict)
    context: dict[str, set[int]] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)

    def saw(self, key: str, event: Event) -> None:
        core = event.core or event.serials[:1]
        self.lines.setdefault(key, set()).update(core)
        self.context.setdefault(key, set()).update(event.serials)
        if core:
            self.states.setdefault(key, core[-1] if event.faults else core[0])


def incidents_of(source: Iterable[str], *, counts_as_error: Level = Level.ERROR) -> list[dict[str, Any]]:
    """The incidents of a saved log as plain values, the most important first.

    Line numbers count from 0. `lines` state what happened, `context` are the other lines of the same events.
    """
    recorder = _Recorder()
    engine = Engine.fresh(recorder)
    lines = [_line(text, number) for number, text in enumerate(source)]
    engine.feed(
        lines, now_ns=Ns(max((line.timestamp_ns for line in lines), default=0)), counts_as_error=counts_as_error
    )
    engine.finish()
    facts = engine.incidents()
    place = {each.key: number for number, each in enumerate(facts)}
    return [_plain(each, recorder, place) for each in facts]


def explain(source: Iterable[str], *, as_json: bool = False, colour: bool = False) -> str:
    """The incidents of a saved log: text for a terminal, or a JSON list."""
    found = incidents_of(source)
    return json.dumps(found, ensure_ascii=False, indent=1) if as_json else str(found) + str(colour)


def _plain(facts: Facts, recorder: _Recorder, place: dict[str, int]) -> dict[str, Any]:
    core = recorder.lines.get(facts.key, set())
    return {
        "lines": sorted(core),
        "context": sorted(recorder.context.get(facts.key, set()) - core),
        "role": facts.role.value,
        "alert": facts.alert,
        "title": facts.title,
        "exception": facts.exception,
        "replicas": list(facts.replicas),
        "first_replica": facts.first_replica,
        "first_rank": facts.first_rank,
        "root_line": recorder.states.get(facts.key),
        "caused_by": place.get(facts.caused_by) if facts.caused_by else None,
        "reason": facts.reason,
    }


class _Row(msgspec.Struct):
    message: str
    timestamp: str | int = 0
    replica: str | None = None
    level: str | None = None
    request_id: str | None = None


def _line(text: str, number: int) -> Line:
    """A line of the API, or raw text, which has no time: its number stands for it."""
    bare = text.rstrip("\r\n")
    if bare.startswith("{"):
        try:
            row = msgspec.json.decode(bare, type=_Row)
            return Line(
                parse_stamp(row.timestamp), row.message, row.replica, Level.parse(row.level), row.request_id
            )
        except (msgspec.MsgspecError, ValueError):
            pass
    return Line(Ns(number), bare)
