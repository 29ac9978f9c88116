"""The simulated API on a real socket."""

from email.utils import formatdate
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.baseten.answers import Answers
from bot.sandbox.baseten.gate import Gate, Handler
from bot.sandbox.baseten.world import World
from bot.times import NS_PER_S


class BasetenServer:
    """Serves a `World` over HTTP for as long as it is entered; `port` 0 takes a free one."""

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = world
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the API, without a slash at its end."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        # Handlers end when their client goes away: a request that a fault holds would otherwise stay for ever.
        runner = web.AppRunner(
            application(self.world), access_log=None, handler_cancellation=True, shutdown_timeout=0.05
        )
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        await site.start()
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def application(world: World) -> web.Application:
    gate = Gate(world)

    @web.middleware
    async def before_all(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await gate.pass_through(request, handler)

    async def stamped(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(world.clock.now_ns() // NS_PER_S, usegmt=True)

    app = web.Application(middlewares=[before_all])
    app.on_response_prepare.append(stamped)
    app.add_routes(Answers(world).routes())
    return app
