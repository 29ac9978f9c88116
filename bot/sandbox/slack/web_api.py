"""POST /api/METHOD: tokens, limits, scopes, faults, and the answer as Slack shapes it."""

import asyncio
import json
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack.calls import Result
from bot.sandbox.slack.faults import PROXIED, STATUSES, Fault
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.methods.method import Method, require_scope
from bot.sandbox.slack.wire import Args, Json, Refusal
from bot.times import NS_PER_S, Clock

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

GARBAGE = "<!DOCTYPE html><html><body>upstream connect error</body></html>"
HOLD_S = 600.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    retry_after_s: int | None = None

    def response(self) -> web.Response:
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return web.json_response(self.body, status=self.status, headers=headers)

    def result(self, fault: Fault | None) -> Result:
        pointers = (self.body.get("response_metadata") or {}).get("messages") or ()
        return Result(
            status=self.status,
            answer=self.body,
            error=self.body.get("error"),
            pointers=tuple(pointers),
            fault=fault.spelled if fault else None,
        )


class WebApi:
    """The door through which the app calls Slack."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        space = self._space
        name = request.match_info["method"]
        watch = space.calls.begin()
        values: Json = {}
        fault = space.faults.take(name)
        try:
            values, token = await _arguments(request, METHODS.get(name))
            answer = _spoiled(fault) or self.call(name, Args(values), token)
        except Refusal as refusal:
            answer = _refused(refusal)
        if fault is not None and await fails_late(space.clock, request, fault):
            space.calls.add(watch, "api", name, values, cut_short(fault))
            return drop(request)
        space.calls.add(watch, "api", name, values, answer.result(fault))
        if fault is not None and fault.kind in PROXIED | {"garbage"}:
            return web.Response(text=GARBAGE, content_type="text/html", status=answer.status)
        response = answer.response()
        response.headers["X-OAuth-Scopes"] = ",".join(sorted(space.app.scopes))
        response.headers["Date"] = formatdate(space.clock.now_ns() // NS_PER_S, usegmt=True)
        return response

    def call(self, name: str, args: Args, token: str) -> Answer:
        """One call with its rules, in Slack's order: method, token, limit, scope, arguments."""
        try:
            method = self._admitted(name, token)
            return Answer(200, {"ok": True, **method.run(self._space, args)})
        except Refusal as refusal:
            return _refused(refusal)

    def _admitted(self, name: str, token: str) -> Method:
        method = METHODS.get(name)
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        self._check_token(method, token)
        wait_s = self._space.limits.wait_for(name)
        if wait_s is not None:
            raise Refusal("ratelimited", retry_after=wait_s)
        if method.scope is not None:
            require_scope(self._space, method.scope)
        return method

    def _check_token(self, method: Method, token: str) -> None:
        if method.token == "none":  # noqa: S105 - a kind of token, not one
            return
        if not token:
            raise Refusal("not_authed")
        kinds = {self._space.bot_token: "bot", self._space.app_token: "app"}
        kind = kinds.get(token)
        if kind is None:
            raise Refusal("invalid_auth")
        if kind != method.token:
            raise Refusal("not_allowed_token_type")


def cut_short(fault: Fault) -> Result:
    """How a call is recorded whose connection was cut: with no answer, whether it had an effect or not."""
    return Result(status=0, error=fault.kind, fault=fault.spelled)


async def fails_late(clock: Clock, request: web.Request, fault: Fault) -> bool:
    """Waits as `fault` says ("slow", "timeout"); whether the connection is to be cut without an answer."""
    if fault.kind == "slow":
        await clock.sleep(fault.seconds)
    until_s = clock.monotonic_s() + HOLD_S
    while fault.kind == "timeout" and not gone(request) and clock.monotonic_s() < until_s:  # noqa: ASYNC110 - a client leaves silently
        await asyncio.sleep(_LOOK_S)
    return fault.kind in {"lost", "reset", "timeout"}


def gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def drop(request: web.Request) -> web.Response:
    """Cuts the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refused(refusal: Refusal) -> Answer:
    body = refusal.body()
    wait_s = body.pop("retry_after", None)
    return Answer(200, body) if wait_s is None else Answer(429, body, wait_s)


def _spoiled(fault: Fault | None) -> Answer | None:
    """The answer of a fault that keeps the call from taking effect."""
    match fault:
        case Fault(kind="429"):
            return Answer(429, {"ok": False, "error": "ratelimited"}, round(fault.seconds))
        case Fault(kind=status) if status in STATUSES:
            return Answer(int(status), {"ok": False, "error": "internal_error"})
        case Fault(kind="error", detail=code):
            return Answer(200, {"ok": False, "error": code})
        case Fault(kind="reset" | "timeout"):
            return Answer(0, {})
        case _:
            return None


async def _arguments(request: web.Request, method: Method | None) -> tuple[Json, str]:
    """The arguments without the token, and the token: in JSON it counts only in its header.

    Raises:
        Refusal: a body that is no object.
    """
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        said = {} if method is not None and method.reads else await _json_object(request)
        values |= {name: value for name, value in said.items() if name != "token"}
    elif request.can_read_body:
        values |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    in_body = str(values.pop("token", ""))
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return values, bearer.strip() if scheme.lower() == "bearer" else in_body


async def _json_object(request: web.Request) -> Json:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return _sound(body)


def _sound(body: Json) -> Json:
    """Half of a surrogate pair is no text: no Unicode encoding can carry it."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refusal("invalid_json") from None
    return body
