"""Reading a window of a log completely, or saying exactly what could not be read. Sans-IO.

How a window is read. The API has no cursor and cuts an answer at 1,000 lines, so:

- An answer that was not cut holds all of its window.
- A cut answer in ascending order is complete up to its last millisecond, a descending one down to its first.
  It is continued *at* that millisecond, never after it: lines on both pages are counted once, as often as the
  page with more of them says.
- The order is taken from the answer, not from the question: a server that ignores `direction` is read from the
  end that it shows. An order that proves nothing means halving the window, down to one millisecond.
- A millisecond that fills a page is read by `bot.logs.crowd`; what it cannot reach becomes a `Gap`.
- Windows longer than the API allows are walked in steps; an empty one means go on.

Windows here are half open, ``[start_ms, end_ms)``. Whether the API counts its end in is not documented; lines
beyond the window that was asked for are dropped, so either answer gives the same result.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from bot.logs.asking import Asking, Cut
from bot.logs.crowd import Gap, merged, read_millisecond
from bot.logs.line import Level, Line
from bot.logs.order import Api, Order, Server
from bot.logs.pages import Direction, PageRequest
from bot.times import NS_PER_MS, Ms, ms_floor, ns_from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRead:
    """What was read of ``[start_ms, end_ms)``.

    Attributes:
        from_ms, to_ms: the part that was read wholly; `lines` are exactly the lines of this part.
        lines: ascending by time; among equal stamps in the server's order.
        gaps: what could not be read inside that part.
        pages: requests that were made.
        skipped: answers' lines that could not be decoded.
        stopped: the caller ended it (an answer of None).
        proven: what is known of the server (`bot.logs.order`); pass it on to the next reading.
    """

    start_ms: Ms
    end_ms: Ms
    min_level: Level | None
    from_ms: Ms
    to_ms: Ms
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    pages: int
    skipped: int
    stopped: bool
    proven: frozenset[Direction]

    @property
    def reached(self) -> bool:
        """Nothing of the window is left to be read."""
        return self.from_ms <= self.start_ms and self.to_ms >= self.end_ms

    @property
    def complete(self) -> bool:
        """Every line of the window (at its level) is here."""
        return self.reached and not self.gaps and not self.skipped


def read_window(
    start_ms: int,
    end_ms: int,
    *,
    min_level: Level | None = None,
    pages: int | None = None,
    api: Api | None = None,
) -> Asking[WindowRead]:
    """Reads ``[start_ms, end_ms)`` from its start.

    After `pages` requests it stops as soon as some part is complete; the next call continues at `to_ms`. It never
    returns without progress (so a few more requests may be made), except when the caller stops it.
    """
    reader = _Reader(start_ms, end_ms, min_level, Direction.ASC, api or Api(), pages)
    return (yield from reader.run())


def read_newest(
    start_ms: int,
    end_ms: int,
    *,
    count: int,
    matches: Callable[[Line], bool] | None = None,
    min_level: Level | None = None,
    pages: int | None = None,
    api: Api | None = None,
) -> Asking[WindowRead]:
    """Reads ``[start_ms, end_ms)`` from its end until `count` lines are there, or `pages` are used up.

    Only lines that `matches` accepts are kept and counted. May return more than `count`: all of them are lines of
    ``[from_ms, end_ms)``, and the next call continues with ``end_ms=from_ms``.
    """
    reader = _Reader(start_ms, end_ms, min_level, Direction.DESC, api or Api(), pages, matches)
    return (yield from reader.run(count))


# --- the reader ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part ``[lo, hi)`` that is still to be read; `had` are lines of it that were seen already."""

    lo: int
    hi: int
    had: tuple[Line, ...] = ()

    @property
    def width(self) -> int:
        return self.hi - self.lo

    def part(self, lo: int, hi: int, had: Sequence[Line]) -> "_Piece":
        """The part of it within ``[lo, hi)``, with those of `had` that lie there."""
        lo, hi = max(lo, self.lo), min(hi, self.hi)
        return _Piece(lo, hi, tuple(_within(had, lo, hi)))


