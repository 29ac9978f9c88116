"""The metronome: which flow runs how often, and a watchdog for the metronome itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import TransientError
from bot.times import Clock

log = structlog.get_logger(__name__)

WAKE_INTERVAL_S = 10.0
"""APScheduler stops for ever when the wall clock is set back, until it is woken: so it is, this often."""
STOP_S = 9.0
"""So long a graceful stop takes at most; those who stop processes commonly wait for ten seconds."""


@dataclass(frozen=True, slots=True)
class Beat:
    """`run` every `every_s` seconds; never twice at once, and a late run stands for all that were missed."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Stop:
    """The time that is left for what has begun, counted from the first call of `begin`."""

    clock: Clock
    _until_s: float | None = None

    def begin(self) -> None:
        if self._until_s is None:
            self._until_s = self.clock.monotonic_s() + STOP_S

    @property
    def left_s(self) -> float:
        self.begin()
        assert self._until_s is not None  # noqa: S101 - set by begin
        return max(0.0, self._until_s - self.clock.monotonic_s())

    async def finish(self, *work: Coroutine[Any, Any, object], spare_s: float = 0.0) -> None:
        """Lets all of it end, as far as the time without `spare_s` goes, and cancels the rest."""
        tasks = [asyncio.ensure_future(one) for one in work]
        _, cut_off = await asyncio.wait(tasks, timeout=max(0.0, self.left_s - spare_s))
        for task in cut_off:
            task.cancel()
        if cut_off:
            log.warning("stop_cut_off", count=len(cut_off))
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("stop_failed", exc_info=outcome)


@dataclass(slots=True)
class Metronome:
    """Runs the beats. `last_s` tells when each one did its work last, on the monotonic clock."""

    beats: Sequence[Beat]
    clock: Clock
    last_s: dict[str, float] = field(default_factory=dict)
    _running: set[asyncio.Task[object]] = field(default_factory=set)
    _scheduler: AsyncIOScheduler | None = None

    async def _run(self, beat: Beat) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in one
        self._running.add(task)
        try:
            await beat.run()
        except TransientError as error:
            log.warning("beat_again", beat=beat.name, reason=str(error))
        except Exception:
            # The scheduler's door: a tick that fails is logged, and the next one is tried.
            log.exception("beat_failed", beat=beat.name)
            return
        finally:
            self._running.discard(task)
        self.last_s[beat.name] = self.clock.monotonic_s()

    def lateness_s(self) -> dict[str, float]:
        """For each beat, by how much it is over its interval; a beat that never ran counts from the start."""
        now = self.clock.monotonic_s()
        every_s = {beat.name: beat.every_s for beat in self.beats}
        return {name: max(0.0, now - last_s - every_s[name]) for name, last_s in self.last_s.items()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beats until the block is left; what has begun by then and was not waited for (`drain`) is cut off."""
        scheduler = self._scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        for beat in self.beats:
            self.last_s[beat.name] = self.clock.monotonic_s()
            scheduler.add_job(
                self._run,
                "interval",
                args=[beat],
                seconds=beat.every_s,
                id=beat.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        scheduler.start()
        waker = asyncio.create_task(_wake(scheduler), name="metronome watchdog")
        try:
            yield
        finally:
            waker.cancel()
            await self._cut_off()
            scheduler.shutdown(wait=False)

    async def drain(self) -> None:
        """Begins nothing new, and waits for what has begun."""
        if self._scheduler is not None:
            self._scheduler.pause()
        while self._running:
            await asyncio.wait(self._running)

    async def _cut_off(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            log.warning("beats_cut_off", count=len(self._running))
            await asyncio.wait(self._running)

    def _skipped(self, event: object) -> None:
        log.debug("beat_skipped", beat=getattr(event, "job_id", None))


async def _wake(scheduler: AsyncIOScheduler) -> None:
    while True:
        await asyncio.sleep(WAKE_INTERVAL_S)
        scheduler.wakeup()
