"""The bot's own process: started, stopped and killed as an operator, or fate, would."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from bot.errors import ConfigurationError
from bot.times import Clock, Ms, now_ms

State = Literal["running", "starting", "stopped"]
STOP_S = 12.0
READY_S = 30.0
LAST_LINES = 15


class BotProcess:
    """``joblogs run`` with the same state however often it is started; in a session of its own.

    Args:
        connected: whether a bot has sockets to the workspace now.
        heard: called after each change.
        died: called with the last lines of its log when it ended without being told to.

    Attributes:
        restarts: how often it was started after the first time.
        since_ms: when it came to its state.
    """

    def __init__(
        self, clock: Clock, folder: Path, connected: Callable[[], bool], heard: Callable[[], None]
    ) -> None:
        self.state: State = "stopped"
        self.restarts = 0
        self.since_ms: Ms = now_ms(clock)
        self.log = folder / "bot.log"
        self.died: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._connected = connected
        self._heard = heard
        self._starts = 0
        self._process: Process | None = None
        self._minder: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._told_to_end = False
        self.environment: Mapping[str, str] = {}
        self.arguments: tuple[str, ...] = ()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.state != "stopped" else None

    async def start(self) -> None:
        """Starts it; `ready` waits until it is connected. One that lives is left alone."""
        if self.state != "stopped":
            return
        self._enter("starting")
        self._told_to_end = False
        environment = {**os.environ, **self.environment}
        environment.pop("PORT", None)
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                *self.arguments,
                env=environment,
                stderr=output,
                start_new_session=True,
            )
        self._starts += 1
        self.restarts = self._starts - 1
        self._minder = asyncio.create_task(self._mind(self._process), name="bot's process")

    async def ready(self) -> None:
        """Waits until it takes what people do.

        Raises:
            ConfigurationError: it ended before, or was not connected within half a minute.
        """
        try:
            async with asyncio.timeout(READY_S):
                while self.state == "starting":
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        if self.state != "running":
            raise ConfigurationError(f"The bot did not start:\n{self.last_lines()}")

    async def stop(self) -> None:
        """Asks it to finish what it has begun and end; insists after a while."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL: it cannot finish anything."""
        await self._end(signal.SIGKILL)

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    async def _end(self, how: signal.Signals) -> None:
        process, minder = self._process, self._minder
        if process is None or minder is None or process.returncode is not None:
            return
        self._told_to_end = True
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
        await minder

    async def _mind(self, process: Process) -> None:
        """Follows it from its start to its end."""
        while self.state == "starting" and process.returncode is None:
            if self._connected():
                self._enter("running")
            else:
                await asyncio.sleep(0.1)
        await process.wait()
        self._enter("stopped")
        if not self._told_to_end:
            self.died(self.last_lines())
        # Its sockets close with it: the next one must not be taken for connected because of them.
        while self._connected():  # noqa: ASYNC110 - the sockets are another room's, and tell nobody
            await asyncio.sleep(0.02)

    def _enter(self, state: State) -> None:
        self.state, self.since_ms = state, now_ms(self._clock)
        self._changed.set()
        self._heard()
