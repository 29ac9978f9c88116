"""How a message speaks of its failure: in empty words, as the last of many, or as of something that is handled."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.incidents.masks import masked
from bot.logs.fold_words import HANDLED


@dataclass(frozen=True, slots=True)
class Tone:
    """`generic` says only that something failed, `gives_up` that it failed too often, `mild` that work goes on."""

    generic: bool
    gives_up: bool
    mild: bool


def tone_of(text: str) -> Tone:
    """The tone of `text`, which its numbers, paths and ids do not change."""
    return _tone(masked(text[:2_000])) if text else _NONE


_NONE = Tone(generic=False, gives_up=False, mild=False)


@lru_cache(maxsize=8_192)
def _tone(text: str) -> Tone:
    return Tone(
        generic=_GENERIC.search(text) is not None,
        gives_up=_GIVES_UP.search(text) is not None,
        mild=_MILD.search(text) is not None,
    )


_GENERIC = re.compile(
    r"(?i)uncaught|unhandled|unexpected|error has been caught|exception in (?:thread|function|main|process)"
    r"|training failed|retry attempt failed|error executing job|caught exception|fatal error|an error occurred"
    r"|process \w+-#:|traceback|crash|exception (?:occurred|raised|during)"
    r"|failed with (?:an )?(?:error|exception)|^error:?$|encountered a fatal"
)
# A number is "#" in a masked text.
_GIVES_UP = re.compile(
    r"(?i)\btoo many\b|giving up|gave up|exceeded (?:the )?(?:max|limit|allowed|threshold|retry)"
    r"|\bafter # (?:\w+ ){0,2}(?:attempts|retries|failures|tries|errors)|# consecutive|all # (?:attempts|retries)"
    r"|max(?:imum)?(?: number of| allowed)? (?:retries|attempts|errors|failures|restarts|skips)"
    r"|consecutive \w+ (?:failures|errors|steps)"
)
_MILD = re.compile(rf"{HANDLED}|(?i:attempt #)")
