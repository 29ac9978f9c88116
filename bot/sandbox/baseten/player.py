"""Lets scenarios happen in a world: a pure function of time (`step`), and a task that calls it (`run`)."""

import heapq
from typing import NoReturn

from bot.sandbox.baseten import library
from bot.sandbox.baseten.acts import Act, Score
from bot.sandbox.baseten.job import PREFIX, SimJob, SimProject
from bot.sandbox.baseten.play import Play
from bot.sandbox.baseten.script import Entry, Programme, Scenario, duration_ns
from bot.sandbox.baseten.words import filled
from bot.sandbox.baseten.world import World
from bot.times import MS_PER_S, NS_PER_S, Ns, ms_floor

_LONGEST_NAP_S = 0.25


class Player:
    """Plays any number of scenarios. A job that is recreated is played again from its beginning.

    Attributes:
        speed: of everything that is played, now and later, unless its own speed was asked for.
        plays: all that were ever begun or planned, by when they were asked for.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[int, int, Play]] = []
        self.plays: list[Play] = []
        self.speed = 1.0
        world.recreated.append(self._play_again)

    def play(
        self,
        scenario: Scenario | str,
        project: SimProject,
        *,
        at_ns: int | None = None,
        speed: float | None = None,
        name: str | None = None,
        seed: int | None = None,
    ) -> Play:
        """Schedules a scenario (or the file of that name); its job exists from `at_ns` (default: now) on."""
        chosen = library.scenario(scenario) if isinstance(scenario, str) else scenario
        now_ns = self._world.clock.now_ns()
        play = Play(
            score=Score(chosen, library.texts(), seed),
            project=project,
            name=name or chosen.job.name,
            start_ns=now_ns if at_ns is None else at_ns,
            speed=self.speed if speed is None else speed,
            scenario=scenario if isinstance(scenario, str) else None,
        )
        if play.start_ns <= now_ns:
            self._begin(play)
        self._add(play)
        return play

    def play_programme(
        self, programme: Programme | str, project: SimProject | None = None, *, speed: float | None = None
    ) -> dict[str, SimProject]:
        """Schedules all runs of a programme from now on, those that name no project in `project`.

        Returns its projects by name; those that are missing are made.
        """
        chosen = library.programme(programme) if isinstance(programme, str) else programme
        now_ns, pace = self._world.clock.now_ns(), self.speed if speed is None else speed
        projects = {known.name: known for known in self._world.projects.values()}
        for run in sorted(chosen.runs, key=lambda run: duration_ns(run.at)):
            at_ns = now_ns + int(duration_ns(run.at) / pace)
            where = self._place(run, project, projects, min(at_ns, now_ns))
            self.play(run.scenario, where, at_ns=at_ns, speed=pace, name=run.name, seed=run.seed)
        return projects

    def turn(self, speed: float) -> None:
        """Everything lives at this speed from now on."""
        self.speed = speed
        for play in self.plays:
            play.turn(speed, self._world.clock.now_ns())
        self._plan_anew()

    def jumped(self, ahead_ns: int) -> None:
        """The clock has jumped ahead: jobs have lived through that time, and what has yet to begin waits as long.

        What goes on for ever is told more thinly of the time between.
        """
        now_ns = self._world.clock.now_ns()
        for play in self.plays:
            if play.job is None:
                play.start_ns += ahead_ns
            else:
                play.hurry(ahead_ns, now_ns)
        self._plan_anew()
        self.step(now_ns)

    @property
    def next_due_ns(self) -> Ns | None:
        return Ns(self._due[0][0]) if self._due else None

    def step(self, now_ns: int) -> int:
        """Lets everything happen that is due by `now_ns`; how many acts that were."""
        acted = 0
        while self._due and self._due[0][0] <= now_ns:
            _, place, play = heapq.heappop(self._due)
            self._act(play)
            acted += 1
            self._plan(place, play)
        return acted

    async def run(self) -> NoReturn:
        """Follows the world's clock until it is cancelled."""
        clock = self._world.clock
        while True:
            self.step(clock.now_ns())
            await clock.sleep(self._nap_s())

    def _nap_s(self) -> float:
        wait_ns = (self.next_due_ns or 0) - self._world.clock.now_ns()
        wait_s = wait_ns / NS_PER_S if self.next_due_ns else _LONGEST_NAP_S
        return min(_LONGEST_NAP_S, max(1 / MS_PER_S, wait_s))

    def _place(
        self, run: Entry, given: SimProject | None, projects: dict[str, SimProject], born_ns: int
    ) -> SimProject:
        if run.project is None:
            if given is None:
                raise ValueError(f"the run of {run.scenario} names no project, and none was given")
            return given
        if run.project not in projects:
            projects[run.project] = self._world.add_project(run.project, created_ms=ms_floor(born_ns))
        return projects[run.project]

    def _add(self, play: Play) -> None:
        self.plays.append(play)
        self._plan(len(self.plays), play)

    def _plan(self, place: int, play: Play) -> None:
        if (due_ns := play.due_ns) is not None:
            heapq.heappush(self._due, (due_ns, place, play))

    def _plan_anew(self) -> None:
        self._due.clear()
        for place, play in enumerate(self.plays, 1):
            self._plan(place, play)

    def _begin(self, play: Play) -> SimJob:
        wish = play.score.scenario.job
        play.job = self._world.add_job(
            play.project,
            play.name,
            node_count=wish.nodes,
            created_ms=ms_floor(play.start_ns),
            instance=wish.instance,
            user_email=wish.user,
            availability=wish.availability,
            priority=wish.priority,
        )
        return play.job

    def _act(self, play: Play) -> None:
        job = play.job or self._begin(play)
        if job.has_ended and not play.ended:
            play.over = True  # somebody stopped it: the rest never happens
            return
        act = play.take()
        if act is None:
            return
        if act.target is None:
            _happen(play, job, act)
        else:
            _print(play, job, act)

    def _play_again(self, old: SimJob, new: SimJob) -> None:
        play = next((play for play in self.plays if play.job is old), None)
        if play is not None:
            now_ns = self._world.clock.now_ns()
            self._add(
                Play(
                    score=play.score,
                    project=play.project,
                    name=play.name,
                    start_ns=now_ns,
                    speed=play.speed,
                    scenario=play.scenario,
                    job=new,
                )
            )


def _print(play: Play, job: SimJob, act: Act) -> None:
    for line in play.score.lines(act, play.start_ns, play.speed):
        job.write(
            line.message,
            replica=line.replica,
            level=line.level,
            at_ns=play.at_ns(line.offset_ns),
            visible_ns=play.at_ns(line.visible_offset_ns),
        )


def _happen(play: Play, job: SimJob, act: Act) -> None:
    """What an act does to the job itself: its GPUs, its checkpoints, its status."""
    step, at_ns = act.step, play.at_ns(act.offset_ns)
    if step.gpu is not None:
        job.set_gpu(step.gpu, replicas=play.score.nodes(step), at_ns=at_ns)
    if wish := step.checkpoint:
        job.add_checkpoint(
            filled(wish.id, play.score.values(act, play.start_ns, play.speed)),
            size_bytes=round(wish.size_gb * 1_000_000_000),
            type=wish.type,
            base_model=wish.base_model,
            sync_status=wish.sync,
            at_ns=at_ns,
        )
    if step.status:
        job.set_status(PREFIX + step.status, error_message=step.error, at_ns=at_ns)
        play.ended = job.has_ended
