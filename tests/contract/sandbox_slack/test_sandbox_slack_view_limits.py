"""Each limit of a view at its edge and one past it."""

from typing import Any

import pytest

from bot.sandbox.slack.blocks.check import view_problems, view_too_large
from tests.contract.sandbox_slack.kit import modal, plain, section, text_input

VIEWS: dict[str, tuple[dict[str, Any], str]] = {
    "a title of 25": (
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    "an input without submit": (
        {"type": "modal", "title": plain("x"), "blocks": [text_input()]},
        "missing required field: submit [json-pointer:/view]",
    ),
    "101 blocks": (
        modal(*(section() for _ in range(101))),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "private metadata of 3,001": (
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "a callback id of 256": (
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "a Home tab with a title": (
        {"type": "home", "title": plain("x"), "blocks": []},
        "invalid additional property: title [json-pointer:/view]",
    ),
    "another kind of view": ({"type": "dialog"}, "unsupported type: dialog [json-pointer:/view/type]"),
    "two elements in focus": (
        modal(text_input("a", focus_on_load=True), text_input("b", focus_on_load=True)),
        "only one element may have focus_on_load [json-pointer:/view/blocks]",
    ),
    "a text input of more than 3,000": (
        modal(text_input(max_length=3001)),
        "must be less than or equal to 3000 [json-pointer:/view/blocks/0/element/max_length]",
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_past_its_limits_is_refused_with_its_pointer(name: str) -> None:
    view, sentence = VIEWS[name]
    assert sentence in [problem.spoken() for problem in view_problems(view)]


def test_a_view_at_its_limits_is_taken() -> None:
    view = modal(*(section() for _ in range(100)), title=plain("x" * 24), private_metadata="x" * 3000)
    assert view_problems(view) == []


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    blocks = [section("x" * 2600) for _ in range(94)]
    assert not view_too_large(modal(*blocks))
    assert view_too_large(modal(*blocks, *(section("x" * 3000) for _ in range(3))))
