"""When a digest comes: in its own zone, through changes of the clocks, on weekdays where that is asked for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.jobs.digest import BadRhythm, Digest, Off, Rhythm, day_of, next_moment, parse_rhythm
from bot.times import Ms, ms_at


def at(text: str, zone: str = "Europe/Berlin") -> Ms:
    return ms_at(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


NINE = 9 * 60


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("daily 09:00", Rhythm(NINE)),
        ("daily at 9am", Rhythm(NINE)),
        ("9am", Rhythm(NINE)),
        ("09:00", Rhythm(NINE)),
        ("Daily 9", Rhythm(NINE)),
        ("12am", Rhythm(0)),
        ("12:30 pm", Rhythm(12 * 60 + 30)),
        ("weekdays 21:45", Rhythm(21 * 60 + 45, weekdays=True)),
        ("  OFF ", Off()),
    ],
)
def test_what_people_write(text: str, wanted: Rhythm | Off) -> None:
    assert parse_rhythm(text) == wanted


@pytest.mark.parametrize(
    "text", ["24:00", "9:60", "13am", "0am", "9", "tomorrow", "daily", "weekly 9am", "9:0", "-9:00"]
)
def test_what_is_refused_with_an_example(text: str) -> None:
    bad = parse_rhythm(text)
    assert isinstance(bad, BadRhythm)
    assert "`/joblogs digest daily 09:00`" in bad.sentence


@pytest.mark.parametrize(
    ("after", "wanted", "why"),
    [
        ("2026-11-23T08:59", "2026-11-23T09:00", "later today"),
        ("2026-11-23T09:00", "2026-11-24T09:00", "the moment itself is over"),
        ("2026-12-31T10:00", "2027-01-01T09:00", "over the year"),
    ],
)
def test_the_next_moment_in_its_zone(after: str, wanted: str, why: str) -> None:
    assert next_moment(NINE, "Europe/Berlin", at(after)) == at(wanted), why


def test_a_day_of_a_clock_change_has_its_digest_at_the_same_time_of_day() -> None:
    """In Berlin 2026-03-29 has 23 hours and 2026-10-25 has 25."""
    spring = next_moment(NINE, "Europe/Berlin", at("2026-03-28T09:00"))
    autumn = next_moment(NINE, "Europe/Berlin", at("2026-10-24T09:00"))
    assert spring - at("2026-03-28T09:00") == 23 * 3_600_000
    assert autumn - at("2026-10-24T09:00") == 25 * 3_600_000


def test_a_time_that_does_not_exist_comes_once_that_day_and_one_that_exists_twice_comes_once() -> None:
    missing = next_moment(150, "Europe/Berlin", at("2026-03-28T12:00"))
    assert datetime.fromtimestamp(missing / 1000, UTC).isoformat() == "2026-03-29T01:30:00+00:00"
    assert day_of(next_moment(150, "Europe/Berlin", missing), "Europe/Berlin") == "2026-03-30"
    twice = next_moment(150, "Europe/Berlin", at("2026-10-24T12:00"))
    assert day_of(next_moment(150, "Europe/Berlin", twice), "Europe/Berlin") == "2026-10-26"


def test_weekdays_leave_out_the_weekend() -> None:
    friday = at("2026-11-27T09:00")
    assert next_moment(NINE, "Europe/Berlin", friday, weekdays=True) == at("2026-11-30T09:00")
    assert next_moment(NINE, "Europe/Berlin", at("2026-11-28T05:00"), weekdays=True) == at("2026-11-30T09:00")


def test_it_names_itself() -> None:
    digest = Digest(channel="C1", minute=545, zone="UTC", created_by="U1", since_ms=Ms(0), next_ms=Ms(0))
    assert digest.words == "daily at 09:05 (UTC)"
