"""What stands in a card's thread: the whole event, counts, the chart and its bars."""

from typing import Any

import pytest

from bot.flows.contents import ReplyContent
from bot.incidents.excerpt import MOST_PARTS, is_cut, parts
from bot.slack.mrkdwn import INSTEAD
from bot.slack.render.notices import reply_message
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import HOSTILE, a_hostile_incident, a_job, an_incident, seen, text_of

Payload = dict[str, Any]


def reply(incident: Any, **payload: Any) -> dict[str, Any]:
    return reply_message(ReplyContent(incident=incident, payload=payload, job=a_job()))


def shapes(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The message as it is sent at first, and as it is sent when its blocks are refused."""
    ways = [message["blocks"], *([message[INSTEAD]] if INSTEAD in message else [])]
    return [{"text": message["text"], "blocks": blocks} for blocks in ways]


@pytest.mark.parametrize(
    "payload",
    [
        {"what": "event", "part": 0, "parts": 1},
        {"what": "event", "part": 3, "parts": 4},
        {"what": "event", "part": 9, "parts": 9},
        {"what": "chart"},
        {"what": "grew", "count": 1_000, "joined": HOSTILE, "joined_count": 3, "replicas": 70},
        {"what": "grew", "count": None, "joined": "", "joined_count": 0, "replicas": 0},
        {"what": "resolve", "actor": "U1", "detail": HOSTILE},
        {"what": "gap", "detail": HOSTILE},
    ],
)
def test_slack_takes_every_reply_whatever_the_log_holds(payload: Payload):
    for incident in (a_hostile_incident(), an_incident(excerpt=("",), sightings=(), first_replica=None)):
        for shape in shapes(reply(incident, **payload)):
            assert problems_of_message(shape) == []


def test_a_whole_traceback_fits_into_one_reply_line_by_line():
    lines = ("Traceback (most recent call last):", *(f'  File "train.py", line {at}' for at in range(39)))
    text = text_of(reply(an_incident(excerpt=lines), what="event", part=0, parts=1)["blocks"])
    assert all(line in text for line in lines)
    assert "40 lines" in text


def test_an_event_of_long_lines_is_told_in_parts_that_lose_nothing():
    lines = tuple(f"{at} " + "x" * 900 for at in range(30))
    whole = [line for part in parts(lines) for line in part]
    assert tuple(whole) == lines
    assert 1 < len(parts(lines)) <= MOST_PARTS


@pytest.mark.parametrize(
    ("lines", "cut"), [(("a",) * 15, False), (("a",) * 16, True), (("x" * 341,), True), ((), False)]
)
def test_an_event_is_cut_when_the_card_has_no_room_for_it(lines: tuple[str, ...], cut: bool):
    assert is_cut(lines) is cut


def test_the_chart_has_a_bar_for_each_replica_and_its_stand_in_the_same_numbers():
    sightings = (seen("g00r0", 3), seen("g01r0", 120), seen("g02r0", 40))
    message = reply(an_incident(count=163, sightings=sightings), what="chart")
    chart = message["blocks"][1]["chart"]
    assert [(point["label"], point["value"]) for point in chart["series"][0]["data"]] == [
        ("g01r0", 120),
        ("g02r0", 40),
        ("g00r0", 3),
    ]
    assert "163 on 3 of 64 replicas" in message["text"]
    rows = text_of(message[INSTEAD]).splitlines()
    assert [row.split()[-1] for row in rows[-3:]] == ["120", "40", "3"]
    assert rows[-3].count("█") > rows[-2].count("█") > rows[-1].count("█") > 0


def test_more_replicas_than_a_chart_has_room_for_are_summed_up():
    sightings = tuple(seen(f"g{at:02}r0", 100 - at) for at in range(64))
    data = reply(an_incident(sightings=sightings), what="chart")["blocks"][1]["chart"]["series"][0]["data"]
    assert len(data) == 20
    assert data[-1]["label"] == "45 others"
    assert sum(point["value"] for point in data) == sum(one.count for one in sightings)


def test_long_names_that_end_alike_keep_bars_of_their_own():
    names = ["a-very-long-name-of-a-replica-1", "b-very-long-name-of-a-replica-1", None]
    data = reply(an_incident(sightings=tuple(seen(name, 2) for name in names)), what="chart")["blocks"][1]
    labels = data["chart"]["axis_config"]["categories"]
    assert len(set(labels)) == 3


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"count": 1_000, "joined_count": 0}, "Seen 1,000 times now."),
        (
            {"joined": "g01r0, g02r0", "joined_count": 2, "replicas": 5},
            "2 more replicas: g01r0, g02r0. That makes 5 of 64.",
        ),
        (
            {"joined": "a, b", "joined_count": 9, "replicas": 70},
            "9 more replicas: a, b and 7 more. That makes 70.",
        ),
        (
            {"count": 100, "joined": "a", "joined_count": 1, "replicas": 2},
            "Seen 100 times now. 1 more replica: a.",
        ),
    ],
)
def test_growth_is_told_in_one_line(payload: Payload, words: str):
    assert words in text_of(reply(an_incident(), what="grew", **payload)["blocks"])
