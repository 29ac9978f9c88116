"""How the platform finds the severity of a line: by a few words, and often not at all."""

import re
from typing import Final

RANKS: Final = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
"""`LogLevelV1`, in order of severity."""

_WORD = re.compile(r"\b(ERROR|WARNING|INFO|DEBUG)\b")


def detected_level(message: str) -> str | None:
    """The first upper-case level word; else ERROR for a ``Traceback`` or an ``Error:``; else none."""
    if word := _WORD.search(message):
        return word[1]
    return "ERROR" if "Traceback" in message or "Error:" in message else None
