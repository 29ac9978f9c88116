"""Answers as messages: what is shown, what the buttons ask for, and Slack's limits under hostile text."""

from dataclasses import replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from bot.flows.answered import LogAnswer
from bot.jobs.job import Instance, Job, Status
from bot.logs.line import Level, Line
from bot.logs.question import LogQuery, Order, Position, Take
from bot.logs.terms import Text
from bot.slack import ids
from bot.slack.render.logview import LOG_CHARS, answer_message, fit, fit_around, share_message, thread_message
from bot.times import Ms, Ns
from tests.slack_limits import problems_of_message

BERLIN = ZoneInfo("Europe/Berlin")
T0 = 1_795_000_000_123_000_000


def line(at: int, message: str, replica: str | None = "g00r0", level: Level | None = Level.INFO) -> Line:
    return Line(Ns(T0 + at), message, replica, level)


def job(**changes) -> Job:
    base = Job(
        account="default",
        id="j1",
        project_id="p1",
        project_name="llama",
        name="run-7",
        status=Status("TRAINING_JOB_RUNNING"),
        created_ms=Ms(T0 // 10**6 - 10**7),
        updated_ms=Ms(T0 // 10**6),
        instance=Instance(id="H100:8", name="H100"),
    )
    return replace(base, **changes)


def answer(lines=(), **changes) -> LogAnswer:
    base = LogAnswer(
        job=job(),
        query=LogQuery(job="j1"),
        lines=tuple(lines),
        start_ms=Ms(T0 // 10**6),
        end_ms=Ms(T0 // 10**6 + 60_000),
    )
    return replace(base, **changes)


def log_text(lines: list[Line], *, marked: int | None = None, tz: tzinfo = UTC) -> str:
    return fit(lines, marked=marked, tz=tz).text


def shown_log(message: dict) -> str:
    return message["blocks"][0]["elements"][-1]["elements"][0]["text"]


def heading(message: dict) -> str:
    parts = message["blocks"][0]["elements"][-2]["elements"]
    return "".join(part.get("text", part.get("fallback", "")) for part in parts)


def buttons(message: dict) -> dict[str, str]:
    return {element["action_id"]: element["value"] for element in message["blocks"][1]["elements"]}


def test_lines_stand_in_columns_of_time_replica_level_and_message():
    lines = [
        line(0, "loading"),
        line(10**6, "  File x", "g00r11", None),
        line(2 * 10**6, "boom", None, Level.ERROR),
    ]
    assert log_text(lines, tz=BERLIN).split("\n") == [
        "12:06:40.123  g00r0   INFO   loading",
        "12:06:40.124  g00r11           File x",
        "12:06:40.125          ERROR  boom",
    ]


def test_a_column_that_would_say_the_same_in_each_line_is_left_out():
    assert log_text([line(0, "a", level=None), line(1, "b", level=None)]) == "11:06:40.123  a\n11:06:40.123  b"


def test_a_window_over_midnight_shows_the_day():
    assert log_text([line(0, "a"), line(86_400 * 10**9, "b")]).startswith("11-18 11:06:40.123")


def test_a_marked_line_is_pointed_at():
    assert [row[:2] for row in log_text([line(0, "a"), line(1, "b")], marked=1).split("\n")] == ["  ", "▶ "]


def test_a_progress_bar_shows_its_last_state():
    assert log_text([line(0, "10%\r20%\r30%\r", level=None)]).endswith("  30%")


def test_lines_of_one_message_are_indented_below_it():
    assert log_text([line(0, "a\n  b\n", level=None)]).split("\n") == ["11:06:40.123  a", "      b"]


def test_a_long_line_is_cut_in_its_middle_and_says_by_how_much():
    text = log_text([line(n, "a" * 5_000 + "END") for n in range(20)])
    row = text.split("\n")[0]
    assert len(row) <= 620
    assert row.endswith("aEND")
    assert "chars …" in row


def test_one_line_alone_may_be_longer():
    assert len(log_text([line(0, "a" * 100_000)])) > 8_000


@pytest.mark.parametrize(
    ("from_start", "newest_first", "first", "top"),
    [(False, False, 159, "n159 "), (False, True, 159, "n199 "), (True, False, 0, "n0 "), (True, True, 0, "n40 ")],
)
def test_the_end_that_was_asked_for_is_what_fits(from_start, newest_first, first, top):
    lines = [line(n, f"n{n} " + "x" * 200, level=None) for n in range(200)]
    shown = fit(lines, tz=BERLIN, from_start=from_start, newest_first=newest_first, limit=9_100)
    assert (shown.first, shown.last - shown.first) == (first, 40)
    assert top in shown.text.split("\n")[0]


def test_secrets_are_masked_before_a_line_is_cut():
    key = "sk-" + "Ab1" * 16
    text = log_text([line(n, "x" * 290 + f" OPENAI_API_KEY={key} " + "y" * 3_000) for n in range(30)])
    assert "Ab1Ab1" not in text


def test_the_heading_tells_job_project_status_window_count_and_completeness():
    said = heading(answer_message(answer([line(0, "a"), line(1, "b")]), tz=BERLIN))
    assert said.startswith("run-7 · llama · running\n2026-11-18 11:06:40 UTC.123 – 2026-11-18 11:07:40 UTC.123 · ")
    assert "2 lines · complete" in said
    assert "replica g00r0" in said
    assert "Europe/Berlin" in said


def test_what_is_missing_is_told():
    said = heading(
        answer_message(
            answer(
                why_not="Stopped after 20 s.",
                undecoded=2,
                query=LogQuery(job="j1", min_level=Level.ERROR, include=(Text("x y"),)),
            ),
            tz=BERLIN,
        )
    )
    assert "0 lines · incomplete" in said
    assert "Stopped after 20 s." in said
    assert "2 lines could not be decoded" in said
    assert 'Only level:error "x y".' in said
    assert "Lines without a level are left out" in said


def test_more_than_fits_is_counted_and_download_is_named():
    message = answer_message(answer([line(n, "x" * 300) for n in range(200)]), tz=BERLIN)
    count = shown_log(message).count("\n") + 1
    assert f"showing {count} of 200 lines, Download has all" in heading(message)


def test_older_and_newer_begin_where_the_shown_lines_end():
    lines = [line(n // 3, f"n{n} " + "x" * 300) for n in range(200)]
    message = answer_message(answer(lines, first_index=5), tz=BERLIN)
    count = shown_log(message).count("\n") + 1
    at = 200 - count
    older = ids.query_of_value(buttons(message)[ids.OLDER])
    assert older == LogQuery(job="j1", older_than=Position(T0 + at // 3, at % 3))
    assert ids.NEWER not in buttons(message)
    newer = ids.query_of_value(
        buttons(answer_message(answer(lines[:4], first_index=5, has_newer=True), tz=BERLIN))[ids.NEWER]
    )
    assert newer == LogQuery(job="j1", newer_than=Position(T0 + 1, 0), take=Take.FIRST, count=50)


def test_the_place_of_a_line_counts_those_of_its_nanosecond_on_earlier_pages():
    found = answer([line(0, "a"), line(0, "b"), line(1, "c")], first_index=7)
    assert [found.position(at) for at in range(3)] == [Position(T0, 7), Position(T0, 8), Position(T0 + 1, 0)]


def test_share_asks_for_exactly_what_is_shown():
    value = buttons(answer_message(answer([line(0, "a"), line(5, "b")]), tz=BERLIN))[ids.SHARE]
    assert ids.query_of_value(value) == LogQuery(
        job="j1", newer_than=Position(T0, -1), older_than=Position(T0 + 5, 1), count=2
    )


def test_download_asks_for_the_whole_window_without_a_count():
    asked = LogQuery(job="j1", start_ms=Ms(T0 // 10**6 - 5), count=20, include=(Text("nan"),), order=Order.NEWEST)
    value = buttons(answer_message(answer([line(0, "a")], query=asked), tz=BERLIN))[ids.DOWNLOAD]
    assert ids.query_of_value(value) == LogQuery(
        job="j1", start_ms=Ms(T0 // 10**6 - 5), end_ms=Ms(T0 // 10**6 + 60_000), include=(Text("nan"),)
    )


def test_an_empty_answer_still_leads_on():
    found = buttons(answer_message(answer(has_older=True, has_newer=True), tz=BERLIN))
    assert ids.SHARE not in found
    older = ids.query_of_value(found[ids.OLDER])
    assert older is not None
    assert older.older_than == Position(T0 // 10**6 * 10**6, 0)


def test_an_ended_job_cannot_be_watched():
    ended = answer([line(0, "a")], job=job(status=Status("TRAINING_JOB_FAILED")))
    assert ids.WATCH not in buttons(answer_message(ended, tz=BERLIN))
    found = buttons(answer_message(answer(), tz=BERLIN))[ids.WATCH]
    assert ids.TargetRef.decode(found) == ids.TargetRef("default", "p1", "j1")


def test_errors_only_is_not_offered_where_only_errors_are_shown():
    found = buttons(answer_message(answer(query=LogQuery(job="j1", min_level=Level.ERROR)), tz=BERLIN))
    assert ids.ERRORS_ONLY not in found


def test_a_question_that_is_too_long_for_a_button_leaves_the_button_out():
    long = LogQuery(job="j1", include=(Text("x" * 1_990),))
    assert set(buttons(answer_message(answer(query=long), tz=BERLIN))) == {ids.WATCH}


def test_a_shared_message_names_who_shared_it_and_keeps_the_question_for_its_lines():
    message = share_message(answer([line(0, "a"), line(5, "b")]), "U123", tz=BERLIN)
    assert message["text"].startswith("<@U123> shared: ")
    asked = ids.query_of_value(buttons(message)[ids.SHOW_LOGS])
    assert (asked.newer_than, asked.older_than, asked.count) == (Position(T0, -1), Position(T0 + 5, 1), 2)
    assert set(buttons(message)) == {ids.SHOW_LOGS}
    assert problems_of_message(message) == []


def test_an_answer_for_a_thread_offers_the_whole_of_it_as_a_file():
    message = thread_message(answer([line(0, "a")]), tz=BERLIN)
    assert set(buttons(message)) == {ids.SHOW_LOGS, ids.DOWNLOAD}
    assert ids.query_of_value(buttons(message)[ids.DOWNLOAD]).count is None
    assert problems_of_message(message) == []


@pytest.mark.parametrize("marked", [50, 0, 99, 3])
def test_of_too_many_lines_those_around_the_marked_one_are_shown(marked: int):
    lines = [line(n, "x" * 300) for n in range(100)]
    shown = fit_around(lines, marked=marked, tz=BERLIN)
    assert shown.first <= marked <= shown.last
    assert len(shown.text) <= LOG_CHARS
    assert "▶ " in shown.text
    assert shown.last - shown.first >= 20 or marked in (shown.first, shown.last)
    assert shown.text.splitlines()[marked - shown.first].startswith("▶ ")


def test_all_lines_around_one_are_shown_where_they_fit():
    shown = fit_around([line(n, f"step {n}") for n in range(25)], marked=24, tz=BERLIN)
    assert (shown.first, shown.last) == (0, 24)
    assert shown.text.splitlines()[-1].startswith("▶ ")


def test_a_marked_line_of_a_megabyte_is_shown_alone_and_cut():
    lines = [line(0, "a"), line(1, "x" * 1_000_000), line(2, "b")]
    shown = fit_around(lines, marked=1, tz=BERLIN)
    assert shown.first <= 1 <= shown.last
    assert len(shown.text) <= LOG_CHARS


HOSTILE = {
    "a line of a megabyte": "x" * 1_000_000,
    "a megabyte of line breaks": "\n" * 1_000_000,
    "many short rows in one line": "a\n" * 50_000,
    "a megabyte of emoji": "🔥" * 250_000,
    "backticks": "```` ``` `x`",
    "mentions and links": "<!channel> <@U123> <!here|here> <http://evil.example|click> &lt;",
    "emoji names": ":fire: :tada:",
    "ansi": "\x1b[31;1mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "empty": "",
    "blanks": "   \t ",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200f",
    "nul and bells": "\x00\x07\x1b\x9b",
    "lone surrogates": "\ud83d x \udd25",
    "carriage returns": "\r\r\ra\rb",
    "zero width": "\u200b" * 5_000,
    "entities at the cut": "&" * 100_000,
}


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_never_breaks_slacks_limits(text, count):
    text = text[:2_000] if count > 1 else text
    lines = [line(n, text, text[:300] or None, Level.ERROR) for n in range(count)]
    asked = LogQuery(job="j1", include=(Text(text[:200] or "x"),), replica=text[:100] or None)
    hostile_job = job(name=text[:5_000] or None, project_name=text[:5_000])
    found = answer(
        lines, job=hostile_job, query=asked, has_older=True, has_newer=True, why_not=text[:200], note=text[:200]
    )
    for message in (
        answer_message(found, tz=BERLIN),
        share_message(found, "U123"),
        thread_message(found, tz=BERLIN),
    ):
        assert problems_of_message(message) == []
        assert len(shown_log(message)) <= LOG_CHARS


def test_no_mention_in_a_log_comes_to_life():
    message = answer_message(answer([line(0, "<!channel> <@U1>")]), tz=BERLIN)
    assert "<!channel>" in shown_log(message)
    assert "&lt;!channel&gt; &lt;@U1&gt;" in message["text"]
