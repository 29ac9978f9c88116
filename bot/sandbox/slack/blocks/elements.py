"""Interactive elements, and in which blocks each may stand. Limits: Block Kit reference."""

import re
from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blocks.objects import (
    ACTION_ID,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_CONFIG,
    IMAGE_ELEMENT,
    LINK,
    OPTION,
    OPTION_GROUP,
    PLACEHOLDER,
    distinct_values,
    initial_among_options,
    option,
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
    exactly_one,
    typed,
)
from bot.sandbox.slack.wire import Json

_STYLE = String(choices=frozenset({"primary", "danger"}))
_COMMON: dict[str, Spec] = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": Flag()}
_SELECT: dict[str, Spec] = {**_COMMON, "placeholder": PLACEHOLDER}
_MULTI: dict[str, Spec] = {**_SELECT, "max_selected_items": Number(1)}
_CHOICE = option(mrkdwn_allowed=True)
_ID = String(64)
_STATIC: dict[str, Spec] = {
    "options": Many(OPTION, 100),
    "option_groups": Many(OPTION_GROUP, 100),
    "initial_option": OPTION,
}
_INPUT: dict[str, Spec] = {
    "action_id": ACTION_ID,
    "placeholder": PLACEHOLDER,
    "focus_on_load": Flag(),
    "dispatch_action_config": DISPATCH_CONFIG,
}


def _matches(name: str, pattern: str) -> "_Pattern":
    return _Pattern(name, re.compile(pattern))


class _Pattern:
    """A rule: a field, when given, has this shape."""

    def __init__(self, name: str, pattern: re.Pattern[str]) -> None:
        self._name = name
        self._pattern = pattern

    def __call__(self, value: Json, at: str) -> Iterator[Problem]:
        text = value.get(self._name)
        if text is not None and not self._pattern.fullmatch(text):
            yield Problem(f"{at}/{self._name}", "must match the required format", "format")


def _lengths_fit(value: Json, at: str) -> Iterator[Problem]:
    if value.get("min_length", 0) > value.get("max_length", 3000):
        yield Problem(at, "min_length must not exceed max_length", "min_length")


def _static_multi() -> Record:
    fields: dict[str, Spec] = {
        **_MULTI,
        "options": Many(OPTION, 100),
        "option_groups": Many(OPTION_GROUP, 100),
        "initial_options": Many(OPTION, 100),
    }
    return typed("multi_static_select", {}, fields, exactly_one("options", "option_groups"), initial_among_options)


def _conversations(kind: str, initial: str, content: Spec, extra: Mapping[str, Spec]) -> Record:
    fields: dict[str, Spec] = {
        initial: content,
        "default_to_current_conversation": Flag(),
        "filter": CONVERSATION_FILTER,
        **extra,
    }
    return typed(kind, {}, fields)


BUTTON = typed(
    "button",
    {"text": plain(75)},
    {
        "action_id": ACTION_ID,
        "url": LINK,
        "value": String(2000, least=0),
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": String(75),
        "agent_prompt": String(4000),
        "agent_prompt_display": String(4000),
        "visible_to_user_ids": Many(_ID),
    },
)
OVERFLOW = typed(
    "overflow",
    {"options": Many(option(url_allowed=True), 5)},
    {"action_id": ACTION_ID, "confirm": CONFIRM},
    distinct_values,
)
_FEEDBACK = Record({"text": plain(75), "value": String(2000)}, {"accessibility_label": String(75)})

