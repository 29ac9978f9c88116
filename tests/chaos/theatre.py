"""Both simulated services in this process, PostgreSQL or a file, and real bots as processes that can be killed."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from sqlalchemy import make_url

from bot.flows.ports import Tx
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.limits import RATES
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.store import open_store_here
from bot.times import SystemClock
from tests.chaos.wires import Balancer, Wire, open_balancer, open_wire
from tests.postgres import Cluster, open_cluster

T = TypeVar("T")

CHANNEL = "ml-alerts"
PEOPLE = ("ada", "grace")
ROOT = Path(__file__).parents[2]
START_S = 90.0
ACCOUNTS = ("red", "green", "blue")


@dataclass(eq=False)
class Bot:
    """A process of `joblogs run`, and its own way to the database."""

    role: str
    process: Process
    wire: Wire | None
    port: int
    frozen: bool = False

    def __str__(self) -> str:
        return f"{self.role}:{self.process.pid}"


@dataclass
class Theatre:
    """`url` names the database; `log` takes what the bots have to tell, `tale` what was done to them."""

    random: Random
    world: World
    workspace: Workspace
    environment: dict[str, str]
    url: str
    folder: Path
    sockets: bool
    module: str
    cluster: Cluster | None
    balancer: Balancer
    stack: AsyncExitStack
    jobs: list[SimJob] = field(default_factory=list)
    bots: list[Bot] = field(default_factory=list)
    tale: list[str] = field(default_factory=list)
    began_s: float = 0.0

    # --- bots ----------------------------------------------------------------------------------------

    async def start(self, role: str, **environment: str) -> Bot:
        """A new process, whose database lies behind a wire of its own where that is PostgreSQL."""
        wire = await self._wire()
        port = _free_port()
        chosen = self.environment | {"PORT": str(port), **environment}
        if wire is not None:
            url = make_url(self.url).set(host="127.0.0.1", port=wire.port)
            chosen["DATABASE_URL"] = url.render_as_string(hide_password=False)
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self.module, "run", "--role", role),
                env=chosen,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        bot = Bot(role, process, wire, port)
        self.bots.append(bot)
        self.say(f"start {bot}")
        return bot

    async def open(self, *roles: str) -> list[Bot]:
        """Starts them all and waits until each of them serves."""
        bots = [await self.start(role) for role in roles]
        for bot in bots:
            await self.until(lambda bot=bot: self.serves(bot), START_S)
        return bots

    async def serves(self, bot: Bot) -> bool:
        assert bot.process.returncode is None, f"{bot} ended\n{self.last_words()}"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 2)
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            return False
        if not self.sockets and bot.role != "worker" and bot.port not in self.balancer.ports:
            self.balancer.ports.append(bot.port)
        return True

    async def kill(self, bot: Bot) -> None:
        self.say(f"kill -9 {bot}")
        self.leave(bot)
        bot.process.kill()
        await bot.process.wait()

    def leave(self, bot: Bot) -> None:
        self.bots.remove(bot)
        if bot.port in self.balancer.ports:
            self.balancer.ports.remove(bot.port)

    def freeze(self, bot: Bot) -> None:
        self.say(f"freeze {bot}")
        bot.frozen = True
        bot.process.send_signal(signal.SIGSTOP)

    def thaw(self, bot: Bot) -> None:
        bot.frozen = False
        if bot.process.returncode is None:
            self.say(f"thaw {bot}")
            bot.process.send_signal(signal.SIGCONT)

    async def _wire(self) -> Wire | None:
        if self.cluster is None:
            return None
        return await self.stack.enter_async_context(open_wire(self.cluster.port))

    # --- telling -------------------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        return self.folder / "bots.log"

    def say(self, what: str) -> None:
        self.tale.append(f"{asyncio.get_running_loop().time() - self.began_s:7.2f} {what}")

    def last_words(self) -> str:
        told = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([*self.tale[-60:], "--- the bots' own words", *told[-60:], f"(all of it: {self.folder})"])

    async def until(
        self, condition: Callable[[], Awaitable[bool]], patience_s: float, every_s: float = 0.1
    ) -> None:
        deadline = asyncio.get_running_loop().time() + patience_s
        while not await condition():
            if asyncio.get_running_loop().time() > deadline:
                await self._ask_where_they_are()
                raise AssertionError(f"it did not happen\n{self.last_words()}")
            await asyncio.sleep(every_s)

    async def _ask_where_they_are(self) -> None:
        for bot in self.bots:
            self.say(
                f"{bot} ended with {bot.process.returncode}" if bot.process.returncode is not None else f"{bot}"
            )
            if bot.process.returncode is None and self.module == "tests.chaos.impatient":
                with self.log.open("a") as log:
                    log.write(f"--- {bot}\n")
                bot.process.send_signal(signal.SIGUSR1)
                await asyncio.sleep(1)

    # --- people --------------------------------------------------------------------------------------

    async def command(self, person: str, text: str) -> str:
        """Types it and gives what the person reads, who alone is told."""
        before = len(self.workspace.ephemerals(person, CHANNEL))
        outcome = await self.workspace.person(person).command("/joblogs", text, channel=CHANNEL)
        assert outcome.acked, f"{outcome}\n{self.last_words()}"

        async def answered() -> bool:
            return len(self.workspace.ephemerals(person, CHANNEL)) > before

        await self.until(answered, 60, every_s=0.02)
        return str(self.workspace.ephemerals(person, CHANNEL)[-1]["text"])

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
async def open_theatre(
    folder: Path,
    *,
    database: str,
    seed: int = 0,
    sockets: bool = True,
    accounts: Sequence[str] = ACCOUNTS,
    module: str = "tests.chaos.impatient",
) -> AsyncIterator[Theatre]:
    """Both services and the database ("sqlite" or "postgresql"); bots that still live at the end are killed."""
    clock = SystemClock()
    world = World(clock, keys={f"key-{name}": name for name in accounts}, seed=seed)
    workspace = Workspace(clock, rates=dict.fromkeys(RATES, 100_000), channel_burst=100_000, seed=seed)
    async with AsyncExitStack() as stack:
        cluster = stack.enter_context(open_cluster()) if database == "postgresql" else None
        balancer = await stack.enter_async_context(open_balancer())
        baseten = await stack.enter_async_context(BasetenServer(world))
        slack = await stack.enter_async_context(
            SlackServer(workspace, request_url=None if sockets else balancer.url)
        )
        url = f"sqlite:///{folder}/joblogs.db" if cluster is None else _database(cluster)
        theatre = Theatre(
            random=Random(seed),
            world=world,
            workspace=workspace,
            environment=_environment(workspace, slack, baseten, accounts, url, sockets=sockets),
            url=url,
            folder=folder,
            sockets=sockets,
            module=module,
            cluster=cluster,
            balancer=balancer,
            stack=stack,
            began_s=asyncio.get_running_loop().time(),
        )
        await asyncio.to_thread(_migrate, url)
        try:
            yield theatre
        finally:
            for bot in list(theatre.bots):
                await theatre.kill(bot)


def _environment(
    workspace: Workspace,
    slack: SlackServer,
    baseten: BasetenServer,
    accounts: Sequence[str],
    url: str,
    *,
    sockets: bool,
) -> dict[str, str]:
    ours = ("SLACK_", "BASETEN_", "JOBLOGS_")
    slacks = (
        {"SLACK_APP_TOKEN": workspace.app_token}
        if sockets
        else {"SLACK_SIGNING_SECRET": workspace.signing_secret, "JOBLOGS_HOST": "127.0.0.1"}
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_API_URL": slack.api_url,
        "JOBLOGS_ACCOUNTS": json.dumps({name: f"key-{name}" for name in accounts}),
        "BASETEN_API_URL": baseten.url,
        "DATABASE_URL": url,
        "JOBLOGS_EDIT_INTERVAL_S": "0.3",
        "JOBLOGS_LOG_FORMAT": "text",
        "PYTHONFAULTHANDLER": "1",
        **slacks,
    }


def _database(cluster: Cluster) -> str:
    return cluster.url.render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    with open_store_here(url) as store:
        store.migrate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
