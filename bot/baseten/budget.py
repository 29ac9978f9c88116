"""Who may ask now: an exact sliding window of requests for one account and one endpoint."""

import asyncio
import random
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from bot.baseten.options import Options
from bot.flows.services import Priority
from bot.times import Clock

_FIRST_HOLD_S = 1.0
_NAP_S = 0.001  # the shortest sleep: floats may leave a remainder that no clock can wait for


@dataclass(order=True, slots=True)
class _Waiter:
    """One place in the queue. `turn` tells it that it may have come to the front."""

    priority: Priority
    number: int
    turn: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Budget:
    """At most `limit` requests begin in any `window_s` seconds, the last `reserve` of them only commands.

    A token bucket of the same rate lets twice the limit through in one second; this remembers each moment,
    and for `slack_s` longer, so that the limit holds where the requests arrive, too. No more than `burst` go
    at once, which spares connections.

    Commands stand before polls, and whoever came first goes first. There is no task behind it: the first of
    the queue sleeps until there is a slot, and whoever leaves the queue, served or not, wakes the next.
    """

    def __init__(self, options: Options, clock: Clock) -> None:
        self._limit, self._reserve = options.limit, options.reserve
        self._window_s = options.window_s + options.slack_s
        self._gap_s = self._window_s / self._limit
        self._lead_s = (options.burst - 1) * self._gap_s
        self._hold_max_s = options.hold_max_s
        self._clock = clock
        self._queue: list[_Waiter] = []
        self._numbers = count()
        self._granted: deque[float] = deque()
        self._even_s = 0.0  # when the next request would go if all were spread evenly
        self._held_until_s = 0.0
        self._strikes = 0

    async def take(self, priority: Priority) -> None:
        """Waits for a slot and uses it up. A cancelled waiter leaves nothing behind."""
        waiter = _Waiter(priority, next(self._numbers))
        insort(self._queue, waiter)
        try:
            await self._front(waiter)
            now_s = self._clock.monotonic_s()
            self._granted.append(now_s)
            self._even_s = max(self._even_s, now_s) + self._gap_s
        finally:
            self._queue.remove(waiter)
            if self._queue:
                self._queue[0].turn.set()

    async def _front(self, waiter: _Waiter) -> None:
        """Returns when `waiter` is the first and there is a slot for it."""
        while True:
            if self._queue[0] is not waiter:
                await waiter.turn.wait()
                waiter.turn.clear()
            elif (wait_s := self._wait_s(waiter.priority)) > 0:
                await self._clock.sleep(max(wait_s, _NAP_S))
            else:
                return

    def held_s(self) -> float:
        """Seconds until a 429 no longer holds anyone back; 0 when none does."""
        return max(0.0, self._held_until_s - self._clock.monotonic_s())

    def refused(self, retry_after_s: float | None) -> float:
        """Notes a 429: everyone of the account waits on this endpoint. Returns for how many seconds.

        Without a word from the server the wait doubles with each refusal that follows a hold; the answers to
        requests that were already on their way count once.
        """
        if retry_after_s is None:
            if self.held_s() > 0:
                return self.held_s()
            self._strikes += 1
            retry_after_s = _FIRST_HOLD_S * 2 ** min(self._strikes - 1, 16) * random.uniform(0.75, 1.25)
        until_s = self._clock.monotonic_s() + min(retry_after_s, self._hold_max_s)
        self._held_until_s = max(self._held_until_s, until_s)
        return self.held_s()

    def accepted(self) -> None:
        """Notes an answer that was not a 429."""
        if self.held_s() == 0:
            self._strikes = 0

    def _wait_s(self, priority: Priority) -> float:
        """Seconds until the first of the queue may go, as far as can be known now; 0 when it may."""
        now_s = self._clock.monotonic_s()
        while self._granted and now_s - self._granted[0] >= self._window_s:
            self._granted.popleft()
        allowed = self._limit - (self._reserve if priority is Priority.POLL else 0)
        too_many = len(self._granted) - allowed
        room_s = self._granted[too_many] + self._window_s if too_many >= 0 else now_s
        spread_s = self._even_s - self._lead_s - _NAP_S
        return max(0.0, max(room_s, spread_s, self._held_until_s) - now_s)
