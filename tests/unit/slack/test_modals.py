"""Every window passes Slack's limits whatever the log says; what comes back from one is read strictly."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.flows.triage import Standing
from bot.incidents.incident import HistoryEntry, Incident, Muted, State
from bot.incidents.muting import unfit_end
from bot.incidents.pulse import Pulse
from bot.incidents.steps import Action
from bot.jobs.job import Project
from bot.jobs.wish import Wish
from bot.logs.line import Level
from bot.logs.question import LogQuery, Take
from bot.slack.members import Member
from bot.slack.windows.assign import assign_window
from bot.slack.windows.fields import Entered
from bot.slack.windows.history import history_window
from bot.slack.windows.mute import mute_window
from bot.slack.windows.options import job_option, project_option
from bot.slack.windows.picker_view import Picked, picked, picker_window
from bot.slack.windows.place import Place
from bot.slack.windows.resolve import resolve_window
from bot.slack.windows.sight import Sight, Spot
from bot.slack.windows.triage import triage_window
from bot.slack.windows.watching import watch_window, wish_of
from bot.slack.windows.window import Wrong, told
from bot.times import Ms, Ns
from tests.slack_limits import problems_of_view
from tests.unit.slack.card_values import HOSTILE, NOW, a_hostile_incident, a_job, an_incident, text_of

HOUR = 3_600_000
QUARTER = 900_000


def a_sight(incident: Incident | None = None, *, zone: str = "UTC", **standing: Any) -> Sight:
    values: dict[str, Any] = {"incident": incident or an_incident(), "history": (), "job": a_job()} | standing
    member = Member(id="U1", name="ada", zone=ZoneInfo(zone))
    return Sight(standing=Standing(**values), member=member, channel="C1", known_ms=0, now_ms=NOW)


def a_hostile_sight(state: State) -> Sight:
    quarters = tuple((NOW // QUARTER - at, 10**9) for at in range(95, -1, -1))
    muted = Muted(by="U2", set_ms=NOW, until_ms=None, replicas=(HOSTILE,), usual=1, window_ms=NOW, window_count=1)
    incident = a_hostile_incident(
        state=state, pulse=Pulse(quarters), muted=muted if state is State.MUTED else None, id=2**63 - 1
    )
    history = tuple(
        HistoryEntry(incident_id=7, at_ms=NOW, action=action, actor=actor, detail=HOSTILE, to="U3", until_ms=NOW)
        for actor in ("U1", None)
        for action in [*(one.value for one in Action), *(() if actor else ("gap", "closed"))]
        for _ in range(5)
    )
    job = a_job(name=HOSTILE, project_name=HOSTILE)
    return a_sight(incident, history=history, job=job).told_news()


STATES = list(State)
HOSTILE_JOB = job_option(a_job(name=HOSTILE, project_name=HOSTILE, id="j1"), NOW, prefix="j:")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "draw",
    [
        resolve_window,
        assign_window,
        mute_window,
        lambda sight: mute_window(sight, asks_until=True),
        history_window,
        triage_window,
    ],
)
def test_slack_takes_every_window_about_an_incident_whatever_the_log_says(draw: Any, state: State):
    assert problems_of_view(draw(a_hostile_sight(state))) == []


@pytest.mark.parametrize(
    "view",
    [
        picker_window(Place()),
        picker_window(Place("C1", "p" * 200)),
        picker_window(Place("C1"), job=HOSTILE_JOB),
        watch_window(Place()),
        watch_window(Place("C1"), target=HOSTILE_JOB),
        watch_window(
            Place("C1"),
            target=project_option(Project(id="p1", name=HOSTILE, team_name=HOSTILE), prefix="p:"),
        ),
        told(HOSTILE, "y" * 5_000),
    ],
)
def test_slack_takes_every_other_window(view: dict[str, Any]):
    assert problems_of_view(view) == []


def test_a_window_holds_nothing_of_the_log_but_what_it_shows():
    view = resolve_window(a_sight(a_hostile_incident()))
    assert view["private_metadata"] == "i=7&c=C1&m=0"


def test_a_spot_and_a_place_come_back_as_they_went():
    spot = Spot(7, "C1", 1_764_000_000_000)
    assert Spot.decode(spot.encode()) == spot
    assert Spot.decode(Spot(7, None).encode()) == Spot(7, None)
    assert Place.decode(Place("C1", "p&=1").encode()) == Place("C1", "p&=1")
    assert Place.decode(Place().encode()) == Place()


@pytest.mark.parametrize("value", [None, "", "i=7", "i=x&c=&m=0", "i=7&c=C1&m=soon", "{}", "x" * 4_000])
def test_a_forged_spot_is_none(value: str | None):
    assert Spot.decode(value) is None


# --- mute ----------------------------------------------------------------------------------------


def test_before_a_mute_is_set_it_says_what_it_would_have_hidden_hour_by_hour_in_the_readers_zone():
    at = NOW // QUARTER
    incident = an_incident(pulse=Pulse(((at - 200, 99), (at - 5, 2), (at - 4, 3), (at, 1_000))), count=2)
    said = text_of(mute_window(a_sight(incident, zone="Asia/Kolkata"))["blocks"])
    # It is Monday, 24 November 2025, 16:00 UTC and 21:30 in India.
    assert (
        "In the last day a mute would have hidden *1,005 events*: 5 from Mon 20:00, 1,000 from Mon 21:00." in said
    )


def test_what_came_within_one_hour_is_not_counted_twice():
    incident = an_incident(pulse=Pulse(((NOW // QUARTER, 1),)))
    said = text_of(mute_window(a_sight(incident))["blocks"])
    assert "would have hidden *1 event*, from Mon 16:00 on." in said


def test_with_nothing_to_hide_it_says_so():
    assert "there was nothing that a mute would have hidden" in text_of(mute_window(a_sight())["blocks"])


def test_the_field_for_a_time_is_there_only_when_it_is_wanted_and_begins_with_the_readers_morning():
    assert "datetimepicker" not in str(mute_window(a_sight()))
    view = mute_window(a_sight(zone="Europe/Berlin"), asks_until=True)
    [until] = [block for block in view["blocks"] if block.get("block_id") == "until"]
    # It is 17:00 in Berlin: tomorrow at 9 is 16 hours away.
    assert until["element"]["initial_date_time"] == NOW // 1000 + 16 * 3600


@pytest.mark.parametrize(
    ("until_ms", "sentence"),
    [
        (NOW - 1, "over already"),
        (NOW, "over already"),
        (NOW + 1, None),
        (NOW + 30 * 24 * HOUR, None),
        (NOW + 30 * 24 * HOUR + 1, "30 days at most"),
    ],
)
def test_a_mute_ends_in_the_future_and_within_thirty_days(until_ms: int, sentence: str | None):
    said = unfit_end(Ms(until_ms), NOW)
    assert said is None if sentence is None else sentence in (said or "")


# --- the picker ----------------------------------------------------------------------------------


def entered(**values: Any) -> Entered:
    """Of Slack's shape: a text, the value of an option behind "=", a moment, a person (U…), a conversation (C…)."""
    state = {name.replace("__", "."): {"x": _part(value)} for name, value in values.items()}
    return Entered({"state": {"values": state}})


