"""A clock that is turned by the waits of the tasks that use it."""

import asyncio
import heapq
from itertools import count

import pytest

from bot.times import Ns


class TurnedClock:
    """Jumps to the next moment that somebody sleeps for, whenever nobody has anything left to do."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now_ns(self) -> Ns:
        return Ns(1_733_000_000_000_000_000 + round(self.now_s * 1_000) * 1_000_000)

    def monotonic_s(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, next(self._numbers), woken))
        await woken

    async def run(self, *tasks: asyncio.Task) -> None:
        """Turns the clock until all `tasks` are done."""
        while not all(task.done() for task in tasks):
            await self.settle()
            if self._sleepers:
                self._wake_next()
        await self.settle()

    async def turn_to(self, moment_s: float) -> None:
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= moment_s:
            self._wake_next()
            await self.settle()
        self.now_s = max(self.now_s, moment_s)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def _wake_next(self) -> None:
        moment_s, _, woken = heapq.heappop(self._sleepers)
        self.now_s = max(self.now_s, moment_s)
        if not woken.done():
            woken.set_result(None)


@pytest.fixture
def new_clock() -> type[TurnedClock]:
    return TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()
