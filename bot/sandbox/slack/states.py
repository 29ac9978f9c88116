"""What is entered in elements: the ``state.values`` of views and of messages."""

from collections.abc import Iterable

from bot.sandbox.slack.blocks.check import interactive
from bot.sandbox.slack.wire import Json

_INITIAL = {
    "initial_value": "value",
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_user": "selected_user",
    "initial_users": "selected_users",
    "initial_channel": "selected_channel",
    "initial_channels": "selected_channels",
    "initial_conversation": "selected_conversation",
    "initial_conversations": "selected_conversations",
    "initial_date": "selected_date",
    "initial_time": "selected_time",
    "initial_date_time": "selected_date_time",
}
_FIELDS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}


class Entered:
    """What each person has chosen in each message so far: Slack's client keeps it until the page is left."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], Json] = {}

    def of(self, user: str, ts: str) -> Json:
        return self._values.get((user, ts), {})

    def remember(self, user: str, ts: str, values: Json) -> None:
        self._values[user, ts] = values


def state_name(element: Json) -> str | None:
    """The field of ``state.values`` that holds what was entered ("value", "selected_option")."""
    return _FIELDS.get(element["type"])


def state_of(blocks: Iterable[Json], before: Json, current: str | None = None) -> Json:
    """``state.values`` of `blocks`: what `before` holds for the same block, action and type, else the initial.

    `current`: the conversation that ``default_to_current_conversation`` means.
    """
    values: Json = {}
    for block in blocks:
        for element in interactive(block):
            fresh = _untouched(element, current)
            if fresh is None:
                continue
            old = before.get(block["block_id"], {}).get(element["action_id"])
            kept = old if old and old.get("type") == element["type"] else fresh
            values.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return values


def _untouched(element: Json, current: str | None) -> Json | None:
    """An element's part before anyone touched it; None when it keeps no state."""
    kind = element["type"]
    field = _FIELDS.get(kind)
    if field is None:
        return None
    state: Json = {"type": kind, field: [] if field.endswith("s") else None}
    if current is not None and element.get("default_to_current_conversation"):
        state[field] = [current] if field.endswith("s") else current
    for initial, name in _INITIAL.items():
        if element.get(initial) is not None:
            state["rich_text_value" if kind == "rich_text_input" else name] = element[initial]
    return state
