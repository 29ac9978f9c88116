"""What a reply that is no success says: its message, when to come back, and the failure to raise."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot.baseten.lenient import Undecodable, loads
from bot.baseten.transport import Reply
from bot.errors import (
    ApiForbidden,
    ApiNotFound,
    ApiRateLimited,
    ApiRefused,
    ApiUnauthorized,
    ApiUnavailable,
    PermanentError,
    TransientError,
)
from bot.times import NS_PER_S, Ns, parse_rfc3339

_MESSAGE_LENGTH = 300
_TRANSIENT = frozenset({408, 425})
_REFUSALS: dict[int, tuple[type[ApiRefused], str]] = {
    401: (ApiUnauthorized, "does not accept the API key for"),
    403: (ApiForbidden, "does not let this API key see"),
    404: (ApiNotFound, "does not know"),
}


def failure(reply: Reply, about: str, now_ns: Ns) -> TransientError | PermanentError:
    """The exception for a reply that is not 2xx. `about` names what was asked: ``the logs of job abc``."""
    status, said = reply.status, _said(reply)
    if status == 429:
        message = f"Baseten limits the rate of requests for {about}{said}"
        return ApiRateLimited(message, retry_after_s=retry_after_s(reply, now_ns))
    if status >= 500 or status in _TRANSIENT:
        message = f"Baseten could not answer for {about} ({status}){said}"
        return ApiUnavailable(message, retry_after_s=retry_after_s(reply, now_ns))
    if status < 400:
        where = _place(reply.headers.get("location", ""))
        answer = f"{status}{where}; check the base URL"
        return ApiUnavailable(f"not Baseten's API: asked for {about}, answered {answer}")
    kind, verb = _REFUSALS.get(status, (ApiRefused, "refused"))
    return kind(f"Baseten {verb} {about} ({status}){said}", status=status)


def retry_after_s(reply: Reply, now_ns: Ns) -> float | None:
    """Seconds from now, as ``retry_after`` in the body or the header ``Retry-After`` says; None if neither does.

    The body goes first: it is what the API documents. The header holds seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    body = _object(reply.body)
    from_body = _seconds(body.get("retry_after"))
    if from_body is not None:
        return from_body
    header = reply.headers.get("retry-after", "").strip()
    from_header = _seconds(header)
    return from_header if from_header is not None else _seconds_until(header, now_ns)


def _said(reply: Reply) -> str:
    """What the body says to people, led by a colon, cut; empty when it says nothing."""
    body = _object(reply.body)
    text = _message(body) if body else reply.body.decode("utf-8", "replace").strip()
    if not text or text.startswith(("<", "{", "[")):  # a proxy's page, or JSON without any words in it
        return ""
    line = " ".join(text.split())
    return ": " + (line if len(line) <= _MESSAGE_LENGTH else line[: _MESSAGE_LENGTH - 1] + "…")


def _message(value: object) -> str:
    """The first words found under the names that the API and the servers before it use."""
    match value:
        case str():
            return value
        case list():
            return "; ".join(filter(None, map(_message, value[:3])))
        case dict():
            return next(filter(None, (_message(value.get(name)) for name in _NAMES)), "")
        case _:
            return ""


_NAMES = ("message", "error", "detail", "msg", "title")


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = loads(body)
    except Undecodable:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(http_date: str, now_ns: Ns) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    at_ns = parse_rfc3339(moment.astimezone(UTC).isoformat())
    return max(0.0, (at_ns - now_ns) / NS_PER_S)


def _place(location: str) -> str:
    """Where a redirect points, without its query, which may be signed."""
    parts = urlsplit(location)
    if not parts.netloc:
        return ""
    return f" with a redirect to {parts.scheme}://{parts.netloc}{parts.path}"[:_MESSAGE_LENGTH]
