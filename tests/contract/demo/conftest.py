"""The director over real HTTP: with both services and no bot, or with the whole demonstration."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.world import World
from bot.sandbox.director.clock import DemoClock
from bot.sandbox.director.director import Director
from bot.sandbox.director.process import BotProcess
from bot.sandbox.director.routes import DirectorRoutes
from bot.sandbox.director.truth import Truth
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class Panel:
    """The director's panel as the page uses it."""

    session: aiohttp.ClientSession
    url: str
    director: Director

    async def get(self, path: str = "") -> Any:
        async with self.session.get(f"{self.url}/page/director{path}") as answer:
            assert answer.status == 200
            return await answer.json()

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        async with self.session.post(f"{self.url}/page/director/{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def does(self, path: str, **body: Any) -> Any:
        status, answer = await self.post(path, **body)
        assert (status, answer["ok"]) == (200, True), answer
        return answer


async def until(what: Callable[[], Awaitable[Any]], seconds: float = 60.0) -> Any:
    """The first true value of `what`, which is asked again and again."""
    deadline = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.2)
    return found


@pytest.fixture
async def panel(tmp_path: Path) -> AsyncIterator[Panel]:
    """Both services, a project that would be watched, and a bot that was never started."""
    clock = DemoClock(tmp_path / "clock")
    world, workspace = World(clock), Workspace(clock)
    bot = BotProcess(clock, tmp_path, lambda: False, lambda: workspace.news.tell("director"))
    director = Director(world, workspace, Player(world), clock, bot)
    director.home = world.add_project("llama-ft")
    routes = DirectorRoutes(director, Truth(director))
    async with SlackServer(workspace, director=routes) as server, aiohttp.ClientSession() as session:
        yield Panel(session, server.url, director)
