"""Each limit of Block Kit at its edge and one past it, and what Slack says of it."""

from typing import Any

import pytest

from bot.sandbox.slack.blocks.check import (
    MESSAGE_BUDGET,
    message_problems,
    over_budget,
)
from tests.contract.sandbox_slack.kit import (
    actions,
    button,
    option,
    plain,
    rich,
    section,
    select,
)

Block = dict[str, Any]


def said(blocks: list[Any], surface: str = "message") -> list[str]:
    return [problem.spoken() for problem in message_problems(blocks, surface=surface)]


def chart(points: int = 2, **more: Any) -> Block:
    labels = [f"r{number}" for number in range(points)]
    series = [{"name": "errors", "data": [{"label": label, "value": 1} for label in labels]}]
    body = {"type": "bar", "series": series, "axis_config": {"categories": labels}}
    return {"type": "data_visualization", "title": "Errors", "chart": {**body, **more}}


def data_table(rows: int = 2, columns: int = 2, text: str = "x") -> Block:
    cells = [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]
    return {"type": "data_table", "caption": "Lines", "rows": cells}


def container(*children: Block, **more: Any) -> Block:
    return {"type": "container", "title": plain("More"), "child_blocks": list(children), **more}


def card(**more: Any) -> Block:
    return {"type": "card", "title": plain("Job"), **more}


AT_THE_EDGE: dict[str, list[Block]] = {
    "fifty blocks": [section() for _ in range(50)],
    "a section of 3,000 characters": [section("x" * 3000)],
    "ten fields of 2,000": [{"type": "section", "fields": [plain("x" * 2000)] * 10}],
    "a header of 150": [{"type": "header", "text": plain("x" * 150), "level": 4}],
    "25 buttons": [actions(*(button(f"b{number}") for number in range(25)))],
    "a button of 75 with a value of 2,000": [actions({**button(value="v" * 2000), "text": plain("x" * 75)})],
    "ten context elements": [{"type": "context", "elements": [plain("x")] * 10}],
    "100 options": [actions(select(*(option(f"v{number}") for number in range(100))))],
    "an option value of 150": [actions(select(option("v" * 150)))],
    "an overflow of five": [actions({"type": "overflow", "options": [option(f"{n}") for n in range(5)]})],
    "a markdown block of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "a table of 100 rows": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 100}],
    "a data table of 201 rows and 20 columns": [data_table(201, 20)],
    "a data table of 20,000 characters": [data_table(2, 2, "x" * 4999)],
    "a chart of 20 points": [chart(20)],
    "two charts": [chart(), chart()],
    "a container of ten": [
        container(*(section() for _ in range(10)), is_collapsible=True, default_collapsed=True)
    ],
    "a carousel of ten cards": [{"type": "carousel", "elements": [card()] * 10}],
    "a card with three buttons": [card(body=plain("x" * 200), actions=[button("a"), button("b"), button("c")])],
    "a preformatted text with its language": [
        {"type": "rich_text", "elements": [{**rich()["elements"][0], "language": "python", "border": 0}]}
    ],
    "a plan with a pending task": [
        {
            "type": "plan",
            "title": "Plan",
            "tasks": [{"type": "task_card", "task_id": "1", "title": "t", "status": "pending"}],
        }
    ],
    "a block id of 255": [{**section(), "block_id": "b" * 255}],
    "a confirm dialog at its limits": [
        actions(
            button(
                confirm={
                    "title": plain("x" * 100),
                    "text": plain("x" * 300),
                    "confirm": plain("x" * 30),
                    "deny": plain("n"),
                }
            )
        )
    ],
}