_BUTTONS: dict[str, Spec] = {
    "button": BUTTON,
    "workflow_button": typed(
        "workflow_button",
        {
            "text": plain(75),
            "workflow": Record(
                {
                    "trigger": Record(
                        {"url": LINK},
                        {"customizable_input_parameters": Many(Record({"name": String(), "value": String()}))},
                    )
                }
            ),
        },
        {"action_id": ACTION_ID, "style": _STYLE, "accessibility_label": String(75)},
    ),
}
_SELECTS: dict[str, Spec] = {
    "static_select": typed(
        "static_select", {}, {**_SELECT, **_STATIC}, exactly_one("options", "option_groups"), initial_among_options
    ),
    "external_select": typed(
        "external_select", {}, {**_SELECT, "initial_option": OPTION, "min_query_length": Number(0)}
    ),
    "users_select": typed("users_select", {}, {**_SELECT, "initial_user": _ID}),
    "conversations_select": _conversations(
        "conversations_select", "initial_conversation", _ID, {**_SELECT, "response_url_enabled": Flag()}
    ),
    "channels_select": typed(
        "channels_select", {}, {**_SELECT, "initial_channel": _ID, "response_url_enabled": Flag()}
    ),
}
_MULTI_SELECTS: dict[str, Spec] = {
    "multi_static_select": _static_multi(),
    "multi_external_select": typed(
        "multi_external_select",
        {},
        {**_MULTI, "initial_options": Many(OPTION, 100), "min_query_length": Number(0)},
    ),
    "multi_users_select": typed("multi_users_select", {}, {**_MULTI, "initial_users": Many(_ID)}),
    "multi_conversations_select": _conversations(
        "multi_conversations_select", "initial_conversations", Many(_ID), _MULTI
    ),
    "multi_channels_select": typed("multi_channels_select", {}, {**_MULTI, "initial_channels": Many(_ID)}),
}
_PICKERS: dict[str, Spec] = {
    "datepicker": typed(
        "datepicker", {}, {**_SELECT, "initial_date": String()}, _matches("initial_date", r"\d{4}-\d\d-\d\d")
    ),
    "timepicker": typed(
        "timepicker",
        {},
        {**_SELECT, "initial_time": String(), "timezone": String()},
        _matches("initial_time", r"([01]\d|2[0-3]):[0-5]\d"),
    ),
    "checkboxes": typed(
        "checkboxes",
        {"options": Many(_CHOICE, 10)},
        {**_COMMON, "initial_options": Many(_CHOICE, 10)},
        initial_among_options,
        distinct_values,
    ),
    "radio_buttons": typed(
        "radio_buttons",
        {"options": Many(_CHOICE, 10)},
        {**_COMMON, "initial_option": _CHOICE},
        initial_among_options,
        distinct_values,
    ),
}
_DATETIME: dict[str, Spec] = {
    "datetimepicker": typed("datetimepicker", {}, {**_COMMON, "initial_date_time": Number(10**9, 10**10 - 1)})
}
_TEXT_INPUTS: dict[str, Spec] = {
    "plain_text_input": typed(
        "plain_text_input",
        {},
        {
            **_INPUT,
            "initial_value": String(3000, least=0),
            "multiline": Flag(),
            "min_length": Number(0, 3000),
            "max_length": Number(1, 3000),
        },
        _lengths_fit,
    ),
    "rich_text_input": typed(
        "rich_text_input",
        {},
        {**_INPUT, "initial_value": RICH_TEXT, "min_lines": Number(1), "max_lines": Number(1)},
    ),
    "email_text_input": typed("email_text_input", {}, {**_INPUT, "initial_value": String(3000, least=0)}),
    "url_text_input": typed("url_text_input", {}, {**_INPUT, "initial_value": String(3000, least=0)}),
    "number_input": typed(
        "number_input",
        {"is_decimal_allowed": Flag()},
        {**_INPUT, "initial_value": String(), "min_value": String(), "max_value": String()},
    ),
    "file_input": typed(
        "file_input", {}, {"action_id": ACTION_ID, "filetypes": Many(String()), "max_files": Number(1, 10)}
    ),
}
_FEEDBACK_BUTTONS: dict[str, Spec] = {
    "feedback_buttons": typed(
        "feedback_buttons",
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK},
        {"action_id": ACTION_ID},
    ),
    "icon_button": typed(
        "icon_button",
        {"icon": String(), "text": plain(75)},
        {
            "action_id": ACTION_ID,
            "value": String(2000, least=0),
            "confirm": CONFIRM,
            "accessibility_label": String(75),
            "visible_to_user_ids": Many(_ID),
        },
    ),
}

_IN_ACTIONS: dict[str, Spec] = {**_BUTTONS, "overflow": OVERFLOW, **_SELECTS, **_PICKERS, **_DATETIME}
_IN_SECTION: dict[str, Spec] = {
    **_BUTTONS,
    "overflow": OVERFLOW,
    "image": IMAGE_ELEMENT,
    **_SELECTS,
    **_MULTI_SELECTS,
    **_PICKERS,
}
_IN_INPUT: dict[str, Spec] = {**_SELECTS, **_MULTI_SELECTS, **_PICKERS, **_DATETIME, **_TEXT_INPUTS}

ACTIONS_ELEMENT = Typed(lambda: _IN_ACTIONS)
SECTION_ACCESSORY = Typed(lambda: _IN_SECTION)
INPUT_ELEMENT = Typed(lambda: _IN_INPUT)
FEEDBACK_ELEMENT = Typed(lambda: _FEEDBACK_BUTTONS)
CARD_BUTTON = Typed(lambda: {"button": BUTTON})
