"""How long a mute shall hold, as people write it: `4h`, `until 14:30`, `until the job ends`.

`bot.logs.when` reads moments that are over; here they are still to come.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.incidents.steps import Mute
from bot.logs.when import BadMoment, duration_ns, parse_moment, time_of_day
from bot.times import NS_PER_S, Ns, ms_ceil, parse_rfc3339, utc

FORMS = "`4h`, `90m`, `2d`, `until 14:30`, `until tomorrow 9:00` or `until the job ends`"
LONGEST_S = 30 * 24 * 3600
SHORTEST_S = 60
MOST_CHARS = 100


@dataclass(frozen=True, slots=True)
class BadUntil:
    """Why a text names no end of a mute: a sentence in Slack's markup, with nothing in it that was written."""

    sentence: str


def parse_until(text: str, *, now_ns: Ns, tz: tzinfo) -> Mute | BadUntil:
    """The mute that `text` asks of a person in zone `tz`: a time of day is its next occurrence.

    A day alone ends with its first instant; a weekday is the next one, never today.
    """
    words = _plain(text)
    if not words:
        return BadUntil(f"For how long? For example {FORMS}.")
    if _JOB_END.fullmatch(words):
        return Mute(None)
    end = _end(words, now_ns, tz)
    if end is None:
        return BadUntil(f"That is no time that I know. For example {FORMS}.")
    if isinstance(end, BadUntil):
        return end
    return _refusal(end - now_ns) or Mute(ms_ceil(end))


def _refusal(lasts_ns: int) -> BadUntil | None:
    if lasts_ns <= 0:
        return BadUntil("That time is over already.")
    if lasts_ns < SHORTEST_S * NS_PER_S:
        return BadUntil("A mute lasts a minute or more.")
    if lasts_ns > LONGEST_S * NS_PER_S:
        return BadUntil("A mute lasts 30 days at most; `mute until the job ends` lasts as long as the job does.")
    return None


_LEADING = re.compile(r"(?:(?:it|this)\s+)?(?:(?:for|until|till|til|by)\s+)?")
_TRAILING = re.compile(r"(?:\s+(?:please|pls|thanks|thx|only|now))+")
_JOB_END = re.compile(
    r"(?:the )?(?:job|run|training|it)(?:'s)? (?:ends?|stops|finishes|is over|is done)"
    r"|(?:the )?end(?: of (?:the )?(?:job|run))?|forever|always"
)
_DAY = re.compile(r"(today|tomorrow|\d{4}-\d{2}-\d{2}|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)(?:,? (?:at )?(.+))?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _plain(text: str) -> str:
    words = " ".join(text[: 4 * MOST_CHARS].lower().replace("’", "'").split()).strip(" .,!?;")[:MOST_CHARS]
    words = _LEADING.sub("", words, count=1)
    found = list(_TRAILING.finditer(words))
    return words[: found[-1].start()] if found and found[-1].end() == len(words) else words


def _end(words: str, now_ns: Ns, tz: tzinfo) -> Ns | BadUntil | None:
    if words.isdigit() and len(words) < 5:
        return BadUntil(f"{words} of what? For example {FORMS}.")
    if (span := duration_ns(words)) is not None and not words.startswith("-") and not words.endswith("ago"):
        return Ns(now_ns + span)
    if (clock := time_of_day(words.removeprefix("at "))) is not None:
        return _next_occurrence(clock, now_ns, tz)
    if found := _DAY.fullmatch(words):
        on_day = _on_day(found[1], found[2], now_ns, tz)
        if on_day is not None:
            return on_day
    moment = parse_moment(words, now_ns=now_ns, tz=tz)
    return None if isinstance(moment, BadMoment) else moment


def _next_occurrence(clock: time, now_ns: Ns, tz: tzinfo) -> Ns:
    today = utc(now_ns).astimezone(tz).date()
    days = (today + timedelta(days=number) for number in range(3))
    return next(moment for day in days if (moment := _ns(day, clock, tz)) > now_ns)


def _on_day(day: str, rest: str | None, now_ns: Ns, tz: tzinfo) -> Ns | None:
    clock = time() if rest is None else time_of_day(rest)
    named = _date(day, utc(now_ns).astimezone(tz).date())
    return None if clock is None or named is None else _ns(named, clock, tz)


def _date(day: str, today: date) -> date | None:
    if day in ("today", "tomorrow"):
        return today + timedelta(days=day == "tomorrow")
    if day[0].isdigit():
        try:
            named = date.fromisoformat(day)
        except ValueError:
            return None
        return named if 1970 < named.year < 9000 else None
    meant = [at for at, name in enumerate(_WEEKDAYS) if name.startswith(day)]
    return today + timedelta(days=(meant[0] - today.weekday() - 1) % 7 + 1) if meant else None


def _ns(day: date, clock: time, tz: tzinfo) -> Ns:
    return parse_rfc3339(datetime.combine(day, clock, tz).astimezone(UTC).isoformat())
