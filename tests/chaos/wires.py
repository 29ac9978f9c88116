"""What lies between the bots and the world: a wire to PostgreSQL that can be cut, and a balancer of HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import aiohttp
from aiohttp import web

CHUNK = 65_536


@dataclass
class Wire:
    """TCP to `target`; `hold` swallows what is sent until `mend`, `cut` resets what is open."""

    target: int
    port: int = 0
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def hold(self) -> None:
        """A network that lets nothing through and says nothing, as an unplugged cable does."""
        self._flowing.clear()

    def mend(self, *, lost: bool) -> None:
        """It flows again. What was held arrives late, or not at all because the connections are gone."""
        if lost:
            self.cut()
        self._flowing.set()

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._flowing.wait()
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
                self._open.add(far_writer)
                try:
                    await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
                finally:
                    self._open.discard(far_writer)
                    far_writer.transport.abort()
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def open_wire(target: int) -> AsyncIterator[Wire]:
    wire = Wire(target)
    wire.mend(lost=False)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.mend(lost=True)


@dataclass
class Balancer:
    """Sends each request to the next of `ports`; one that cannot be reached is passed over, as balancers do."""

    ports: list[int] = field(default_factory=list)
    url: str = ""
    served: list[int] = field(default_factory=list)
    _turn: count = field(default_factory=count)

    async def handle(self, request: web.Request) -> web.Response:
        body, turn, ports = await request.read(), next(self._turn), list(self.ports)
        headers = {
            name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")
        }
        for offset in range(len(ports)):
            port = ports[(turn + offset) % len(ports)]
            try:
                return await self._ask(port, body, headers)
            except aiohttp.ClientConnectorError:
                continue
            except (aiohttp.ClientError, TimeoutError):
                break  # it may have been served: whoever asked has to ask again
        return web.Response(status=502)

    async def _ask(self, port: int, body: bytes, headers: dict[str, str]) -> web.Response:
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(f"http://127.0.0.1:{port}/slack/events", data=body, headers=headers) as answer,
        ):
            self.served.append(port)
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)


@asynccontextmanager
async def open_balancer() -> AsyncIterator[Balancer]:
    balancer = Balancer()
    app = web.Application()
    app.router.add_post("/slack/events", balancer.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        balancer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield balancer
    finally:
        await runner.cleanup()
