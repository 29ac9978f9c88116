"""How fast the bot may speak."""

from collections.abc import Iterator
from random import Random

import pytest

from bot.flows.pace import EDITS, POSTS, RATES, held, room, spent
from bot.incidents.delivery import Delivery, Kind, Urgency
from bot.times import Ms

NOW = Ms(1_795_000_000_000)
MINUTE_MS = 60_000
A_MINUTE = {POSTS: 300, EDITS: 45}


def a_row(channel: str = "C1", *, edit: bool = False) -> Delivery:
    return Delivery(
        key="k",
        delivery_id="d",
        lane="l",
        kind=Kind.CARD,
        urgency=Urgency.EDIT if edit else Urgency.NEW_CARD,
        channel=channel,
        created_ms=NOW,
        due_ms=NOW,
    )


def test_a_channel_takes_a_message_a_second_and_others_wait_for_none_of_it():
    stamps = spent({}, [a_row("C1"), a_row("C2", edit=True)], NOW)
    assert room(stamps, NOW).busy == {"C1"}
    assert room(stamps, Ms(NOW + 999)).busy == {"C1"}
    assert room(stamps, Ms(NOW + 1_000)).busy == frozenset()


def greedy(name: str, seed: int) -> Iterator[int]:
    """When something is said by bots that say all that they may, whenever they look."""
    chance, at, stamps = Random(seed), int(NOW), dict[str, int]()
    while at < NOW + 10 * MINUTE_MS:
        now = Ms(at)
        free = room(stamps, now)
        count = min(free.edits if name == EDITS else free.posts, 16)
        rows = [a_row(f"C{at}.{number}", edit=name == EDITS) for number in range(count)]
        stamps |= {key: value for key, value in spent(stamps, rows, now).items() if key in RATES}
        yield from (at for _ in rows)
        at += chance.choice((10, 500, 500, 500, 3_000))


@pytest.mark.parametrize("name", [POSTS, EDITS])
@pytest.mark.parametrize("seed", range(3))
def test_never_more_in_any_minute_than_a_workspace_takes_and_not_much_less_over_time(name: str, seed: int):
    sent, most = list(greedy(name, seed)), A_MINUTE[name]
    assert all(later - first > MINUTE_MS for first, later in zip(sent, sent[most:], strict=False))
    assert len(sent) > 0.5 * 10 * most


def test_under_a_flood_of_edits_room_for_one_comes_within_two_seconds():
    stamps = spent({}, [a_row(edit=True)] * room({}, NOW).edits, NOW)
    assert room(stamps, NOW).edits == 0
    assert room(stamps, Ms(NOW + 2_000)).edits == 1


def test_a_pause_of_a_channel_holds_its_posts_and_nothing_else():
    stamps = held(a_row("C1"), NOW + 30_000)
    assert room(stamps, Ms(NOW + 29_999)).busy == {"C1"}
    assert room(stamps, NOW).edits == room({}, NOW).edits
    assert room(stamps, Ms(NOW + 30_000)).busy == frozenset()


def test_a_pause_of_edits_holds_all_edits_and_no_post():
    stamps = held(a_row(edit=True), NOW + 20_000)
    assert room(stamps, Ms(NOW + 19_000)).edits == 0
    assert room(stamps, Ms(NOW + 20_000)).edits == 1
    assert room(stamps, NOW).busy == frozenset()
    assert room(stamps, NOW).posts == RATES[POSTS].burst
