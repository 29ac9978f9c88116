"""/page/*: what a person's browser reads and does."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from aiohttp import web

from bot.sandbox.slack import acting, linking, modals, moderating
from bot.sandbox.slack import page_bodies as bodies
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.page_shapes import PageShapes
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.presence import active
from bot.sandbox.slack.web_api import gone
from bot.sandbox.slack.wire import Json, Misuse, Refusal
from bot.times import now_ms

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

HEARTBEAT_S = 15.0
CALLS_SHOWN = 400
Doing = Callable[[str, Json], Awaitable[Json]]


class PageApi:
    """Every failure is 4xx JSON: ``{ok: false, error, message}`` with one sentence."""

    def __init__(self, workspace: "Workspace", *, directed: bool = False) -> None:
        self._space = workspace
        self._directed = directed
        self._shapes = PageShapes(workspace)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for path, reading in (
            ("session", self._session),
            ("history", self._history),
            ("thread", self._thread),
            ("home", self._home),
            ("calls", self._calls),
        ):
            router.add_get(f"/page/{path}", _reading(reading))
        router.add_get("/page/stream", self._stream)
        for path, doing in (
            ("say", self._say),
            ("act", self._act),
            ("suggest", self._suggest),
            ("shortcut", self._shortcut),
            ("read", self._read),
            ("view/act", self._view_act),
            ("view/submit", self._view_submit),
            ("view/close", self._view_close),
            ("compose", self._compose),
            ("channel", self._channel_deed),
            ("delete", self._delete),
        ):
            router.add_post(f"/page/{path}", self._doing(doing))

    # --- reading -------------------------------------------------------------------------------------

    def _session(self, query: Json) -> Json:
        user = self._who(query) if query.get("as") else self._first_member()
        if query.get("tz") in available_timezones():
            self._space.users[user].tz = str(query["tz"])  # Slack too takes it from the device that a person uses
        here = {"director": self._directed, "now_ms": now_ms(self._space.clock)}
        return self._shapes.session(user) | here

    def _history(self, query: Json) -> Json:
        return {"messages": self._shapes.history(self._who(query), self._channel(query))}

    def _thread(self, query: Json) -> Json:
        return {"messages": self._shapes.thread(self._who(query), self._channel(query), str(query.get("ts", "")))}

    def _home(self, query: Json) -> Json:
        if query.get("quiet"):
            return {"view": self._space.views.homes.get(self._who(query))}
        return {"view": acting.open_home(self._space, self._who(query))}

    def _calls(self, query: Json) -> Json:
        after = str(query.get("after") or 0)
        if not after.isdigit():
            raise Misuse("bad_id", "`after` is the number of a call.")
        return {"calls": [call.page() for call in self._space.calls.after(int(after))[-CALLS_SHOWN:]]}

    # --- doing ---------------------------------------------------------------------------------------

    async def _say(self, user: str, body: Json) -> Json:
        channel = self._channel(body)
        outcome = await acting.say(
            self._space, user, channel.id, bodies.text(body, "text"), bodies.maybe(body, "thread_ts")
        )
        return _told(outcome)

    async def _act(self, user: str, body: Json) -> Json:
        channel, ids = self._channel(body), bodies.ids(body)
        ts, patch, values = bodies.text(body, "message_ts"), bodies.patch(body), bodies.values(body)
        return _told(await acting.press(self._space, user, channel.id, ts, ids, patch, values))

    async def _suggest(self, user: str, body: Json) -> Json:
        ids, value = bodies.ids(body), str(body.get("value") or "")
        view_id = bodies.maybe(body, "view_id")
        if view_id:
            return await modals.suggest(self._space, user, view_id, ids, value)
        channel = self._channel(body)
        return await acting.suggest(self._space, user, channel.id, bodies.text(body, "message_ts"), ids, value)

    async def _shortcut(self, user: str, body: Json) -> Json:
        where = self._channel(body).id if body.get("channel") else None
        callback_id = bodies.text(body, "callback_id")
        return _told(
            await acting.shortcut(self._space, user, callback_id, where, bodies.maybe(body, "message_ts"))
        )

    async def _read(self, user: str, body: Json) -> Json:
        channel = self._channel(body)
        ts = bodies.text(body, "ts")
        channel.last_read[user] = max(ts, channel.last_read.get(user, ""))
        self._space.news.tell("channel", channel=channel.id, user=user)
        return {"ok": True}

    async def _view_act(self, user: str, body: Json) -> Json:
        view_id, ids = bodies.text(body, "view_id"), bodies.ids(body)
        return _told(await modals.act(self._space, user, view_id, ids, bodies.patch(body), bodies.values(body)))

    async def _view_submit(self, user: str, body: Json) -> Json:
        return _told(await modals.submit(self._space, user, bodies.text(body, "view_id"), bodies.values(body)))

    async def _view_close(self, user: str, body: Json) -> Json:
        await modals.close(self._space, user, bodies.text(body, "view_id"))
        return {"ok": True}

    async def _compose(self, user: str, body: Json) -> Json:
        """Links in the composer: the app is told of each draft once; the previews that it gave so far."""
        return {"attachments": linking.compose(self._space, user, bodies.text(body, "text"))}

    async def _channel_deed(self, user: str, body: Json) -> Json:
        moderating.do(self._space, user, self._channel(body).id, bodies.text(body, "do"))
        return {"ok": True}

    async def _delete(self, user: str, body: Json) -> Json:
        moderating.delete(self._space, user, self._channel(body).id, bodies.text(body, "ts"))
        return {"ok": True}

    # --- the stream ----------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events until the browser leaves."""
        try:
            user = self._who(dict(request.query))
        except Misuse as misuse:
            return _failure(misuse)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._space.news.listening() as queue, contextlib.suppress(ConnectionError):
            await response.write(b": welcome\n\n")
            while not gone(request) and (piece := await self._next(queue, user)) is not None:
                await response.write(piece)
        return response

    async def _next(self, queue: "asyncio.Queue[Json | None]", user: str) -> bytes | None:
        """The next piece for `user`, or a comment that keeps the connection alive; None at the end."""
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                item = await queue.get()
        except TimeoutError:
            return b": still here\n\n"
        if item is None:
            return None
        told = self._shapes.news(user, item)
        return b"".join(f"data: {json.dumps(one)}\n\n".encode() for one in told)

    # --- who and where -------------------------------------------------------------------------------

    def _who(self, body: Json) -> str:
        user = str(body.get("as") or "")
        person = self._space.users.get(user)
        if person is None or person.is_bot:
            raise Misuse("user_not_found", f"There is no person {user or '(none named)'} here.")
        return active(self._space, user).id

    def _channel(self, body: Json) -> Channel:
        channel = self._space.channels.get(str(body.get("channel") or ""))
        if channel is None:
            raise Misuse("channel_not_found", "There is no such channel.")
        return channel

    def _first_member(self) -> str:
        here = self._space.users.values()
        first = next((one for one in here if not (one.is_bot or one.is_stranger or one.deleted)), None)
        if first is None:
            raise Misuse("user_not_found", "Nobody lives in this workspace.")
        return first.id

    def _doing(self, doing: Doing) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                body = await bodies.object_of(request)
                answer = await doing(self._who(body), body)
            except Misuse as misuse:
                return _failure(misuse)
            except Refusal as refusal:
                return _failure(Misuse(refusal.code, f"Slack refuses this: {refusal.code}."))
            return web.json_response(answer, status=200 if answer.get("ok", True) else 422)

        return handle


def _reading(reading: Callable[[Json], Json]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(reading(dict(request.query)))
        except Misuse as misuse:
            return _failure(misuse)

    return handle


def _told(outcome: Outcome) -> Json:
    if outcome.errors:
        return {
            "ok": False,
            "errors": outcome.errors,
            "error": "invalid_input",
            "message": "Some answers do not fit.",
        }
    if outcome.error is not None:
        return {"ok": False, "error": outcome.error, "message": outcome.message or outcome.error}
    return {"ok": True}


def _failure(misuse: Misuse) -> web.Response:
    return web.json_response({"ok": False, "error": misuse.code, "message": misuse.message}, status=400)