def _part(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"selected_date_time": value}
    if value is not None and value.startswith("="):
        return {"selected_option": {"value": value[1:]}}
    if value is not None and value[:2] in ("C1", "U1"):
        return {"selected_conversation" if value[0] == "C" else "selected_user": value}
    return {"value": value}


def ask(place: Place | None = None, **values: Any) -> Picked | Wrong:
    return picked(entered(**values), place or Place(), now_ns=Ns(NOW * 1_000_000), tz=UTC)


S = NOW // 1000


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({}, {"count": 50}),
        ({"level": "=error", "count": "200"}, {"min_level": Level.ERROR, "count": 200}),
        ({"level": "=all"}, {"count": 50}),
        ({"from": S - 60, "to": S}, {"start_ms": NOW - 60_000, "end_ms": NOW, "count": 50}),
        ({"words": "replica:r3 level:warning", "level": "=error"}, {"replica": "r3", "min_level": Level.WARNING, "count": 50}),
        ({"words": "first:20", "count": "50"}, {"take": Take.FIRST, "count": 20}),
    ],
)  # fmt: skip
def test_what_is_picked_is_the_question_that_could_have_been_typed(values: dict[str, Any], query: dict[str, Any]):
    found = ask(job="=j1", **values)
    assert isinstance(found, Picked), found
    assert found.query == LogQuery(job="j1", **query)


