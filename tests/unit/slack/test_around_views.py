"""The lines around one as a message: what is marked, what is missing, and Slack's limits under hostile text."""

from zoneinfo import ZoneInfo

import pytest

from bot.flows.contents import AroundContent
from bot.jobs.job import Status
from bot.logs.crowd import Gap
from bot.logs.line import Level, Line
from bot.logs.question import LogQuery, Position
from bot.slack import ids
from bot.slack.around_shortcut import question_of
from bot.slack.render.around_views import around_message
from bot.times import Ms, Ns
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import HOSTILE, NOW, NOW_NS, a_hostile_incident, a_job, an_incident, text_of

BERLIN = ZoneInfo("Europe/Berlin")


def lines(count: int = 25, text: str = "step") -> tuple[Line, ...]:
    return tuple(
        Line(Ns(NOW_NS + (at - 12) * 1_000_000), f"{text} {at}", f"g0{at % 3}r0", Level.INFO)
        for at in range(count)
    )


def content(**changes) -> AroundContent:
    values = {"incident": an_incident(), "job": a_job(), "lines": lines(), "marked": 12, "far_ms": 3_600_000}
    return AroundContent(**{**values, **changes})


def said(found: AroundContent) -> str:
    return text_of(around_message(found, tz=BERLIN)["blocks"])


def test_the_line_is_marked_and_the_head_says_whose_and_in_whose_time():
    text = said(content())
    assert next(row for row in text.splitlines() if row.startswith("▶")).endswith("step 12")
    for part in ("Lines around the first one on g02r0", "run-7", "25 lines · complete", "in Europe/Berlin"):
        assert part in text


REMARKS = (
    ("of what returned", {"incident": an_incident(generation=2)}, "Lines around its return"),
    ("of a shared line", {"incident": None}, "Lines around one on g00r0"),
    ("of the platform", {"incident": an_incident(first_replica=None)}, "the first one on the platform"),
    ("the log lost it", {"marked": None}, "The log did not return the line itself."),
    ("nothing before", {"short_before": True}, "nothing more within 1 h before it."),
    ("nothing behind", {"short_after": True, "far_ms": 60_000}, "nothing more within 1 min after it so far."),
    ("nothing at all", {"short_before": True, "short_after": True}, "nothing more within 1 h before or after it so far."),
    ("nothing more of a job that ended", {"job": a_job(status=Status("TRAINING_JOB_FAILED")), "short_after": True}, "1 h after it."),
    ("it failed", {"why_not": "Baseten does not answer right now.", "short_after": True}, "incomplete"),
    ("a gap", {"gaps": (Gap(start_ms=NOW, end_ms=Ms(NOW + 1), at_least=9, level=None),)}, "cannot return all lines of"),
    ("of one replica", {"replica": "g01*"}, "Only lines of g01*, beside the marked one."),
    ("too many", {"lines": lines(900, "x" * 80), "marked": 450}, "of 900 lines, Download has all"),
    ("a secret", {"lines": lines(1, "token=hf_abcdefghijklmnopqrstuvwxyzabcdef"), "marked": 0}, "1 value is hidden."),
    ("no lines", {"lines": (), "marked": None}, "no lines"),
)  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "part"), REMARKS, ids=[what for what, _, _ in REMARKS])
def test_what_is_missing_or_chosen_is_said(what: str, changes: dict, part: str):
    found = content(**changes)
    assert part in said(found), what
    assert problems_of_message(around_message(found, tz=BERLIN)) == []


def test_a_failure_is_told_and_not_that_there_is_nothing_more():
    text = said(content(why_not="Baseten does not answer right now.", short_before=True))
    assert "Baseten does not answer right now." in text
    assert "nothing more" not in text


def test_the_message_keeps_the_question_for_its_lines():
    places = {"newer_than": Position(NOW_NS - 12, -1), "older_than": Position(NOW_NS + 12, 1)}
    asked = question_of(around_message(content(replica="g0*", **places), tz=BERLIN))
    assert asked == LogQuery(job="j1", replica="g0*", count=25, **places)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"blocks": None},
        {"blocks": [{"type": "rich_text", "elements": [{"action_id": ids.SHOW_LOGS, "value": "j1"}]}]},
        {"blocks": [{"type": "actions", "elements": [{"action_id": "another", "value": "j1"}]}]},
        {"blocks": [{"type": "actions", "elements": [{"action_id": ids.SHOW_LOGS, "value": "level:nonsense"}]}]},
        {"blocks": [{"type": "actions", "elements": [{"action_id": ids.SHOW_LOGS}]}]},
    ],
)
def test_a_message_without_a_question_has_none(message: dict):
    assert question_of(message) is None


def test_hostile_logs_and_names_never_break_slacks_limits():
    hostile = tuple(Line(Ns(NOW_NS + at), HOSTILE, HOSTILE[:300], Level.ERROR) for at in range(40))
    for incident in (a_hostile_incident(), a_hostile_incident(generation=3), None):
        for marked in (0, 20, None):
            found = content(
                incident=incident,
                job=a_job(name=HOSTILE, project_name=HOSTILE),
                lines=hostile,
                marked=marked,
                replica=HOSTILE[:100],
                why_not=HOSTILE[:200],
            )
            assert problems_of_message(around_message(found, tz=BERLIN)) == []
