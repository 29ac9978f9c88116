"""The time that a log record gives itself, which a late flush or a wrong clock does not change."""

import re
from datetime import UTC, datetime

from bot.times import NS_PER_MS, NS_PER_S


def inner_time(text: str) -> int:
    """The first date and time in the head of `text`, as ns since the epoch read as UTC; 0 when there is none."""
    found = _STAMP.search(text, 0, 160)
    if found is None:
        return 0
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        moment = datetime(*map(int, (year, month, day, hour, minute, second)), tzinfo=UTC)  # type: ignore[misc]  # six ints
    except ValueError:
        return 0
    return int(moment.timestamp()) * NS_PER_S + int((fraction or "0").ljust(3, "0")[:3]) * NS_PER_MS


_STAMP = re.compile(r"(20\d\d)[-/](\d\d)[-/](\d\d)[T _](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
