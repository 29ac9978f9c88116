"""JSON that survives what servers get wrong: lone surrogates, broken UTF-8, raw control characters.

Errors of the decoders hold the whole body; `Undecodable` is raised where none is being handled, so that it
drags none of them into a traceback or a log.
"""

import json
from contextlib import suppress

import msgspec


class Undecodable(ValueError):
    """The body is not what the API returns."""


DECODING_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises for a bad body; the last two are no `MsgspecError`."""


def loads(body: bytes) -> object:
    """The value in `body`. What UTF-8 cannot hold becomes U+FFFD.

    Raises:
        Undecodable: it is no JSON at all.
    """
    with suppress(*DECODING_ERRORS):
        return msgspec.json.decode(body)
    return loads_text(body.decode("utf-8", "replace"))


def loads_text(text: str) -> object:
    """As `loads`, for text and only by the forgiving way."""
    with suppress(ValueError, RecursionError):
        return _clean(json.loads(text, strict=False))
    raise Undecodable("no JSON")


def _clean(value: object) -> object:
    match value:
        case str():
            return value if value.isascii() else _without_lone_surrogates(value)
        case list():
            return [_clean(item) for item in value]
        case dict():
            return {_clean(key): _clean(item) for key, item in value.items()}
        case _:
            return value


def _without_lone_surrogates(text: str) -> str:
    """A surrogate without its partner makes a str that nothing can encode."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
