"""What may be said: text, blocks, attachments and metadata of one message, checked as Slack checks them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from bot.sandbox.slack.blocks.check import message_problems, over_budget
from bot.sandbox.slack.blocks.fill import filled
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

TRUNCATED_AT = 40_000
SPLIT_ABOVE = 4_040
"""A message of text alone that is longer arrives as several (measured by others: 4,040 stay whole)."""

PART = 4_000
UPDATE_TEXT = 4_000
MARKDOWN_TEXT = 12_000
MOST_ATTACHMENTS = 100
METADATA_BYTES = 2_048
"""Slack does not publish its limit; this one is on the careful side."""


def content(space: "Workspace", args: Args, *, budget: bool = True) -> Json:
    """The fields `text`, `blocks`, `attachments`, `metadata` of a message, as far as they were given.

    Raises:
        Refusal: with the code that Slack would answer.
    """
    body: Json = {"text": args.text("text")[:TRUNCATED_AT]}
    blocks = _listed(args, "blocks", "invalid_blocks_format")
    if args.has("markdown_text"):
        if body["text"] or blocks:
            raise Refusal("markdown_text_conflict")
        body["text"] = _markdown(args.text("markdown_text"))
    if blocks is not None:
        body["blocks"] = checked_blocks(space, blocks, budget=budget)
    attachments = _listed(args, "attachments", "invalid_attachments")
    if attachments is not None:
        body["attachments"] = _checked_attachments(space, attachments)
    metadata = args.parsed("metadata", "invalid_metadata_format")
    if metadata is not None:
        body["metadata"] = _checked_metadata(metadata)
    return body


def needs_words(body: Mapping[str, Any]) -> None:
    """Raises `Refusal` (``no_text``) when there is nothing to show."""
    if not (str(body.get("text") or "").strip() or body.get("blocks") or body.get("attachments")):
        raise Refusal("no_text")


def checked_blocks(
    space: "Workspace", blocks: list[Any], *, budget: bool = True, at: str = "/blocks"
) -> list[Json]:
    """The blocks with what Slack adds to them. Raises `Refusal`."""
    problems = message_problems(blocks, at)
    if problems:
        raise Refusal("invalid_blocks", pointers=tuple(problem.spoken() for problem in problems))
    if budget and over_budget(blocks):
        raise Refusal("msg_blocks_too_long")
    return filled(blocks, lambda: space.mint.token(5))


def without_empties(body: Json) -> Json:
    """The body of a new message: an empty list of blocks or empty metadata is as good as none."""
    return {name: value for name, value in body.items() if name == "text" or value}


def parts(text: str) -> list[str]:
    """The messages that a text without blocks becomes."""
    if len(text) <= SPLIT_ABOVE:
        return [text]
    return [text[start : start + PART] for start in range(0, len(text), PART)]


def authored(space: "Workspace") -> Json:
    """The fields that say that the app wrote a message."""
    return {
        "user": space.bot_user_id,
        "bot_id": space.bot_id,
        "app_id": space.app_id,
        "team": space.team_id,
        "bot_profile": {
            "id": space.bot_id,
            "app_id": space.app_id,
            "user_id": space.bot_user_id,
            "name": space.app.name,
            "team_id": space.team_id,
            "deleted": False,
            "updated": 0,
            "icons": {},
        },
    }


def _listed(args: Args, name: str, code: str) -> list[Any] | None:
    value = args.parsed(name, code)
    if value is not None and not isinstance(value, list):
        raise Refusal(code)
    return value


def _markdown(text: str) -> str:
    if len(text) > MARKDOWN_TEXT:
        raise Refusal("msg_too_long")
    return text


def _checked_attachments(space: "Workspace", attachments: list[Any]) -> list[Json]:
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refusal("too_many_attachments")
    checked = []
    for index, attachment in enumerate(attachments):
        if not isinstance(attachment, dict):
            raise Refusal("invalid_attachments")
        copy = {"id": index + 1, **attachment}
        if "blocks" in attachment:
            if not isinstance(attachment["blocks"], list):
                raise Refusal("invalid_blocks_format")
            copy["blocks"] = checked_blocks(space, attachment["blocks"], at=f"/attachments/{index}/blocks")
        checked.append(copy)
    return checked


def _checked_metadata(metadata: Any) -> Json:
    if not isinstance(metadata, dict):
        raise Refusal("invalid_metadata_format")
    if not metadata:
        return {}
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    if len(msgspec.json.encode(metadata)) > METADATA_BYTES:
        raise Refusal("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}
