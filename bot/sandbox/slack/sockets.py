"""Socket Mode: tickets, up to ten sockets, envelopes and their acks, and all that goes wrong there."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from bot.sandbox.slack.delivery import ACK_S, Ack, Parcel, Retry, within
from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.tickets import Mint
from bot.sandbox.slack.wire import Json
from bot.times import NS_PER_S, Clock

MOST_SOCKETS = 10
TICKET_S = 30.0
LIFETIME_S = 18_060.0
DEBUG_LIFETIME_S = 360.0
WARNING_S = 10.0


@dataclass(eq=False, slots=True)
class Connection:
    """`deaf`: nothing is delivered, its pings are not answered, its acks not heard."""

    socket: web.WebSocketResponse
    request: web.Request
    born_s: float
    deaf: bool = False

    async def send(self, frame: Json) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(json.dumps(frame))

    def cut(self) -> None:
        if self.request.transport is not None:
            self.request.transport.abort()


@dataclass(slots=True)
class SocketHub:
    """All sockets of the app. A payload goes to any one of them, and an ack may come back on any."""

    clock: Clock
    mint: Mint
    faults: Faults
    connections: list[Connection] = field(default_factory=list)
    _tickets: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, "asyncio.Future[Json | None]"] = field(default_factory=dict)
    _refusals: int = 0

    def __post_init__(self) -> None:
        self.faults.on_sockets = self._struck

    def __len__(self) -> int:
        return len(self.connections)

    # --- going wrong on command ------------------------------------------------------------------------

    def drop(self) -> int:
        dropped, self.connections = self.connections, []
        for connection in dropped:
            connection.cut()
        return len(dropped)

    def refuse(self, times: int) -> None:
        self._refusals += times

    def deafen(self, count: int | None = None) -> int:
        chosen = [one for one in self.connections if not one.deaf][:count]
        for connection in chosen:
            connection.deaf = True
        return len(chosen)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        for connection in list(self.connections):
            await self._dismiss(connection, reason)

    # --- the wire --------------------------------------------------------------------------------------

    def url(self, base_url: str, app_id: str) -> str:
        """A new address for one socket, good for half a minute and one use."""
        ticket = self.mint.token(32)
        self._tickets[ticket] = self.clock.monotonic_s() + TICKET_S
        return f"{base_url.replace('http', 'ws', 1)}/link?{urlencode({'ticket': ticket, 'app_id': app_id})}"

    async def serve(self, request: web.Request, app_id: str) -> web.StreamResponse:
        """One socket from hello to its end. HTTP 408: its ticket is unknown, old or used; 503: all are down."""
        if self._suffers("down"):
            return web.Response(status=503, text="Service Unavailable")
        good_until_s = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        refused = self._refusals > 0
        self._refusals -= refused
        if refused or self._suffers("wedged") or self.clock.monotonic_s() > good_until_s:
            return web.Response(status=408, text="Request Timeout")
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request, self.clock.monotonic_s())
        if len(self.connections) >= MOST_SOCKETS:
            await self._dismiss(connection, "too_many_websockets")
            return socket
        self.connections.append(connection)
        lifetime_s = DEBUG_LIFETIME_S if request.query.get("debug_reconnects") == "true" else LIFETIME_S
        ageing = asyncio.create_task(self._age(connection, lifetime_s), name="socket-age")
        try:
            await connection.send(self._hello(app_id, lifetime_s))
            await self._listen(connection)
        finally:
            ageing.cancel()
            self._forget(connection)
        return socket

    async def send(self, parcel: Parcel, retry: Retry | None) -> Ack:
        """Delivers to a socket chosen at random and waits three seconds for the ack."""
        if not self.connections:
            return Ack(error="dispatch_failed")
        envelope_id = self.mint.token(36)
        frame: Json = {
            "envelope_id": envelope_id,
            "type": parcel.type,
            "accepts_response_payload": parcel.accepts,
            "payload": parcel.payload,
        }
        if parcel.type == "events_api":
            frame |= {
                "retry_attempt": retry.attempt if retry else 0,
                "retry_reason": retry.reason if retry else "",
            }
        answered: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answered
        try:
            connection = self.mint.random.choice(self.connections)
            if not self._fails(connection, "deaf", "mute"):
                await connection.send(frame)
            if not await within(self.clock, ACK_S, answered):
                return Ack(error="timeout" if parcel.type == "events_api" else "operation_timeout")
            return Ack(payload=answered.result() if parcel.accepts else None)
        finally:
            del self._waiting[envelope_id]

    async def close(self) -> None:
        for connection in list(self.connections):
            await connection.socket.close(code=1001, message=b"server is going away")

    # --- private ---------------------------------------------------------------------------------------

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if self._fails(connection, "mute"):
                continue
            if message.type is WSMsgType.PING:
                with contextlib.suppress(ConnectionError):
                    await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(message.data)

    def _acknowledge(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        answered = self._waiting.get(frame.get("envelope_id", "")) if isinstance(frame, dict) else None
        if answered is not None and not answered.done():
            answered.set_result(frame.get("payload"))

    def _hello(self, app_id: str, lifetime_s: float) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": app_id},
            "debug_info": {
                "host": "applink-sandbox",
                "started": self.clock.now_ns() // NS_PER_S,
                "build_number": 1,
                "approximate_connection_time": round(lifetime_s),
            },
        }

    async def _age(self, connection: Connection, lifetime_s: float) -> None:
        await self.clock.sleep(lifetime_s - WARNING_S)
        await connection.send(_goodbye("warning"))
        await self.clock.sleep(WARNING_S)
        await self._dismiss(connection, "refresh_requested")

    async def _dismiss(self, connection: Connection, reason: str) -> None:
        self._forget(connection)
        if not self._fails(connection, "deaf", "mute"):
            await connection.send(_goodbye(reason))
        await connection.socket.close()

    def _struck(self, fault: Fault) -> None:
        if fault.kind in {"down", "wedged"}:
            self.drop()

    def _suffers(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self.faults.of_sockets())

    def _fails(self, connection: Connection, *kinds: str) -> bool:
        """Whether a socket is deaf by itself, or by a fault of `kinds` that met it when it was open."""
        met = (fault for fault in self.faults.of_sockets() if connection.born_s <= fault.since_s)
        return connection.deaf or any(fault.kind in kinds for fault in met)

    def _forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
