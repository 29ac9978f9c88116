"""Moments as people write them, in their own zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.logs.when import BadMoment, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")


def at(*local: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> int:
    return int(datetime(*local, tzinfo=zone, fold=fold).timestamp()) * 10**9


NOW = at(2026, 11, 23, 15, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("start", 0),
        ("30m", at(2026, 11, 23, 14, 30)),
        ("1h30m", at(2026, 11, 23, 13, 30)),
        ("1h 30 min ago", at(2026, 11, 23, 13, 30)),
        ("1.5h", at(2026, 11, 23, 13, 30)),
        ("-2h", at(2026, 11, 23, 13, 0)),
        ("2 days", at(2026, 11, 21, 15, 0)),
        ("1w", at(2026, 11, 16, 15, 0)),
        ("today", at(2026, 11, 23)),
        ("Yesterday", at(2026, 11, 22)),
        ("yesterday 14:30", at(2026, 11, 22, 14, 30)),
        ("yesterday at 2:30pm", at(2026, 11, 22, 14, 30)),
        ("14:30", at(2026, 11, 23, 14, 30)),
        ("14:30:05", at(2026, 11, 23, 14, 30, 5)),
        ("9am", at(2026, 11, 23, 9, 0)),
        ("12am", at(2026, 11, 23, 0, 0)),
        ("15:00", NOW),
        ("15:01", at(2026, 11, 22, 15, 1)),
        ("2026-11-20", at(2026, 11, 20)),
        ("2026-11-20 14:30", at(2026, 11, 20, 14, 30)),
        ("2026-11-20T14:30:05.250", at(2026, 11, 20, 14, 30, 5) + 250_000_000),
        ("2026-11-20T14:30Z", at(2026, 11, 20, 15, 30)),
        ("2026-11-20 14:30 UTC", at(2026, 11, 20, 15, 30)),
        ("2026-11-20T14:30:00.123456789+02:00", at(2026, 11, 20, 13, 30) + 123_456_789),
        ("1733000000", 1733000000 * 10**9),
        ("1733000000123", 1733000000123 * 10**6),
        ("1733000000123456", 1733000000123456 * 10**3),
        ("1733000000123456789", 1733000000123456789),
    ],
)
def test_a_moment_is_read_in_the_readers_zone(text, expected):
    assert parse_moment(text, now_ns=NOW, tz=BERLIN) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("5", "5m, 5h or 5d"),
        ("123456", "10 digits in seconds"),
        ("monday", "write the date"),
        ("last friday", "write the date"),
        ("25:00", "no time that I know"),
        ("1mo", "no time that I know"),
        ("13pm", "no time that I know"),
        ("2026-13-01", "not on the calendar"),
        ("2026-02-30 10:00", "not on the calendar"),
        ("2026-02-30T10:00Z", "not on the calendar"),
        ("0001-01-01", "not on the calendar"),
        ("yesterday 10h", "write yesterday 14:30"),
        ("999999w 999999w", "longer ago"),
    ],
)
def test_what_is_no_moment_is_refused_with_a_sentence(text, says):
    moment = parse_moment(text, now_ns=NOW, tz=BERLIN)
    assert isinstance(moment, BadMoment)
    assert says in moment.reason


@pytest.mark.parametrize(
    ("text", "now", "expected", "why"),
    [
        ("2026-03-29 02:30", NOW, at(2026, 3, 29, 3, 30), "02:30 was skipped: an hour later"),
        ("2026-10-25 02:30", NOW, at(2026, 10, 25, 2, 30), "02:30 came twice: the first"),
        ("02:30", at(2026, 10, 25, 4, 0), at(2026, 10, 25, 2, 30, fold=1), "the last 02:30 before four"),
        ("02:30", at(2026, 10, 25, 2, 15, fold=1), at(2026, 10, 25, 2, 30), "the second is still to come"),
        ("today", at(2026, 10, 25, 23, 0), at(2026, 10, 25), "a day of 25 hours begins at midnight"),
        ("23:59", at(2026, 11, 23, 0, 1), at(2026, 11, 22, 23, 59), "just before midnight"),
    ],
)
def test_changes_of_the_clock_are_followed(text, now, expected, why):
    assert parse_moment(text, now_ns=now, tz=BERLIN) == expected, why


def test_a_zone_with_half_hours_is_followed():
    zone = ZoneInfo("Asia/Kolkata")
    assert parse_moment("today", now_ns=NOW, tz=zone) == at(2026, 11, 23, zone=zone)
