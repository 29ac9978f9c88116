"""What Slack's client says of the inputs of a modal before it lets the modal go."""

import re

from bot.sandbox.slack.states import state_name
from bot.sandbox.slack.wire import Json

_SHAPES = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Please enter a valid email address."),
    "url_text_input": (r"https?://\S+", "Please enter a valid URL."),
}


def fault(view: Json, block: Json) -> str | None:
    """The sentence under an input that is not filled in as it must be; None when all is well."""
    if block["type"] != "input":
        return None
    element = block["element"]
    entered = view["state"]["values"][block["block_id"]][element["action_id"]]
    value = entered.get(state_name(element) or "value")
    if not value:
        return None if block.get("optional") else "Please complete this required field."
    return _text_fault(element, value) if isinstance(value, str) else None


def _text_fault(element: Json, value: str) -> str | None:
    if element["type"] == "plain_text_input":
        return _length_fault(element, value)
    if element["type"] == "number_input":
        return _number_fault(element, value)
    pattern, sentence = _SHAPES.get(element["type"], (".*", ""))
    return None if re.fullmatch(pattern, value) else sentence


def _length_fault(element: Json, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    if len(value) > most:
        return f"Please enter at most {most} characters."
    if "\n" in value and not element.get("multiline"):
        return "Please enter a single line."
    return None


def _number_fault(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
