"""The table of known forms, split by tool. To add one: put it in the file of the tool that prints it."""

from collections.abc import Container, Iterable
from enum import IntEnum
from functools import lru_cache

from bot.incidents.signatures import (
    collectives,
    cuda,
    data,
    frameworks,
    harmless,
    hub,
    launchers,
    machine,
    storage,
)
from bot.incidents.signatures.form import Signature, Stage

__all__ = ["TABLE", "Signature", "Stage", "Voice", "match"]

TABLE: tuple[Signature, ...] = (
    *harmless.TABLE,
    *machine.TABLE,
    *cuda.TABLE,
    *storage.TABLE,
    *hub.TABLE,
    *data.TABLE,
    *frameworks.TABLE,
    *collectives.TABLE,
    *launchers.TABLE,
)
"""In order of preference: of two that fit, and stand equally near to the cause, the first one counts."""


MAX_TEXT = 2_000
"""Characters of a statement that are looked at; a form stands at its beginning."""


class Voice(IntEnum):
    """How loudly a text speaks: an error or an exception, a line of no level or a warning, an information."""

    ERROR = 0
    PLAIN = 1
    QUIET = 2


def match(text: str, voice: Voice = Voice.ERROR, *, only: Container[str] | None = None) -> Signature | None:
    """The form that `text` has. Harmless ones come first, then the one that stands nearest to the cause.

    With `only` just the forms of these names count.
    """
    text = text[:MAX_TEXT]
    low = text.lower()
    best: Signature | None = None
    for signature in _worth_trying(low.translate(_NO_DIGITS), voice):
        if only is not None and signature.name not in only:
            continue
        if (best is None or signature.stage < best.stage) and signature.fits(text, low):
            if signature.stage is Stage.HARMLESS:
                return signature
            best = signature
    return best


_NO_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1))


@lru_cache(maxsize=8_192)
def _worth_trying(bare: str, voice: Voice) -> tuple[Signature, ...]:
    """The forms whose words stand in a text without digits: lines of one form have the same."""
    return tuple(signature for signature, words in _HEARD[voice] if any(word in bare for word in words))


def _bare(signatures: Iterable[Signature]) -> tuple[tuple[Signature, tuple[str, ...]], ...]:
    return tuple((each, tuple(word.translate(_NO_DIGITS) for word in each.words)) for each in signatures)


_HEARD = {
    Voice.ERROR: _bare(TABLE),
    Voice.PLAIN: _bare(each for each in TABLE if each.plain or each.quiet),
    Voice.QUIET: _bare(each for each in TABLE if each.quiet),
}
