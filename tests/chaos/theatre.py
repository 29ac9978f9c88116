"""Both simulated services in this process, and real bots as processes beside it that can be killed."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from bot.flows.ports import Tx
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.limits import RATES
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.slack import ids
from bot.store import open_store_here
from bot.times import SystemClock

T = TypeVar("T")

KEY = "chaos-key"
CHANNEL = "ml-alerts"
ROOT = Path(__file__).parents[2]
FAILURES = (
    "the tokenizer gave up",
    "optimizer state is corrupt",
    "cannot write any sample to disk",
    "scheduler lost its place",
    "exporting to safetensors was refused upstream",
    "evaluation harness timed out",
)
"""As unlike one another as they have to be to count as different errors."""
START_S = 80.0


@dataclass
class Theatre:
    """`url` names the database that all bots share; `log` takes what they have to tell."""

    random: Random
    world: World
    workspace: Workspace
    environment: dict[str, str]
    url: str
    log: Path
    jobs: list[SimJob] = field(default_factory=list)
    bots: list[Process] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    # --- bots ----------------------------------------------------------------------------------------

    async def start(self, count: int = 1) -> None:
        """Starts so many bots and waits until each has a socket."""
        for _ in range(count):
            with self.log.open("ab") as log:
                bot = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "tests.chaos.impatient",
                    "run",
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.bots.append(bot)
        await self.until(self._connected, START_S)

    async def kill(self, bot: Process) -> None:
        self.bots.remove(bot)
        bot.kill()
        await bot.wait()

    async def _connected(self) -> bool:
        assert all(bot.returncode is None for bot in self.bots), self.tale()
        return len(self.workspace.sockets) >= 2 * len(self.bots)

    def tale(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    # --- what happens --------------------------------------------------------------------------------

    async def watch(self, *targets: str) -> None:
        ada = self.workspace.person("ada")
        for target in targets:
            outcome = await ada.command("/joblogs", f"watch {target}", channel=CHANNEL)
            assert outcome.acked, outcome
        await self.until(self._answered(len(targets)), 60)

    def _answered(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def answered() -> bool:
            return len(self.workspace.ephemerals("ada", CHANNEL)) >= count

        return answered

    async def write(self) -> None:
        """Writes bursts of equal and of distinct errors, some of them late, until it is cancelled."""
        while True:
            self.burst()
            await asyncio.sleep(self.random.uniform(0.02, 0.12))

    def burst(self) -> None:
        job, chance = self.random.choice(self.jobs), self.random
        now_ns = self.world.clock.now_ns()
        replica = chance.choice(job.replicas)
        job.write(f"step {chance.randrange(10**6)}", replica=replica, level="INFO")
        late = chance.choice((0, 0, 0, 400_000_000, 1_500_000_000))
        job.write(
            f"ERROR {chance.choice(FAILURES)}",
            replica=replica,
            level="ERROR",
            count=chance.choice((1, 1, 2, 7, 40)),
            visible_ns=now_ns + late,
        )

    def spoil(self) -> None:
        """One of the failures that both services have on bad days."""
        slack, baseten = self.workspace.faults, self.world.faults
        self.random.choice(
            (
                lambda: slack.add("chat.postMessage", "lost"),
                lambda: slack.add("chat.postMessage", "lost"),
                lambda: slack.add("chat.postMessage", "500"),
                lambda: slack.add("chat.postMessage", "reset"),
                lambda: slack.add("chat.update", "lost"),
                lambda: slack.add("conversations.history", "500"),
                lambda: slack.add("chat.postMessage", "429:retry_after=1"),
                lambda: baseten.add("logs", kind="status:500", times=2),
                lambda: baseten.add("logs", kind="reset", times=1),
                lambda: baseten.add("logs", kind="truncate", times=1),
            )
        )()

    async def acknowledge(self) -> None:
        """A person presses the button of some card; `taken` has the incidents of which Slack says that it worked."""
        open_cards = [
            (message, button["value"])
            for message in self.workspace.messages(CHANNEL)
            for block in message.get("blocks") or ()
            if block["type"] == "actions"
            for button in block["elements"]
            if button["action_id"] == ids.ACKNOWLEDGE
        ]
        if not open_cards:
            return
        message, value = self.random.choice(open_cards)
        outcome = await self.workspace.person("grace").press(CHANNEL, message["ts"], ids.ACKNOWLEDGE)
        ref = ids.IncidentRef.decode(value)
        if outcome.acked and ref is not None:
            self.taken.add(ref.incident_id)

    async def until(self, condition: Callable[[], Awaitable[bool]], patience_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience_s
        while not await condition():
            assert asyncio.get_running_loop().time() < deadline, f"it did not happen\n{self.tale()}"
            await asyncio.sleep(0.1)

    # --- what is true --------------------------------------------------------------------------------

    async def ask(self, work: Callable[[Tx], T]) -> T:
        """Looks into the database from outside."""

        def look() -> T:
            with open_store_here(self.url) as store:
                return store.run(work)

        return await asyncio.to_thread(look)

    def written(self) -> Counter[tuple[str, str]]:
        """ERROR lines by job and text: the truth."""
        return Counter(
            (job.id, line.message.removeprefix("ERROR "))
            for job in self.jobs
            for line in job.written
            if line.level == "ERROR"
        )

    def messages(self) -> list[dict[str, Any]]:
        """All that the bots have said in the channel and in its threads."""
        roots = [one for one in self.workspace.messages(CHANNEL) if one.get("user") == self.workspace.bot_user_id]
        return [one for root in roots for one in self.workspace.messages(CHANNEL, root["ts"])]


@asynccontextmanager
async def open_theatre(database_url: str, folder: Path, seed: int) -> AsyncIterator[Theatre]:
    """Both services; bots that still live at the end are killed."""
    clock = SystemClock()
    world = World(clock, keys={KEY: "chaos"}, seed=seed)
    workspace = Workspace(clock, rates=dict.fromkeys(RATES, 100_000), channel_burst=100_000, seed=seed)
    async with BasetenServer(world) as baseten, SlackServer(workspace) as slack:
        environment = {
            name: value for name, value in os.environ.items() if name not in ("PORT", "SLACK_SIGNING_SECRET")
        }
        environment |= {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_API_URL": slack.api_url,
            "BASETEN_API_KEY": KEY,
            "BASETEN_API_URL": baseten.url,
            "DATABASE_URL": database_url,
            "JOBLOGS_EDIT_INTERVAL_S": "0.3",
            "JOBLOGS_LOG_FORMAT": "text",
        }
        theatre = Theatre(Random(seed), world, workspace, environment, database_url, folder / "bots.log")
        try:
            yield theatre
        finally:
            for bot in list(theatre.bots):
                await theatre.kill(bot)
