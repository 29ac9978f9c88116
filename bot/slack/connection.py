"""One connection of Socket Mode: the SDK's client without its own ways of reconnecting.

The SDK tries a bad address for ever, and closes a socket before it opens the next one. Here a connection is made
once, to one address, and never mended: when it is lost, tired or deaf, `sockets` makes another.
"""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import SlackRefused, TransientError
from bot.slack.gateway import translated
from bot.times import Clock

log = structlog.get_logger(__name__)

PING_INTERVAL_S = 5.0
MAX_PAYLOAD_BYTES = 1_000_000
HELLO_S = 10.0
"""A connection that is not greeted by then is none."""
CLOSE_TIMEOUT_S = 5.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 25.0
"""Slack may give out no more than one address a minute for long; a burst after a failure is taken."""


class Connection(SocketModeClient):
    """`heard_at` counts the payloads of all connections of the process, at the last one that came by this one."""

    def __init__(self, app: AsyncApp, app_token: str, clock: Clock, ear: "Ear") -> None:
        super().__init__(
            app_token=app_token,
            logger=app.logger,
            web_client=app.client,
            auto_reconnect_enabled=False,
            ping_interval=PING_INTERVAL_S,
        )
        self._app = app
        self._clock = clock
        self._ear = ear
        self.hello = asyncio.Event()
        self.goodbye: str | None = None
        self.born_s = self.heard_s = clock.monotonic_s()
        self.heard_at = ear.payloads
        self.has_heard = False
        self.socket_mode_request_listeners.append(self._handle)

    async def connect(self) -> None:
        """To `wss_uri`, once.

        Raises:
            aiohttp.ClientError, OSError: it cannot be reached, or refuses.
        """
        self.current_session = await self.aiohttp_client_session.ws_connect(
            self.wss_uri or "",
            autoping=False,
            heartbeat=self.ping_interval,
            max_msg_size=MAX_PAYLOAD_BYTES,
            proxy=self.proxy,
            ssl=self.web_client.ssl if self.web_client.ssl is not None else True,
        )
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        match message.get("type"):
            case "hello":
                self.hello.set()
            case "disconnect":
                self.goodbye = str(message.get("reason"))
            case _:
                await super().run_message_listeners(message, raw_message)

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self._ear.payloads += 1
        self.heard_at, self.heard_s, self.has_heard = self._ear.payloads, self._clock.monotonic_s(), True
        began = time.time()  # noqa: TID251 - what the SDK compares its own clock with, in a debug line
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(client, request, response, began)

    @property
    def is_up(self) -> bool:
        """Open, and answering pings."""
        session, pong_s = self.current_session, self.last_ping_pong_time
        if self.closed or session is None or session.closed:
            return False
        return pong_s is None or time.time() - pong_s < 4 * self.ping_interval  # noqa: TID251 - the SDK's stamp

    @property
    def is_broken(self) -> bool:
        """Whether one of the tasks of the SDK has ended: the socket is open, and nobody listens."""
        tasks = (self.message_receiver, self.message_processor, self.current_session_monitor)
        return any(task is None or task.done() for task in tasks)


@dataclass(slots=True)
class Ear:
    """How many payloads have come by all connections together."""

    payloads: int = 0


@dataclass(slots=True)
class Opening:
    """Opens connections, one at a time, and more and more slowly while that fails."""

    app: AsyncApp
    app_token: str
    clock: Clock
    ear: Ear
    _failures: int = 0
    _not_before_s: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def next(self) -> Connection:
        """A connection that Slack has greeted, however long that takes."""
        async with self._turn:
            while True:
                await self.clock.sleep(max(0.0, self._not_before_s - self.clock.monotonic_s()))
                connection = Connection(self.app, self.app_token, self.clock, self.ear)
                try:
                    await self._open(connection)
                except (SlackRefused, TransientError) as error:
                    log.warning("socket_no_address", reason=str(error))
                    self.slower(error.retry_after_s if isinstance(error, TransientError) else None)
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    log.warning("socket_not_opened", reason=type(error).__name__)
                    self.slower()
                except BaseException:
                    await close(connection)
                    raise
                else:
                    self._failures = 0
                    return connection
                await close(connection)

    async def _open(self, connection: Connection) -> None:
        answer = await translated(self.app.client.apps_connections_open(app_token=self.app_token))
        connection.wss_uri = str(answer["url"])
        async with asyncio.timeout(HELLO_S):
            await connection.connect()
            await connection.hello.wait()

    def slower(self, asked_s: float | None = None) -> None:
        """Something failed: the next one is not opened before a while, or before Slack has said."""
        self._failures += 1
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures - 1, 10))
        wait_s = max(asked_s or 0.0, longest * random.uniform(0.5, 1.0))
        self._not_before_s = max(self._not_before_s, self.clock.monotonic_s() + wait_s)


async def close(connection: Connection) -> None:
    """At once or never mind: nothing is sent by it any more."""
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await connection.close()  # type: ignore[no-untyped-call]  # the SDK's
    if not connection.aiohttp_client_session.closed:
        with suppress(Exception):
            await connection.aiohttp_client_session.close()
