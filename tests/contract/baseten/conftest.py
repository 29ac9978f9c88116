"""A server that says exactly what it is told to, byte for byte, and an account that asks it."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options
from bot.baseten.transport import Http, open_http
from bot.jobs.job import Instance, Job, Status
from bot.times import Ms, SystemClock

KEY = "sk-test.SECRET-0123456789"


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class RawApi:
    """Takes the next of `replies` for each request, or asks `otherwise` when they are used up.

    A reply is the bytes to write, or a function of the writer. `b""` closes the connection.
    """

    replies: list = field(default_factory=list)
    otherwise: Callable[[Asked], object] | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_been_asked(self, times: int) -> None:
        while len(self.asked) < times:
            self._heard.clear()
            await self._heard.wait()

    @staticmethod
    def reply(status: int = 200, body: object = None, **headers: str) -> bytes:
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        fields = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + raw

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        self._heard.set()
        reply = self.replies.pop(0) if self.replies else self.otherwise(asked)
        if callable(reply):
            await reply(writer)
            return False
        writer.write(reply)
        await writer.drain()
        return reply != b""


@pytest.fixture
async def raw() -> AsyncIterator[RawApi]:
    api = RawApi()
    tasks: set[asyncio.Task] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        tasks.add(task)
        try:
            await api.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield api
    server.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with open_http() as shared:
        yield shared


@pytest.fixture
def new_api(raw: RawApi, http: Http) -> Callable[..., BasetenApi]:
    """Makes an account of the raw server; retries do not dawdle."""

    def make(name: str = "default", *, key: str = KEY, listener=None, clock=None, **options) -> BasetenApi:
        given = {"base_url": raw.url, "backoff_s": 0.001, "read_s": 2.0, "connect_s": 2.0, "deadline_s": 10.0}
        account = Account(name=name, key=key, options=Options(**given | options))
        return BasetenApi(account, http, clock or SystemClock(), listener)

    return make


@pytest.fixture
def job() -> Job:
    return Job(
        account="default",
        id="j1",
        project_id="p1",
        project_name="llama",
        name="sft",
        status=Status("TRAINING_JOB_RUNNING"),
        created_ms=Ms(1),
        updated_ms=Ms(1),
        instance=Instance(id="H100:8x", name="8 H100"),
    )


@pytest.fixture
def closes_with_a_reset() -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def reset(writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return reset
