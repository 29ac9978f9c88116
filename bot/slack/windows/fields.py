"""Inputs of windows: their blocks, and what a person entered in them.

Slack knows an input by its block and its action; here both have one name, except where a listener needs the
action's. Sources of the shapes: Slack's Block Kit reference.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.slack.mrkdwn import (
    LABEL_CHARS,
    OPTION_CHARS,
    OPTION_VALUE_CHARS,
    PLACEHOLDER_CHARS,
    SELECT_OPTIONS,
    plain,
    size,
)
from bot.slack.rich import Element

LABEL_AND_HINT_CHARS = 150


def entry(
    name: str, label: str, element: Element, *, hint: str = "", optional: bool = False, acts: bool = False
) -> Element:
    """An input; with `acts` the app hears of each choice at once."""
    block: Element = {
        "type": "input",
        "block_id": name,
        "label": plain(label, LABEL_AND_HINT_CHARS),
        "element": {"action_id": name} | element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, LABEL_CHARS)
    return block | ({"dispatch_action": True} if acts else {})


def text(*, multiline: bool = False, most: int = 3_000, placeholder: str = "", value: str = "") -> Element:
    element: Element = {"type": "plain_text_input", "multiline": multiline, "max_length": most}
    if placeholder:
        element["placeholder"] = plain(placeholder, PLACEHOLDER_CHARS)
    return element | ({"initial_value": value} if value else {})


def number(*, least: int, most: int, value: int) -> Element:
    return {
        "type": "number_input",
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
        "initial_value": str(value),
    }


def choice(kind: str, options: Sequence[tuple[str, str]], initial: str) -> Element:
    """`kind` is "radio_buttons" or "static_select"; `options` are pairs of value and label."""
    known = {value: option(value, label) for value, label in options}
    return {"type": kind, "options": list(known.values()), "initial_option": known[initial]}


def search(action: str, placeholder: str, initial: Element | None = None) -> Element:
    """An external select that shows something before anything is typed."""
    element: Element = {
        "type": "external_select",
        "action_id": action,
        "min_query_length": 0,
        "placeholder": plain(placeholder, PLACEHOLDER_CHARS),
    }
    return element | ({"initial_option": initial} if initial else {})


def conversation(*, initial: str | None, kinds: Sequence[str]) -> Element:
    """`kinds`: of public, private, im, mpim; never one that another organisation reads as well.

    A message can be sent there through the `response_urls` of the submission.
    """
    element: Element = {
        "type": "conversations_select",
        "response_url_enabled": True,
        "filter": {"include": list(kinds), "exclude_external_shared_channels": True, "exclude_bot_users": True},
    }
    return element | ({"initial_conversation": initial} if initial else {"default_to_current_conversation": True})


def option(value: str, label: str, description: str = "") -> Element:
    """An entry of a select; `value` must fit (`fits`)."""
    made: Element = {"text": plain(label, OPTION_CHARS), "value": value}
    return made | ({"description": plain(description, OPTION_CHARS)} if description else {})


def fits(value: str) -> bool:
    return 0 < size(value) <= OPTION_VALUE_CHARS


def listed(options: Iterable[Element]) -> list[Element]:
    """As many as Slack takes."""
    return list(options)[:SELECT_OPTIONS]


class Entered:
    """What a person entered in a view, by the names of its inputs; None for what was left empty."""

    def __init__(self, view: dict[str, Any]) -> None:
        self._values = (view.get("state") or {}).get("values") or {}

    def text(self, name: str) -> str | None:
        return str(self._of(name).get("value") or "").strip() or None

    def option(self, name: str) -> str | None:
        chosen = self._of(name).get("selected_option") or {}
        return chosen.get("value") or None

    def user(self, name: str) -> str | None:
        return self._of(name).get("selected_user") or None

    def conversation(self, name: str) -> str | None:
        return self._of(name).get("selected_conversation") or None

    def moment_s(self, name: str) -> int | None:
        """Seconds since the epoch."""
        return self._of(name).get("selected_date_time") or None

    def _of(self, name: str) -> dict[str, Any]:
        return next(iter((self._values.get(name) or {}).values()), None) or {}
