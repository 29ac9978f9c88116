"""The table of known forms, split by tool. To add one: put it in the file of the tool that prints it."""

from enum import IntEnum

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


class Voice(IntEnum):
    """How loudly a text speaks: an error or an exception, a line of no level or a warning, an information."""

    ERROR = 0
    PLAIN = 1
    QUIET = 2


def match(text: str, voice: Voice = Voice.ERROR) -> Signature | None:
    """The form that `text` has. Harmless ones come first, then the one that stands nearest to the cause."""
    low = text.lower()
    best: Signature | None = None
    for signature in _HEARD[voice]:
        if (best is None or signature.stage < best.stage) and signature.fits(text, low):
            if signature.stage is Stage.HARMLESS:
                return signature
            best = signature
    return best


_HEARD = {
    Voice.ERROR: TABLE,
    Voice.PLAIN: tuple(s for s in TABLE if s.plain or s.quiet),
    Voice.QUIET: tuple(s for s in TABLE if s.quiet),
}
