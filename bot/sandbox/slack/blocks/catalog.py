"""Every block: what it holds, and on which surfaces it may stand (Block Kit reference, November 2026)."""

from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blocks.data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.sandbox.slack.blocks.elements import (
    ACTIONS_ELEMENT,
    CARD_BUTTON,
    FEEDBACK_ELEMENT,
    INPUT_ELEMENT,
    SECTION_ACCESSORY,
)
from bot.sandbox.slack.blocks.objects import (
    BLOCK_ID,
    IMAGE_ELEMENT,
    IMAGE_FIELDS,
    LINK,
    SLACK_ICON,
    WEB_URL,
    any_text,
    mrkdwn,
    plain,
)
from bot.sandbox.slack.blocks.rich_text import RICH_TEXT
from bot.sandbox.slack.blocks.schema import (
    Flag,
    Many,
    Number,
    Problem,
    Record,
    Spec,
    String,
    Typed,
    at_least_one,
    exactly_one,
    typed,
)
from bot.sandbox.slack.wire import Json

MESSAGE, MODAL, HOME = "message", "modal", "home"

_ID: dict[str, Spec] = {"block_id": BLOCK_ID}
_CONTEXT_ELEMENTS: dict[str, Spec] = {"image": IMAGE_ELEMENT, "plain_text": plain(3000), "mrkdwn": mrkdwn(3000)}
_STATUS = frozenset({"pending", "in_progress", "complete", "error"})
_CHILDREN = frozenset(
    {"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video"}
)


def _no_divider_when_collapsible(value: Json, at: str) -> Iterator[Problem]:
    if value.get("is_collapsible") and value.get("has_header_divider"):
        yield Problem(at, "has_header_divider cannot be set when is_collapsible is true", "conflict")
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield Problem(at, "default_collapsed needs is_collapsible", "conflict")


def _input_dispatch(value: Json, at: str) -> Iterator[Problem]:
    if value.get("dispatch_action") and value["element"]["type"] == "file_input":
        yield Problem(f"{at}/dispatch_action", "file_input cannot dispatch actions", "conflict")


def _standalone_task(value: Json, at: str) -> Iterator[Problem]:
    if value.get("status") == "pending":
        yield Problem(f"{at}/status", "must be a valid enum value", "enum")


_TASK_FIELDS: dict[str, Spec] = {
    "status": String(choices=_STATUS),
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": Many(Typed(lambda: {"url": typed("url", {"url": LINK, "text": String()}, {})})),
    **_ID,
}
_TASK_IDENTITY: dict[str, Spec] = {"task_id": String(255), "title": String(256)}

CARD = typed(
    "card",
    {},
    {
        "hero_image": IMAGE_ELEMENT,
        "icon": IMAGE_ELEMENT,
        "slack_icon": SLACK_ICON,
        "title": any_text(150),
        "subtitle": any_text(150),
        "body": any_text(200),
        "subtext": any_text(200),
        "actions": Many(CARD_BUTTON, 3),
        **_ID,
    },
    at_least_one("hero_image", "title", "actions", "body"),
)
_CONTAINER = typed(
    "container",
    {"child_blocks": Many(Typed(lambda: {kind: BLOCKS[kind] for kind in _CHILDREN}), 10)},
    {
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": any_text(150),
        "width": String(choices=frozenset({"narrow", "standard", "wide", "full"})),
        "icon": IMAGE_ELEMENT,
        "is_collapsible": Flag(),
        "default_collapsed": Flag(),
        "has_header_divider": Flag(),
        **_ID,
    },
    exactly_one("title", "rich_text_title"),
    _no_divider_when_collapsible,
)

BLOCKS: Mapping[str, Record] = {
    "section": typed(
        "section",
        {},
        {
            "text": any_text(3000),
            "fields": Many(any_text(2000), 10),
            "accessory": SECTION_ACCESSORY,
            "expand": Flag(),
            **_ID,
        },
        at_least_one("text", "fields"),
    ),
    "header": typed("header", {"text": plain(150)}, {"level": Number(1, 4), **_ID}),
    "divider": typed("divider", {}, _ID),
    "context": typed("context", {"elements": Many(Typed(lambda: _CONTEXT_ELEMENTS), 10)}, _ID),
    "actions": typed("actions", {"elements": Many(ACTIONS_ELEMENT, 25)}, _ID),
    "context_actions": typed("context_actions", {"elements": Many(FEEDBACK_ELEMENT, 5)}, _ID),
    "image": typed(
        "image",
        {"alt_text": String(2000)},
        {"title": plain(2000), **IMAGE_FIELDS, **_ID},
        exactly_one("image_url", "slack_file"),
    ),
    "input": typed(
        "input",
        {"label": plain(2000), "element": INPUT_ELEMENT},
        {"hint": plain(2000), "optional": Flag(), "dispatch_action": Flag(), **_ID},
        _input_dispatch,
    ),
    "file": typed("file", {"external_id": String(), "source": String(choices=frozenset({"remote"}))}, _ID),
    "video": typed(
        "video",
        {"alt_text": String(), "title": plain(200), "thumbnail_url": WEB_URL, "video_url": WEB_URL},
        {
            "author_name": String(50),
            "description": plain(200),
            "provider_icon_url": WEB_URL,
            "provider_name": String(),
            "title_url": WEB_URL,
            **_ID,
        },
    ),
    "markdown": typed("markdown", {"text": String(12_000)}, _ID),
    "rich_text": RICH_TEXT,
    "table": TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "container": _CONTAINER,
    "card": CARD,
    "carousel": typed("carousel", {"elements": Many(Typed(lambda: {"card": CARD}), 10)}, _ID),
    "alert": typed(
        "alert",
        {"text": any_text(200)},
        {"level": String(choices=frozenset({"default", "info", "warning", "error", "success"})), **_ID},
    ),
    "task_card": typed("task_card", _TASK_IDENTITY, _TASK_FIELDS, _standalone_task),
    "plan": typed(
        "plan",
        {"title": String(256)},
        {"tasks": Many(Typed(lambda: {"task_card": typed("task_card", _TASK_IDENTITY, _TASK_FIELDS)})), **_ID},
    ),
}

_EVERYWHERE = frozenset(
    {"rich_text", "section", "header", "context", "actions", "divider", "image", "input", "video", "card"}
)
SURFACES: Mapping[str, frozenset[str]] = {
    MESSAGE: frozenset(BLOCKS) - {"alert"},
    MODAL: _EVERYWHERE | {"alert"},
    HOME: _EVERYWHERE | {"table", "data_table", "container", "carousel"},
}
"""`data_visualization` on Home is contested; Slack's own page says no."""
