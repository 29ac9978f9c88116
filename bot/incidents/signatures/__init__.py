"""The table of known forms, split by tool. To add one: put it in the file of the tool that prints it."""

from collections.abc import Container
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
from bot.logs.fold_words import MAX_SHAPE, shape_of, text_of, undigited

__all__ = ["TABLE", "Signature", "Stage", "Voice", "counts_digits", "match"]

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
    worth = _worth_trying(undigited(low), voice)
    if not worth:
        return None
    if only is None and len(text) <= MAX_SHAPE and not any(signature.counts_digits for signature in worth):
        return _best_of_shape(shape_of(text), voice)
    return _best(text, low, worth, only)


def counts_digits(text: str, voice: Voice) -> bool:
    """Whether the value of a digit, and not its place alone, may decide which form `text` has."""
    return any(each.counts_digits for each in _worth_trying(undigited(text[:MAX_TEXT].lower()), voice))


@lru_cache(maxsize=8_192)
def _best_of_shape(shape: bytes, voice: Voice) -> Signature | None:
    """The form of every text of this shape, where no form in question looks at the value of a digit."""
    text = text_of(shape)
    low = text.lower()
    return _best(text, low, _worth_trying(undigited(low), voice), None)


def _best(text: str, low: str, worth: tuple[Signature, ...], only: Container[str] | None) -> Signature | None:
    best: Signature | None = None
    for signature in worth:
        if only is not None and signature.name not in only:
            continue
        if (best is None or signature.stage < best.stage) and signature.fits(text, low):
            if signature.stage is Stage.HARMLESS:
                return signature
            best = signature
    return best


@lru_cache(maxsize=8_192)
def _worth_trying(bare: bytes, voice: Voice) -> tuple[Signature, ...]:
    """The forms whose words stand in a text without digits: lines of one form have the same."""
    by_head, short = _HEARD[voice]
    found = {place for word, place in short if word in bare}
    for at in range(len(bare) - HEAD + 1):
        for word, place in by_head.get(bare[at : at + HEAD], ()):
            if bare.startswith(word, at):
                found.add(place)
    return tuple(TABLE[place] for place in sorted(found))


_Word = tuple[bytes, int]


def _index(voice: Voice) -> tuple[dict[bytes, list[_Word]], list[_Word]]:
    """The words of the forms that count in this voice, with their form's place: by their heads, and the short ones."""
    by_head: dict[bytes, list[_Word]] = {}
    short: list[_Word] = []
    for place, signature in enumerate(TABLE):
        if voice is Voice.ERROR or signature.quiet or (signature.plain and voice is Voice.PLAIN):
            for word in map(undigited, signature.words):
                (short if len(word) < HEAD else by_head.setdefault(word[:HEAD], [])).append((word, place))
    return by_head, short


HEAD = 4
"""Bytes by which the words are found: a text asks for the words that begin like one of its places, not for all 800."""
_HEARD = {voice: _index(voice) for voice in Voice}
