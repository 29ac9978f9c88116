"""Lets scenarios happen in a world: a pure function of time (`step`), and a task that calls it (`run`)."""

import heapq
from dataclasses import dataclass
from typing import NoReturn

from bot.sandbox.baseten import library
from bot.sandbox.baseten.acts import Act, Score
from bot.sandbox.baseten.job import PREFIX, SimJob, SimProject
from bot.sandbox.baseten.script import Programme, Scenario, duration_ns
from bot.sandbox.baseten.words import filled
from bot.sandbox.baseten.world import World
from bot.times import MS_PER_S, NS_PER_S, Ns, ms_floor

_LONGEST_NAP_S = 0.25


@dataclass(slots=True, kw_only=True, eq=False)
class Play:
    """One scenario in one project from `start_ns` on. `job` is None until then.

    Durations of the scenario are divided by `speed`; the platform's own lag is not.
    """

    score: Score
    project: SimProject
    name: str
    start_ns: int
    speed: float
    job: SimJob | None = None
    done: int = 0
    ended: bool = False

    @property
    def due_ns(self) -> int | None:
        """When its next act is due; None when it is over."""
        if self.done == len(self.score.acts):
            return None
        return self.start_ns + int(self.score.acts[self.done].offset_ns / self.speed)


class Player:
    """Plays any number of scenarios. A job that is recreated is played again from its beginning."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[int, int, Play]] = []
        self._plays: list[Play] = []
        world.recreated.append(self._play_again)

    def play(
        self,
        scenario: Scenario | str,
        project: SimProject,
        *,
        at_ns: int | None = None,
        speed: float = 1.0,
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
            speed=speed,
        )
        if play.start_ns <= now_ns:
            self._begin(play)
        self._add(play)
        return play

    def play_programme(self, programme: Programme | str, *, speed: float = 1.0) -> dict[str, SimProject]:
        """Schedules all runs of a programme from now on; its projects by name, those that are missing are made."""
        chosen = library.programme(programme) if isinstance(programme, str) else programme
        now_ns = self._world.clock.now_ns()
        projects = {project.name: project for project in self._world.projects.values()}
        for run in sorted(chosen.runs, key=lambda run: duration_ns(run.at)):
            at_ns = now_ns + int(duration_ns(run.at) / speed)
            if run.project not in projects:
                born_ms = ms_floor(min(at_ns, now_ns))
                projects[run.project] = self._world.add_project(run.project, created_ms=born_ms)
            self.play(run.scenario, projects[run.project], at_ns=at_ns, speed=speed, name=run.name, seed=run.seed)
        return projects

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
            if (due_ns := play.due_ns) is not None:
                heapq.heappush(self._due, (due_ns, place, play))
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

    def _add(self, play: Play) -> None:
        self._plays.append(play)
        if (due_ns := play.due_ns) is not None:
            heapq.heappush(self._due, (due_ns, len(self._plays), play))

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
            play.done = len(play.score.acts)  # somebody stopped it: the rest never happens
            return
        act = play.score.acts[play.done]
        play.done += 1
        if act.target is None:
            _happen(play, job, act)
        else:
            _print(play, job, act)

    def _play_again(self, old: SimJob, new: SimJob) -> None:
        for play in self._plays:
            if play.job is old:
                again = Play(
                    score=play.score,
                    project=play.project,
                    name=play.name,
                    start_ns=self._world.clock.now_ns(),
                    speed=play.speed,
                    job=new,
                )
                self._add(again)
                return


def _print(play: Play, job: SimJob, act: Act) -> None:
    for line in play.score.lines(act, play.start_ns, play.speed):
        job.write(
            line.message,
            replica=line.replica,
            level=line.level,
            at_ns=play.start_ns + int(line.offset_ns / play.speed),
            visible_ns=play.start_ns + int(line.visible_offset_ns / play.speed),
        )


def _happen(play: Play, job: SimJob, act: Act) -> None:
    """What an act does to the job itself: its GPUs, its checkpoints, its status."""
    step, at_ns = act.step, play.start_ns + int(act.offset_ns / play.speed)
    if step.gpu is not None:
        job.set_gpu(step.gpu, replicas=play.score.nodes(step), at_ns=at_ns)
    if wish := step.checkpoint:
        job.add_checkpoint(
            filled(wish.id, play.score.values(act, play.start_ns, play.speed)),
            size_bytes=round(wish.size_gb * 1_000_000_000),
            type=wish.type,
            base_model=wish.base_model,
            at_ns=at_ns,
        )
    if step.status:
        job.set_status(PREFIX + step.status, error_message=step.error, at_ns=at_ns)
        play.ended = job.has_ended
