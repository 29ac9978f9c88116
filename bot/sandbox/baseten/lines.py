"""The log of one simulated job: what was written, and what of it can be seen by now."""

import heapq
from bisect import bisect_left, insort
from dataclasses import dataclass
from operator import attrgetter

from bot.sandbox.baseten.levels import RANKS


@dataclass(frozen=True, slots=True, kw_only=True)
class SimLine:
    """One line. It is stamped `timestamp_ns` and can be read from `visible_ns` on; `number` counts per job."""

    timestamp_ns: int
    message: str
    replica: str | None
    level: str | None
    request_id: str | None
    visible_ns: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which lines are asked for: ``start_ns <= stamp < stop_ns``, at or above `min_level` if that is given."""

    start_ns: int
    stop_ns: int
    min_level: str | None
    newest_first: bool
    limit: int


class LineArchive:
    """Lines by stamp, those of one stamp in the order in which they were written.

    Writing is an append or a push to a heap; what became visible is merged when somebody reads, so that a read
    is two binary searches and a slice however large the log is, and late lines cost only what they displace.
    """

    def __init__(self) -> None:
        self.written: list[SimLine] = []
        self._hidden: list[tuple[int, int, SimLine]] = []
        self._fresh: list[SimLine] = []
        self._views: dict[str | None, list[SimLine]] = {None: [], **{level: [] for level in RANKS}}

    def add(self, line: SimLine, now_ns: int) -> None:
        self.written.append(line)
        if line.visible_ns <= now_ns:
            self._fresh.append(line)
        else:
            heapq.heappush(self._hidden, (line.visible_ns, line.number, line))

    def read(self, window: Window, now_ns: int) -> list[SimLine]:
        """The first `limit` lines of the window that are visible at `now_ns`, in the window's order."""
        self._admit(now_ns)
        view = self._views[window.min_level]
        start = bisect_left(view, window.start_ns, key=_stamp)
        stop = bisect_left(view, window.stop_ns, lo=start, key=_stamp)
        if window.newest_first:
            return view[max(start, stop - window.limit) : stop][::-1]
        return view[start : min(stop, start + window.limit)]

    def _admit(self, now_ns: int) -> None:
        while self._hidden and self._hidden[0][0] <= now_ns:
            self._fresh.append(heapq.heappop(self._hidden)[2])
        if not self._fresh:
            return
        batch, self._fresh = sorted(self._fresh, key=_order), []
        for threshold, view in self._views.items():
            _merge(view, batch if threshold is None else [line for line in batch if _reaches(line, threshold)])


_stamp = attrgetter("timestamp_ns")


def _order(line: SimLine) -> int:
    """Stamp, then number, as one integer: it compares several times faster than a pair."""
    return line.timestamp_ns << 40 | line.number


def _reaches(line: SimLine, threshold: str) -> bool:
    return line.level is not None and RANKS[line.level] >= RANKS[threshold]


def _merge(view: list[SimLine], batch: list[SimLine]) -> None:
    """Sorts `batch` into `view`: a few late lines one by one, many together with the tail that they fall into."""
    if not batch:
        return
    position = bisect_left(view, _order(batch[0]), key=_order)
    if len(batch) * 50 < len(view) - position:
        for line in batch:
            insort(view, line, key=_order)
    else:
        view[position:] = sorted(view[position:] + batch, key=_order)
