"""A channel's wish for a daily summary."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.times import Ms, ms_at, ns_from_ms, utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Posted each day at `minute` of the day (0-1439) in `zone`, an IANA name: that of who asked for it.

    `next_ms` is the next moment; the digest covers the time since `since_ms`.
    """

    channel: str
    minute: int
    zone: str
    created_by: str
    since_ms: Ms
    next_ms: Ms


def next_moment(minute: int, zone: str, after_ms: Ms) -> Ms:
    """The first moment after `after_ms` at which it is that minute of the day in `zone`.

    A time that a change of the clocks leaves out comes an hour later on that day.
    """
    here = ZoneInfo(zone)
    day = utc(ns_from_ms(after_ms)).astimezone(here).date()
    for days in range(3):
        local = datetime.combine(day + timedelta(days=days), datetime.min.time(), here) + timedelta(minutes=minute)
        if (moment := ms_at(local)) > after_ms:
            return moment
    raise AssertionError("a day has such a minute")
