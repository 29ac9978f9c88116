"""Whatever an app sends, it gets an answer of Slack's, never a crash of the simulation."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.slack.blocks.check import message_problems, view_problems
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.wire import Args
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, modal, option, rich, section, select, text_input
from tests.contract.sandbox_slack.wires import ALERTS, AheadClock

JUNK = [None, 0, -1, 1.5, True, "", "x", [], {}, [None], [[]], {"type": ["x"]}, {"type": {}}, {"text": 1}, "{"]
TABLE = {"type": "data_table", "caption": "c", "rows": [[{"type": "raw_text", "text": "x"}]] * 2}
BLOCKS = [section(), actions(button(), select(option("a"))), rich(), text_input(), TABLE]
NAMES = ["channel", "user", "ts", "text", "blocks", "view", "files", "metadata", "limit", "cursor", "unfurls"]


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every container in `node` with each of its keys."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [place for key in keys for place in [(node, key), *places(node[key])]]


@given(st.sampled_from(BLOCKS), st.integers(0, 50), st.sampled_from(JUNK))
def test_a_block_with_a_spoiled_part_is_judged(block: dict[str, Any], at: int, junk: Any) -> None:
    spoiled = copy.deepcopy(block)
    found = places(spoiled)
    holder, key = found[at % len(found)]
    holder[key] = junk
    message_problems([spoiled])
    view_problems(modal(spoiled))


@given(st.sampled_from(JUNK), st.sampled_from(["type", "title", "blocks", "submit", "private_metadata"]))
def test_a_view_with_a_spoiled_part_is_refused(junk: Any, name: str) -> None:
    spoiled = modal() | {name: junk}
    harmless = (name == "private_metadata" and isinstance(junk, str)) or (name == "blocks" and junk == [])
    assert bool(view_problems(spoiled)) is not harmless


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*JUNK, ALERTS, "1.1", BLOCKS, modal()])),
)
def test_every_method_answers_whatever_it_is_given(method: str, arguments: dict[str, Any]) -> None:
    space = Workspace(AheadClock(), manifest=None)
    token = space.app_token if METHODS[method].token == "app" else space.bot_token
    answer = WebApi(space).call(method, Args(arguments), token)
    assert answer.body["ok"] is (answer.body.get("error") is None)
