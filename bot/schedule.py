"""The metronome: which flow runs how often, and a watchdog for the metronome itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import TransientError
from bot.times import Clock

log = structlog.get_logger(__name__)

WAKE_INTERVAL_S = 10.0
"""APScheduler stops for ever when the wall clock is set back, until it is woken: so it is, this often."""
DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Beat:
    """`run` every `every_s` seconds; never twice at once, and a late run stands for all that were missed."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Metronome:
    """Runs the beats. `last_s` tells when each one ended last, on the monotonic clock."""

    beats: Sequence[Beat]
    clock: Clock
    last_s: dict[str, float] = field(default_factory=dict)
    _running: set[asyncio.Task[object]] = field(default_factory=set)

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
        finally:
            self._running.discard(task)
            self.last_s[beat.name] = self.clock.monotonic_s()

    def lateness_s(self) -> dict[str, float]:
        """For each beat, by how much it is over its interval; a beat that never ran counts from the start."""
        now = self.clock.monotonic_s()
        return {beat.name: max(0.0, now - self.last_s[beat.name] - beat.every_s) for beat in self.beats}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beats until the block is left; then what has begun is given `DRAIN_S` to finish."""
        scheduler = AsyncIOScheduler(timezone="UTC")
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
            scheduler.pause()
            await self._drain()
            scheduler.shutdown(wait=False)

    async def _drain(self) -> None:
        if not self._running:
            return
        _, cut_off = await asyncio.wait(self._running, timeout=DRAIN_S)
        if cut_off:
            log.warning("beats_cut_off", count=len(cut_off))

    def _skipped(self, event: object) -> None:
        log.debug("beat_skipped", beat=getattr(event, "job_id", None))


async def _wake(scheduler: AsyncIOScheduler) -> None:
    while True:
        await asyncio.sleep(WAKE_INTERVAL_S)
        scheduler.wakeup()
