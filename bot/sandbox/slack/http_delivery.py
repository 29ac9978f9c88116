"""HTTP mode: signed requests to the app's request URL."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.delivery import ACK_S, Ack, Parcel, Retry, within
from bot.sandbox.slack.wire import Json
from bot.times import NS_PER_S, Clock

GIVE_UP_S = 30.0


@dataclass(slots=True)
class HttpDelivery:
    """Posts parcels to `url`: commands and interactions as forms, events as JSON, each signed (v0)."""

    clock: Clock
    url: str
    secret: str
    session: aiohttp.ClientSession

    async def send(self, parcel: Parcel, retry: Retry | None) -> Ack:
        body, kind = _encoded(parcel)
        headers = {"Content-Type": kind}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.attempt), "X-Slack-Retry-Reason": retry.reason}
        late = "http_timeout" if parcel.type == "events_api" else "operation_timeout"
        return await self._post(body, headers, late)

    async def verify(self, token: str) -> bool:
        """The url_verification handshake: whether the app gives the challenge back."""
        challenge = hashlib.sha256(token.encode()).hexdigest()
        body = json.dumps({"type": "url_verification", "token": token, "challenge": challenge}).encode()
        ack = await self._post(body, {"Content-Type": "application/json"}, "http_timeout")
        return ack.error is None and ack.payload is not None and challenge in ack.payload.values()

    async def _post(self, body: bytes, headers: dict[str, str], late: str) -> Ack:
        signed = headers | signature(self.secret, self.clock.now_ns() // NS_PER_S, body)
        work = asyncio.ensure_future(self._request(body, signed))
        try:
            if not await within(self.clock, ACK_S, work):
                return Ack(error=late)
            return work.result()
        except aiohttp.ClientSSLError:
            return Ack(error="ssl_error")
        except aiohttp.TooManyRedirects:
            return Ack(error="too_many_redirects")
        except (aiohttp.ClientError, TimeoutError):
            return Ack(error="connection_failed")
        finally:
            work.cancel()

    async def _request(self, body: bytes, headers: dict[str, str]) -> Ack:
        limit = aiohttp.ClientTimeout(total=GIVE_UP_S)
        async with self.session.post(self.url, data=body, headers=headers, timeout=limit) as response:
            text = await response.text()
            if not 200 <= response.status < 300:
                final = response.headers.get("X-Slack-No-Retry") == "1"
                return Ack(error="http_error", status=response.status, final=final)
            return Ack(payload=_answer(text, response.content_type), status=response.status)


def signature(secret: str, epoch_s: int, body: bytes) -> dict[str, str]:
    """The two headers by which an app knows that Slack speaks: HMAC-SHA256 over ``v0:time:body``."""
    base = b"v0:" + str(epoch_s).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(epoch_s), "X-Slack-Signature": f"v0={digest}"}


def _encoded(parcel: Parcel) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if parcel.type == "events_api":
        return json.dumps(parcel.payload).encode(), "application/json"
    if parcel.type == "interactive":
        return urlencode({"payload": json.dumps(parcel.payload)}).encode(), form
    return urlencode({name: _text(value) for name, value in parcel.payload.items()}).encode(), form


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _answer(text: str, content_type: str) -> Json | None:
    """The body of a 2xx: JSON, or plain text that stands for a message."""
    if not text.strip():
        return None
    if content_type != "application/json":
        return {"text": text}
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
