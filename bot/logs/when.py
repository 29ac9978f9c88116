"""Moments as people write them: `2h`, `yesterday 14:30`, `09:15`, `2026-11-20T08:00Z`, an epoch.

An own small grammar: general date parsers take `5` for the fifth of the month and `30m` for the future.
What it does not know it refuses with a sentence, and never guesses.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from bot.times import NS_PER_S, Ns, parse_rfc3339, parse_stamp, utc

FORMS = "2h, 1h30m, 14:30, yesterday 14:30, 2026-11-20 14:30, 2026-11-20T14:30Z or an epoch"


@dataclass(frozen=True, slots=True)
class BadMoment:
    """Why a text is not a moment, as the rest of a sentence that begins with the text."""

    reason: str


def parse_moment(text: str, *, now_ns: int, tz: tzinfo) -> Ns | BadMoment:
    """The moment that `text` names for a person in zone `tz`, never taken as lying in the future by itself.

    A duration counts back from now; a time of day alone is its last occurrence; a day alone is its first
    instant; a time without a zone is the person's own. A time that a clock change skips is moved past the
    gap; of one that occurs twice the first is meant, or the last one before now when only a time is given.
    """
    words = " ".join(text.split()).lower()
    if not words:
        return BadMoment("is empty")
    if words in _FIXED:
        return Ns(0) if _FIXED[words] else Ns(now_ns)
    if words.isdigit():
        return _epoch(words)
    if (span := duration_ns(words)) is not None:
        return Ns(now_ns - span) if span < now_ns else BadMoment("is longer ago than time is counted")
    return _named(words, now_ns, tz)


def is_moment(text: str, *, now_ns: int, tz: tzinfo) -> bool:
    return not isinstance(parse_moment(text, now_ns=now_ns, tz=tz), BadMoment)


_FIXED = {"now": False, "start": True, "begin": True, "beginning": True}
_UNITS = {
    ("s", "sec", "secs", "second", "seconds"): 1,
    ("m", "min", "mins", "minute", "minutes"): 60,
    ("h", "hr", "hrs", "hour", "hours"): 3_600,
    ("d", "day", "days"): 86_400,
    ("w", "week", "weeks"): 604_800,
}
_SECONDS = {name: seconds for names, seconds in _UNITS.items() for name in names}
_STEP = r"(\d{1,6}(?:\.\d{1,3})?)\s?([a-z]+)"
_DURATION = re.compile(rf"-?({_STEP})(\s?{_STEP}){{0,4}}(\s?ago)?")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:[.,](\d{1,6}))?)?\s?(am|pm)?")
_DAY_FIRST = re.compile(r"(today|yesterday|\d{4}-\d{2}-\d{2})(?:[t ](.+))?")
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(:\d{2})?([.,]\d{1,9})?\s?(z|utc|[+-]\d{2}:?\d{2})")
_WEEKDAY = re.compile(r"(last |on )?(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\b.*")


def _epoch(digits: str) -> Ns | BadMoment:
    if len(digits) in (10, 13, 16, 19):
        return parse_stamp(digits)
    if len(digits) < 5:
        return BadMoment(f"has no unit: {digits}m, {digits}h or {digits}d?")
    return BadMoment("is no epoch: those have 10 digits in seconds, 13 in ms, 16 in µs and 19 in ns")


def duration_ns(words: str) -> int | None:
    """What ``2h``, ``1h 30m`` or ``90 min`` (in lower case) lasts; None for anything else."""
    whole = _DURATION.fullmatch(words)
    steps = re.findall(_STEP, words.removesuffix("ago").strip()) if whole else []
    if not steps or any(unit not in _SECONDS for _, unit in steps):
        return None
    return sum(int(Decimal(number) * _SECONDS[unit] * NS_PER_S) for number, unit in steps)


def _named(words: str, now_ns: int, tz: tzinfo) -> Ns | BadMoment:
    if _ZONED.fullmatch(words):
        return _zoned(words)
    if found := _DAY_FIRST.fullmatch(words):
        return _on_day(found[1], found[2], now_ns, tz)
    if (clock := time_of_day(words)) is not None:
        return _last_occurrence(clock, now_ns, tz)
    if _WEEKDAY.fullmatch(words):
        return BadMoment("is a weekday, which can mean two weeks: write the date, such as 2026-11-20")
    return BadMoment(f"is no time that I know: {FORMS}")


def _zoned(words: str) -> Ns | BadMoment:
    text = re.sub(r"\s?(z|utc)$", "+00:00", words).replace(",", ".").replace(" ", "T", 1).replace(" ", "")
    try:
        return Ns(max(0, parse_rfc3339(text.upper())))
    except (ValueError, OverflowError):
        return BadMoment("is not on the calendar")


def _on_day(day: str, rest: str | None, now_ns: int, tz: tzinfo) -> Ns | BadMoment:
    clock = time() if rest is None else time_of_day(rest.removeprefix("at "))
    if clock is None:
        return BadMoment(f"has no time of day that I know: write {day} 14:30")
    try:
        wanted = _date(day, now_ns, tz)
    except ValueError:
        return BadMoment("is not on the calendar")
    return _ns(datetime.combine(wanted, clock, tz))


def _date(day: str, now_ns: int, tz: tzinfo) -> date:
    today = utc(now_ns).astimezone(tz).date()
    match day:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
    named = date.fromisoformat(day)
    if not 1970 < named.year < 9000:
        raise ValueError(day)
    return named


def time_of_day(text: str) -> time | None:
    """``14:30``, ``9:05:07`` or ``2pm`` (in lower case); None for anything else."""
    found = _CLOCK.fullmatch(text)
    if not found or (found[2] is None and found[5] is None):
        return None
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] == "pm" else 0)
    try:
        return time(hour, minute, second, int((found[4] or "").ljust(6, "0")))
    except ValueError:
        return None


def _last_occurrence(clock: time, now_ns: int, tz: tzinfo) -> Ns:
    today = utc(now_ns).astimezone(tz).date()
    days = (today, today - timedelta(days=1))
    times = [_ns(datetime.combine(day, clock.replace(fold=fold), tz)) for day in days for fold in (1, 0)]
    return max(moment for moment in times if moment <= now_ns)


def _ns(local: datetime) -> Ns:
    return parse_rfc3339(local.astimezone(UTC).isoformat())
