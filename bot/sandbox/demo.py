"""`joblogs demo`: simulated Baseten and Slack, the page, and the real bot between them as a process of its own."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigurationError
from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.times import SystemClock

API_KEY = "demo-key"
CHANNEL = "ml-alerts"
PROGRAMME = "demo"
WATCHED = "llama-ft"
PERSON = "grace"
STOP_S = 12.0
READY_S = 30.0

_SIGHTS = """
  The workspace:   {page}

  The bot watches the project {projects} from #{channel}. Within half a minute a training job fails.
  Try:   /joblogs jobs
         /joblogs {job} last:30
         press Acknowledge on the card, then open its thread

  Ctrl-C stops everything.  (The bot's own log: {log})
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Both simulated services, serving."""

    world: World
    workspace: Workspace
    player: Player
    baseten_url: str
    slack: SlackServer

    def environment(self, database_url: str) -> dict[str, str]:
        """The variables that point a bot at the sandbox."""
        return {
            "SLACK_BOT_TOKEN": self.workspace.bot_token,
            "SLACK_APP_TOKEN": self.workspace.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "BASETEN_API_KEY": API_KEY,
            "BASETEN_API_URL": self.baseten_url,
            "DATABASE_URL": database_url,
        }


@asynccontextmanager
async def open_sandbox(port: int = 0) -> AsyncIterator[Sandbox]:
    """Serves until the block is left; the page is on `port` of the loopback interface.

    Raises:
        ConfigurationError: the port is taken.
    """
    clock = SystemClock()
    world = World(clock, keys={API_KEY: "demo"})
    workspace = Workspace(clock)
    async with AsyncExitStack() as stack:
        baseten = await stack.enter_async_context(BasetenServer(world))
        try:
            slack = await stack.enter_async_context(SlackServer(workspace, port=port))
        except OSError as error:
            raise ConfigurationError(f"Port {port} is taken; choose another: joblogs demo --port 0") from error
        yield Sandbox(world, workspace, Player(world), baseten.url, slack)


@dataclass(frozen=True, slots=True)
class Performance:
    """A demo that is running: the sandbox, the bot's process and its log, the projects that are watched."""

    sandbox: Sandbox
    bot: Process
    log: Path
    projects: tuple[str, ...]


async def play(*, port: int, scenario: str | None, speed: float, say: Callable[[str], None]) -> None:
    """Runs the demo until it is cancelled, and says what there is to see.

    Raises:
        ConfigurationError: the port is taken, or there is no such scenario, or the bot stopped.
    """
    async with perform(port=port, scenario=scenario, speed=speed) as performance:
        sandbox = performance.sandbox
        projects = ", ".join(performance.projects)
        first = next(iter(sandbox.world.jobs.values())).spec.name
        say(
            _SIGHTS.format(
                page=sandbox.slack.url, projects=projects, channel=CHANNEL, job=first, log=performance.log
            )
        )
        if await performance.bot.wait() != 0:
            raise ConfigurationError(f"The bot stopped by itself:\n{_last_lines(performance.log)}")


@asynccontextmanager
async def perform(*, port: int, scenario: str | None = None, speed: float = 1.0) -> AsyncIterator[Performance]:
    """Starts everything, watches the projects from #ml-alerts, and plays until the block is left."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox(port))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="joblogs-demo-")))
        log = folder / "bot.log"
        bot = await stack.enter_async_context(_bot(sandbox, folder, log))
        await _connected(sandbox, bot, log)
        projects = _raise_curtain(sandbox, scenario, speed)
        await _watch(sandbox, projects)
        player = asyncio.create_task(sandbox.player.run(), name="player")
        stack.callback(player.cancel)
        yield Performance(sandbox, bot, log, tuple(projects))


@asynccontextmanager
async def _bot(sandbox: Sandbox, folder: Path, log: Path) -> AsyncIterator[Process]:
    """The real bot, in a session of its own so that Ctrl-C reaches it only through us."""
    environment = os.environ | sandbox.environment(f"sqlite:///{folder / 'joblogs.sqlite3'}")
    environment |= {"JOBLOGS_LOG_FORMAT": "text", "JOBLOGS_EDIT_INTERVAL_S": "4"}
    environment.pop("PORT", None)
    with log.open("wb") as output:
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, stderr=output, start_new_session=True
        )
        try:
            yield bot
        finally:
            await _stop(bot)


async def _stop(bot: Process) -> None:
    if bot.returncode is not None:
        return
    bot.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(bot.wait(), STOP_S)
    except TimeoutError:
        bot.kill()
        await bot.wait()


async def _connected(sandbox: Sandbox, bot: Process, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + READY_S
    while not len(sandbox.workspace.sockets):
        if bot.returncode is not None or asyncio.get_running_loop().time() > deadline:
            raise ConfigurationError(f"The bot did not start:\n{_last_lines(log)}")
        await asyncio.sleep(0.1)


def _raise_curtain(sandbox: Sandbox, scenario: str | None, speed: float) -> list[str]:
    """Schedules what will happen; the names of the projects that are to be watched."""
    if scenario is None:
        sandbox.player.play_programme(PROGRAMME, speed=speed)
        return [WATCHED]
    project = sandbox.world.add_project(PROGRAMME)
    sandbox.player.play(scenario, project, speed=speed)
    return [project.name]


async def _watch(sandbox: Sandbox, projects: list[str]) -> None:
    person = sandbox.workspace.person(PERSON)
    for project in projects:
        await person.command("/joblogs", f"watch {project}", channel=CHANNEL)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
