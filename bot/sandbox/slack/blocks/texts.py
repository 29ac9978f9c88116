"""How much text a piece of Block Kit shows."""

from typing import Any

_SHOWN = frozenset({"text", "alt_text", "title", "caption", "label", "name"})


def characters(node: Any) -> int:
    """The characters that a reader sees in `node`, at any depth."""
    if isinstance(node, list):
        return sum(characters(item) for item in node)
    if not isinstance(node, dict):
        return 0
    shown = sum(len(value) for key, value in node.items() if key in _SHOWN and isinstance(value, str))
    return shown + sum(characters(value) for value in node.values() if isinstance(value, dict | list))
