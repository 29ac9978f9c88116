"""Units: no conversion loses or adds a millisecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.times import ms_ceil, ms_floor, ns_from_ms, parse_rfc3339, parse_stamp, utc

MOMENT = 1_733_000_000_123_999_999


@pytest.mark.parametrize(
    ("spelled", "ns"),
    [
        (str(MOMENT), MOMENT),
        (MOMENT, MOMENT),
        (1_733_000_000, 1_733_000_000 * 10**9),
        (1_733_000_000_123, 1_733_000_000_123 * 10**6),
        (1_733_000_000_123_999, 1_733_000_000_123_999 * 10**3),
        ("2024-11-30T20:53:20.123999999Z", MOMENT),
        ("2024-11-30T21:53:20.123999999+01:00", MOMENT),
        ("2024-11-30T20:53:20", 1_733_000_000 * 10**9),
        (" 2024-11-30 20:53:20.5Z ", 1_733_000_000 * 10**9 + 500_000_000),
    ],
)
def test_a_stamp_is_read_however_the_api_spells_it(spelled, ns):
    assert parse_stamp(spelled) == ns


@pytest.mark.parametrize("spelled", ["", "soon", "2024-13-01T00:00:00Z", "12:30"])
def test_what_is_no_stamp_is_refused(spelled):
    with pytest.raises(ValueError):
        parse_stamp(spelled)


@given(st.integers(0, 4 * 10**18))
def test_a_window_of_milliseconds_holds_the_nanosecond_that_it_was_made_for(ns):
    assert ns_from_ms(ms_floor(ns)) <= ns <= ns_from_ms(ms_ceil(ns))
    assert ms_ceil(ns) - ms_floor(ns) in (0, 1)


@given(st.integers(0, 4 * 10**18))
def test_a_moment_survives_being_written_and_read(ns):
    text = f"{utc(ns):%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09d}Z"
    assert parse_rfc3339(text) == ns
