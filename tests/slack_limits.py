"""Slack's limits as a check: what a message or a view breaks, each with a JSON pointer.

    assert problems_of_message(message) == []

Written from Slack's reference on its own, not from `bot.slack.mrkdwn`, so that a wrong constant is found.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
Problems = Iterator[str]

MESSAGE_TYPES = {
    "section", "header", "context", "divider", "actions", "rich_text", "image", "input", "video", "table",
    "markdown", "container", "card", "carousel", "data_table", "data_visualization", "context_actions",
    "file", "task_card", "plan",
}  # fmt: skip
VIEW_TYPES = {
    "section", "header", "context", "divider", "actions", "rich_text", "image", "input", "video", "alert",
    "card",
}  # fmt: skip
HOME_TYPES = (VIEW_TYPES - {"alert"}) | {"table", "container", "carousel", "data_table"}

MESSAGE_BUDGET = 11_300
"""A message of 11,341 characters of rich text and sections was refused (slackapi/bolt-js#2867)."""

_LIVE = re.compile(
    r"<(?:!date\^\d+\^[^|>]+\|[^>]+|!subteam\^S\w+(?:\|[^>]*)?|@[UW]\w+|#C\w+(?:\|[^>]*)?|https?://[^|>\s]+(?:\|[^>]*)?)>"
)
_BROADCAST = re.compile(r"<!(?:channel|here|everyone)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def problems_of_message(message: Node) -> list[str]:
    return list(_message(message))


def problems_of_view(view: Node) -> list[str]:
    return list(_view(view))


def _message(message: Node) -> Problems:
    blocks = message.get("blocks", [])
    text = message.get("text", "")
    if not text.strip():
        yield "/text: nothing is said to screen readers and notifications"
    yield from _markup(text, "/text", 4_000)
    yield from _blocks(blocks, 50, MESSAGE_TYPES)
    total = sum(_units(found) for found in _texts(blocks))
    if total > MESSAGE_BUDGET:
        yield f"/blocks: {total} characters in all, msg_blocks_too_long"
    yield from _whole(message)


def _view(view: Node) -> Problems:
    modal = view.get("type") == "modal"
    if not modal and view.get("type") != "home":
        yield "/type: modal or home"
    for name in ("title", "submit", "close"):
        if modal and (name in view or name == "title"):
            yield from _plain(view.get(name), f"/{name}", 24)
    for name, limit in (("callback_id", 255), ("external_id", 255), ("private_metadata", 3_000)):
        if _units(view.get(name) or "") > limit:
            yield f"/{name}: more than {limit} characters"
    yield from _blocks(view.get("blocks", []), 100, VIEW_TYPES if modal else HOME_TYPES)
    if modal and "submit" not in view and any(block.get("type") == "input" for block in view.get("blocks", [])):
        yield "/submit: a modal with inputs needs one"
    if len(json.dumps(view)) > 250_000:
        yield "/: view_too_large"
    yield from _whole(view)


def _whole(payload: Node) -> Problems:
    for found in _texts(payload):
        if _CONTROL.search(found):
            yield f"control characters in {found[:40]!r}"
        try:
            found.encode()
        except UnicodeEncodeError:
            yield f"lone surrogate in {found[:40]!r}"
    if "null" in json.dumps(payload):
        yield from (f"{path}: null" for path in _nulls(payload, ""))


def _nulls(node: Any, path: str) -> Iterator[str]:
    if node is None:
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list | tuple) else ()
    for key, child in items:
        yield from _nulls(child, f"{path}/{key}")


def _blocks(blocks: list[Node], limit: int, types: set[str]) -> Problems:
    if len(blocks) > limit:
        yield f"/blocks: {len(blocks)} blocks, at most {limit}"
    named = [block["block_id"] for block in blocks if "block_id" in block]
    if len(named) != len(set(named)):
        yield "/blocks: two blocks have one block_id"
    for at, block in enumerate(blocks):
        path = f"/blocks/{at}"
        if block.get("type") not in types:
            yield f"{path}: {block.get('type')} is not for this surface"
            continue
        if _units(block.get("block_id", "x")) not in range(1, 256):
            yield f"{path}/block_id: 1 to 255 characters"
        check = _CHECKS.get(block["type"])
        if check:
            yield from check(block, path)


def _section(block: Node, path: str) -> Problems:
    if "text" not in block and not block.get("fields"):
        yield f"{path}: a section needs text or fields"
    if "text" in block:
        yield from _object(block["text"], f"{path}/text", 3_000)
    if len(block.get("fields", [])) > 10:
        yield f"{path}/fields: at most 10"
    for at, field in enumerate(block.get("fields", [])):
        yield from _object(field, f"{path}/fields/{at}", 2_000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{path}/accessory")


def _header(block: Node, path: str) -> Problems:
    yield from _plain(block.get("text"), f"{path}/text", 150)


def _context(block: Node, path: str) -> Problems:
    elements = block.get("elements", [])
    if len(elements) not in range(1, 11):
        yield f"{path}/elements: 1 to 10"
    for at, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _object(element, f"{path}/elements/{at}", 3_000)


def _actions(block: Node, path: str) -> Problems:
    elements = block.get("elements", [])
    if len(elements) not in range(1, 26):
        yield f"{path}/elements: 1 to 25"
    ids = [element.get("action_id") for element in elements]
    if len(ids) != len(set(ids)):
        yield f"{path}/elements: an action_id twice"
    for at, element in enumerate(elements):
        yield from _element(element, f"{path}/elements/{at}")


def _input(block: Node, path: str) -> Problems:
    yield from _plain(block.get("label"), f"{path}/label", 2_000)
    if "hint" in block:
        yield from _plain(block["hint"], f"{path}/hint", 2_000)
    yield from _element(block.get("element", {}), f"{path}/element")


def _rich_text(block: Node, path: str) -> Problems:
    if not block.get("elements"):
        yield f"{path}/elements: none"
    for at, element in enumerate(block.get("elements", [])):
        yield from _rich_part(element, f"{path}/elements/{at}")


def _rich_part(part: Node, path: str) -> Problems:
    inner = part.get("elements", [])
    match part.get("type"):
        case "rich_text_list":
            if part.get("style") not in ("bullet", "ordered"):
                yield f"{path}/style: bullet or ordered"
            for at, section in enumerate(inner):
                if section.get("type") != "rich_text_section":
                    yield f"{path}/elements/{at}: a list holds sections"
                yield from _rich_part(section, f"{path}/elements/{at}")
        case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted" as kind:
            allowed = {"text", "link"} if kind == "rich_text_preformatted" else _RICH
            if not inner:
                yield f"{path}/elements: none"
            for at, element in enumerate(inner):
                yield from _rich_element(element, f"{path}/elements/{at}", allowed)
        case other:
            yield f"{path}/type: {other}"


_RICH = {"text", "link", "emoji", "user", "usergroup", "channel", "date", "broadcast", "color", "team"}


def _rich_element(element: Node, path: str, allowed: set[str]) -> Problems:
    kind = element.get("type")
    if kind not in allowed:
        yield f"{path}/type: {kind}"
    if kind == "broadcast":
        yield f"{path}: nobody is broadcast to"
    if kind == "text" and not element.get("text"):
        yield f"{path}/text: must be more than 0 characters"
    if kind == "link" and not re.match(r"https?://\S{1,2990}$", element.get("url", "")):
        yield f"{path}/url: {element.get('url')!r}"
    if kind == "date" and not (isinstance(element.get("timestamp"), int) and element.get("format")):
        yield f"{path}: a date needs a whole timestamp and a format"


def _element(element: Node, path: str) -> Problems:
    kind = element.get("type")
    if kind not in _ELEMENTS:
        yield f"{path}/type: {kind}"
        return
    if _units(element.get("action_id", "x")) not in range(1, 256):
        yield f"{path}/action_id: 1 to 255 characters"
    if "placeholder" in element:
        yield from _plain(element["placeholder"], f"{path}/placeholder", 150)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{path}/confirm")
    if kind == "button":
        yield from _button(element, path)
    if kind == "plain_text_input" and not 1 <= element.get("max_length", 1) <= 3_000:
        yield f"{path}/max_length: 1 to 3000"
    if "initial_value" in element and _units(element["initial_value"]) > element.get("max_length", 3_000):
        yield f"{path}/initial_value: longer than max_length"
    if "options" in element or kind in ("overflow", "static_select", "checkboxes", "radio_buttons"):
        yield from _options(element, path)


_ELEMENTS = {
    "button", "overflow", "static_select", "external_select", "users_select", "conversations_select",
    "channels_select", "multi_static_select", "multi_external_select", "multi_users_select",
    "multi_conversations_select", "multi_channels_select", "plain_text_input", "email_text_input",
    "number_input", "url_text_input", "datepicker", "timepicker", "datetimepicker", "checkboxes",
    "radio_buttons", "rich_text_input", "file_input", "image", "workflow_button",
}  # fmt: skip
_MOST_OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


def _button(element: Node, path: str) -> Problems:
    yield from _plain(element.get("text"), f"{path}/text", 75)
    for name, limit in (("value", 2_000), ("url", 3_000), ("accessibility_label", 75)):
        if name in element and _units(element[name]) not in range(1, limit + 1):
            yield f"{path}/{name}: 1 to {limit} characters"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{path}/style: primary or danger"


def _options(element: Node, path: str) -> Problems:
    groups = element.get("option_groups")
    if groups is not None:
        if len(groups) not in range(1, 101):
            yield f"{path}/option_groups: 1 to 100"
        for at, group in enumerate(groups):
            yield from _plain(group.get("label"), f"{path}/option_groups/{at}/label", 75)
            yield from _options({"options": group.get("options", [])}, f"{path}/option_groups/{at}")
        return
    options = element.get("options", [])
    most = _MOST_OPTIONS.get(element.get("type", ""), 100)
    if len(options) not in range(1, most + 1):
        yield f"{path}/options: 1 to {most}"
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        yield f"{path}/options: a value twice"
    for at, option in enumerate(options):
        yield from _object(option.get("text"), f"{path}/options/{at}/text", 75)
        if _units(option.get("value") or "") not in range(1, 151):
            yield f"{path}/options/{at}/value: 1 to 150 characters"
        if "description" in option:
            yield from _object(option["description"], f"{path}/options/{at}/description", 75)


def _confirm(confirm: Node, path: str) -> Problems:
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if name in confirm:
            yield from _object(confirm[name], f"{path}/{name}", limit)


def _plain(node: Node | None, path: str, limit: int) -> Problems:
    if node is None or node.get("type") != "plain_text":
        yield f"{path}: plain_text is needed"
    else:
        yield from _object(node, path, limit)


def _object(node: Node | None, path: str, limit: int) -> Problems:
    if not node or node.get("type") not in ("plain_text", "mrkdwn") or not isinstance(node.get("text"), str):
        yield f"{path}: a text object is needed"
        return
    if not node["text"]:
        yield f"{path}/text: must be more than 0 characters"
    if node["type"] == "mrkdwn":
        yield from _markup(node["text"], f"{path}/text", limit)
    elif _units(node["text"]) > limit:
        yield f"{path}/text: must be less than {limit + 1} characters"


def _markup(text: str, path: str, limit: int) -> Problems:
    if _units(text) > limit:
        yield f"{path}: must be less than {limit + 1} characters"
    if _BROADCAST.search(text):
        yield f"{path}: wakes everybody"
    rest = _LIVE.sub("", text)
    if found := re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest):
        yield f"{path}: not escaped at {rest[found.start() : found.start() + 30]!r}"


def _texts(node: Any, key: str = "text") -> Iterator[str]:
    if isinstance(node, str):
        if key in ("text", "caption", "fallback", "title"):
            yield node
        return
    items = (
        node.items()
        if isinstance(node, dict)
        else ((key, child) for child in node)
        if isinstance(node, list)
        else ()
    )
    for name, child in items:
        yield from _texts(child, name)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _chart(block: Node, path: str) -> Problems:
    """Bars, areas and lines: `data_visualization` with series; we draw no pies."""
    chart = block.get("chart", {})
    series, categories = chart.get("series", []), chart.get("axis_config", {}).get("categories", [])
    if _units(block.get("title", "")) not in range(1, 51):
        yield f"{path}/title: 1 to 50 characters"
    if chart.get("type") not in ("bar", "area", "line") or len(series) not in range(1, 13):
        yield f"{path}/chart: a bar, area or line chart of 1 to 12 series"
    for at, points in enumerate(one.get("data", []) for one in series):
        labels = [point["label"] for point in points]
        if labels != categories or len(set(labels)) != len(labels) or len(labels) not in range(1, 21):
            yield f"{path}/chart/series/{at}: 1 to 20 points, one for each category"
        if any(_units(label) not in range(1, 21) for label in labels):
            yield f"{path}/chart/series/{at}: labels of 1 to 20 characters"


_CHECKS: dict[str, Callable[[Node, str], Problems]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "data_visualization": _chart,
}
