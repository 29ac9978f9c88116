"""A millisecond with more lines than a page holds: what can be read of it, and what is proven complete. Sans-IO.

The API filters by millisecond, so such a millisecond cannot be split by time. It can be read from both ends, and
by level: first ERROR and above, then WARNING, INFO and DEBUG. An answer that was cut proves that it holds all
lines before its last nanosecond (ascending) or after its first one (descending); when these two parts overlap,
nothing is missing. Equal texts prove nothing, since identical lines exist. What is not proven is a `Gap`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.logs.asking import Asking
from bot.logs.line import Level, Line
from bot.logs.order import Order, Server
from bot.logs.pages import Direction, Page, PageRequest
from bot.times import Ms, ns_from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part ``[start_ms, end_ms)`` of which not every line could be read.

    Attributes:
        at_least: so many lines are known to be there; how many more, no query tells. 0: only lines that came
            late may be missing, since the ledger could not remember so much (`Options.ledger_lines`).
        level: the highest level of which lines may be missing, everything above it is complete; None when only
            lines without a level may be missing.
    """

    start_ms: Ms
    end_ms: Ms
    at_least: int
    level: Level | None


def read_millisecond(server: Server, whole: PageRequest) -> Asking[tuple[list[Line], Gap | None]]:
    """All that can be read of the one millisecond that `whole` asks for, and the gap that is left."""
    proven, lines = yield from _both_ends(server, whole)
    if proven:
        return lines, None
    missing = whole.min_level
    for level in sorted(Level, reverse=True):
        if whole.min_level is not None and level <= whole.min_level:
            break
        proven, of_level = yield from _both_ends(server, replace(whole, min_level=level))
        lines = merged(lines, of_level)
        if not proven:
            missing = level
            break
    return lines, Gap(start_ms=whole.start_ms, end_ms=whole.end_ms, at_least=len(lines), level=missing)


def merged(had: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """Two views of one stretch of log as one: each line as often as the view that has it more often."""
    if not had:
        return list(lines)
    stamps = {line.timestamp_ns for line in had}
    missing = Counter(had) - Counter(line for line in lines if line.timestamp_ns in stamps)
    return [*lines, *missing.elements()]


def _both_ends(server: Server, whole: PageRequest) -> Asking[tuple[bool, list[Line]]]:
    """Whether all lines of the millisecond were seen, and those that were."""
    oldest = yield from server.ask(replace(whole, direction=Direction.ASC))
    lines = _of(whole, oldest)
    if not oldest.fills(whole.limit):
        return True, lines
    newest = yield from server.ask(replace(whole, direction=Direction.DESC))
    lines = merged(lines, _of(whole, newest)[::-1])
    proven = yield from _leave_nothing(server, whole, oldest, newest)
    end = ns_from_ms(whole.end_ms)
    if proven or not any(line.timestamp_ns > end for line in newest.lines):
        return proven, lines
    # The millisecond in which a window ends counts in here: that page was shared with it, this one is not.
    request = replace(whole, end_ms=whole.start_ms, direction=Direction.DESC)
    alone = yield from server.ask(request)
    proven = yield from _leave_nothing(server, request, oldest, alone)
    return proven, merged(lines, _of(whole, alone)[::-1])


def _leave_nothing(server: Server, request: PageRequest, oldest: Page, newest: Page) -> Asking[bool]:
    """Whether the two cut pages hold all lines between them."""
    if not newest.fills(request.limit):
        return True
    rising = [line.timestamp_ns for line in oldest.lines]
    falling = [line.timestamp_ns for line in newest.lines]
    if rising != sorted(rising) or falling != sorted(falling, reverse=True) or rising[-1] <= falling[-1]:
        return False
    from_start = yield from server.order(replace(request, direction=Direction.ASC), oldest)
    from_end = yield from server.order(replace(request, direction=Direction.DESC), newest)
    return from_start is Order.OLDEST_FIRST and from_end is Order.NEWEST_FIRST


def _of(whole: PageRequest, page: Page) -> list[Line]:
    start, end = ns_from_ms(whole.start_ms), ns_from_ms(whole.end_ms)
    return [line for line in page.lines if start <= line.timestamp_ns < end]
