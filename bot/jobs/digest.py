"""A channel's wish for a daily summary."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.times import Ms, ms_at, ns_from_ms, utc

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Posted each day at `minute` of the day (0-1439) in `zone`, an IANA name: that of who asked for it.

    `next_ms` is the next moment; the digest covers the time since `since_ms`. With `weekdays` it is left out on
    Saturdays and Sundays, and Monday's covers them.
    """

    channel: str
    minute: int
    zone: str
    created_by: str
    since_ms: Ms
    next_ms: Ms
    weekdays: bool = False

    @property
    def words(self) -> str:
        """Such as ``daily at 09:00 (Europe/Berlin)``."""
        return f"{Rhythm(self.minute, self.weekdays).words} ({self.zone})"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a digest is wanted: each day, or each weekday, at `minute` of the day."""

    minute: int
    weekdays: bool = False

    @property
    def words(self) -> str:
        """Such as ``daily at 09:00``."""
        return f"{'on weekdays' if self.weekdays else 'daily'} at {self.minute // 60:02d}:{self.minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class Off:
    """No digest any more."""


@dataclass(frozen=True, slots=True)
class BadRhythm:
    """One line that says what can be written."""

    sentence: str


def parse_rhythm(text: str) -> Rhythm | Off | BadRhythm:
    """Reads ``daily 09:00``, ``weekdays at 9:30am``, ``9am`` and ``off``."""
    words = " ".join(text.lower().split())
    if words in ("off", "none", "stop", "never"):
        return Off()
    found = _RHYTHM.fullmatch(words)
    if found is None:
        return BadRhythm(f"`{text.strip()[:40]}` is no time of day. {_FORMS}")
    days, hours, minutes, half = found["days"], int(found["hours"]), int(found["minutes"] or 0), found["half"]
    if not (days or found["minutes"] or half):
        return BadRhythm(f"`{text.strip()[:40]}` may be an hour or a day. {_FORMS}")
    if minutes > 59 or hours > 23 or (half and not 1 <= hours <= 12):
        return BadRhythm(f"There is no such time of day as `{text.strip()[:40]}`. {_FORMS}")
    hours = hours % 12 + (12 if half == "pm" else 0) if half else hours
    return Rhythm(hours * 60 + minutes, weekdays=days == "weekdays")


_FORMS = "For example: `/joblogs digest daily 09:00`, `/joblogs digest weekdays 9am`, `/joblogs digest off`."
_RHYTHM = re.compile(
    r"(?:(?P<days>daily|weekdays)\s?)?(?:at\s)?(?P<hours>\d{1,2})(?::(?P<minutes>\d{2}))?\s?(?P<half>am|pm)?"
)


def next_moment(minute: int, zone: str, after_ms: Ms, *, weekdays: bool = False) -> Ms:
    """The first moment after `after_ms` at which it is that minute of the day in `zone`.

    A time that a change of the clocks leaves out comes an hour later on that day.
    """
    here = ZoneInfo(zone)
    day = utc(ns_from_ms(after_ms)).astimezone(here).date()
    for days in range(5):
        date = day + timedelta(days=days)
        local = datetime.combine(date, datetime.min.time(), here) + timedelta(minutes=minute)
        wanted = not weekdays or date.weekday() < SATURDAY
        if wanted and (moment := ms_at(local)) > after_ms:
            return moment
    raise AssertionError("a day has such a minute")


def day_of(moment_ms: Ms, zone: str) -> str:
    """The date there, as ``2026-11-23``."""
    return f"{utc(ns_from_ms(moment_ms)).astimezone(ZoneInfo(zone)):%Y-%m-%d}"
