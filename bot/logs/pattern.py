"""Regular expressions that cannot hang the bot: RE2 matches in time linear in the text.

Both the pattern and the line come from outside, and `re` backtracks: ``(a+)+$`` on one long line would stop
the event loop. What needs backtracking (back-references, look-around) is refused with RE2's own words.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

MAX_SOURCE = 300
"""Most characters of a pattern."""
MAX_TEXT = 16_384
"""Only so many characters at the start of a line are searched."""
MAX_PROGRAM_BYTES = 1 << 20
"""RE2 refuses a pattern whose counted repeats would take more."""


@dataclass(frozen=True, slots=True)
class BadPattern:
    """Why a pattern is not accepted: a clause that completes "… cannot be used: "."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression."""

    source: str
    _compiled: Any

    def found_in(self, text: str) -> bool:
        return self._compiled.search(_bytes(text[:MAX_TEXT])) is not None


@lru_cache(maxsize=256)
def compile_pattern(source: str, *, ignore_case: bool = False) -> Pattern | BadPattern:
    """The pattern that `source` describes in RE2's syntax, which is Perl's without what needs backtracking."""
    if len(source) > MAX_SOURCE:
        return BadPattern(f"it is longer than {MAX_SOURCE} characters")
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return Pattern(source, re2.compile(_bytes(source), options=options))
    except re2.error as problem:
        reason = problem.args[0]
        return BadPattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason))


def _bytes(text: str) -> bytes:
    """UTF-8, which is what RE2 matches; a lone surrogate has none and becomes a question mark."""
    return text.encode("utf-8", "replace")
