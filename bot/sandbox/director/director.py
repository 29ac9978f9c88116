"""What a person may do to the demonstration."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.baseten.job import PREFIX, SimJob, SimProject
from bot.sandbox.baseten.library import UnknownScenario, known, scenario
from bot.sandbox.baseten.play import Play
from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.script import Programme, Scenario, duration_ns
from bot.sandbox.baseten.world import World
from bot.sandbox.director.burst import LONGEST_S, MOST_LINES, burst
from bot.sandbox.director.clock import DemoClock
from bot.sandbox.director.process import BotProcess
from bot.sandbox.director.refusal import CannotDo
from bot.sandbox.director.troubles import Trouble, Troubles
from bot.sandbox.slack.workspace import Workspace
from bot.times import Ms, now_ms

SLOWEST, FASTEST = 0.1, 100.0
LONGEST_JUMP_S = 31 * 24 * 3600.0
LONGEST_TROUBLE_S = 7 * 24 * 3600.0
PULSE_S = 0.25


class Director:
    """Everything that the demonstration consists of, in one hand.

    Attributes:
        home: the project whose jobs a channel watches: there new jobs are started.
        began_ms: since when it does.
        jumped_ms: when the clock jumped last, on the clock as it was then set; 0 before the first time.
    """

    def __init__(
        self, world: World, workspace: Workspace, player: Player, clock: DemoClock, bot: BotProcess
    ) -> None:
        self.world = world
        self.workspace = workspace
        self.player = player
        self.clock = clock
        self.bot = bot
        self.troubles = Troubles(world, workspace)
        self.home: SimProject | None = None
        self.began_ms = now_ms(clock)
        self.jumped_ms = Ms(0)
        self._bursts: set[asyncio.Task[None]] = set()

    def play(self, name: str) -> list[Play]:
        """Starts a scenario, or the several runs of a programme, as new jobs of the watched project."""
        if self.home is None:
            raise CannotDo("not_ready", "The demonstration has not begun yet; try again in a moment.")
        try:
            chosen = known(name)
        except UnknownScenario as error:
            raise CannotDo("unknown_scenario", str(error)) from None
        plays = [self._play(run, self.home) for run in _runs(name, chosen)]
        self.changed()
        return plays

    def turn(self, factor: float) -> None:
        """Jobs live so many times as fast from now on."""
        if not SLOWEST <= factor <= FASTEST:
            raise CannotDo("bad_speed", f"The speed lies between {SLOWEST:g} and {FASTEST:g}.")
        self.player.turn(factor)
        self.changed()

    def jump(self, seconds: float) -> None:
        """The clock of both services and of the bot goes ahead; the jobs have lived through the time between."""
        if not 0 < seconds <= LONGEST_JUMP_S:
            raise CannotDo("bad_time", "The clock can jump ahead by up to a month, and never back.")
        self.player.step(self.clock.now_ns())
        ahead_ns = self.clock.jump(seconds)
        self.jumped_ms = now_ms(self.clock)
        self.player.jumped(ahead_ns)
        self.troubles.pass_time()
        self.changed()

    def trouble(self, service: str, kind: str, seconds: float) -> Trouble:
        """Something goes wrong for so long."""
        if not 0 < seconds <= LONGEST_TROUBLE_S:
            raise CannotDo("bad_time", "Trouble lasts for up to a week.")
        try:
            trouble = self.troubles.begin(service, kind, seconds)
        except KeyError:
            raise CannotDo("unknown_trouble", f"There is no trouble {kind!r} of {service!r}.") from None
        self.changed()
        return trouble

    def calm(self, trouble_id: int) -> None:
        """Ends it before its time."""
        if not self.troubles.calm(trouble_id):
            raise CannotDo("unknown_trouble", "This trouble is over already.")
        self.changed()

    async def order(self, what: str) -> None:
        """To the bot's process: kill, stop, start, restart."""
        match what:
            case "kill":
                await self.bot.kill()
            case "stop":
                await self.bot.stop()
            case "start":
                await self.bot.start()
            case "restart":
                await self.bot.stop()
                await self.bot.start()
            case _:
                raise CannotDo("unknown_order", "The bot can be told to kill, stop, start or restart.")

    def burst(self, lines: int, seconds: float, job_id: str | None) -> SimJob:
        """ERROR lines on a job that runs: the one that is named, else the newest of the watched project."""
        if not 0 < lines <= MOST_LINES or not 0 < seconds <= LONGEST_S:
            raise CannotDo("bad_burst", f"A burst has up to {MOST_LINES:,} lines within {LONGEST_S:g} s.")
        job = next((job for job in self._running() if job_id in {None, job.id}), None)
        if job is None:
            raise CannotDo("no_job", "That job does not run; start one first, for example healthy-for-ever.")
        task = asyncio.create_task(burst(job, lines, seconds, self.clock), name="burst")
        self._bursts.add(task)
        task.add_done_callback(self._bursts.discard)
        return job

    def changed(self) -> None:
        """Tells every page."""
        self.workspace.news.tell("director")

    async def follow(self) -> None:
        """Ends troubles in time and tells the pages when a job comes or moves on, until it is cancelled."""
        before: dict[str, str] = {}
        try:
            while True:
                now = {job.id: job.status for job in self.world.jobs.values()}
                if self.troubles.pass_time() or now != before:
                    self.changed()
                before = now
                await asyncio.sleep(PULSE_S)
        finally:
            for task in self._bursts:
                task.cancel()

    def _play(self, run: "_Run", home: SimProject) -> Play:
        at_ns = self.clock.now_ns() + int(run.after_ns / self.player.speed)
        return self.player.play(run.scenario, home, at_ns=at_ns, name=self._free(run.name, home), seed=run.seed)

    def _free(self, name: str, home: SimProject) -> str:
        """No two jobs of the project by one name, or `/joblogs NAME` would not say which."""
        taken = {play.name for play in self.player.plays if play.project is home}
        number = 1
        while (found := name if number == 1 else f"{name}-{number}") in taken:
            number += 1
        return found

    def _running(self) -> Iterator[SimJob]:
        jobs = self.world.jobs_of(self.home) if self.home else []
        return (job for job in jobs if job.status == PREFIX + "RUNNING")


@dataclass(frozen=True, slots=True)
class _Run:
    """One job that is to be started."""

    scenario: str
    name: str
    after_ns: int = 0
    seed: int | None = None


def _runs(name: str, chosen: Scenario | Programme) -> list[_Run]:
    if isinstance(chosen, Scenario):
        return [_Run(name, chosen.job.name)]
    return [
        _Run(run.scenario, run.name or scenario(run.scenario).job.name, max(0, duration_ns(run.at)), run.seed)
        for run in chosen.runs
    ]
