"""The door to the checks: `message_problems`, `view_problems`, and what they cost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.sandbox.slack.blocks.catalog import BLOCKS, HOME, MESSAGE, MODAL, SURFACES
from bot.sandbox.slack.blocks.data import DATA_TABLE_CHARACTERS, TABLE_CHARACTERS
from bot.sandbox.slack.blocks.objects import plain
from bot.sandbox.slack.blocks.schema import Flag, Problem, Record, Spec, String
from bot.sandbox.slack.blocks.texts import characters
from bot.sandbox.slack.wire import Json

MESSAGE_BUDGET = 12_100
"""Characters of text in all blocks of a message: 12,000 as Slack's staff say, and a small buffer.

Reports of the true edge lie between 11,341 and 13,297. Data tables have a budget of their own.
"""

MOST_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
VIEW_BYTES = 250_000
MARKDOWN_CHARACTERS = 12_000
MOST_CHARTS = 2

_VIEW_FIELDS: dict[str, Spec] = {
    "callback_id": String(255, least=0),
    "external_id": String(255, least=0),
    "private_metadata": String(3000, least=0),
}
_MODAL = Record(
    {"type": String(choices=frozenset({MODAL})), "title": plain(24)},
    {
        **_VIEW_FIELDS,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": Flag(),
        "notify_on_close": Flag(),
        "submit_disabled": Flag(),
    },
)
_HOME = Record({"type": String(choices=frozenset({HOME}))}, _VIEW_FIELDS)


def message_problems(blocks: Sequence[Any], at: str = "/blocks", surface: str = MESSAGE) -> list[Problem]:
    """All faults of a list of blocks, in order."""
    most = MOST_BLOCKS[surface]
    found = [] if len(blocks) <= most else [Problem(at, f"no more than {most} items allowed", "max_items")]
    for index, block in enumerate(blocks):
        found.extend(_block_problems(block, f"{at}/{index}", surface))
    if not found:
        found.extend(_across(blocks, at))
    return found


def over_budget(blocks: Sequence[Json]) -> bool:
    """Whether Slack would answer ``msg_blocks_too_long``."""
    return sum(characters(block) for block in blocks if block["type"] != "data_table") > MESSAGE_BUDGET


def view_problems(view: Any, at: str = "/view") -> list[Problem]:
    """All faults of a modal or a Home tab. The size is another matter: `view_too_large`."""
    if not isinstance(view, dict):
        return [Problem(at, "must provide an object", "type")]
    if view.get("type") not in (MODAL, HOME):
        return [Problem(f"{at}/type", f"unsupported type: {view.get('type')}", "unsupported_type")]
    frame = {name: value for name, value in view.items() if name != "blocks"}
    found = list((_MODAL if view["type"] == MODAL else _HOME).problems(frame, at))
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return [*found, Problem(at, "missing required field: blocks", "required")]
    found.extend(message_problems(blocks, f"{at}/blocks", view["type"]))
    if not found and view["type"] == MODAL:
        found.extend(_modal_rules(view, at))
    return found


def view_too_large(view: Json) -> bool:
    return len(msgspec.json.encode(view)) > VIEW_BYTES


def _block_problems(block: Any, at: str, surface: str) -> Iterator[Problem]:
    if not isinstance(block, dict):
        yield Problem(at, "must provide an object", "type")
        return
    kind = block.get("type")
    if not isinstance(kind, str):
        yield Problem(at, "missing required field: type", "required")
    elif kind not in BLOCKS:
        yield Problem(f"{at}/type", f"unsupported type: {kind}", "unsupported_type")
    elif kind not in SURFACES[surface]:
        yield Problem(f"{at}/type", f"unsupported type: {kind} is not available in a {surface}", "surface")
    else:
        found = list(BLOCKS[kind].problems(block, at))
        yield from found
        if not found and kind == "input" and block["element"]["type"] == "file_input" and surface != MODAL:
            yield Problem(f"{at}/element/type", "unsupported type: file_input", "surface")


def _across(blocks: Sequence[Json], at: str) -> Iterator[Problem]:
    yield from _unique_ids(blocks, at)
    kinds = Counter(block["type"] for block in blocks)
    if kinds["data_visualization"] > MOST_CHARTS:
        yield Problem(at, f"no more than {MOST_CHARTS} data_visualization blocks allowed", "max_items")
    for kind, most in (
        ("markdown", MARKDOWN_CHARACTERS),
        ("table", TABLE_CHARACTERS),
        ("data_table", DATA_TABLE_CHARACTERS),
    ):
        if sum(characters(block.get("rows", block)) for block in _flat(blocks) if block["type"] == kind) > most:
            yield Problem(at, f"all {kind} blocks together must be less than {most + 1} characters", "max_length")


def _unique_ids(blocks: Sequence[Json], at: str) -> Iterator[Problem]:
    ids = Counter(block["block_id"] for block in _flat(blocks) if block.get("block_id"))
    for block_id, times in ids.items():
        if times > 1:
            yield Problem(at, f"block_id '{block_id}' already exists", "unique")
    for index, block in enumerate(blocks):
        actions = Counter(element["action_id"] for element in interactive(block) if element.get("action_id"))
        for action_id, times in actions.items():
            if times > 1:
                yield Problem(f"{at}/{index}", f"action_id '{action_id}' already exists", "unique")


def _modal_rules(view: Json, at: str) -> Iterator[Problem]:
    elements = [element for block in view["blocks"] for element in interactive(block)]
    if any(block["type"] == "input" for block in view["blocks"]) and not view.get("submit"):
        yield Problem(at, "missing required field: submit", "required")
    if sum(bool(element.get("focus_on_load")) for element in elements) > 1:
        yield Problem(f"{at}/blocks", "only one element may have focus_on_load", "unique")


def _flat(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from block.get("child_blocks") or ()


def interactive(block: Json) -> Iterator[Json]:
    """The elements of a block that a person may use, those of its children included."""
    kind = block["type"]
    if kind in {"actions", "context_actions"}:
        yield from block["elements"]
    elif kind == "input":
        yield block["element"]
    elif kind == "section" and block.get("accessory") and block["accessory"]["type"] != "image":
        yield block["accessory"]
    elif kind == "card":
        yield from block.get("actions") or ()
    for child in (block.get("child_blocks") or []) + (block["elements"] if kind == "carousel" else []):
        yield from interactive(child)
