"""How long a mute holds, as people write it, on days that have 24 hours and on others."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.incidents.steps import Mute
from bot.incidents.until import BadUntil, parse_until
from bot.times import Ns, ms_at

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def until(text: str, now: str) -> Mute | BadUntil:
    return parse_until(text, now_ns=Ns(ms_at(at(now)) * 1_000_000), tz=BERLIN)


MONDAY = "2025-11-24T17:00"
MOMENTS = (
    ("a time that is still to come today", "until 18:00", MONDAY, "2025-11-24T18:00"),
    ("a time that was today is tomorrow's", "until 14:30", MONDAY, "2025-11-25T14:30"),
    ("this very minute is tomorrow's", "until 17:00", MONDAY, "2025-11-25T17:00"),
    ("half a day", "til 9am", MONDAY, "2025-11-25T09:00"),
    ("tomorrow", "until tomorrow 9:00", MONDAY, "2025-11-25T09:00"),
    ("tomorrow, in a sentence", "until tomorrow at 9am please", MONDAY, "2025-11-25T09:00"),
    ("tomorrow alone is its first instant", "until tomorrow", MONDAY, "2025-11-25T00:00"),
    ("today", "until today 23:59", MONDAY, "2025-11-24T23:59"),
    ("a weekday", "until friday", MONDAY, "2025-11-28T00:00"),
    ("a weekday in short", "until Wed 9:00", MONDAY, "2025-11-26T09:00"),
    ("the weekday that is today is next week's", "until monday 18:00", MONDAY, "2025-12-01T18:00"),
    ("a date", "until 2025-11-30", MONDAY, "2025-11-30T00:00"),
    ("a date and a time", "until 2025-11-30 14:30", MONDAY, "2025-11-30T14:30"),
    ("the evening before the clocks go back", "until tomorrow 3:30", "2025-10-25T23:30", "2025-10-26T03:30"),
    (
        "on the day of 25 hours tomorrow is the next day",
        "until tomorrow 0:30",
        "2025-10-26T00:15",
        "2025-10-27T00:30",
    ),
    ("on the day of 23 hours", "until 12:00", "2026-03-29T01:00", "2026-03-29T12:00"),
)


@pytest.mark.parametrize(("what", "text", "now", "end"), MOMENTS, ids=[what for what, _, _, _ in MOMENTS])
def test_a_moment_is_the_next_of_its_name_in_the_persons_own_zone(what: str, text: str, now: str, end: str):
    assert until(text, now) == Mute(ms_at(at(end))), what


def test_a_moment_with_a_zone_is_that_of_the_zone():
    assert until("until 2025-11-24T18:00Z", MONDAY) == Mute(ms_at(at("2025-11-24T19:00")))


def test_a_duration_lasts_so_long_although_the_clocks_change():
    now = "2025-10-25T23:30"
    assert until("24h", now) == Mute(ms_at(at("2025-10-26T22:30")))


@pytest.mark.parametrize(
    "text", ["until the job ends", "until job ends", "until it stops", "until the end", "forever"]
)
def test_a_mute_can_last_as_long_as_the_job(text: str):
    assert until(text, MONDAY) == Mute(None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "soon",
        "2h ago",
        "-2h",
        "until",
        "until 25:00",
        "until tomorrow noon",
        "until 2025-02-30",
        "31d",
        "0h",
    ],
)
def test_what_is_no_time_to_come_is_answered_with_a_sentence(text: str):
    bad = until(text, MONDAY)
    assert isinstance(bad, BadUntil)
    assert bad.sentence.endswith(".")
