"""Connections on which no request comes: whoever says nothing, or never ends its headers, is sent away.

aiohttp waits for them for as long as they stay open. So the server's protocols are made here, each with a clock
that the first request stops.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HEADERS_S = 10.0
MOST_WAITING = 200
"""Beyond these the one that has waited longest makes room."""


@dataclass(slots=True)
class Doorstep:
    _waiting: dict[asyncio.BaseTransport, asyncio.TimerHandle] = field(default_factory=dict)

    def came(self, transport: asyncio.Transport) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._send_away(next(iter(self._waiting)))
        timer = asyncio.get_running_loop().call_later(HEADERS_S, self._send_away, transport)
        self._waiting[transport] = timer

    def left(self, transport: asyncio.BaseTransport | None) -> None:
        """It is closed, or has brought a request."""
        timer = self._waiting.pop(transport, None) if transport is not None else None
        if timer is not None:
            timer.cancel()

    def _send_away(self, transport: asyncio.BaseTransport) -> None:
        self.left(transport)
        if isinstance(transport, asyncio.Transport):
            transport.abort()

    def middleware(self) -> Middleware:
        """Runs when the headers of a request are there."""

        @web.middleware
        async def arrived(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.left(request.transport)
            return await handler(request)

        return arrived

    @asynccontextmanager
    async def serving(self, runner: web.AppRunner, host: str, port: int) -> AsyncIterator[int]:
        """Listens for `runner`, whose app has the middleware; gives the port.

        Raises:
            OSError: the port is taken.
        """
        await runner.setup()
        server = await asyncio.get_running_loop().create_server(lambda: _Visitor(runner, self), host, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()


class _Visitor(asyncio.Protocol):
    """A connection: aiohttp's own protocol, and the clock beside it."""

    def __init__(self, runner: web.AppRunner, doorstep: Doorstep) -> None:
        assert runner.server is not None  # noqa: S101 - `setup` made it
        self._aiohttp = runner.server()
        self._doorstep = doorstep
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if isinstance(transport, asyncio.Transport):
            self._doorstep.came(transport)
        self._aiohttp.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._doorstep.left(self._transport)
        self._aiohttp.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._aiohttp.data_received(data)

    def eof_received(self) -> None:
        self._aiohttp.eof_received()

    def pause_writing(self) -> None:
        self._aiohttp.pause_writing()

    def resume_writing(self) -> None:
        self._aiohttp.resume_writing()
