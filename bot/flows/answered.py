"""The answers to a question for log lines, as values."""

from dataclasses import dataclass, replace

from bot.jobs.job import Job
from bot.logs.crowd import Gap
from bot.logs.line import Level, Line
from bot.logs.question import LogQuery, Position, Take
from bot.times import Ms, ns_from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """What was found of a job's log.

    Attributes:
        query: as it was asked, its `job` resolved to the job's id.
        lines: oldest first, all of them wanted by the query.
        first_index: the place of the first line among the wanted lines of its nanosecond.
        start_ms, end_ms: the window ``[start_ms, end_ms)`` that was searched wholly.
        has_older, has_newer: whether there is, or may be, more beyond the window.
        why_not: a sentence, when the window is smaller than what was asked for; None when it is not.
        gaps: places inside the window that the API cannot be made to return wholly.
        examined: lines that were read for this.
        undecoded: lines that could not even leniently be decoded.
        note: what a reader should know of the job that was chosen ("the newest of 4 jobs of this name").
    """

    job: Job
    query: LogQuery
    lines: tuple[Line, ...]
    first_index: int = 0
    start_ms: Ms
    end_ms: Ms
    has_older: bool = False
    has_newer: bool = False
    why_not: str | None = None
    gaps: tuple[Gap, ...] = ()
    examined: int = 0
    undecoded: int = 0
    note: str | None = None

    @property
    def complete(self) -> bool:
        """Every wanted line of the window is here, and the window is what was asked for."""
        return self.why_not is None and not self.gaps and not self.undecoded

    def position(self, at: int) -> Position:
        """Where line number `at` stands."""
        stamp = self.lines[at].timestamp_ns
        before = 0
        while before < at and self.lines[at - before - 1].timestamp_ns == stamp:
            before += 1
        return Position(stamp, before + (self.first_index if before == at else 0))

    def older(self, first_shown: int) -> LogQuery:
        """The question for what is before the first line that was shown, or before the window without one."""
        place = self.position(first_shown) if self.lines else Position(ns_from_ms(self.start_ms), 0)
        return replace(self._moved(), older_than=place, take=Take.LAST, count=self.query.count)

    def newer(self, last_shown: int) -> LogQuery:
        """The question for what is after the last line that was shown, or after the window without one.

        Where a later page was empty up to now, the same is asked again: lines may arrive late.
        """
        place = self.position(last_shown) if self.lines else Position(ns_from_ms(self.end_ms), -1)
        if not self.lines and self.why_not is None and self.query.newer_than is not None:
            place = self.query.newer_than
        return replace(self._moved(), newer_than=place, take=Take.FIRST, count=self.query.limit)

    def errors_only(self) -> LogQuery:
        """The same question for errors alone; on a later page, from there back."""
        fresh = replace(self.query, min_level=Level.ERROR, older_than=None, newer_than=None)
        if self.query.older_than is None and self.query.newer_than is None:
            return fresh
        return replace(fresh, end_ms=self.end_ms, start_ms=None, take=Take.LAST)

    def exactly(self, first_shown: int, last_shown: int) -> LogQuery:
        """The question that gives the shown lines again, and no others."""
        if not self.lines:
            return replace(self._moved(), start_ms=self.start_ms, end_ms=self.end_ms)
        first, last = self.position(first_shown), self.position(last_shown)
        return replace(
            self._moved(),
            newer_than=Position(first.ns, first.index - 1),
            older_than=Position(last.ns, last.index + 1),
            take=Take.LAST,
            count=last_shown - first_shown + 1,
        )

    def whole_window(self) -> LogQuery:
        """The question for all wanted lines of the window, however many: what a download holds."""
        start = self.query.start_ms if self.query.start_ms is not None else self.start_ms
        end = self.query.end_ms if self.query.end_ms is not None else self.end_ms
        return replace(self._moved(), start_ms=start, end_ms=end, take=Take.LAST, count=None, order=None)

    def _moved(self) -> LogQuery:
        return replace(self.query, start_ms=None, end_ms=None, older_than=None, newer_than=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no answer: `sentence` is for people, in plain text; `choices` are jobs that may be meant."""

    sentence: str
    choices: tuple[Job, ...] = ()
