"""What goes wrong on bad days, one thing after the other, chosen by the seed; and the load under it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.sandbox.slack.outcome import Outcome
from bot.slack import ids
from bot.slack.windows.sight import Spot
from tests.chaos.theatre import CHANNEL, PEOPLE, Bot, Theatre

FAILURES = (
    "the tokenizer gave up",
    "optimizer state is corrupt",
    "cannot write any sample to disk",
    "scheduler lost its place",
    "exporting to safetensors was refused upstream",
    "evaluation harness timed out",
)
"""As unlike one another as they have to be to count as different errors."""
COMMANDS = ("jobs", "watches", "incidents", "status run-1", "run-2 last:20", "run-3 level:error since:5m", "help")
STOP_S = 10.0
STARTING_S = 90.0

SLACK = (
    ("chat.postMessage", "lost"),
    ("chat.postMessage", "lost"),
    ("chat.postMessage", "500"),
    ("chat.postMessage", "reset"),
    ("chat.postMessage", "garbage"),
    ("chat.postMessage", "429:retry_after=1"),
    ("chat.postMessage", "slow:4"),
    ("chat.update", "lost"),
    ("chat.update", "garbage"),
    ("chat.update", "429:retry_after=1"),
    ("conversations.history", "500"),
    ("conversations.replies", "reset"),
    ("response_url", "500"),
)
BASETEN = ("status:500", "status:503", "429:retry_after=1", "reset", "garbage", "truncate", "slow:3", "timeout")


@dataclass
class Press:
    person: str
    action: str
    incident: int
    outcome: Outcome
    calm: bool
    """Whether the database and Slack were within reach all the while: else the person may be told to try again."""


@dataclass
class Calamities:
    theatre: Theatre
    presses: list[Press] = field(default_factory=list)
    late_answers: int = 0
    _trouble: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def torment(self, seconds: float) -> None:
        """One thing after the other for so long; then everything is as it should be again."""
        theatre = self.theatre
        until_s = asyncio.get_running_loop().time() + seconds
        load = [asyncio.create_task(self._write()), *(asyncio.create_task(self._live(one)) for one in PEOPLE)]
        choices = self._choices()
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(theatre.random.uniform(0.2, 1.2))
            task = asyncio.create_task(theatre.random.choice(choices)())
            self._tasks.add(task)
            task.add_done_callback(self._done)
        await asyncio.gather(*self._tasks)
        for task in load:
            task.cancel()
        for outcome in await asyncio.gather(*load, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        theatre.workspace.faults.clear()
        theatre.world.faults.clear()
        theatre.say("calm")

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.theatre.say(f"FAILED {error!r}")
            raise error

    # --- load ----------------------------------------------------------------------------------------

    async def _write(self) -> None:
        """200 ERROR lines a second in the mean, in bursts of equal and of distinct ones, some of them late."""
        while True:
            self.burst()
            await asyncio.sleep(self.theatre.random.uniform(0.02, 0.1))

    def burst(self) -> None:
        chance = self.theatre.random
        job = chance.choice(self.theatre.jobs)
        now_ns = self.theatre.world.clock.now_ns()
        replica = chance.choice(job.replicas)
        job.write(f"step {chance.randrange(10**6)}", replica=replica, level="INFO")
        late_ns = chance.choice((0, 0, 0, 400_000_000, 1_500_000_000))
        job.write(
            f"ERROR {chance.choice(FAILURES)}",
            replica=replica,
            level="ERROR",
            count=chance.choice((1, 1, 2, 7, 50)),
            visible_ns=now_ns + late_ns,
        )

    async def _live(self, person: str) -> None:
        """What people do all day: ask, and press the buttons of cards."""
        chance, somebody = self.theatre.random, self.theatre.workspace.person(person)
        while True:
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            if chance.random() < 0.3:
                await somebody.command("/joblogs", chance.choice(COMMANDS), channel=CHANNEL)
            else:
                await self._press(person)

    async def _press(self, person: str) -> None:
        buttons = [
            (message["ts"], button["action_id"], ref.incident_id)
            for message in self.theatre.workspace.messages(CHANNEL)
            for block in message.get("blocks") or ()
            if block["type"] == "actions"
            for button in block["elements"]
            if button.get("action_id") in (ids.ACKNOWLEDGE, ids.RESOLVE, ids.REOPEN)
            and (ref := ids.IncidentRef.decode(button["value"]))
        ]
        if not buttons:
            return
        ts, action_id, incident = self.theatre.random.choice(buttons)
        calm = self._trouble == 0
        somebody = self.theatre.workspace.person(person)
        outcome = await somebody.press(CHANNEL, ts, action_id)
        if action_id == ids.RESOLVE:
            spot = await self._window(person)
            if spot is None:
                return
            incident, outcome = spot.incident_id, await somebody.submit()
            calm = calm and outcome.acked and outcome.response is None
        calm = calm and self._trouble == 0
        action = action_id.removeprefix(ids.PREFIX)
        self.presses.append(Press(person, action, incident, outcome, calm))

    async def _window(self, person: str) -> Spot | None:
        """What the window in front asks a reason for: it may have been opened by an earlier press, too late.

        None where it is a sentence instead, which nobody can send.
        """
        for _ in range(20):
            view = self.theatre.workspace.person(person).view
            if view is not None:
                return Spot.decode(view["private_metadata"]) if view["submit"] else None
            await asyncio.sleep(0.1)
        return None

    # --- trouble -------------------------------------------------------------------------------------

    def _choices(self) -> list[Callable[[], Awaitable[None]]]:
        often = [self._kill, self._freeze, self._slack, self._slack, self._slack, self._baseten, self._baseten]
        sometimes = [self._stop, self._slack_away]
        if self.theatre.sockets:
            sometimes += [self._sockets, self._sockets]
        if self.theatre.cluster is not None:
            sometimes += [self._cut, self._hold, self._hold]
            rarely = [self._restart_database]
        else:
            rarely = []
        return [*often, *often, *sometimes, *sometimes, *rarely]

    def _victim(self) -> Bot | None:
        """One that runs and is not alone of its kind in trouble already."""
        able = [bot for bot in self.theatre.bots if not bot.frozen and bot.process.returncode is None]
        return self.theatre.random.choice(able) if able else None

    async def _kill(self) -> None:
        if victim := self._victim():
            await self.theatre.kill(victim)
            await asyncio.sleep(self.theatre.random.uniform(0, 1))
            await self._again(victim.role)

    async def _again(self, role: str) -> None:
        """A supervisor: starts it until it runs."""
        while True:
            bot = await self.theatre.start(role)
            deadline = asyncio.get_running_loop().time() + STARTING_S
            while bot in self.theatre.bots and bot.process.returncode is None:
                if await self.theatre.serves(bot) or asyncio.get_running_loop().time() > deadline:
                    return
                await asyncio.sleep(0.2)
            if bot not in self.theatre.bots:
                return  # another calamity has it, and starts it again
            self.theatre.say(f"{bot} did not come up")
            self.theatre.leave(bot)
            await asyncio.sleep(0.5)

    async def _freeze(self) -> None:
        if victim := self._victim():
            self.theatre.freeze(victim)
            await asyncio.sleep(self.theatre.random.choice((0.5, 2, 4, 7)))
            self.theatre.thaw(victim)

    async def _stop(self) -> None:
        """A rolling restart: SIGTERM, and another one in its place."""
        victim = self._victim()
        if victim is None:
            return
        calm = self._trouble == 0
        began_s = asyncio.get_running_loop().time()
        self.theatre.say(f"stop {victim}")
        self.theatre.leave(victim)
        victim.process.terminate()
        code = await victim.process.wait()
        took_s = asyncio.get_running_loop().time() - began_s
        self.theatre.say(f"stopped {victim} with {code} after {took_s:.1f} s")
        if calm and self._trouble == 0:
            assert code in (0, 1, -signal.SIGTERM), f"{victim} ended with {code}"
        await self._again(victim.role)

    async def _slack(self) -> None:
        method, kind = self.theatre.random.choice(SLACK)
        self.theatre.say(f"slack {method} {kind}")
        self.theatre.workspace.faults.add(method, kind, times=self.theatre.random.choice((1, 1, 3)))

    async def _slack_away(self) -> None:
        kind = self.theatre.random.choice(("500", "reset", "lost"))
        self.theatre.say(f"slack away: {kind}")
        seconds = self.theatre.random.choice((1, 3))
        self.theatre.workspace.faults.add("*", kind, duration_s=seconds)
        self._trouble += 1
        await asyncio.sleep(seconds + 1)
        self._trouble -= 1

    async def _baseten(self) -> None:
        kind = self.theatre.random.choice(BASETEN)
        self.theatre.say(f"baseten {kind}")
        self.theatre.world.faults.add("logs", kind=kind, times=self.theatre.random.choice((1, 2, 6)))

    async def _sockets(self) -> None:
        workspace = self.theatre.workspace
        what = self.theatre.random.choice((workspace.drop_sockets, workspace.refuse_sockets))
        self.theatre.say(what.__name__)
        what()

    async def _cut(self) -> None:
        if (victim := self._victim()) and victim.wire:
            self.theatre.say(f"cut the wire of {victim}")
            self._trouble += 1
            victim.wire.cut()
            await asyncio.sleep(1)
            self._trouble -= 1

    async def _hold(self) -> None:
        if (victim := self._victim()) and victim.wire:
            seconds, lost = self.theatre.random.choice((1, 4, 8)), self.theatre.random.random() < 0.5
            self.theatre.say(f"the wire of {victim} swallows everything for {seconds} s")
            self._trouble += 1
            victim.wire.hold()
            await asyncio.sleep(seconds)
            victim.wire.mend(lost=lost)
            self.theatre.say(f"the wire of {victim} is mended, what it held {'is lost' if lost else 'arrives'}")
            await asyncio.sleep(2)
            self._trouble -= 1

    async def _restart_database(self) -> None:
        cluster = self.theatre.cluster
        if cluster is None or self._trouble:
            return
        how = self.theatre.random.choice((signal.SIGQUIT, signal.SIGINT))
        self.theatre.say(f"database stops ({how.name})")
        self._trouble += 1
        await asyncio.to_thread(cluster.stop, how)
        await asyncio.sleep(self.theatre.random.choice((0.2, 2, 6)))
        await asyncio.to_thread(cluster.start)
        self.theatre.say("database runs")
        await asyncio.sleep(2)
        self._trouble -= 1
