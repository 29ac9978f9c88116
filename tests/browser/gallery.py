"""One message of every kind of block: as Slack accepts them, and one kind that no page knows yet."""

from typing import Any

Block = dict[str, Any]
CATEGORIES = ["14:00", "14:05", "14:10"]
PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='40' height='20'%3E"
    "%3Crect width='40' height='20' fill='teal'/%3E%3C/svg%3E"
)


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(name: str) -> Block:
    return {"text": plain(name), "value": name.lower()}


def button(text: str, action_id: str, **more: Any) -> Block:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": "v", **more}


def section(text: str, **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def code(text: str, **more: Any) -> Block:
    pre = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}], **more}
    return {"type": "rich_text", "elements": [pre]}


def cell(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def number(value: int) -> Block:
    return {"type": "raw_number", "value": value, "text": str(value)}


def chart(kind: str, **content: Any) -> Block:
    return {"type": "data_visualization", "title": f"A {kind} chart", "chart": {"type": kind, **content}}


def series(*values: int) -> Block:
    data = [{"label": name, "value": value} for name, value in zip(CATEGORIES, values, strict=True)]
    return {"series": [{"name": "errors", "data": data}], "axis_config": {"categories": CATEGORIES}}


ELEMENTS: list[Block] = [
    button("Plain", "plain"),
    button("Primary", "primary", style="primary"),
    button("Danger", "danger", style="danger"),
    {"type": "overflow", "action_id": "overflow", "options": [option("One"), option("Two")]},
    {"type": "static_select", "action_id": "static", "options": [option("One")], "placeholder": plain("Pick")},
    {"type": "external_select", "action_id": "external", "placeholder": plain("Search")},
    {"type": "users_select", "action_id": "users", "placeholder": plain("Person")},
    {"type": "conversations_select", "action_id": "conversations", "placeholder": plain("Conversation")},
    {"type": "channels_select", "action_id": "channels", "placeholder": plain("Channel")},
    {"type": "datepicker", "action_id": "date", "initial_date": "2026-11-23"},
    {"type": "timepicker", "action_id": "time", "initial_time": "14:30"},
    {"type": "datetimepicker", "action_id": "moment", "initial_date_time": 1733000000},
    {"type": "checkboxes", "action_id": "boxes", "options": [option("One"), option("Two")]},
    {"type": "radio_buttons", "action_id": "radios", "options": [option("One"), option("Two")]},
]

RICH: Block = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "link", "url": "https://example.com/", "text": "a link"},
                {"type": "user", "user_id": "U0ADA00001"},
                {"type": "channel", "channel_id": "C0MLALERTS"},
                {"type": "emoji", "name": "warning"},
                {"type": "date", "timestamp": 1733000000, "format": "{date_num} {time_secs}", "fallback": "then"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
        {
            "type": "rich_text_preformatted",
            "language": "python",
            "elements": [{"type": "text", "text": 'raise ValueError("no")'}],
        },
    ],
}

TABLE: Block = {"type": "table", "rows": [[cell("Replica"), cell("Lines")], [cell("r0"), number(12)]]}

DATA_TABLE: Block = {
    "type": "data_table",
    "block_id": "jobs",
    "caption": "Jobs",
    "page_size": 5,
    "rows": [[cell("Job"), cell("Errors")], *([cell(f"run-{i}"), number(i * 7 % 10)] for i in range(8))],
}

MESSAGES: list[list[Block]] = [
    [
        {"type": "header", "text": plain("A header :fire:")},
        section("*bold* _italic_ ~gone~ `code` <https://example.com|link> <@U0ADA00001> :warning:"),
        {"type": "section", "fields": [mrkdwn("*Job*\nrun-1"), mrkdwn("*Replicas*\n64")]},
        section("with a button", accessory=button("Open", "open")),
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("small print")]},
        {"type": "actions", "elements": ELEMENTS},
        {
            "type": "input",
            "label": plain("Reason"),
            "dispatch_action": True,
            "element": {"type": "plain_text_input", "action_id": "reason"},
        },
    ],
    [RICH, TABLE],
    [DATA_TABLE],
    [chart("bar", **series(3, 0, 7)), chart("line", **series(1, 2, 3))],
    [
        chart("area", **series(9, 4, 1)),
        chart("pie", segments=[{"label": "OOM", "value": 3}, {"label": "NaN", "value": 1}]),
    ],
    [
        {
            "type": "container",
            "title": plain("Whole traceback"),
            "is_collapsible": True,
            "default_collapsed": True,
            "child_blocks": [code("line 1\nline 2")],
        },
        {"type": "card", "title": mrkdwn("run-1"), "body": mrkdwn("running"), "actions": [button("Logs", "logs")]},
        {"type": "image", "image_url": "https://images.example.com/loss.png", "alt_text": "loss curve"},
        {"type": "markdown", "text": "# Heading\n- **one**\n- two"},
    ],
]
"""What the server takes: the page is given them through chat.postMessage."""

BEYOND: list[Block] = [
    {"type": "hologram", "depth": 3},
    {"type": "section", "text": mrkdwn("with something odd"), "accessory": {"type": "lever", "action_id": "pull"}},
    {"type": "alert", "level": "warning", "text": mrkdwn("alerts stand in modals only, and are drawn anywhere")},
    {"type": "image", "image_url": PICTURE, "alt_text": "teal"},
    {"type": "actions"},
    {"type": "video", "title": plain("A film"), "video_url": "https://example.com/film", "alt_text": "a film"},
]
"""What Slack would refuse, does not have yet, or the page does not draw; put into the channel past the Web API."""
