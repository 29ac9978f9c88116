"""How much to read and how often: the tail's options, and the pure rules that follow from them."""

from dataclasses import dataclass, field

from bot.logs.cursor import Cursor
from bot.logs.line import Level
from bot.logs.order import Api
from bot.times import Ms, ms_from_s

FASTEST_MS = ms_from_s(2)
SLOWEST_MS = ms_from_s(30)
QUIET_SHARE = 10
"""A job that was quiet for a minute is asked again after a tenth of that."""
PAGE_MS = ms_from_s(15)
"""Least time per page that is read once more only to find late lines sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a poll needs to know beside the cursor; times in ms.

    Attributes:
        level: the lowest level that any watch of the job asks for.
        ended_ms: when the job reached a terminal status; None while it runs.
        pages: requests that one poll may make (a few more where a single millisecond needs them).
        lag_ms: the worst delay between a line's stamp and its being visible. Nothing later is looked for.
        ahead_ms: how far ahead of our clock a line may be stamped.
        overlap_ms: what is always read again, where that is not more than a third of `pages`.
        overlap_lines: what is read again as long as it is not more lines, up to the whole lag.
        reconcile_ms: how often the minutes before the overlap are read again for lines that came late.
        quiet_lines: lines of all levels that are remembered for the whole lag; beyond, only the wanted ones are.
        loud_pages: when more pages than this are missing up to now, only wanted lines are read.
        loud_again_ms: how often it is looked at whether all levels can be read again.
        ledger_lines: most lines that are remembered; beyond, the oldest are given up, which is told as a gap.
        api: what is known of the API beside what the cursor knows.
    """

    level: Level = Level.ERROR
    ended_ms: Ms | None = None
    pages: int = 20
    lag_ms: int = ms_from_s(600)
    ahead_ms: int = ms_from_s(330)
    overlap_ms: int = ms_from_s(5)
    overlap_lines: int = 200
    reconcile_ms: int = ms_from_s(60)
    quiet_lines: int = 5_000
    loud_pages: int = 100
    loud_again_ms: int = ms_from_s(120)
    ledger_lines: int = 1_000_000
    api: Api = field(default_factory=Api)


def next_poll_ms(cursor: Cursor, now_ms: Ms, *, hurry: bool = False) -> int:
    """How long to wait after a poll that has caught up.

    `hurry` is for what the log does not show: an incident is young, the status has just changed.
    """
    if hurry or cursor.skim is not None:
        return FASTEST_MS
    quiet_ms = now_ms - max(cursor.news_ms, cursor.begun_ms)
    return min(SLOWEST_MS, max(FASTEST_MS, quiet_ms // QUIET_SHARE))


def follow_from(cursor: Cursor, now_ms: Ms, options: Options) -> Ms:
    """Where the next poll starts: with an overlap, but not in the middle of catching up."""
    if cursor.behind:
        return max(cursor.settled_ms, min(cursor.read_to_ms, now_ms))
    return overlap_from(cursor, now_ms, options)


def overlap_from(cursor: Cursor, now_ms: Ms, options: Options) -> Ms:
    """`read_to_ms` less the overlap; never where lines are not remembered."""
    base = min(cursor.read_to_ms, now_ms)
    all_levels = cursor.skim is None
    floor = max(cursor.settled_ms, cursor.others_from_ms) if all_levels else cursor.settled_ms
    cheap = cursor.ledger.reach_back(options.overlap_lines, base, others=all_levels)
    third = cursor.ledger.reach_back(options.pages * options.api.limit // 3, base, others=all_levels)
    return max(floor, min(base, cheap, max(third, Ms(base - options.overlap_ms))))


def others_from(cursor: Cursor, now_ms: Ms, options: Options) -> Ms:
    """From where on lines below the watched level are worth remembering."""
    if cursor.skim is not None:
        return max(cursor.others_from_ms, cursor.read_to_ms)
    if cursor.ledger.count(cursor.settled_ms, now_ms + options.ahead_ms, others=True) <= options.quiet_lines:
        return max(cursor.others_from_ms, cursor.settled_ms)
    return overlap_from(cursor, now_ms, options)


def is_closing(cursor: Cursor, now_ms: Ms, options: Options) -> bool:
    """The job has ended, and for longer than the worst lag nothing new was seen."""
    if options.ended_ms is None:
        return False
    return now_ms - max(options.ended_ms, cursor.news_ms) > options.lag_ms


@dataclass(frozen=True, slots=True)
class Window:
    """A part ``[start_ms, end_ms)`` to be read at `level` (None: all lines)."""

    start_ms: Ms
    end_ms: Ms
    level: Level | None


def reconcile_windows(cursor: Cursor, end_ms: Ms, now_ms: Ms, options: Options) -> tuple[Window, ...]:
    """What to read once more before `end_ms`, where the poll itself starts; nothing when it is not due.

    All that is not final when that is cheap enough for its turn, else only what has become final.
    """
    settled, final = cursor.settled_ms, now_ms - options.lag_ms
    middle = end_ms if cursor.skim else min(max(settled, cursor.others_from_ms), end_ms)
    limit = options.api.limit
    cost = _pages(cursor, settled, middle, limit, others=False) + _pages(
        cursor, middle, end_ms, limit, others=True
    )
    closing = is_closing(cursor, now_ms, options)
    if cost <= options.pages and (
        closing or now_ms - cursor.reconciled_ms >= max(options.reconcile_ms, cost * PAGE_MS)
    ):
        target = end_ms
    elif closing or settled < final - options.reconcile_ms:
        target = min(end_ms, Ms(final))
    else:
        return ()
    parts = (Window(settled, min(middle, target), cursor.level), Window(max(settled, middle), target, None))
    return tuple(window for window in parts if window.start_ms < window.end_ms)


def _pages(cursor: Cursor, start_ms: Ms, end_ms: Ms, limit: int, *, others: bool) -> int:
    if start_ms >= end_ms:
        return 0
    return cursor.ledger.count(start_ms, end_ms, others=others) // limit + 1
