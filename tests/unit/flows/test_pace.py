"""How fast the bot may speak."""

from random import Random

import pytest

from bot.flows.pace import EDITS_PER_MINUTE, MINUTE_MS, POST_INTERVAL_MS, Pace
from bot.times import Ms

NOW = Ms(1_795_000_000_000)


def post(pace: Pace, key: str, channel: str = "C1", at: int = NOW) -> int:
    """How much later than `at` it may be sent."""
    return pace.slot(key, channel, is_edit=False, now_ms=Ms(at)) - at


def edit(pace: Pace, key: str, at: int = NOW) -> int:
    return pace.slot(key, "C1", is_edit=True, now_ms=Ms(at)) - at


def test_a_channel_gets_a_message_a_second_and_other_channels_wait_for_none_of_it():
    pace = Pace()
    assert [post(pace, f"row-{n}") for n in range(3)] == [0, POST_INTERVAL_MS, 2 * POST_INTERVAL_MS]
    assert post(pace, "elsewhere", "C2") == 0


def test_who_waited_for_its_moment_does_not_wait_again():
    pace = Pace()
    post(pace, "first")
    wait = post(pace, "second")
    assert post(pace, "second", at=NOW + wait) == 0
    assert post(pace, "third", at=NOW + wait) == POST_INTERVAL_MS


def test_who_comes_back_too_early_keeps_its_moment():
    pace = Pace()
    post(pace, "first")
    assert post(pace, "second") == POST_INTERVAL_MS
    assert post(pace, "second", at=NOW + 400) == POST_INTERVAL_MS - 400


@pytest.mark.parametrize("seed", range(5))
def test_never_more_edits_in_any_minute_than_a_workspace_takes(seed: int):
    pace, chance, at, sent = Pace(), Random(seed), int(NOW), list[int]()
    for number in range(300):
        at += chance.choice((0, 0, 5, 100, 3_000))
        sent.append(at + edit(pace, f"row-{number}", at))
    sent.sort()
    for first, later in zip(sent, sent[EDITS_PER_MINUTE:], strict=False):
        assert later - first >= MINUTE_MS


def test_an_edit_waits_for_no_post_and_a_post_for_no_edit():
    pace = Pace()
    assert [post(pace, "a"), edit(pace, "b"), edit(pace, "c")] == [0, 0, 0]


def test_a_pause_of_a_channel_holds_its_posts_also_those_that_had_their_moment():
    pace = Pace()
    post(pace, "first")
    assert post(pace, "second") == POST_INTERVAL_MS
    pace.hold("C1", NOW + 30_000, is_edit=False)
    assert post(pace, "second", at=NOW + POST_INTERVAL_MS) == 30_000 - POST_INTERVAL_MS
    assert post(pace, "third") == 30_000 + POST_INTERVAL_MS
    assert post(pace, "elsewhere", "C2") == 0
    assert edit(pace, "an edit") == 0


def test_a_pause_of_edits_holds_all_edits_and_no_post():
    pace = Pace()
    pace.hold("C1", NOW + 20_000, is_edit=True)
    assert edit(pace, "a") == 20_000
    assert post(pace, "b") == 0
    assert edit(pace, "c", at=NOW + 20_000) == 0


def test_a_pause_does_not_become_shorter_by_a_second_one():
    pace = Pace()
    pace.hold("C1", NOW + 30_000, is_edit=False)
    pace.hold("C1", NOW + 5_000, is_edit=False)
    assert post(pace, "a") == 30_000