@dataclass(slots=True)
class _Reader:
    """One reading in progress. `todo` is a stack: what is to be read next is its last piece."""

    start: int
    end: int
    level: Level | None
    direction: Direction
    api: Api
    budget: int | None = None
    matches: Callable[[Line], bool] | None = None
    server: Server = field(init=False)
    stopped: bool = False
    todo: list[_Piece] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = Server(self.api.proven)

    def run(self, count: int | None = None) -> Asking[WindowRead]:
        span = self.api.span_ms
        self._push([_Piece(lo, min(lo + span, self.end)) for lo in range(self.start, self.end, span)])
        while self.todo and not self.stopped and not self._enough(count):
            piece = self.todo.pop()
            try:
                yield from self._step(piece)
            except Cut:
                self.todo.append(piece)
                self.stopped = True
        return self._read()

    def _step(self, piece: _Piece) -> Asking[None]:
        request = self._request(piece)
        page = yield from self.server.ask(request)
        lines = merged(piece.had, _within(_ascending(page.lines), piece.lo, piece.hi))
        if not page.fills(self.api.limit):
            self._keep(lines)
            return
        first, last = ms_floor(page.lines[0].timestamp_ns), ms_floor(page.lines[-1].timestamp_ns)
        one_ms = len({line.timestamp_ns // NS_PER_MS for line in page.lines}) == 1
        match Order.NONE if one_ms else (yield from self.server.order(request, page)):
            case Order.OLDEST_FIRST if last > piece.lo:
                self._keep(_within(lines, piece.lo, last))
                self._go_on(piece.part(last, piece.hi, lines), Direction.ASC, last - first)
            case Order.NEWEST_FIRST if last + 1 < piece.hi:
                self._keep(_within(lines, last + 1, piece.hi))
                self._go_on(piece.part(piece.lo, last + 1, lines), Direction.DESC, first - last)
            case _ if one_ms and piece.lo <= first < piece.hi:
                yield from self._crowd(piece.part(first, first + 1, piece.had))
                self._push([piece.part(piece.lo, first, piece.had), piece.part(first + 1, piece.hi, piece.had)])
            case _ if piece.width == 1:
                yield from self._crowd(piece)
            case _:
                self._split(piece, piece.lo + piece.width // 2)

    def _crowd(self, piece: _Piece) -> Asking[None]:
        lines, gap = yield from read_millisecond(self.server, self._request(piece))
        self._keep(merged(piece.had, lines))
        self.gaps += [gap] if gap else []

    def _request(self, piece: _Piece) -> PageRequest:
        return PageRequest(
            start_ms=Ms(piece.lo),
            end_ms=Ms(piece.hi),
            direction=self.direction,
            limit=self.api.limit,
            min_level=self.level,
        )

    def _keep(self, lines: Iterable[Line]) -> None:
        self.lines += filter(self.matches, lines) if self.matches else lines

    def _go_on(self, rest: _Piece, shown: Direction, span: int) -> None:
        """Reads on after a cut page that covered `span`.

        A server that shows the other end than the one that was asked for is read from there, but only with half
        of the budget. Then shorter windows lead it to the right end, else nothing might be complete there.
        """
        from_there = self.budget is None or 2 * self.server.pages < self.budget
        if shown is self.direction or from_there or rest.width <= 2 * span:
            self._push([rest])
            return
        share = min(max(span, rest.width // 8), rest.width // 2)
        self._split(rest, rest.lo + share if self.direction is Direction.ASC else rest.hi - share)

    def _split(self, piece: _Piece, at: int) -> None:
        self._push([piece.part(piece.lo, at, piece.had), piece.part(at, piece.hi, piece.had)])

    def _push(self, pieces: Sequence[_Piece]) -> None:
        """Takes `pieces`, given in order of time, as what is to be read next."""
        order = reversed(pieces) if self.direction is Direction.ASC else pieces
        self.todo += [piece for piece in order if piece.width > 0]

    def _done(self) -> tuple[int, int]:
        """The part of the window that is complete."""
        if not self.todo:
            return self.start, self.end
        if self.direction is Direction.ASC:
            return self.start, self.todo[-1].lo
        return self.todo[-1].hi, self.end

    def _enough(self, count: int | None) -> bool:
        lo, hi = self._done()
        if count is not None and len(self.lines) >= count and len(_within(self.lines, lo, hi)) >= count:
            return True
        return self.budget is not None and self.server.pages >= self.budget and lo < hi

    def _read(self) -> WindowRead:
        lo, hi = self._done()
        lines = sorted(_within(self.lines, lo, hi), key=attrgetter("timestamp_ns"))
        return WindowRead(
            start_ms=Ms(self.start),
            end_ms=Ms(self.end),
            min_level=self.level,
            from_ms=Ms(lo),
            to_ms=Ms(hi),
            lines=tuple(lines),
            gaps=tuple(gap for gap in self.gaps if lo <= gap.start_ms < hi),
            pages=self.server.pages,
            skipped=self.server.skipped,
            stopped=self.stopped,
            proven=self.server.proven,
        )


def _within(lines: Sequence[Line], lo: int, hi: int) -> Sequence[Line]:
    start, end = ns_from_ms(lo), ns_from_ms(hi)
    return [line for line in lines if start <= line.timestamp_ns < end]


def _ascending(lines: Sequence[Line]) -> Sequence[Line]:
    """A page's lines, oldest first when the page is in order."""
    return lines[::-1] if lines and lines[0].timestamp_ns > lines[-1].timestamp_ns else lines
