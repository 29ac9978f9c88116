"""From Slack to the app: parcels, their deadline of three seconds, and the retries of events."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Protocol

from bot.sandbox.slack.calls import CallLog, Result
from bot.sandbox.slack.wire import Json
from bot.times import Clock

ACK_S = 3.0
EVENT_RETRIES_S = (0.0, 60.0, 300.0)
"""An event that was not acknowledged comes again at once, after a minute, and after five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """`type` is "slash_commands", "interactive" or "events_api"; `accepts` an answer in the ack."""

    type: str
    payload: Json
    accepts: bool

    @property
    def name(self) -> str:
        if self.type == "events_api":
            return f"deliver.{self.payload['event']['type']}"
        return f"deliver.{self.payload['type'] if self.type == 'interactive' else self.type}"


@dataclass(frozen=True, slots=True)
class Retry:
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What came back. `error` is None when it was acknowledged in time, else Slack's word for the failure.

    `final`: the app asked that the event not come again (``X-Slack-No-Retry: 1``).
    """

    payload: Json | None = None
    error: str | None = None
    status: int = 200
    final: bool = False


class Transport(Protocol):
    async def send(self, parcel: Parcel, retry: Retry | None) -> Ack: ...


class Dispatcher:
    """Sends parcels and records each with its outcome; owns the tasks of the events."""

    def __init__(self, clock: Clock, transport: Transport, calls: CallLog) -> None:
        self._clock = clock
        self._transport = transport
        self._calls = calls
        self._tasks: set[asyncio.Task[None]] = set()
        self.duplicates = 0

    async def ask(self, parcel: Parcel, retry: Retry | None = None) -> Ack:
        """One delivery, with no retry: commands and interactions are never repeated."""
        watch = self._calls.begin()
        ack = await self._transport.send(parcel, retry)
        told = {} if retry is None else {"retry_attempt": retry.attempt, "retry_reason": retry.reason}
        status = 0 if ack.error else ack.status
        result = Result(status=status, answer=ack.payload, error=ack.error)
        self._calls.add(watch, "delivery", parcel.name, {**parcel.payload, **told}, result)
        return ack

    def tell(self, payload: Json) -> None:
        """An event: delivered in the background, up to three more times until it is acknowledged."""
        parcel = Parcel(type="events_api", payload=payload, accepts=False)
        times = 1
        if self.duplicates > 0:
            self.duplicates -= 1
            times = 2
        for _ in range(times):
            task = asyncio.create_task(self._persist(parcel), name=parcel.name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Waits until no event is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _persist(self, parcel: Parcel) -> None:
        ack = await self.ask(parcel)
        for attempt, delay_s in enumerate(EVENT_RETRIES_S, start=1):
            if ack.error is None or ack.final:
                return
            await self._clock.sleep(delay_s)
            ack = await self.ask(parcel, Retry(attempt, ack.error))


async def within(clock: Clock, seconds: float, work: "asyncio.Future[Any]") -> bool:
    """Whether `work` was done in time by `clock`; it is left running when it was not."""
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await timer
    return work.done()
