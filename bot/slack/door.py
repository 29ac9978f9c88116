"""The way in over HTTP: what is not Slack's is refused before it costs anything, and nothing of it is repeated.

Anybody can reach this door. A request whose headers are wrong is not even read; the body of another one has
little time and little room; and where too many bodies are on their way at once, the one that has taken longest is
dropped: Slack sends its own in one piece.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.times import NS_PER_S, Clock

CONTENT_TYPES = frozenset({"application/json", "application/x-www-form-urlencoded"})
WINDOW_S = 300
"""Slack: an older request may be a replay."""
READ_S = 2.5
"""Slack waits three seconds for the answer."""
MOST_READING = 64


@dataclass(slots=True)
class Door:
    """`signing_secret` empty: nothing comes in."""

    app: AsyncApp
    signing_secret: str
    clock: Clock
    _reading: dict["asyncio.Task[bytes]", None] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        """One request: handed to Bolt when it is Slack's, which proves the signature once more."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        body = await self._body(request)
        if body is None:
            return _closed(408, "too slow")
        if not self._is_signed(request, body):
            return web.Response(status=401, text="not signed by Slack")
        try:
            readable = await to_bolt_request(request)
        except (AttributeError, LookupError, TypeError, ValueError):
            return web.Response(status=400, text="not a request of Slack's")
        return await to_aiohttp_response(await self.app.async_dispatch(readable))

    def _refusal(self, request: web.Request) -> web.Response | None:
        """What the headers alone tell."""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > len("9999999999"):
            return _closed(401, "not signed by Slack")
        if abs(self.clock.now_ns() // NS_PER_S - int(stamp)) > WINDOW_S:
            return _closed(401, "not signed by Slack within the last minutes")
        if not request.headers.get("X-Slack-Signature", "").startswith("v0="):
            return _closed(401, "not signed by Slack")
        if request.content_type not in CONTENT_TYPES:
            return _closed(415, "not a request of Slack's")
        return None

    async def _body(self, request: web.Request) -> bytes | None:
        """None when it took too long, or was dropped for others.

        Raises:
            web.HTTPRequestEntityTooLarge: it is larger than the server takes (`health.MAX_BODY_BYTES`).
        """
        if len(self._reading) >= MOST_READING:
            next(iter(self._reading)).cancel()
        reading = asyncio.create_task(request.read(), name="read a request")
        self._reading[reading] = None
        try:
            done, _ = await asyncio.wait({reading}, timeout=READ_S)
            return reading.result() if done and not reading.cancelled() else None
        finally:
            reading.cancel()
            del self._reading[reading]

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        stamp, signed = request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        # Not by the SDK's verifier, which fails where the body is no UTF-8.
        proof = hmac.new(self.signing_secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        right = f"v0={proof.hexdigest()}".encode()
        return bool(self.signing_secret) and hmac.compare_digest(right, signed.encode(errors="replace"))


def _closed(status: int, text: str) -> web.Response:
    """An answer after which the connection ends: what is still to come on it is not read."""
    response = web.Response(status=status, text=text)
    response.force_close()
    return response
