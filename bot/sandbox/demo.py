"""`joblogs demo`: simulated Baseten and Slack, the page, and the real bot between them as a process of its own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigurationError
from bot.sandbox.baseten.library import DEMO, UnknownScenario, known, playable
from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.script import BadScript
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.director.clock import DemoClock
from bot.sandbox.director.director import Director
from bot.sandbox.director.process import BotProcess
from bot.sandbox.director.routes import DirectorRoutes
from bot.sandbox.director.truth import Truth
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.times import now_ms

API_KEY = "demo-key"
CHANNEL = "ml-alerts"
WATCHED = "llama-ft"
PERSON = "grace"

_SIGHTS = """
  {page}

  Open it: a Slack workspace with joblogs in it. {soon}
  Press Acknowledge on the card, open its thread, type /joblogs in #{channel}.
  The director's panel starts more failures, moves the clock and kills the bot.

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


@dataclass(frozen=True, slots=True)
class Performance:
    """A demo that is running: the sandbox, the bot's process, who directs it, the projects that are watched."""

    sandbox: Sandbox
    bot: BotProcess
    director: Director
    truth: Truth
    projects: tuple[str, ...]


def listing() -> str:
    """Every scenario that `--scenario` takes, a line each."""
    found = playable()
    width = max(len(name) for name in found)
    return "\n".join(f"{name:{width}}  {one.title}" for name, one in found.items())


async def play(*, port: int, scenario: str | None, speed: float, say: Callable[[str], None]) -> None:
    """Runs the demo until it is cancelled, and says what there is to see.

    Raises:
        ConfigurationError: the port is taken, or there is no such scenario, or the bot does not start.
    """
    async with perform(port=port, scenario=scenario, speed=speed) as performance:
        soon = "Within half a minute a training job fails." if scenario is None else f"It plays {scenario}."
        sandbox, log = performance.sandbox, performance.bot.log
        page = f"{sandbox.slack.url}/#/{sandbox.workspace.channel(CHANNEL).id}"
        performance.bot.died = lambda last: say(
            f"The bot stopped by itself; the director's panel starts it again.\n{last}"
        )
        say(_SIGHTS.format(page=page, soon=soon, channel=CHANNEL, log=log))
        await asyncio.Event().wait()


@asynccontextmanager
async def perform(*, port: int, scenario: str | None = None, speed: float = 1.0) -> AsyncIterator[Performance]:
    """Starts everything, watches the projects from #ml-alerts, and plays until the block is left.

    Raises:
        ConfigurationError: as `play`.
    """
    _tried_out(scenario or DEMO)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="joblogs-demo-")))
        clock = DemoClock(folder / "clock")
        world, workspace = World(clock, keys={API_KEY: "demo"}), Workspace(clock)
        player = Player(world)
        bot = BotProcess(
            clock, folder, lambda: len(workspace.sockets) > 0, lambda: workspace.news.tell("director")
        )
        director = Director(world, workspace, player, clock, bot)
        truth = Truth(director)
        sandbox = await _opened(stack, director, truth, port)
        bot.environment = sandbox.environment(f"sqlite:///{folder / 'joblogs.sqlite3'}") | _MANNERS
        bot.arguments = ("--clock", str(clock.file))
        stack.push_async_callback(bot.stop)
        await bot.start()
        await bot.ready()
        projects = _raise_curtain(director, scenario, speed)
        await _watch(sandbox, projects)
        for work, name in ((player.run(), "player"), (director.follow(), "director")):
            stack.callback(asyncio.create_task(work, name=name).cancel)
        yield Performance(sandbox, bot, director, truth, tuple(projects))


_MANNERS = {"JOBLOGS_LOG_FORMAT": "text", "JOBLOGS_EDIT_INTERVAL_S": "4"}


def _tried_out(name: str) -> None:
    try:
        known(name)
    except (UnknownScenario, BadScript) as error:
        raise ConfigurationError(str(error)) from error


async def _opened(stack: AsyncExitStack, director: Director, truth: Truth, port: int) -> Sandbox:
    """Both servers; the page is on `port` of the loopback interface."""
    baseten = await stack.enter_async_context(BasetenServer(director.world))
    server = SlackServer(director.workspace, port=port, director=DirectorRoutes(director, truth))
    try:
        slack = await stack.enter_async_context(server)
    except OSError as error:
        raise ConfigurationError(f"Port {port} is taken; choose another: joblogs demo --port 0") from error
    return Sandbox(director.world, director.workspace, director.player, baseten.url, slack)


def _raise_curtain(director: Director, scenario: str | None, speed: float) -> list[str]:
    """Schedules what will happen; the names of the projects that are to be watched."""
    director.player.speed, director.began_ms = speed, now_ms(director.clock)
    if scenario is None:
        projects = director.player.play_programme(DEMO)
        director.home = projects[WATCHED]
    else:
        director.home = director.world.add_project(DEMO)
        director.play(scenario)
    return [director.home.name]


async def _watch(sandbox: Sandbox, projects: list[str]) -> None:
    person = sandbox.workspace.person(PERSON)
    for project in projects:
        await person.command("/joblogs", f"watch {project}", channel=CHANNEL)
