"""What stands before every endpoint: the key, the limit, the faults; and compression behind it."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import assert_never

from aiohttp import web

from bot.sandbox.baseten.answers import KEY, Unknown, failure
from bot.sandbox.baseten.faults import ENDPOINTS, Garbage, Hold, Kind, Refuse, Reset, Slow, TooMany, Truncate
from bot.sandbox.baseten.questions import Invalid
from bot.sandbox.baseten.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MESSAGES = {
    401: "Invalid API key",
    403: "You do not have permission to perform this action.",
    404: "Not found",
    405: "Method not allowed",
}


class Gate:
    """Lets a request through, or answers in its place.

    In this order: 404 and 405 for what is not in the API description, 401, 429, a fault, the endpoint itself.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if missing := request.match_info.http_exception:
            allow = {"Allow": missing.headers["Allow"]} if "Allow" in missing.headers else None
            return failure(missing.status, _message(missing.status), headers=allow)
        key = _key(request)
        if key is None or key not in self._world.keys:
            return failure(401, _MESSAGES[401])
        request[KEY] = key
        if refusal := self._limit(request, key):
            return refusal
        fault = self._world.faults.take(_endpoint(request), request.match_info.get("job_id"))
        return await _served(request, handler) if fault is None else await _spoilt(request, handler, fault)

    def _limit(self, request: web.Request, key: str) -> web.Response | None:
        now_s, limit = self._world.clock.monotonic_s(), self._world.traits.rate_limit
        wait_s = self._world.requests.arrive(key, _endpoint(request), now_s, limit)
        if wait_s is None:
            return None
        return failure(429, f"Rate limit of {limit} requests per second exceeded", retry_after=wait_s)


def _key(request: web.Request) -> str | None:
    """The API key: after ``Bearer``, or after the older ``Api-Key``."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key if scheme.lower() in {"bearer", "api-key"} and key else None


def _endpoint(request: web.Request) -> str:
    """Its name in `Answers.routes`; GET and the deprecated POST of one path are one endpoint."""
    resource = request.match_info.route.resource
    if resource is None or resource.name not in ENDPOINTS:
        raise LookupError(f"no endpoint has the path {request.path}")
    return resource.name


def _message(status: int) -> str:
    return _MESSAGES.get(status, f"Simulated failure ({status})")


async def _served(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except Unknown as error:
        response = failure(404, str(error))
    except Invalid as error:
        response = failure(error.status, str(error))
    if isinstance(response, web.Response) and _takes_gzip(request) and isinstance(response.body, bytes):
        response.body = gzip.compress(response.body, compresslevel=1)
        response.headers["Content-Encoding"] = "gzip"
    return response


def _takes_gzip(request: web.Request) -> bool:
    offers = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return any(offer == "gzip" or (offer.startswith("gzip;q=") and offer[7:].strip("0.")) for offer in offers)


async def _spoilt(request: web.Request, handler: Handler, fault: Kind) -> web.StreamResponse:
    match fault:
        case Refuse(status):
            return failure(status, _message(status))
        case TooMany(None):
            return failure(429, "Rate limit exceeded")
        case TooMany(retry_after_s):
            return failure(429, "Rate limit exceeded", retry_after=retry_after_s)
        case Garbage():
            return web.Response(text="<html><body>upstream connect error</body></html>", content_type="text/html")
        case Slow(seconds):
            await asyncio.sleep(seconds)
            return await _served(request, handler)
        case _:
            return await _broken_off(request, handler, fault)


async def _broken_off(
    request: web.Request, handler: Handler, fault: Hold | Reset | Truncate
) -> web.StreamResponse:
    match fault:
        case Hold():
            await asyncio.Event().wait()
        case Reset():
            _reset(request)
        case Truncate():
            return await _cut(request, await _served(request, handler))
        case _:
            assert_never(fault)
    return web.Response(status=500)  # nobody reads it: the connection is gone


async def _cut(request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
    """Announces the whole body, sends half of it and closes the connection."""
    body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b""
    half = web.StreamResponse(status=whole.status, headers=whole.headers)
    half.content_length = max(2, len(body))
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return half


def _reset(request: web.Request) -> None:
    """Closes the socket with a reset instead of an orderly end: `SO_LINGER` of zero seconds."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
