"""Small pieces of Block Kit to build tests from."""

from typing import Any


def section(text: str = "words") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(action_id: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def rich(text: str = "line") -> dict[str, Any]:
    part = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    shown = list(blocks) or [section()]
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": shown, **more}


def text_input(block_id: str = "name", **element: Any) -> dict[str, Any]:
    inside = {"type": "plain_text_input", "action_id": "typed", **element}
    return {"type": "input", "block_id": block_id, "label": plain("Name"), "element": inside}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value[:75]), "value": value}


def select(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": list(options), **more}


def labelled(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An input block around `element`."""
    return {"type": "input", "block_id": block_id, "label": plain("Label"), "element": element, **more}


CHOICES = [{"text": {**plain(value), "emoji": True}, "value": value} for value in "abc"]
"""Three options, as Slack gives them back."""
