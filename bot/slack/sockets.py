"""Socket Mode with several connections, each watched over.

Slack gives every payload to any one of the sockets, so that a second one hides the reconnects of the
first. The SDK's client can wedge: once a connect to a fresh address fails it repeats that address for
ever. The watchdog takes the address away after a while, and builds the client anew when that is not enough.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.times import Clock

log = structlog.get_logger(__name__)

CHECK_INTERVAL_S = 5.0
NEW_ADDRESS_AFTER_S = 15.0
NEW_CLIENT_AFTER_S = 40.0
PING_INTERVAL_S = 5.0
CLOSE_TIMEOUT_S = 5.0


@dataclass(slots=True)
class Socket:
    """One connection and the task that keeps it."""

    name: str
    app: AsyncApp
    app_token: str
    clock: Clock
    handler: AsyncSocketModeHandler | None = None
    connected: bool = False
    _connecting: asyncio.Task[None] | None = None
    _lost_at_s: float | None = None

    async def run(self) -> None:
        """Keeps the connection up until it is cancelled."""
        try:
            self._open()
            while True:
                await asyncio.sleep(CHECK_INTERVAL_S if self.connected else 0.2)
                await self._check()
        finally:
            await self._close()

    async def _check(self) -> None:
        assert self.handler is not None  # noqa: S101 - made by _open, before the first check
        up = await self.handler.client.is_connected()
        if up != self.connected:
            log.info("socket", name=self.name, connected=up)
        self.connected = up
        if up:
            self._lost_at_s = None
            return
        now = self.clock.monotonic_s()
        self._lost_at_s = now if self._lost_at_s is None else self._lost_at_s
        await self._mend(now - self._lost_at_s)

    async def _mend(self, lost_for_s: float) -> None:
        assert self.handler is not None  # noqa: S101 - as above
        if lost_for_s >= NEW_CLIENT_AFTER_S:
            log.warning("socket_rebuilt", name=self.name, lost_for_s=round(lost_for_s))
            await self._close()
            await asyncio.sleep(random.uniform(0, 2))
            self._lost_at_s = None
            self._open()
        elif lost_for_s >= NEW_ADDRESS_AFTER_S:
            self.handler.client.wss_uri = None
        elif self._connecting is not None and self._connecting.done() and self._connecting.exception():
            log.info("socket_connect_again", name=self.name, reason=str(self._connecting.exception()))
            await asyncio.sleep(random.uniform(0.5, 1.5))
            self._connecting = asyncio.create_task(self.handler.connect_async(), name=f"connect {self.name}")

    def _open(self) -> None:
        self.handler = AsyncSocketModeHandler(self.app, self.app_token, ping_interval=PING_INTERVAL_S)
        self._connecting = asyncio.create_task(self.handler.connect_async(), name=f"connect {self.name}")

    async def _close(self) -> None:
        self.connected = False
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._connecting
        if self.handler is not None:
            with suppress(Exception):
                await asyncio.wait_for(self.handler.close_async(), CLOSE_TIMEOUT_S)


@dataclass(slots=True)
class Sockets:
    """All connections of this process."""

    all: list[Socket] = field(default_factory=list)

    @property
    def connected(self) -> int:
        return sum(socket.connected for socket in self.all)


@asynccontextmanager
async def open_sockets(app: AsyncApp, app_token: str, count: int, clock: Clock) -> AsyncIterator[Sockets]:
    """Opens `count` connections and keeps them until the block is left."""
    sockets = Sockets([Socket(f"socket-{n + 1}", app, app_token, clock) for n in range(count)])
    tasks = [asyncio.create_task(socket.run(), name=socket.name) for socket in sockets.all]
    try:
        yield sockets
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
