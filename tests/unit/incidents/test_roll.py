"""When a channel's new incidents become a storm, and how they leave it."""

from dataclasses import replace

import pytest

from bot.incidents.roll import (
    CARDS_IN_WINDOW,
    MOST_REMEMBERED,
    STORM_OVER_MS,
    STORM_WINDOW_MS,
    Listed,
    OwnCard,
    Roll,
    harmless_of,
    joined,
    place,
    storm_of,
    waits_in,
)
from bot.times import Ms

START = Ms(1_000_000_000)


def fall(times: list[int], storm: Roll | None = None) -> tuple[Roll, list[bool]]:
    """Incidents 1, 2, … that are new at `times` (ms); which of them are listed."""
    storm, listed = storm or storm_of("C1"), []
    for number, at in enumerate(times, 1):
        placed = place(storm, number, Ms(START + at))
        storm = placed.roll
        listed.append(isinstance(placed, Listed))
    return storm, listed


FULL = [0] * CARDS_IN_WINDOW


@pytest.mark.parametrize(
    ("times", "listed", "why"),
    [
        ([*FULL], 0, "as many as a person reads"),
        ([*FULL, 1], 1, "one more within the minute"),
        ([*FULL, STORM_WINDOW_MS - 1], 1, "the minute's last millisecond"),
        ([*FULL, STORM_WINDOW_MS], 0, "the minute is over"),
        ([*FULL, 1, STORM_OVER_MS], 2, "the storm still rages"),
        ([*FULL, 1, 1 + STORM_OVER_MS], 1, "nothing came for long: a card again"),
        ([0, 30_000, 60_000, 90_000, 120_000, 150_000, 180_000], 0, "two in each minute are no storm"),
    ],
)
def test_a_storm_begins_after_a_handful_in_a_minute_and_ends_when_it_is_calm(
    times: list[int], listed: int, why: str
):
    assert sum(fall(times)[1]) == listed, why


def test_the_next_storm_is_another_message_and_the_first_ones_wait_for_a_card():
    storm, _ = fall([*FULL, 1])
    later = STORM_OVER_MS + 10
    storm, listed = fall([later + at for at in range(CARDS_IN_WINDOW + 1)], replace(storm, ts="1.2"))
    assert listed[-1]
    assert storm.number == 2
    assert storm.ts is None
    assert storm.listed == (CARDS_IN_WINDOW + 1,)


def test_an_incident_of_a_storm_waits_until_it_is_over_and_gets_one_card():
    storm, _ = fall([*FULL, 1])
    rolled = CARDS_IN_WINDOW + 1
    calm = Ms(START + 1 + STORM_OVER_MS)
    assert not waits_in(storm, rolled, Ms(calm - 1))
    assert waits_in(storm, rolled, calm)
    assert not waits_in(storm, 1, calm)

    placed = place(storm, rolled, calm)
    assert isinstance(placed, OwnCard)
    assert not waits_in(placed.roll, rolled, calm)
    assert rolled in placed.roll.listed


def test_joining_twice_lists_once():
    roll = joined(joined(harmless_of("C1", "default", "j1"), 4, START), 4, Ms(START + 5))
    assert roll.listed == (4,)
    assert (roll.began_ms, roll.last_ms) == (START, START + 5)


def test_what_is_remembered_of_old_storms_has_a_bound():
    storm = replace(storm_of("C1"), past=tuple(range(10_000, 20_000)))
    storm, _ = fall([*FULL, 1], storm)
    assert len(storm.past) == MOST_REMEMBERED


def test_lists_of_different_jobs_and_channels_have_different_names():
    names = {harmless_of(c, a, j).name for c in ("C1", "C2") for a in ("a", "b") for j in ("j1", "j2")}
    assert len(names | {storm_of("C1").name, storm_of("C2").name}) == 10
