"""A clock that can be turned ahead, a plain client of the Web API, and a Bolt app on its sockets."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_bolt.async_app import AsyncApp

from bot.sandbox.slack.server import SlackServer
from bot.times import Ns

ALERTS = "C0MLALERTS"
ADA, GRACE, GUEST, STRANGER = "U0ADA00001", "U0GRACE001", "U0GUEST001", "U0STRANGE1"
PATIENCE_S = 5.0


class AheadClock:
    """Real time plus whatever a test turned it ahead; sleepers wake when both together have passed enough."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._turned = asyncio.Event()

    def turn(self, seconds: float) -> None:
        self._ahead_s += seconds
        self._turned.set()
        self._turned = asyncio.Event()

    def now_ns(self) -> Ns:
        return Ns(time.time_ns() + int(self._ahead_s * 1_000_000_000))

    def monotonic_s(self) -> float:
        return time.monotonic() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        until_s = self.monotonic_s() + seconds
        while (left_s := until_s - self.monotonic_s()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._turned.wait()
            except TimeoutError:
                return


async def until(condition: Callable[[], Any]) -> None:
    """Waits for something that happens over the wire."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is announced by nobody
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def error(self) -> str | None:
        return self.body.get("error")


FORMS = frozenset(
    {
        "bots.info", "chat.getPermalink", "conversations.history", "conversations.info", "conversations.list",
        "conversations.members", "conversations.replies", "files.getUploadURLExternal", "files.info", "team.info",
        "usergroups.list", "usergroups.users.list", "users.conversations", "users.info", "users.list",
        "users.lookupByEmail",
    }
)  # fmt: skip
"""Slack's docs name application/json among the content types of all methods but these."""


def _field(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Api:
    """Calls methods as Slack takes them: those that read with a form, the others with a JSON body."""

    session: aiohttp.ClientSession
    server: SlackServer
    token: str

    async def __call__(self, method: str, **arguments: Any) -> Answer:
        if method in FORMS:
            return await self.form(method, **arguments)
        return await self.send(method, json=arguments)

    async def form(self, method: str, **arguments: Any) -> Answer:
        return await self.send(method, data={name: _field(value) for name, value in arguments.items()})

    async def send(self, method: str, *, token: str | None = None, **request: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = self.server.api_url + method
        async with self.session.post(url, headers=headers, **request) as response:
            return Answer(response.status, await response.json(), dict(response.headers))

    async def post(self, text: str = "hello", channel: str = ALERTS, **more: Any) -> str:
        """The ts of a new message."""
        answer = await self("chat.postMessage", channel=channel, text=text, **more)
        assert answer.body["ok"], answer.body
        return str(answer.body["ts"])


@asynccontextmanager
async def listening(app: AsyncApp) -> AsyncIterator[str]:
    """The request URL behind which `app` serves."""
    bolt = AsyncSlackAppServer(port=0, path="/slack/events", app=app)
    runner = web.AppRunner(bolt.web_app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await runner.cleanup()


@dataclass
class BoltApp:
    """A Bolt app over any number of sockets; what it hears is in `heard`."""

    app: AsyncApp
    handlers: list[AsyncSocketModeHandler] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    app_token: str = ""
    api: Api | None = None

    @property
    def calls(self) -> Api:
        assert self.api is not None
        return self.api

    async def connect(self, sockets: int = 1) -> None:
        for _ in range(sockets):
            handler = AsyncSocketModeHandler(self.app, self.app_token)
            await handler.connect_async()
            self.handlers.append(handler)
