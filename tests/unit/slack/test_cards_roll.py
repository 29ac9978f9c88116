"""Several incidents in one message."""

from typing import Any

import pytest

from bot.flows.contents import Entry, RollContent
from bot.incidents.incident import Card, Role, State
from bot.incidents.roll import Roll, harmless_of, storm_of
from bot.slack.render.rolls import roll_message
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import (
    HOSTILE,
    LINK,
    a_card,
    a_hostile_incident,
    a_job,
    an_incident,
    links_of,
    text_of,
)

STORM, HARMLESS = storm_of("C1"), harmless_of("C1", "default", "j1")


def message(roll: Roll, *entries: Entry) -> dict[str, Any]:
    return roll_message(RollContent(roll=roll, entries=entries))


def entry(incident: Any, **changes: Any) -> Entry:
    return Entry(incident=incident, **{"job": a_job(), **changes})


@pytest.mark.parametrize("roll", [STORM, HARMLESS])
@pytest.mark.parametrize("count", [0, 1, 20, 300])
@pytest.mark.parametrize("card", [None, a_card()])
def test_slack_takes_a_list_of_any_length_whatever_its_texts_hold(roll: Roll, count: int, card: Card | None):
    job = a_job(name=HOSTILE, project_name=HOSTILE)
    entries = [entry(a_hostile_incident(id=at), job=job, card=card) for at in range(count)]
    assert problems_of_message(message(roll, *entries)) == []


def test_a_storm_lists_each_incident_with_its_job_and_extent():
    text = text_of(
        message(STORM, entry(an_incident(count=12)), entry(an_incident(title="KeyError: 'x'")))["blocks"]
    )
    assert "2 more new errors, too many at once" in text
    assert "torch.OutOfMemoryError: CUDA out of memory — run-7 · 12 times, g02r0 first" in text
    assert "KeyError: 'x' — run-7 · once" in text


def test_a_long_list_says_how_many_more_there_are():
    text = text_of(message(STORM, *(entry(an_incident(id=at)) for at in range(300)))["blocks"])
    shown = text.count("run-7 · once")
    assert shown > 50
    assert f"and {300 - shown} more" in text


def test_the_menu_of_a_storm_offers_what_has_no_card_yet():
    shown = message(
        STORM, entry(an_incident(id=1), card=a_card()), entry(an_incident(id=2, title="KeyError: 'x'"))
    )
    [_, menu] = shown["blocks"]
    assert [(one["value"], one["text"]["text"]) for one in menu["accessory"]["options"]] == [
        ("2", "run-7: KeyError: 'x'")
    ]
    assert len(message(STORM, entry(an_incident(), card=a_card()))["blocks"]) == 1


def test_what_got_a_card_of_its_own_since_is_linked():
    shown = message(STORM, entry(an_incident(), card=a_card()))
    assert LINK in links_of(shown["blocks"])


def test_a_storm_shows_who_has_taken_what():
    taken = an_incident(state=State.ACKNOWLEDGED, holder="U2", actor="U2")
    assert "acknowledged by <@U2>" in text_of(message(STORM, entry(taken))["blocks"])


def test_harmless_errors_stand_in_one_list_with_the_reason():
    noise = an_incident(role=Role.NOISE, alert=False, title="upload failed", count=3, reason="it was tried again")
    text = text_of(message(HARMLESS, entry(noise))["blocks"])
    assert "run-7 in llama-ft: one kind of error that needs nobody" in text
    assert "upload failed — 3 times. It was tried again." in text
