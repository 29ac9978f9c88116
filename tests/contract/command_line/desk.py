"""Both simulated services in this process, and `joblogs` as real processes beside it."""

import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.jobs.watch import Watch
from bot.sandbox.baseten.job import SimProject
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.store import open_store_here
from bot.times import Ms
from tests.stage import TurnedClock

KEY = "AbCdEf12.ZyXwVuTsRqPoNmLkJiHgFeDcBa098765"
"""Of the form that Baseten's documentation shows."""


FORGE = multiprocessing.get_context("forkserver")
"""Commands that end are forked from a process that has imported all of it: that takes a second each time."""
FORGE.set_forkserver_preload(["bot.__main__", "bot.check", "bot.audit", "bot.store.database"])
PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    def states(self) -> dict[str, list[str]]:
        """What `check --json` found: by state, each finding as one text."""
        found: dict[str, list[str]] = {"ok": [], "note": [], "fault": []}
        for one in json.loads(self.out):
            found[one["state"]].append(f"{one['subject']}: {one['told']} → {one['fix']}")
        return found


@dataclass(slots=True)
class Desk:
    """`clock` is that of the simulated services; the processes have the machine's."""

    clock: TurnedClock
    world: World
    workspace: Workspace
    project: SimProject
    home: Path
    environment: dict[str, str]

    @property
    def file(self) -> Path:
        return self.home / "data" / "joblogs.sqlite3"

    def started(self, *arguments: str, **variables: str | None) -> "asyncio.Future[asyncio.subprocess.Process]":
        """The process of one command; a variable that is None is not set."""
        environment = {name: value for name, value in (self.environment | variables).items() if value is not None}
        pipe = asyncio.subprocess.PIPE
        return asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *arguments, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
            )
        )

    async def run(self, *arguments: str, text: str = "", **variables: str | None) -> Done:
        environment = {name: value for name, value in (self.environment | variables).items() if value is not None}
        return await asyncio.to_thread(_run, arguments, environment, text)

    async def check(self, **variables: str | None) -> dict[str, list[str]]:
        return (await self.run("check", "--json", **variables)).states()

    async def migrate(self) -> None:
        """Without a process of its own, which would cost a second in each test."""
        await asyncio.to_thread(_migrate, self.environment["DATABASE_URL"])

    async def add_watch(self, channel: str, **fields: Any) -> None:
        """As if somebody had typed it while the bot was there."""
        await self.migrate()
        wish = {"account": "default", "project_id": self.project.id, "channel": self.workspace.channel(channel).id}
        await asyncio.to_thread(_store_watch, self.environment["DATABASE_URL"], wish | fields)


def _run(arguments: tuple[str, ...], environment: dict[str, str], text: str) -> Done:
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        streams[0].write_text(text)
        process = FORGE.Process(target=_command, args=(arguments, environment, streams))
        process.start()
        process.join(PATIENCE_S)
        assert process.exitcode is not None, arguments
        return Done(process.exitcode, *(stream.read_text() for stream in streams[1:]))


def _command(arguments: tuple[str, ...], environment: dict[str, str], streams: list[Path]) -> None:
    from bot.__main__ import main

    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(os.open(stream, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = streams[0].open()  # a forked process has none
    main(args=arguments, prog_name="joblogs")


def _migrate(url: str) -> None:
    with open_store_here(url) as store:
        store.migrate()


def _store_watch(url: str, fields: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"job_id": None, "title": "llama-ft", "created_by": "U0ADA00001", "created_ms": Ms(1)}
    with open_store_here(url) as store:
        store.run(lambda tx: tx.watches.add(Watch(**(whole | fields))))


@asynccontextmanager
async def open_desk(home: Path) -> AsyncIterator[Desk]:
    """Everything is well here: each test spoils one thing."""
    clock = TurnedClock()
    world, workspace = World(clock, keys={KEY: "stage"}), Workspace(clock, seed=11)
    async with BasetenServer(world) as baseten, SlackServer(workspace) as slack:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_API_URL": slack.api_url,
            "BASETEN_API_KEY": KEY,
            "BASETEN_API_URL": baseten.url,
            "DATABASE_URL": f"sqlite:///{home}/data/joblogs.sqlite3",
        }
        yield Desk(clock, world, workspace, world.add_project("llama-ft"), home, environment)
