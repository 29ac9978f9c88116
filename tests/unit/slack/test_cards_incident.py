"""What an incident's card says in each of its states, and that Slack takes it whatever the log holds."""

from typing import Any

import pytest

from bot.flows.contents import CardContent, Earlier
from bot.incidents.incident import Confidence, Role, Sighting, State
from bot.slack.render.cards import incident_card
from bot.times import Ns
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import (
    HOSTILE,
    LINK,
    NOW,
    a_card,
    a_hostile_incident,
    a_job,
    a_resolved,
    an_incident,
    links_of,
    seen,
    text_of,
)


def card(incident: Any, **content: Any) -> dict[str, Any]:
    return incident_card(CardContent(incident=incident, **{"job": a_job(), **content}))


def said(incident: Any, **content: Any) -> str:
    return text_of(card(incident, **content)["blocks"])


HOSTILE_JOB = a_job(name=HOSTILE, project_name=HOSTILE)
HOSTILE_CASES: dict[str, dict[str, Any]] = {
    "open": {"incident": a_hostile_incident(state=State.OPEN)},
    "acknowledged": {"incident": a_hostile_incident()},
    "resolved": {"incident": a_hostile_incident(state=State.RESOLVED)},
    "without its job": {"incident": a_hostile_incident(), "job": None},
    "with consequences": {
        "incident": a_hostile_incident(),
        "consequences": tuple(a_hostile_incident(id=at) for at in range(30)),
    },
    "that is back": {
        "incident": a_hostile_incident(generation=2),
        "previous": (a_hostile_incident(state=State.RESOLVED), a_card()),
    },
    "seen in other jobs": {
        "incident": a_hostile_incident(),
        "earlier": (Earlier(jobs=3, last=a_hostile_incident(state=State.RESOLVED)), a_card()),
    },
    "a consequence": {
        "incident": a_hostile_incident(role=Role.CASCADE),
        "cause": a_hostile_incident(),
        "cause_card": a_card(),
    },
    "harmless": {"incident": a_hostile_incident(role=Role.NOISE, alert=False)},
    "empty": {
        "incident": an_incident(title="", excerpt=("", "\x1b[0m"), reason="", sightings=(), first_replica=None)
    },
}


@pytest.mark.parametrize("case", HOSTILE_CASES.values(), ids=HOSTILE_CASES)
def test_slack_takes_a_card_whatever_its_texts_hold(case: dict[str, Any]):
    message = card(**{"job": HOSTILE_JOB, "mention": "<@U1>", **case})
    assert problems_of_message(message) == []
    assert [block["type"] for block in message["blocks"]] == ["rich_text", "actions"]


def test_it_names_the_first_replica_with_its_rank_and_how_many_of_how_many_were_touched():
    incident = an_incident(count=4, sightings=(seen("g02r0", rank=13), seen("g00r0"), seen("g01r0", 2)))
    assert "3 of 64 replicas: g02r0 (rank 13) first, then g00r0, g01r0" in said(incident)


def test_a_first_replica_that_was_not_the_first_to_write_leads_all_the_same():
    incident = an_incident(sightings=(seen("g00r0"), seen("g02r0", rank=13)))
    assert "2 of 64 replicas: g02r0 (rank 13) first, then g00r0" in said(incident)


def test_one_to_blame_that_wrote_nothing_itself_is_named_as_where_it_began():
    incident = an_incident(sightings=(seen("g00r0"), seen("g01r0")), first_replica="g07r0")
    assert "2 of 64 replicas: g00r0, g01r0 · it began on g07r0" in said(incident)


def test_consequences_stand_under_then_with_their_counts():
    follows = an_incident(title="NCCL watchdog", count=630, sightings=(seen("a"), seen("b")), role=Role.CASCADE)
    text = said(an_incident(), consequences=(follows,))
    assert "then:NCCL watchdog — 630 times on 2 replicas" in text


