"""The stage for scenarios: both simulated services and the real app between them, on a clock turned by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.app import App, open_app
from bot.flows.pace import RATES
from bot.sandbox.baseten.job import SimJob, SimProject
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.settings import Settings
from bot.times import Ms, Ns

KEY = "stage-key"
CHANNEL = "ml-alerts"
PATIENCE_S = 30.0
_IN_A_HURRY = ContextVar("in_a_hurry", default=False)


@dataclass
class TurnedClock:
    """Real time plus whatever a test turned it ahead by; who sleeps wakes when either has passed enough."""

    ahead_s: float = 0.0
    _turned: asyncio.Event = field(default_factory=asyncio.Event)
    _alarms: list[float] = field(default_factory=list)

    def now_ns(self) -> Ns:
        return Ns(time.time_ns() + int(self.ahead_s * 1_000_000_000))

    def monotonic_s(self) -> float:
        return time.monotonic() + self.ahead_s

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic_s() + seconds
        alarms = self._alarms if _IN_A_HURRY.get() else []
        alarms.append(until)
        try:
            while (left := until - self.monotonic_s()) > 0:
                with suppress(TimeoutError):  # `wait_for` would swallow a cancellation that comes with a turn
                    async with asyncio.timeout(left):
                        await self._turned.wait()
        finally:
            alarms.remove(until)

    def turn_to_next_alarm(self) -> None:
        """Wakes who is to wake next of those that a test waits for, if they do sleep."""
        if self._alarms:
            self.turn(max(0.0, min(self._alarms) - self.monotonic_s()))

    def turn(self, seconds: float) -> None:
        self.ahead_s += seconds
        self._turned.set()
        self._turned = asyncio.Event()


@dataclass
class Stage:
    """What a story is told with."""

    clock: TurnedClock
    world: World
    workspace: Workspace
    settings: Settings
    project: SimProject
    _stack: AsyncExitStack
    app: App | None = None

    @property
    def bot(self) -> App:
        assert self.app is not None
        return self.app

    def job(self, name: str = "run-1", **fields: Any) -> SimJob:
        return self.world.add_job(self.project, name=name, **{"status": "TRAINING_JOB_RUNNING", **fields})

    async def start(self) -> None:
        """Builds the app; its sockets are open, its beats are turned by `tick`."""
        self._stack = AsyncExitStack()
        self.app = await self._stack.enter_async_context(open_app(self.settings, clock=self.clock))
        await self._stack.enter_async_context(self.bot.intake())
        if self.settings.uses_sockets:
            await self.until(lambda: len(self.workspace.sockets) >= 1)

    async def stop(self) -> None:
        await self._stack.aclose()
        self.app = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def tick(self, seconds: float = 2.0) -> None:
        """Time passes, and every beat has its turn."""
        await self.turn_the_watch(seconds)
        await self.patiently(self.bot.verdict.tick())
        await self.patiently(self.bot.vigil.tick())
        await self.bot.attend.tick()
        await self.deliver()

    async def turn_the_watch(self, seconds: float) -> None:
        """Time passes for those beats alone that read the jobs."""
        self.clock.turn(seconds)
        await self.bot.leases.tick()
        await self.patiently(self.bot.lifecycle.tick())
        await self.patiently(self.bot.watch.tick())
        await self.patiently(self.bot.watch.settle())

    async def ticks(self, count: int, seconds: float = 2.0) -> None:
        for _ in range(count):
            await self.tick(seconds)

    async def patiently(self, doing: Coroutine[Any, Any, object]) -> None:
        """Lets it finish; where it only waits for its next try, time passes."""
        _IN_A_HURRY.set(True)
        task = asyncio.create_task(doing)
        _IN_A_HURRY.set(False)
        while not (await asyncio.wait({task}, timeout=0.005))[0]:
            self.clock.turn_to_next_alarm()
        await task

    async def deliver(self) -> None:
        """Sends what is due until nothing is."""
        for _ in range(50):
            if not await self.bot.deliver.tick() and not await self._keeps_distance():
                return
            self.clock.turn(0.3)

    async def _keeps_distance(self) -> bool:
        """Whether a channel has just been written to, and takes more within a second."""
        now = Ms(self.clock.now_ns() // 1_000_000)
        stamps = await self.bot.db.run(lambda tx: tx.pace.read(now))
        return any(next_ms - now <= 1_000 for name, next_ms in stamps.items() if name not in RATES)

    async def command(self, text: str, *, user: str = "ada", channel: str = CHANNEL) -> dict[str, Any]:
        """Types `/joblogs text` and gives the ephemeral that answers it."""
        before = len(self.ephemerals(user, channel))
        outcome = await self.workspace.person(user).command("/joblogs", text, channel=channel)
        assert outcome.acked, outcome
        await self.until(lambda: len(self.ephemerals(user, channel)) > before)
        return self.ephemerals(user, channel)[-1]

    async def press(
        self, message: dict[str, Any], action_id: str, *, user: str = "ada", channel: str = CHANNEL
    ) -> Any:
        return await self.workspace.person(user).press(channel, message["ts"], action_id)

    def ephemerals(self, user: str = "ada", channel: str = CHANNEL) -> list[dict[str, Any]]:
        return self.workspace.ephemerals(user, channel)

    def channel(self, name: str = CHANNEL) -> list[dict[str, Any]]:
        """The bot's messages in the channel, replies left out."""
        return [m for m in self.workspace.messages(name) if m.get("user") == self.workspace.bot_user_id]

    def cards(self, name: str = CHANNEL) -> list[dict[str, Any]]:
        return [m for m in self.channel(name) if any(b["type"] == "actions" for b in m.get("blocks") or [])]

    def thread(self, message: dict[str, Any], name: str = CHANNEL) -> list[dict[str, Any]]:
        return self.workspace.messages(name, message["ts"])[1:]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits, in real time, for something that happens over the wire."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.01)


