"""What a poll has to say of its job beside incidents: gaps, how much of the log is read, the job's end.

Each is said once. `Tail.progress` remembers that, and is committed together with what is said:

- ``end_told``: the end was told;
- ``loud``: only watched levels are read and the channel knows, since ``loud_told_ms``;
- ``gap_told_ms``: when gaps were last told; ``gap_start_ms``, ``gap_end_ms``, ``gap_count``, ``gap_lines`` are
  those that were found since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.reader import Progress
from bot.incidents import announce
from bot.incidents.delivery import Delivery, Topic
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.logs.crowd import Gap
from bot.logs.cursor import Because
from bot.logs.line import Level
from bot.logs.window import Outcome
from bot.times import MS_PER_S, Ms, ns_from_ms, utc

LOUD_AGAIN_MS = 3600 * MS_PER_S
"""A job that is loud by turns is called so once in this time."""
GAPS_AGAIN_MS = 600 * MS_PER_S
"""A job that keeps filling milliseconds tells of its gaps this often, all of them in one sentence."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Gaps that are told now: where they lie, in log time, and the words for it."""

    start_ms: int
    end_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Telling:
    """`progress` is to be stored with the deliveries."""

    progress: Progress
    deliveries: tuple[Delivery, ...]
    missed: Missed | None


def tell(outcome: Outcome, job: Job, progress: Progress, watches: Sequence[Watch], now_ms: Ms) -> Telling:
    """What is to be said after a poll that came to `outcome`."""
    teller = _Teller(job, dict(progress), watches, now_ms, [])
    teller.levels(outcome)
    missed = teller.gaps(outcome.gaps)
    teller.end(outcome)
    return Telling(teller.progress, tuple(teller.deliveries), missed)


@dataclass(slots=True)
class _Teller:
    job: Job
    progress: dict[str, str | int | bool | None]
    watches: Sequence[Watch]
    now: Ms
    deliveries: list[Delivery]

    def levels(self, outcome: Outcome) -> None:
        """Catching up with much is told when it is done, being loud when it begins and when it ends."""
        skim, ended = outcome.cursor.skim, outcome.skim_ended
        if skim is not None and skim.because is Because.LOUD and "loud" not in self.progress:
            if self.now - self._number("loud_told_ms") >= LOUD_AGAIN_MS:
                self.progress |= {"loud": True, "loud_told_ms": self.now}
                self._say(Topic.LOUD, since_ms=skim.since_ms)
        elif skim is None and "loud" in self.progress:
            del self.progress["loud"]
            self._say(Topic.QUIET, until_ms=self.now)
        elif ended is not None and ended.because is Because.BEHIND:
            until = outcome.cursor.others_from_ms
            self._say(Topic.SKIMMED, detail=f"{_moment(ended.since_ms)} to {_moment(until)} UTC")

    def gaps(self, gaps: Sequence[Gap]) -> Missed | None:
        for gap in gaps:
            self._remember(gap)
        count = self._number("gap_count")
        if not count or self.now - self._number("gap_told_ms") < GAPS_AGAIN_MS:
            return None
        missed = self._missed(count)
        self._say(Topic.GAP, detail=missed.detail, start_ms=missed.start_ms, end_ms=missed.end_ms)
        for name in ("gap_count", "gap_lines", "gap_start_ms", "gap_end_ms", "gap_level"):
            self.progress.pop(name, None)
        self.progress["gap_told_ms"] = self.now
        return missed

    def end(self, outcome: Outcome) -> None:
        """Once, when the log was read up to the end; not of a job that had ended before anybody watched it."""
        if not self.job.status.has_ended:
            self.progress.pop("end_told", None)
        elif outcome.caught_up and "end_told" not in self.progress:
            if any(watch.created_ms <= self.job.updated_ms for watch in self.watches):
                self._say(Topic.ENDED)
            self.progress["end_told"] = True

    def _remember(self, gap: Gap) -> None:
        known = self.progress
        start, end = self._number("gap_start_ms"), self._number("gap_end_ms")
        known["gap_start_ms"] = min(start or gap.start_ms, gap.start_ms)
        known["gap_end_ms"] = max(end, gap.end_ms)
        known["gap_count"] = self._number("gap_count") + 1
        known["gap_lines"] = self._number("gap_lines") + gap.at_least
        known["gap_level"] = max(self._number("gap_level"), gap.level or 0)

    def _missed(self, count: int) -> Missed:
        start, end = self._number("gap_start_ms"), self._number("gap_end_ms")
        lines, level = self._number("gap_lines"), self._number("gap_level")
        where = (
            f"at {_moment(start)}" if count == 1 and end - start <= 1 else f"{_moment(start)} to {_moment(end)}"
        )
        places = "" if count == 1 else f" in {count} places"
        return Missed(start, end, f"some of at least {lines:,} lines{places}, {where} UTC{_complete(level)}")

    def _say(self, topic: Topic, **payload: str | int) -> None:
        channels = [watch.channel for watch in self.watches]
        self.deliveries += announce.notice(topic, self.job, channels, self.now, lane=None, **payload)

    def _number(self, name: str) -> int:
        return int(self.progress.get(name) or 0)


def _complete(level: int) -> str:
    """What is not missing: everything above the highest level of which lines may be."""
    above = min((known for known in Level if known > level), default=None)
    return f" (all lines at {above.name} and above are there)" if above else ""


def _moment(ms: int) -> str:
    return f"{utc(ns_from_ms(ms)):%H:%M:%S}.{ms % 1000:03d}"