REFUSED: dict[str, tuple[list[Any], str]] = {
    "51 blocks": ([section() for _ in range(51)], "no more than 50 items allowed [json-pointer:/blocks]"),
    "a section of 3,001 characters": (
        [section("x" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "an empty text": ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "a section with nothing": (
        [{"type": "section"}],
        "must provide one of: text, fields [json-pointer:/blocks/0]",
    ),
    "11 fields": (
        [{"type": "section", "fields": [plain("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "a header of 151": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a header of level 5": (
        [{"type": "header", "text": plain("x"), "level": 5}],
        "must be less than or equal to 4 [json-pointer:/blocks/0/level]",
    ),
    "a header in mrkdwn": (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be a valid enum value [json-pointer:/blocks/0/text/type]",
    ),
    "26 buttons": (
        [actions(*(button(f"b{number}") for number in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a button of 76": (
        [actions({**button(), "text": plain("x" * 76)})],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "a value of 2,001": (
        [actions(button(value="v" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "an unknown style": (
        [actions(button(style="warning"))],
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "eleven context elements": (
        [{"type": "context", "elements": [plain("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a button in a context": (
        [{"type": "context", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "101 options": (
        [actions(select(*(option(f"v{number}") for number in range(101))))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "an option value of 151": (
        [actions(select(option("v" * 151)))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "an initial option that is none of the options": (
        [actions({**select(option("a")), "initial_option": option("b")})],
        "initial_option must exactly match an option [json-pointer:/blocks/0/elements/0]",
    ),
    "an overflow of six": (
        [actions({"type": "overflow", "options": [option(f"{n}") for n in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "a text input outside an input block": (
        [actions({"type": "plain_text_input"})],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "markdown of 12,001": (
        [{"type": "markdown", "text": "x" * 12_001}],
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    "two markdown blocks with 12,001 together": (
        [{"type": "markdown", "text": "x" * 12_000}, {"type": "markdown", "text": "x"}],
        "all markdown blocks together must be less than 12001 characters [json-pointer:/blocks]",
    ),
    "a table of 10,001 characters": (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_001}]]}],
        "must be less than 10001 characters [json-pointer:/blocks/0/rows]",
    ),
    "a data table of 202 rows": (
        [data_table(202)],
        "no more than 201 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "a data table with a header alone": (
        [data_table(1)],
        "no fewer than 2 items required [json-pointer:/blocks/0/rows]",
    ),
    "a data table of 21 columns": (
        [data_table(2, 21)],
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
    "an empty cell": (
        [data_table(text="")],
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    "rows of different length": (
        [{**data_table(), "rows": [*data_table()["rows"], [{"type": "raw_text", "text": "x"}]]}],
        "all rows must have the same number of cells [json-pointer:/blocks/0/rows]",
    ),
    "a header cell in rich text": (
        [{**data_table(1, 1), "rows": [[rich()], [rich()]]}],
        "header cells must not be rich_text [json-pointer:/blocks/0/rows/0/0]",
    ),
    "two data tables with 20,004 characters": (
        [data_table(2, 2, "x" * 4000), data_table(2, 2, "x" * 1001)],
        "all data_table blocks together must be less than 20001 characters [json-pointer:/blocks]",
    ),
    "a chart of 21 points": (
        [chart(21)],
        "no more than 20 items allowed [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    "a chart whose point lacks its category": (
        [chart(axis_config={"categories": ["r0", "r1", "r2"]})],
        "must have exactly one point per category [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    "a segment of nothing": (
        [{**chart(), "chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]}}],
        "must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    "three charts": (
        [chart()] * 3,
        "no more than 2 data_visualization blocks allowed [json-pointer:/blocks]",
    ),
    "a container of eleven": (
        [container(*(section() for _ in range(11)))],
        "no more than 10 items allowed [json-pointer:/blocks/0/child_blocks]",
    ),
    "markdown in a container": (
        [container({"type": "markdown", "text": "x"})],
        "unsupported type: markdown [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
    "an eleventh card": (
        [{"type": "carousel", "elements": [card()] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a card whose title is a bare string": (
        [card(title="Job")],
        "must provide an object [json-pointer:/blocks/0/title]",
    ),
    "a plan whose title is an object": (
        [{"type": "plan", "title": plain("Plan")}],
        "must be a string [json-pointer:/blocks/0/title]",
    ),
    "a pending task on its own": (
        [{"type": "task_card", "task_id": "1", "title": "t", "status": "pending"}],
        "must be a valid enum value [json-pointer:/blocks/0/status]",
    ),
    "an alert": (
        [{"type": "alert", "text": plain("x")}],
        "unsupported type: alert is not available in a message [json-pointer:/blocks/0/type]",
    ),
    "an unknown block": ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
    "an unknown field": (
        [{**section(), "colour": "red"}],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "a field of nothing": (
        [{**section(), "accessory": None}],
        "must provide an object [json-pointer:/blocks/0/accessory]",
    ),
    "a mention in preformatted text": (
        [
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}],
            }
        ],
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "an empty piece of rich text": (
        [rich("")],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "one block id twice": (
        [{**section(), "block_id": "b"}, {**section(), "block_id": "b"}],
        "block_id 'b' already exists [json-pointer:/blocks]",
    ),
    "one action id twice in a block": (
        [actions(button("a"), button("a"))],
        "action_id 'a' already exists [json-pointer:/blocks/0]",
    ),
    "something that is no object": (["section"], "must provide an object [json-pointer:/blocks/0]"),
}


@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_what_lies_at_the_edge_is_taken(name: str) -> None:
    assert said(AT_THE_EDGE[name]) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_lies_past_the_edge_is_refused_with_its_pointer(name: str) -> None:
    blocks, sentence = REFUSED[name]
    assert sentence in said(blocks)


SURFACES = [
    ("message", "table", True), ("modal", "table", False), ("home", "table", True),
    ("message", "markdown", True), ("modal", "markdown", False), ("home", "markdown", False),
    ("message", "data_visualization", True),
    ("modal", "data_visualization", False), ("home", "data_visualization", False),
    ("message", "data_table", True), ("modal", "data_table", False), ("home", "data_table", True),
    ("message", "container", True), ("modal", "container", False), ("home", "container", True),
    ("message", "rich_text", True), ("modal", "rich_text", True), ("home", "rich_text", True),
    ("message", "alert", False), ("modal", "alert", True), ("home", "alert", False),
    ("message", "card", True), ("modal", "card", True), ("home", "card", True),
]  # fmt: skip
SAMPLES = {
    "table": {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]},
    "markdown": {"type": "markdown", "text": "x"},
    "data_visualization": chart(),
    "data_table": data_table(),
    "container": container(section()),
    "rich_text": rich(),
    "alert": {"type": "alert", "text": plain("x"), "level": "error"},
    "card": card(),
}


@pytest.mark.parametrize(("surface", "kind", "taken"), SURFACES)
def test_each_block_stands_on_its_surfaces_alone(surface: str, kind: str, taken: bool) -> None:
    assert (said([SAMPLES[kind]], surface) == []) is taken


def test_the_budget_of_a_message_counts_the_text_of_all_blocks() -> None:
    parts = [section("x" * 3000) for _ in range(4)]
    assert not over_budget([*parts, rich("x" * (MESSAGE_BUDGET - 12_000))])
    assert over_budget([*parts, rich("x" * (MESSAGE_BUDGET - 12_000 + 1))])


def test_data_tables_have_a_budget_of_their_own() -> None:
    assert not over_budget([section("x" * 3000), data_table(3, 3, "x" * 2000)])
