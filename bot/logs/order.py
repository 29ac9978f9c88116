"""What an answer of the server proves: which of the lines that it was asked for it holds. Sans-IO.

An answer that was cut holds a part of its window, and which part is the question. It is read from the answer's own
order: ascending lines are the oldest, descending ones the newest. A server could show one and pick the other, so
each of the two is put to the proof once: asked for a single line, it must give the first of that answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from operator import ge

from bot.logs.asking import Asking, Cut
from bot.logs.pages import PAGE_LIMIT, Direction, Page, PageRequest
from bot.times import MS_PER_S, NS_PER_MS

SPAN_MS = 7 * 24 * 3600 * MS_PER_S
"""Longest window that the API answers ("must not exceed 7 days")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What is known of the API: its longest window, its largest page, and which orders were put to the proof."""

    span_ms: int = SPAN_MS
    limit: int = PAGE_LIMIT
    proven: frozenset[Direction] = frozenset()


class Order(Enum):
    """What the order of a cut answer proves."""

    OLDEST_FIRST = "complete up to its last line's millisecond"
    NEWEST_FIRST = "complete down to its last line's millisecond"
    NONE = "nothing"


@dataclass(slots=True)
class Server:
    """The other end of a reading: asks, counts, and remembers what was proven of the server."""

    proven: frozenset[Direction] = frozenset()
    refuted: frozenset[Direction] = frozenset()
    pages: int = 0
    skipped: int = 0

    def ask(self, request: PageRequest) -> Asking[Page]:
        page = yield request
        if page is None:
            raise Cut
        self.pages += 1
        self.skipped += page.skipped
        return page

    def order(self, request: PageRequest, page: Page) -> Asking[Order]:
        """What the lines of `page`, which was cut, prove. All of one stamp prove nothing."""
        stamps = [line.timestamp_ns for line in page.lines]
        millis = [stamp // NS_PER_MS for stamp in stamps]
        if stamps[0] < stamps[-1] and (_falls(stamps[::-1]) or _falls(millis[::-1])):
            is_so = yield from self._is_proven(Direction.ASC, request, stamps[0])
            return Order.OLDEST_FIRST if is_so else Order.NONE
        if stamps[0] > stamps[-1] and (_falls(stamps) or _falls(millis)):
            is_so = yield from self._is_proven(Direction.DESC, request, stamps[0])
            return Order.NEWEST_FIRST if is_so else Order.NONE
        return Order.NONE

    def _is_proven(self, shown: Direction, request: PageRequest, first_ns: int) -> Asking[bool]:
        """Whether pages that show this order begin at that end of their window."""
        if shown not in self.proven and shown not in self.refuted:
            probe = yield from self.ask(replace(request, limit=1))
            found = [line.timestamp_ns for line in probe.lines[:1]]
            misleads = any(stamp > first_ns if shown is Direction.ASC else stamp < first_ns for stamp in found)
            self.refuted |= {shown} if misleads else set()
            self.proven |= set() if misleads else {shown}
        return shown in self.proven


def _falls(numbers: Sequence[int]) -> bool:
    return all(map(ge, numbers, islice(numbers, 1, None)))
