"""What a skimming tail left out, fetched around each new incident.

While a job is too loud only lines of a watched level are read, so that a traceback comes as a headline without
its text. As soon as an incident is new, a few seconds before and after its first line are read at all levels, and
the poll's lines are fed again together with them. What is fetched is entered into the cursor's ledger, so that no
line of it is taken a second time when all levels are read again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.incidents.incident import Facts
from bot.logs.asking import Asking
from bot.logs.cursor import Cursor
from bot.logs.line import Line
from bot.logs.order import Api
from bot.logs.reading import WindowRead, read_newest, read_window
from bot.times import Ms, ms_floor, ms_from_s, ns_from_ms

BEFORE_MS = ms_from_s(2)
AFTER_MS = ms_from_s(5)
LINES_BEFORE = 200
INCIDENTS = 5
"""Of a poll that brings more new incidents than this, the most important ones are looked around."""
COVERED = 200


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """`lines` are to be fed in place of the poll's own; `covered` are stretches that were read at all levels."""

    cursor: Cursor
    lines: list[Line]
    covered: list[tuple[Ms, Ms]] = field(default_factory=list)

    def add(self, read: WindowRead) -> None:
        """Puts the lines of `read` that are new among the others, in the server's order."""
        lo, hi = ns_from_ms(read.from_ms), ns_from_ms(read.to_ms)
        had = Counter(line for line in self.lines if lo <= line.timestamp_ns < hi)
        left = had + Counter(self._new(read.lines))
        stretch = []
        for line in read.lines:
            if left[line] > 0:
                left[line] -= 1
                stretch.append(line)
        stretch += left.elements()
        others = [line for line in self.lines if not lo <= line.timestamp_ns < hi]
        self.lines = sorted([*others, *stretch], key=lambda line: line.timestamp_ns)
        self.covered = [*self.covered, (read.from_ms, read.to_ms)][-COVERED:]

    def is_covered(self, at_ms: int) -> bool:
        return any(lo <= at_ms < hi for lo, hi in self.covered)

    def _new(self, lines: Sequence[Line]) -> list[Line]:
        """Those that no poll has taken: known from the ledger, before that from the level that was read."""
        cursor = self.cursor
        settled = ns_from_ms(cursor.settled_ms)
        others = [line for line in lines if not self._is_wanted(line)]
        fresh = {id(line) for line in others if not self.is_covered(ms_floor(line.timestamp_ns))}
        final = [line for line in lines if line.timestamp_ns < settled and id(line) in fresh]
        recent = [
            line for line in lines if line.timestamp_ns >= settled and (self._is_wanted(line) or id(line) in fresh)
        ]
        taken, ledger = cursor.ledger.take(recent, cursor.level)
        self.cursor = replace(cursor, ledger=ledger)
        return [*final, *taken]

    def _is_wanted(self, line: Line) -> bool:
        return line.level is not None and line.level >= self.cursor.level


def moments(facts: Sequence[Facts], seen: set[str]) -> list[Ms]:
    """Where to look: the first lines of the incidents that are new."""
    return [ms_floor(fact.first_ns) for fact in facts if fact.key not in seen][:INCIDENTS]


def read_around(found: Surroundings, where: Sequence[Ms], api: Api) -> Asking[Surroundings]:
    """Reads around the moments `where`, two pages for each; a part that the server refuses is left out."""
    for at in where:
        if found.is_covered(at):
            continue
        before = yield from read_newest(at - BEFORE_MS, at, count=LINES_BEFORE, pages=1, api=api)
        found.add(before)
        after = yield from read_window(at, at + AFTER_MS, pages=1, api=api)
        found.add(after)
        if before.stopped or after.stopped:
            break
    return found
