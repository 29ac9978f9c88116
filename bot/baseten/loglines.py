"""A page of log lines out of bytes. One bad line never costs the page, and nothing is dropped unseen."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeGuard

import msgspec

from bot.baseten.lenient import DECODING_ERRORS, Undecodable, loads_text
from bot.logs.line import Level, Line
from bot.logs.pages import Page
from bot.times import parse_stamp


class _Line(msgspec.Struct, gc=False):
    """`LogV1` with what may be absent, null or a number made so. Unknown fields are ignored."""

    timestamp: str | int
    message: str | None = None
    replica: str | None = None
    level: str | None = None
    request_id: str | None = None


class _Answer(msgspec.Struct, gc=False):
    logs: list[_Line] | None


def page(body: bytes) -> Page:
    """The page in `body` (`GetLogsResponseV1`), its lines in the server's order.

    The common case is decoded in one go; a body that does not fit is read again line by line. `skipped`
    counts what is no line at all: no object, or no timestamp that could be placed in time.

    Raises:
        Undecodable: there is no list of logs, or the body ends in the middle of it.
    """
    with suppress(*DECODING_ERRORS):
        return _page([_line(raw) for raw in _DECODER.decode(body).logs or ()])
    return _page([_salvaged(value) for value in _values(body.decode("utf-8", "replace"))])


_DECODER = msgspec.json.Decoder(_Answer)
_INT64 = range(-(2**63), 2**63)


def _page(lines: list[Line | None]) -> Page:
    kept = tuple(line for line in lines if line is not None)
    return Page(lines=kept, skipped=len(lines) - len(kept))


def _line(raw: _Line) -> Line | None:
    try:
        timestamp_ns = parse_stamp(raw.timestamp)
    except ValueError:
        return None
    if timestamp_ns not in _INT64:
        return None
    message = (raw.message or "").rstrip("\r\n")
    return Line(timestamp_ns, message, raw.replica, Level.parse(raw.level), raw.request_id)


def _salvaged(value: object) -> Line | None:
    if not _is_object(value):
        return None
    stamp = value.get("timestamp")
    if isinstance(stamp, float) and math.isfinite(stamp):
        stamp = int(stamp)  # a time that is nearly right beats a line that is lost
    if isinstance(stamp, bool) or not isinstance(stamp, str | int):
        return None
    texts = {name: _text(value.get(name)) for name in ("message", "replica", "level", "request_id")}
    return _line(_Line(stamp, **texts))


def _text(value: object) -> str | None:
    """What is no text is shown as the JSON it was."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _values(text: str) -> Iterator[object]:
    """The members of `logs`, each as JSON; None for one that is none."""
    answer = _value(text)
    if answer is None:
        yield from map(_value, _pieces(text))
        return
    if not _is_object(answer) or "logs" not in answer:
        raise Undecodable("no list of logs")
    logs = answer["logs"]
    if not isinstance(logs, list):
        raise Undecodable("the logs are no list")
    yield from logs


def _value(text: str) -> object:
    """The JSON value, or None when it is none (or null, which is no line and no answer either)."""
    with suppress(Undecodable):
        return loads_text(text)
    return None


_LOGS = re.compile(r'"logs"\s*:\s*\[')
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def _pieces(text: str) -> Iterator[str]:
    """The objects in the list of logs, cut out by counting brackets outside strings.

    For a body with one line that no parser takes (a bad escape, nesting without end).
    """
    start = _LOGS.search(text)
    if start is None:
        raise Undecodable("no list of logs")
    depth, begin = 0, 0
    for token in _TOKEN.finditer(text, start.end()):
        match token[0]:
            case "{" | "[":
                begin = token.start() if depth == 0 else begin
                depth += 1
            case "}" | "]":
                depth -= 1
                if depth < 0:
                    return
                if depth == 0:
                    yield text[begin : token.end()]
    raise Undecodable("the list of logs is cut off")


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
