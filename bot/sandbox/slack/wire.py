"""Slack's JSON, its refusals, and the arguments of a call."""

import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
"""A JSON object as Slack sends or takes it."""


class Refusal(Exception):
    """``ok: false`` with a code of Slack's; `pointers` are the strings of ``response_metadata.messages``."""

    def __init__(self, code: str, *, pointers: tuple[str, ...] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.pointers = pointers
        self.extra = extra

    def body(self) -> Json:
        body: Json = {"ok": False, "error": self.code, **self.extra}
        if self.pointers:
            body["errors"] = [pointer.removeprefix("[ERROR] ") for pointer in self.pointers]
            body["response_metadata"] = {"messages": [_marked(pointer) for pointer in self.pointers]}
        return body


class Misuse(Exception):
    """A person cannot do this in Slack's client; the message is the sentence that the person reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Args:
    """The arguments of one call, from a form, a query or a JSON body: forms carry objects as JSON text."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else str(value)

    def need(self, name: str) -> str:
        """Raises `Refusal` (``invalid_arguments``) when `name` is missing or empty."""
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def number(self, name: str, default: int, least: int, most: int, code: str) -> int:
        value = self.values.get(name, default)
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Refusal(code) from None
        if not least <= number <= most:
            raise Refusal(code)
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true"}

    def parsed(self, name: str, code: str) -> Any:
        """An object or a list; None when it was not given.

        Raises:
            Refusal: with `code`, when it is text that is not JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(code) from None


def missing(name: str) -> Refusal:
    return Refusal("invalid_arguments", pointers=(f"[ERROR] missing required field: {name}",))


def _marked(pointer: str) -> str:
    return pointer if pointer.startswith("[ERROR]") else f"[ERROR] {pointer}"
