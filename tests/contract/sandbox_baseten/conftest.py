"""A world on a clock that is turned by hand, its server on a free port, and a client with a valid key."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox.baseten.job import SimJob, SimProject
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.world import World
from bot.times import Ns

NOON_NS = 1_764_072_000_000_000_000
NOON_MS = NOON_NS // 1_000_000


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.ns = NOON_NS

    def turn(self, seconds: float) -> None:
        self.ns += round(seconds * 1_000_000_000)

    def now_ns(self) -> Ns:
        return Ns(self.ns)

    def monotonic_s(self) -> float:
        return (self.ns - NOON_NS) / 1_000_000_000

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Client:
    """Asks the API; `answer` is status and decoded JSON."""

    session: aiohttp.ClientSession
    url: str

    async def answer(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        json: Any = None,
        key: str = "demo-key",
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.session.request(
            method, self.url + path, params=query, json=json, headers=headers
        ) as response:
            return response.status, await response.json()

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self.answer("GET", path, query=query)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.answer("POST", path, json=body)

    async def logs(self, job: SimJob, **query: Any) -> tuple[int, Any]:
        return await self.get(path_of(job) + "/logs", **query)

    async def messages(self, job: SimJob, **query: Any) -> list[str]:
        status, body = await self.logs(job, **query)
        assert status == 200, body
        return [line["message"] for line in body["logs"]]


def path_of(job: SimJob) -> str:
    return f"/v1/training_projects/{job.project.id}/jobs/{job.id}"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock, {"demo-key": "demo", "other-key": "other"})


@pytest.fixture
def project(world: World) -> SimProject:
    return world.add_project("llama-ft")


@pytest.fixture
def job(world: World, project: SimProject) -> SimJob:
    return world.add_job(project, "oom-run", node_count=2, status="TRAINING_JOB_RUNNING")


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with BasetenServer(world) as server, aiohttp.ClientSession() as session:
        yield Client(session, server.url)
