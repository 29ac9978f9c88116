"""Socket Mode with several connections, each watched over.

Slack gives every payload to any one of the sockets, so that a second one hides the loss of the first. A socket is
replaced when it is lost, when Slack asks for it, when it hears nothing while the others do, and in its turn when
it has heard nothing for a while: one that went deaf looks just like one to which nobody speaks. The new one is
open before the old one is closed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from slack_bolt.async_app import AsyncApp

from bot.slack.connection import Connection, Ear, Opening, close
from bot.times import Clock

log = structlog.get_logger(__name__)

CHECK_INTERVAL_S = 0.5
IDLE_S = 45.0
RENEWAL_S = 60.0
"""So seldom one of the idle sockets is replaced: Slack's tables disagree whether more than one address a minute
may be asked for. When all of them are deaf, one hears again within a minute."""
DEAF_PAYLOADS = 8
"""So many payloads for each other socket, and none for this one: with two, a chance of 1 in 256 that it hears."""
DEAF_AGE_S = 15.0
"""Younger sockets are not judged; one that replaced a deaf one in vain is judged half as often each time."""
LINGER_S = 3.5
"""What came by the old connection is acknowledged by it: Slack waits for three seconds."""
TOO_MANY = "too_many_websockets"


@dataclass(slots=True, kw_only=True)
class Socket:
    """One place that always has a connection, as far as that can be."""

    name: str
    clock: Clock
    opening: Opening
    house: "Sockets"
    connection: Connection | None = None
    _vain: int = 0
    _retiring: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def connected(self) -> bool:
        return self.connection is not None and self.connection.is_up

    async def run(self) -> None:
        """Keeps a connection up until it is cancelled."""
        try:
            while True:
                try:
                    await self._one()
                except Exception:
                    # A door, too: nobody waits for this task, and without it the bot would be deaf for good.
                    log.exception("socket_failed", name=self.name)
                    self.opening.slower()
        finally:
            await self._end()

    async def _one(self) -> None:
        """Opens a connection, lets it take over, and returns when it is to be replaced."""
        fresh = await self.opening.next()
        old, self.connection = self.connection, fresh
        log.info("socket", name=self.name, connected=True)
        self._retire(old)
        reason = await self._watched(fresh)
        log.info("socket", name=self.name, connected=fresh.is_up, reason=reason)
        if reason == TOO_MANY:
            self.opening.slower()
            await close(fresh)

    async def _watched(self, connection: Connection) -> str:
        """Why it is to be replaced, when it is."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            reason = self._fault(connection)
            if reason is not None:
                return reason

    def _fault(self, connection: Connection) -> str | None:
        now_s = self.clock.monotonic_s()
        if connection.goodbye is not None:
            return connection.goodbye
        if not connection.is_up:
            return "lost"
        if connection.is_broken:
            return "nobody listens"
        if connection.has_heard:
            self._vain = 0
        missed = self.house.ear.payloads - connection.heard_at
        judged_s = DEAF_AGE_S * 2 ** min(self._vain, 6)
        if missed >= DEAF_PAYLOADS * max(1, len(self.house.all) - 1) and now_s - connection.heard_s >= judged_s:
            self._vain += 1
            return "deaf"
        return "idle" if self.house.may_renew(connection, now_s) else None

    def _retire(self, old: Connection | None) -> None:
        if old is None:
            return
        task = asyncio.create_task(_retired(old), name=f"retire {self.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _end(self) -> None:
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        if self.connection is not None:
            await close(self.connection)


async def _retired(connection: Connection) -> None:
    try:
        await asyncio.sleep(LINGER_S if connection.is_up else 0.0)
    finally:
        await close(connection)


@dataclass(slots=True)
class Sockets:
    """All connections of this process."""

    all: list[Socket] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)

    @property
    def connected(self) -> int:
        return sum(socket.connected for socket in self.all)

    def may_renew(self, connection: Connection, now_s: float) -> bool:
        """Whether it is the turn of this one: the idle one that has heard nothing for longest."""
        standing = [socket.connection for socket in self.all if socket.connection is not None]
        idlest = min(standing, key=lambda one: one.heard_s)
        newest_s = max(one.born_s for one in standing)
        return connection is idlest and now_s - connection.heard_s >= IDLE_S and now_s - newest_s >= RENEWAL_S


@asynccontextmanager
async def open_sockets(app: AsyncApp, app_token: str, count: int, clock: Clock) -> AsyncIterator[Sockets]:
    """Opens `count` connections and keeps them until the block is left."""
    sockets = Sockets()
    opening = Opening(app, app_token, clock, sockets.ear)
    for number in range(1, count + 1):
        sockets.all.append(Socket(name=f"socket-{number}", clock=clock, opening=opening, house=sockets))
    tasks = [asyncio.create_task(socket.run(), name=socket.name) for socket in sockets.all]
    try:
        yield sockets
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
