"""What is answered in a thread: replicas, history, and where a word belongs."""

import pytest

from bot.incidents.attendance import Attendance
from bot.incidents.incident import HistoryEntry, State
from bot.incidents.order_words import Name
from bot.slack.render.helptexts import TOPICS
from bot.slack.render.mention_views import elsewhere_message, history_message, replicas_message, unclear_message
from bot.slack.render.words import help_message
from bot.times import Ms, Ns
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import (
    HOSTILE,
    LINK,
    NOW,
    NOW_NS,
    a_card,
    a_hostile_incident,
    an_incident,
    links_of,
    seen,
    text_of,
)


def entry(action: str, **fields) -> HistoryEntry:
    return HistoryEntry(**{"incident_id": 7, "at_ms": NOW, "action": action, "actor": "U1", **fields})


def test_replicas_stand_with_their_counts_the_first_one_first():
    touched = (seen("g02r0", 12, rank=13), seen("g00r0", 1))
    found = Attendance(touched=touched, others=("g01r0",), silent=(("g01r0", NOW_NS),), unheard=1)
    text = text_of(replicas_message(an_incident(count=13), found)["blocks"])
    assert text.index("g02r0 (rank 13): 12 times, first of all") < text.index("g00r0: 1 time, first ")
    for part in (
        "2 replicas have this error, 13 times in all",
        "Without it: g01r0.",
        "Silent while others write: g01r0 since ",
        "1 replica never wrote a line.",
    ):
        assert part in text


def test_an_error_of_the_platform_is_said_to_be_nobodys():
    text = text_of(replicas_message(an_incident(), Attendance(touched=(seen(None),)))["blocks"])
    assert text.startswith("The platform wrote this error, no replica did, 1 time in all")


def test_of_many_replicas_the_rest_is_counted():
    touched = tuple(seen(f"g{at:03d}", 2) for at in range(64))
    others = tuple(f"x{at}" for at in range(64))
    text = text_of(replicas_message(an_incident(count=128), Attendance(touched=touched, others=others))["blocks"])
    assert "and 24 more, 48 times" in text
    assert "x19 and 44 more." in text


HISTORY = (
    (entry("acknowledge"), "<@U1> acknowledged it"),
    (entry("assign", to="U2"), "<@U1> assigned it to <@U2>"),
    (entry("mute"), "<@U1> muted it until the job ends"),
    (entry("mute", until_ms=Ms(NOW + 1)), "<@U1> muted it until "),
    (entry("unmute"), "<@U1> ended the mute"),
    (entry("unmute", actor=None, detail="its time is up"), "the mute ended: its time is up"),
    (entry("resolve"), "<@U1> resolved it"),
    (entry("resolve", detail="bad driver\npinned"), "<@U1> resolved it: bad driver pinned"),
    (entry("dismiss", detail="not an error"), "<@U1> said that it is not an error"),
    (entry("reopen"), "<@U1> opened it again"),
    (entry("gap", actor=None, detail="too many"), "could not be read: too many"),
    (entry("closed", actor=None, detail="it writes again"), "closed by itself: it writes again"),
    (entry("of a later version"), "<@U1> of a later version"),
)


@pytest.mark.parametrize(("one", "said"), HISTORY, ids=[said for _, said in HISTORY])
def test_each_step_is_told_with_who_and_when(one: HistoryEntry, said: str):
    message = history_message(an_incident(), [one])
    assert said in text_of(message["blocks"])
    assert problems_of_message(message) == []


def test_whose_it_is_stands_above_what_was_done():
    incident = an_incident(state=State.ACKNOWLEDGED, holder="U9", actor="U9", changed_ms=NOW)
    text = text_of(history_message(incident, [entry("acknowledge", actor="U9")])["blocks"])
    assert text.startswith("Acknowledged by <@U9>")
    assert "Nobody has done anything" in text_of(history_message(an_incident(), [])["blocks"])


def test_of_a_long_history_the_newest_steps_are_shown():
    text = text_of(history_message(an_incident(), [entry("reopen")] * 99 + [entry("acknowledge")])["blocks"])
    assert "70 earlier steps left out" in text
    assert "acknowledged it" in text


def test_a_word_at_the_wrong_place_is_led_to_the_open_cards():
    message = elsewhere_message("ack", [(an_incident(), a_card(permalink=LINK))], in_list=False)
    assert "`ack`" in message["text"]
    assert links_of(message["blocks"]) == [LINK]
    assert "from its menu" in elsewhere_message("ack", [], in_list=True)["text"]


def test_hostile_names_and_reasons_never_break_slacks_limits():
    hostile = a_hostile_incident()
    touched = tuple(seen(f"{HOSTILE}{at}", 3) for at in range(64))
    names = tuple(f"{HOSTILE}{at}" for at in range(64))
    found = Attendance(touched=touched, others=names, silent=tuple((name, Ns(1)) for name in names), unheard=9)
    cards = [(hostile, a_card())] * 60
    steps = [entry("resolve", detail=HOSTILE), entry("unmute", actor=None, detail=HOSTILE)] * 40
    for message in (
        replicas_message(hostile, found),
        history_message(hostile, steps),
        elsewhere_message("ack", cards, in_list=False),
        elsewhere_message("ack", cards, in_list=True),
        unclear_message(f"I do not know `{HOSTILE[:40]}`."),
        help_message("thread"),
    ):
        assert problems_of_message(message) == []


def test_the_help_for_threads_has_every_word():
    page = text_of(help_message("thread")["blocks"])
    assert [name for name in Name if name not in page] == []
    assert "thread" in TOPICS["help"].usage