@dataclass
class _Door:
    """Where Slack's requests come in, for the app that is on the stage."""

    url: str = ""
    stage: Stage | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["_Door"]:
        app = web.Application()
        app.router.add_post("/slack/events", self._pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
            yield self
        finally:
            await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self.stage is not None
        return await self.stage.bot.door.take(request)


def shown(message: dict[str, Any]) -> str:
    """All text of a message's blocks, as a reader sees it."""
    return " ".join(_texts(message.get("blocks") or message.get("text", "")))


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "user":
        return [f"<@{node['user_id']}>"]
    return [text for key in ("text", "elements", "fields", "blocks") if key in node for text in _texts(node[key])]


@asynccontextmanager
async def open_stage(database_url: str, wire: str = "sockets", **settings: Any) -> AsyncIterator[Stage]:
    """A stage with an app that runs, a project, and `ada` and `grace` in #ml-alerts.

    `wire`: how Slack reaches the app, "sockets" or "http".
    """
    clock = TurnedClock()
    world = World(clock, keys={KEY: "stage"})
    workspace = Workspace(clock, seed=7)
    by_sockets = wire == "sockets"
    way_in = {
        "slack_app_token": workspace.app_token if by_sockets else None,
        "slack_signing_secret": None if by_sockets else workspace.signing_secret,
    }
    async with AsyncExitStack() as stack:
        door = None if by_sockets else await stack.enter_async_context(_Door().open())
        address = door.url if door else None
        baseten = await stack.enter_async_context(BasetenServer(world))
        slack = await stack.enter_async_context(SlackServer(workspace, request_url=address))
        stage = Stage(
            clock=clock,
            world=world,
            workspace=workspace,
            settings=Settings(
                slack_bot_token=workspace.bot_token,
                **way_in,
                slack_api_url=slack.api_url,
                baseten_api_key=KEY,
                baseten_api_url=baseten.url,
                database_url=database_url,
                **settings,
            ),
            project=world.add_project("llama-ft"),
            _stack=AsyncExitStack(),
        )
        if door:
            door.stage = stage
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()