@pytest.mark.parametrize(
    ("confidence", "guess"), [(Confidence.CERTAIN, False), (Confidence.LIKELY, False), (Confidence.GUESS, True)]
)
def test_a_guess_is_called_one(confidence: Confidence, guess: bool):
    text = said(an_incident(confidence=confidence))
    assert "It was raised and not caught." in text
    assert ("The cause is a guess." in text) is guess


def test_a_cut_event_says_where_the_whole_of_it_is_and_a_short_one_does_not():
    long = an_incident(excerpt=tuple(f"line {at}" for at in range(40)))
    assert "in the thread" in said(long)
    assert "… 26 more lines" in said(long)
    assert "line 39" in said(long)
    assert "in the thread" not in said(an_incident())


def test_an_error_that_is_back_names_who_had_resolved_it_why_and_its_thread():
    message = card(an_incident(generation=2, previous_id=3), previous=(a_resolved(id=3), a_card()))
    assert "It is back. <@U9> had resolved it: pin driver 550" in text_of(message["blocks"])
    assert LINK in links_of(message["blocks"])
    assert "it is back" in message["text"]


def test_one_that_is_back_counts_the_replicas_since_its_return():
    later = Ns((NOW + 5_000) * 1_000_000)
    back = Sighting(replica="g05r0", first_ns=later, last_ns=later, count=1)
    incident = an_incident(count=3, generation=2, sightings=(seen("g02r0"), seen("g03r0"), back))
    text = said(incident, previous=(a_resolved(id=3), a_card()))
    assert "1 of 64 replicas: g05r0" in text
    assert "g02r0" not in text


def test_one_that_is_back_without_a_known_address_still_says_so():
    assert "It is back." in said(an_incident(generation=2), previous=(a_resolved(id=3), None))


@pytest.mark.parametrize(
    ("jobs", "words"), [(1, "Seen in 1 earlier job; last time"), (3, "Seen in 3 earlier jobs; last time")]
)
def test_an_error_of_earlier_jobs_says_in_how_many_and_what_helped(jobs: int, words: str):
    message = card(an_incident(), earlier=(Earlier(jobs=jobs, last=a_resolved(id=3)), a_card()))
    assert f"{words} <@U9>: pin driver 550" in text_of(message["blocks"])
    assert LINK in links_of(message["blocks"])


def test_an_error_that_nobody_resolved_in_earlier_jobs_says_that():
    text = said(an_incident(), earlier=(Earlier(jobs=2, last=an_incident(id=3)), a_card()))
    assert "Seen in 2 earlier jobs; nobody resolved it there (its thread)." in text


def test_a_consequence_folds_to_two_lines_and_links_the_card_of_its_cause():
    message = card(
        an_incident(title="ChildFailedError", role=Role.CASCADE, excerpt=("x",) * 9),
        cause=an_incident(id=3, title="CUDA out of memory"),
        cause_card=a_card(),
    )
    [body, actions] = message["blocks"]
    lines = text_of([body]).split("\n")
    assert lines[0].strip() == "ChildFailedError"
    assert lines[1:] == ["run-7 in llama-ft · follows from CUDA out of memory"]
    assert LINK in links_of(body)
    assert [element["text"]["text"] for element in actions["elements"]] == ["Resolve"]


def test_a_card_that_turned_out_harmless_says_so_in_two_lines():
    text = said(an_incident(role=Role.NOISE, alert=False, reason="the upload was tried again"))
    assert "Harmless after all. The upload was tried again." in text


def test_a_resolved_card_keeps_who_when_and_why():
    incident = a_resolved(excerpt=("x",) * 9)
    text = said(incident)
    assert "Resolved by <@U9>" in text
    assert "pin driver 550" in text
    assert "xx" not in text


def test_hidden_values_are_counted():
    assert "3 values hidden" in said(an_incident(hidden_values=3))


def test_the_mention_stands_in_the_text_where_it_notifies():
    assert card(an_incident(), mention="<!subteam^S1>")["text"].startswith("<!subteam^S1> Open: ")


def test_counts_of_a_returned_error_begin_anew():
    incident = an_incident(count=70, base_count=60, generation=2, previous_id=3, changed_ms=NOW)
    assert "10 times since it came back" in said(incident)
