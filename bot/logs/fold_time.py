"""The time that a log record gives itself, which a late flush or a wrong clock does not change."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from bot.times import NS_PER_MS, NS_PER_S


def inner_time(text: str) -> int:
    """The first date and time in the head of `text`, as ns since the epoch read as UTC; 0 when there is none."""
    found = _STAMP.search(text, 0, 160)
    if found is None:
        return 0
    year, month, day, hour, minute, second, fraction = found.groups()
    midnight = _midnight(year, month, day)
    seconds = midnight + int(hour) * 3_600 + int(minute) * 60 + int(second)
    return seconds * NS_PER_S + int((fraction or "0").ljust(3, "0")[:3]) * NS_PER_MS if midnight else 0


@lru_cache(maxsize=64)
def _midnight(year: str, month: str, day: str) -> int:
    """Seconds since the epoch at the day's begin, 0 for a day that does not exist."""
    try:
        return int(datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp())
    except ValueError:
        return 0


_STAMP = re.compile(r"(20\d\d)[-/](\d\d)[-/](\d\d)[T _](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
