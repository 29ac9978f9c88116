"""One poll of a job's log: which lines are new, and the cursor to commit with them. Sans-IO.

::

    poll = begin(cursor, now_ms, options)              # the first cursor is Cursor.at(start_ms, level)
    while (request := poll.request) is not None:
        poll.answer(await api.log_page(job, request, Priority.POLL))
    outcome = poll.result                              # or poll.stop() when the server failed in between
    # one transaction: what follows from outcome.lines and outcome.gaps, and outcome.cursor.encode()

Everything derives from the committed cursor. A poll whose outcome was not committed is repeated and finds the same
lines again (and those that have come since); one that was committed never shows a line twice.

A poll has up to three parts:

1. *Follow*: from a little before the point that was reached to a little ahead of our clock, all levels. Where few
   lines are known the overlap is as long as the worst lag, and nothing else is ever needed. A long absence is
   walked in steps of the page budget.
2. *Look again*, while only the watched level is read: can all levels be read now?
3. *Reconcile*: the minutes before the overlap once more, for lines that came late; every line at the watched level
   is looked for again when it is older than the worst lag, and only then forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from bot.logs.asking import Asking, Exchange
from bot.logs.crowd import Gap
from bot.logs.cursor import Because, Cursor, Skim
from bot.logs.line import Line
from bot.logs.pace import FASTEST_MS, Options, Window, follow_from, is_closing, others_from, reconcile_windows
from bot.logs.pages import Direction, Page, PageRequest
from bot.logs.reading import WindowRead, read_window
from bot.times import MS_PER_S, Ms, ms_floor, ms_from_s, ns_from_ms

FAR_MS = ms_from_s(30)
"""No poll lasts so long: lines that are stamped so far ahead of its beginning come from a clock that is wrong."""
LOOK_MS = ms_from_s(60)
"""How far back a skimming tail looks to see how much is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a poll.

    Attributes:
        lines: new, ascending by time; each is told once, as often as it was written.
        gaps: parts that could not be read, each told once.
        caught_up: everything up to now was read; else poll again at once.
        behind_ms: how much log time is missing up to now.
        skim_began: from now on only lines at the watched level are read. Set in the poll that decided it.
        skim_ended: all levels are read again; this is what had been.
        settling: late lines are still being looked for; poll again soon.
        pages: requests that were made.
        skipped: lines of answers that could not be decoded; those in the overlap are counted by each poll.
    """

    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    cursor: Cursor
    caught_up: bool
    behind_ms: int
    skim_began: Skim | None
    skim_ended: Skim | None
    settling: bool
    pages: int
    skipped: int

    @property
    def finished(self) -> bool:
        """The job has ended and all of its log is final: nothing is left to be read."""
        return self.cursor.finished


def begin(cursor: Cursor, now_ms: Ms, options: Options) -> Exchange[Outcome]:
    """Starts a poll; see the head of this module."""
    return Exchange(poll(cursor, now_ms, options))


def poll(cursor: Cursor, now_ms: Ms, options: Options) -> Asking[Outcome]:
    """The poll itself, as a generator of requests."""
    run = _Poll(_at_level(cursor, now_ms, options), now_ms, options)
    closing = is_closing(run.cursor, now_ms, options)
    start = follow_from(run.cursor, now_ms, options)
    windows = reconcile_windows(run.cursor, start, now_ms, options)
    yield from run.follow(start, options.pages * 2 // 3 if windows else options.pages)
    if run.caught_up:
        yield from run.look_again()
        yield from run.reconcile(windows, start)
    run.forget()
    return run.outcome(closing=closing)


@dataclass(slots=True)
class _Poll:
    """A poll in progress; `cursor` moves along."""

    cursor: Cursor
    now: Ms
    options: Options
    lines: list[Line] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    pages: int = 0
    skipped: int = 0
    caught_up: bool = False
    settling: bool = False
    stopped: bool = False
    whole: bool = False
    reached_ms: int = 0
    skim_began: Skim | None = None
    skim_ended: Skim | None = None

    # --- follow

    def follow(self, start: Ms, pages: int) -> Asking[None]:
        end = Ms(max(self.now, self.cursor.read_to_ms) + self.options.ahead_ms)
        level = None if self.cursor.skim is None else self.options.level
        read = yield from self._read(Window(start, end, level), pages)
        # Beyond now there are only lines that are stamped ahead: what does not fit is read when its time has come.
        self.caught_up = read.reached or (read.to_ms > self.now and not read.stopped)
        self.reached_ms = read.to_ms
        self.cursor = replace(self.cursor, read_to_ms=self._read_to(read), behind=not self.caught_up)
        if not read.reached and not read.stopped and level is None:
            self._consider_skimming(read)

    def _read_to(self, read: WindowRead) -> Ms:
        if not read.reached:
            return Ms(max(self.cursor.read_to_ms, min(self.now, read.to_ms)))
        newest = ms_floor(read.lines[-1].timestamp_ns) if read.lines else 0
        return Ms(max(self.cursor.read_to_ms, self.now - self.options.lag_ms, min(self.now, newest)))

    def _consider_skimming(self, read: WindowRead) -> None:
        width, missing = max(1, read.to_ms - read.start_ms), self.now - read.to_ms
        if not self._is_far_ahead(read.to_ms) and read.pages * missing // width <= self.options.loud_pages:
            return
        because = Because.BEHIND if missing > self.options.lag_ms else Because.LOUD
        rate = len(read.lines) * MS_PER_S // width
        self.skim_began = Skim(since_ms=read.to_ms, because=because, lines_per_s=rate, checked_ms=self.now)
        self.cursor = replace(self.cursor, skim=self.skim_began, others_from_ms=read.to_ms)

    def _is_far_ahead(self, to_ms: Ms) -> bool:
        """Lines wait beyond the budget that are stamped ahead, not merely written during the poll."""
        far = self.now + FAR_MS
        ahead = self.cursor.ledger.count(far, self.now + self.options.ahead_ms, others=True)
        return to_ms > far or (to_ms > self.now and ahead > 0)

    # --- look again

    def look_again(self) -> Asking[None]:
        skim = self.cursor.skim
        if skim is None or skim is self.skim_began or self.stopped:
            return
        if skim.because is Because.LOUD and self.now - skim.checked_ms < self.options.loud_again_ms:
            return
        page = yield PageRequest(
            start_ms=Ms(self.now - LOOK_MS),
            end_ms=Ms(self.now + self.options.ahead_ms),
            direction=Direction.DESC,
            limit=self.options.api.limit,
        )
        if page is None:
            self.stopped = True
            return
        self.pages += 1
        rate = _lines_per_s(page, self.options.api.limit)
        if rate * FASTEST_MS // MS_PER_S <= self.options.pages * self.options.api.limit // 2:
            self.skim_ended, now_skim = skim, None
        else:
            now_skim = replace(skim, because=Because.LOUD, lines_per_s=rate, checked_ms=self.now)
        self.cursor = replace(self.cursor, skim=now_skim)

    # --- reconcile

    def reconcile(self, windows: Sequence[Window], start: Ms) -> Asking[None]:
        """Reads `windows` once more; with what was followed from `start` that may be all that is not final."""
        whole = windows[-1].end_ms >= start if windows else start <= self.cursor.settled_ms
        for window in windows:
            if self.stopped:
                return
            read = yield from self._read(window, max(1, self.options.pages - self.pages))
            if not read.reached:
                self.settling = True
                return
        if whole:
            self.whole = True
            self.cursor = replace(self.cursor, reconciled_ms=self.now)

    # --- the end of a poll

    def forget(self) -> None:
        """Drops what no later poll will compare with, and what is beyond the limit of memory."""
        cursor, limit = self.cursor, self.options.ledger_lines
        others = others_from(cursor, self.now, self.options)
        ledger = cursor.ledger.without(wanted_before_ms=cursor.settled_ms, others_before_ms=others)
        if len(ledger) > limit:
            floor = ledger.reach_back(limit * 3 // 4, self.now + self.options.ahead_ms, others=True)
            settled = max(cursor.settled_ms, min(floor, cursor.read_to_ms))
            if settled > cursor.settled_ms:
                self.gaps.append(Gap(start_ms=cursor.settled_ms, end_ms=settled, at_least=0, level=cursor.level))
            others = max(others, settled)
            cursor = replace(cursor, settled_ms=settled)
            ledger = ledger.without(wanted_before_ms=settled, others_before_ms=others)
        told = frozenset(gap for gap in cursor.gaps if gap[0] >= cursor.settled_ms)
        self.cursor = replace(cursor, others_from_ms=others, ledger=ledger, gaps=told)

    def outcome(self, *, closing: bool) -> Outcome:
        finished = closing and self.whole and not self.lines
        return Outcome(
            lines=tuple(sorted(self.lines, key=attrgetter("timestamp_ns"))),
            gaps=tuple(self.gaps),
            cursor=replace(self.cursor, finished=finished),
            caught_up=self.caught_up,
            behind_ms=0 if self.caught_up else max(0, self.now - self.reached_ms),
            skim_began=self.skim_began,
            skim_ended=self.skim_ended,
            settling=self.settling,
            pages=self.pages,
            skipped=self.skipped,
        )

    # --- reading and taking

    def _read(self, window: Window, pages: int) -> Asking[WindowRead]:
        read = yield from read_window(
            window.start_ms,
            window.end_ms,
            min_level=window.level,
            pages=pages,
            api=replace(self.options.api, proven=self.cursor.proven),
        )
        self.pages += read.pages
        self.skipped += read.skipped
        self.stopped = self.stopped or read.stopped
        self._take(read)
        return read

    def _take(self, read: WindowRead) -> None:
        cursor, final = self.cursor, self.now - self.options.lag_ms
        new, ledger = cursor.ledger.take(self._comparable(read), min(cursor.level, self.options.level))
        fresh = [gap for gap in read.gaps if _key(gap) not in cursor.gaps]
        self.lines += new
        self.gaps += fresh
        settled = min(read.to_ms, Ms(final)) if read.start_ms <= cursor.settled_ms else cursor.settled_ms
        # A line that is older than the worst lag may have been there for long: it is no sign of life.
        alive = bool(new) and ms_floor(new[-1].timestamp_ns) > final
        self.cursor = replace(
            cursor,
            ledger=ledger,
            settled_ms=max(cursor.settled_ms, settled),
            news_ms=self.now if alive else cursor.news_ms,
            gaps=cursor.gaps | {_key(gap) for gap in fresh},
            proven=read.proven,
        )

    def _comparable(self, read: WindowRead) -> Sequence[Line]:
        """The lines of `read` that would be remembered if they had been taken before.

        The server's filter should leave out the others already; one that does not must not make them new again.
        """
        cursor, floor = self.cursor, ns_from_ms(self.cursor.others_from_ms)
        if read.from_ms >= cursor.others_from_ms:
            return read.lines
        return [
            line
            for line in read.lines
            if line.timestamp_ns >= floor or (line.level is not None and line.level >= cursor.level)
        ]


def _at_level(cursor: Cursor, now_ms: Ms, options: Options) -> Cursor:
    """The cursor for the level that is asked for now."""
    cursor = replace(cursor, begun_ms=cursor.begun_ms or now_ms)
    if options.level >= cursor.level:
        return replace(cursor, level=options.level, loosened_ms=None)
    if cursor.loosened_ms is None:
        return replace(cursor, loosened_ms=Ms(now_ms + options.ahead_ms))
    if cursor.settled_ms >= cursor.loosened_ms:
        return replace(cursor, level=options.level, loosened_ms=None)
    return cursor


def _lines_per_s(page: Page, limit: int) -> int:
    """How much is written, from the newest page of the last `LOOK_MS`."""
    if not page.fills(limit):
        return len(page.lines) * MS_PER_S // LOOK_MS
    stamps = [line.timestamp_ns for line in page.lines]
    width_ms = max(1, ms_floor(max(stamps)) - ms_floor(min(stamps)))
    return len(stamps) * MS_PER_S // width_ms


def _key(gap: Gap) -> tuple[int, int]:
    return gap.start_ms, gap.level or 0
