"""`joblogs explain`: the report for a terminal and the list for programs."""

import json

from bot.explain import explain, incidents_of
from bot.logs.line import Line
from tests.unit.incidents.runs import ONE_OOM, at, judged, ordered, progress, traceback

KEYS = {
    "lines", "context", "role", "alert", "count", "title", "exception", "replicas", "first_replica", "first_rank", "root_line",
    "caused_by", "reason",
}  # fmt: skip


def rows(lines: list[Line]) -> list[str]:
    return [
        json.dumps(
            {
                "timestamp": str(line.timestamp_ns),
                "message": line.message,
                "replica": line.replica,
                "request_id": None,
                "level": line.level.name if line.level else None,
            }
        )
        for line in lines
    ]


def test_the_list_has_the_promised_form_and_the_watchers_incidents() -> None:
    found = json.loads(explain(rows(ONE_OOM), as_json=True))
    assert all(set(each) == KEYS for each in found)
    facts = judged(ONE_OOM)
    assert [(each["title"], each["role"], each["alert"], each["first_replica"]) for each in found] == [
        (each.title, each.role.value, each.alert, each.first_replica) for each in facts
    ]
    assert [each["caused_by"] for each in found] == [None, 0, 0]


def test_line_numbers_count_from_zero_and_belong_to_one_incident() -> None:
    found = incidents_of(rows(ONE_OOM))
    root = ONE_OOM[found[0]["root_line"] or 0].message
    assert root.endswith("CUDA out of memory. Tried to allocate 192.00 MiB.")
    numbers = [number for each in found for number in (*each["lines"], *each["context"])]
    assert len(numbers) == len(set(numbers))
    assert not set(found[0]["lines"]) & set(found[0]["context"])


def test_raw_text_is_read_as_it_is() -> None:
    text = [line.message for line in traceback(1, "a", "ValueError: boom")]
    (found,) = incidents_of(["INFO all is well", *text, "INFO done"])
    assert (found["title"], found["lines"], found["replicas"]) == ("ValueError: boom", [6], [])


def test_lines_that_are_not_of_the_api_do_no_harm() -> None:
    odd = ["", "{", '{"message": 3}', '{"timestamp": "soon", "message": "x"}', "null", "[1]", "\x00", "ERROR boom"]
    assert [each["title"] for each in incidents_of(odd)] == ["boom"]


def test_the_page_names_the_cause_first_and_what_followed_under_it() -> None:
    page = explain(rows(ONE_OOM))
    assert page.startswith(f"{len(ONE_OOM)} lines: 1 cause\n")
    order = [
        page.index(part)
        for part in ("1. OutOfMemoryError", "first on b, rank 9", "why: a GPU ran out", "then:", "· ")
    ]
    assert order == sorted(order)


def test_a_healthy_log_is_said_to_be_healthy() -> None:
    assert explain(rows(progress(0, 100, ("a",)))) == "5 lines: nothing went wrong\n"


def test_colour_is_used_only_when_told() -> None:
    assert "\x1b[" not in explain(rows(ONE_OOM))
    assert "\x1b[1;31m1. OutOfMemoryError" in explain(rows(ONE_OOM), colour=True)


def test_neither_secrets_nor_control_characters_reach_the_terminal() -> None:
    token = "hf_" + "a1B2" * 9
    lines = ordered(traceback(1, "a", f"ValueError: \x1b]0;x\x07 bad {token}"), [at(9, "b\x1b[31m", "Killed")])
    page = explain(rows(lines))
    assert token not in page
    assert "\x07" not in page


def test_nothing_at_all_is_no_failure() -> None:
    assert explain([]) == "0 lines: nothing went wrong\n"
    assert explain([], as_json=True) == "[]"