def test_without_a_conversation_it_comes_as_a_direct_message():
    assert ask(job="=j1") == Picked(query=LogQuery(job="j1", count=50), channel=None, to_all=False)
    found = ask(job="=j1", where="C1", who="=everybody")
    assert isinstance(found, Picked)
    assert (found.channel, found.to_all) == ("C1", True)


def test_a_job_is_read_from_the_field_of_the_project_that_was_chosen():
    assert isinstance(ask(Place("C1", "p1"), job__p1="=j1"), Picked)
    wrong = ask(Place("C1", "p1"), job="=j1")
    assert isinstance(wrong, Wrong)
    assert set(wrong.errors) == {"job.p1"}


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"job": None}, "job", "Choose a job first."),
        ({"words": "/(/"}, "words", "cannot be used"),
        ({"words": '"open'}, "words", "never closed"),
        ({"words": "since:soon"}, "words", "since"),
        ({"from": S, "to": S}, "to", "not after the beginning"),
        ({"from": S - 10, "to": S - 20}, "to", "not after the beginning"),
        ({"from": S + 3600}, "from", "in the future"),
        ({"words": "since:1h", "to": S - 7200}, "to", "not after the beginning"),
        ({"count": "0"}, "count", "whole number from 1 to 5,000"),
        ({"count": "5001"}, "count", "whole number"),
        ({"count": "٣"}, "count", "whole number"),
        ({"count": "1.5"}, "count", "whole number"),
        ({"who": "=everybody"}, "where", "Choose where"),
    ],
)
def test_what_is_wrong_stands_at_its_field(values: dict[str, Any], field: str, sentence: str):
    found = ask(**({"job": "=j1"} | values))
    assert isinstance(found, Wrong)
    assert set(found.errors) == {field}
    assert sentence in found.errors[field]


# --- the watch -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wish"),
    [
        ({"target": "=j:j1"}, Wish(target="j1")),
        ({"target": "=p:p1", "level": "=warning"}, Wish(target="p1", level=Level.WARNING)),
        ({"target": "=j:j1", "person": "U1"}, Wish(target="j1", mention="<@U1>")),
        ({"target": "=j:j1", "group": "=!subteam^S1"}, Wish(target="j1", mention="<!subteam^S1>")),
        ({"target": "=j:j1", "group": "=!here"}, Wish(target="j1", mention="<!here>")),
        ({"target": "=j:j1", "silence": " 15m "}, Wish(target="j1", silence_s=900)),
        ({"target": "=j:j1", "pattern": "CUDA|NCCL"}, Wish(target="j1", pattern="CUDA|NCCL")),
        ({"target": "=j:j1", "pattern": "/cuda/i"}, Wish(target="j1", pattern="(?i)cuda")),
    ],
)
def test_what_is_entered_is_the_wish_that_could_have_been_typed(values: dict[str, Any], wish: Wish):
    assert wish_of(entered(**values)) == wish


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({}, "target", "Choose a job or a project first."),
        ({"target": "=x"}, "target", "Choose a job or a project first."),
        ({"target": "=j:j1", "person": "U1", "group": "=!here"}, "group", "One of the two"),
        ({"target": "=j:j1", "group": "=!channel"}, "group", "is nobody"),
        ({"target": "=j:j1", "silence": "soon"}, "silence", "no duration of a minute or more"),
        ({"target": "=j:j1", "silence": "1s"}, "silence", "no duration"),
        ({"target": "=j:j1", "pattern": "("}, "pattern", "cannot be used"),
        ({"target": "=j:j1", "level": "=loud"}, "level", "is no level"),
    ],
)
def test_what_is_wrong_with_a_watch_stands_at_its_field_without_markup(
    values: dict[str, Any], field: str, sentence: str
):
    found = wish_of(entered(**values))
    assert isinstance(found, Wrong)
    assert set(found.errors) == {field}
    assert sentence in found.errors[field]
    assert "`" not in found.errors[field]
