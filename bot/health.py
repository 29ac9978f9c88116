"""/healthz: is the process alive; /readyz: can it do its work; /metrics; and Slack's way in when it uses HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web

from bot.doorstep import Doorstep
from bot.errors import ConfigurationError
from bot.metrics import CONTENT_TYPE

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else one sentence."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_BODY_BYTES = 1_000_000
LINGER_S = 1.0
"""So long the rest of a request that was refused is thrown away, so that the answer gets through."""
KEEP_ALIVE_S = 75.0
"""So long a connection waits for its next request; `doorstep` sees to the first one."""
SHUTDOWN_S = 3.5
"""A request that has come is answered by then: Slack waits for three seconds."""


@asynccontextmanager
async def serve(
    listen: tuple[str, int],
    *,
    alive: Mapping[str, Check],
    ready: Mapping[str, Check],
    metrics: Callable[[], Awaitable[bytes]],
    slack: Handler | None,
) -> AsyncIterator[int]:
    """Serves until the block is left; gives the port.

    Raises:
        ConfigurationError: the port is taken.
    """
    doorstep = Doorstep()
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[doorstep.middleware()])
    app.router.add_get("/healthz", _handler(alive))
    app.router.add_get("/readyz", _handler(ready))
    app.router.add_get("/metrics", _scraped(metrics))
    if slack is not None:
        app.router.add_post("/slack/events", slack)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=SHUTDOWN_S, lingering_time=LINGER_S, keepalive_timeout=KEEP_ALIVE_S
    )
    host, port = listen
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        try:
            bound = await stack.enter_async_context(doorstep.serving(runner, host, port))
        except OSError as error:
            raise ConfigurationError(f"PORT: {host}:{port} cannot be listened on: {error.strerror}") from error
        log.info("listening", host=host, port=bound)
        yield bound


def _scraped(metrics: Callable[[], Awaitable[bytes]]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=await metrics(), headers={"Content-Type": CONTENT_TYPE})

    return answer


def _handler(checks: Mapping[str, Check]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        found = await asyncio.gather(*(check() for check in checks.values()))
        problems = {name: problem for name, problem in zip(checks, found, strict=True) if problem}
        body = {"ok": not problems, "problems": problems}
        return web.json_response(body, status=503 if problems else 200)

    return answer
