"""A clock that can be turned ahead, a plain client of the Web API, and a Bolt app on its sockets."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
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


@dataclass
class Api:
    """Calls methods with a JSON body, or as a form."""

    session: aiohttp.ClientSession
    server: SlackServer
    token: str

    async def __call__(self, method: str, **arguments: Any) -> Answer:
        return await self.send(method, json=arguments)

    async def form(self, method: str, **arguments: Any) -> Answer:
        return await self.send(method, data=arguments)

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


@dataclass
class BoltApp:
    """A Bolt app over any number of sockets; what it hears is in `heard`."""

    app: AsyncApp
    handlers: list[AsyncSocketModeHandler] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    app_token: str = ""

    async def connect(self, sockets: int = 1) -> None:
        for _ in range(sockets):
            handler = AsyncSocketModeHandler(self.app, self.app_token)
            await handler.connect_async()
            self.handlers.append(handler)
