"""What Slack adds to the blocks that it takes: ids and the defaults of texts."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.slack.blocks.check import interactive
from bot.sandbox.slack.wire import Json


def filled(blocks: Sequence[Json], new_id: Callable[[], str]) -> list[Json]:
    """A copy in which every block has a block_id, every element an action_id, every text its defaults."""
    copies = [_defaults(block) for block in blocks]
    for block in copies:
        _identify(block, new_id)
    return copies


def _identify(block: Json, new_id: Callable[[], str]) -> None:
    block["block_id"] = block.get("block_id") or new_id()
    for element in interactive(block):
        element["action_id"] = element.get("action_id") or new_id()
    for child in (block.get("child_blocks") or []) + (block["elements"] if block["type"] == "carousel" else []):
        _identify(child, new_id)


def _defaults(node: Any) -> Any:
    if isinstance(node, list):
        return [_defaults(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _defaults(value) for key, value in node.items() if value is not None}
    if copy.get("type") == "plain_text":
        copy.setdefault("emoji", True)
    elif copy.get("type") == "mrkdwn":
        copy.setdefault("verbatim", False)
    return copy
