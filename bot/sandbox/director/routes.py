"""/page/director…: the director's panel over HTTP. Every failure is 4xx ``{ok: false, error, message}``."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.baseten.job import PREFIX
from bot.sandbox.baseten.library import playable
from bot.sandbox.director.director import Director
from bot.sandbox.director.refusal import CannotDo
from bot.sandbox.director.troubles import KINDS
from bot.sandbox.director.truth import Truth

Json = dict[str, Any]
Doing = Callable[[Json], Awaitable[Json]]


class DirectorRoutes:
    """What the page's server serves beside the workspace."""

    def __init__(self, director: Director, truth: Truth) -> None:
        self._director = director
        self._truth = truth

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/page/director", self._panel)
        router.add_get("/page/director/truth", self._told)
        for path, doing in (
            ("play", self._play),
            ("speed", self._speed),
            ("ahead", self._ahead),
            ("trouble", self._trouble),
            ("calm", self._calm),
            ("bot", self._bot),
            ("burst", self._burst),
        ):
            router.add_post(f"/page/director/{path}", _handler(doing))

    async def _panel(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002 - the same for everyone
        director = self._director
        return web.json_response(
            {
                "ok": True,
                "scenarios": [
                    {"name": name, "title": found.title, "about": " ".join(found.about.split())}
                    for name, found in playable().items()
                ],
                "speed": director.player.speed,
                "ahead_s": director.clock.ahead_s,
                "jobs": self._jobs(),
                "troubles": [
                    {
                        "id": one.id,
                        "service": one.what.service,
                        "kind": one.what.kind,
                        "label": one.what.label,
                        "until_ms": one.until_ms,
                    }
                    for one in director.troubles.now
                ],
                "kinds": [{"service": one.service, "kind": one.kind, "label": one.label} for one in KINDS],
                "bot": {
                    "state": director.bot.state,
                    "pid": director.bot.pid,
                    "restarts": director.bot.restarts,
                    "since_ms": director.bot.since_ms,
                },
            }
        )

    async def _told(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002 - the same for everyone
        try:
            return web.json_response({"ok": True, **await self._truth.told()})
        except (OSError, ValueError) as error:
            return _refused(CannotDo("not_explained", f"What the jobs wrote cannot be explained now: {error}"))

    def _jobs(self) -> list[Json]:
        """The newest first."""
        scenarios = {play.job.id: play.scenario for play in self._director.player.plays if play.job}
        jobs = sorted(self._director.world.jobs.values(), key=lambda job: -job.created_ms)
        return [
            {
                "id": job.id,
                "name": job.spec.name,
                "project": job.project.name,
                "scenario": scenarios.get(job.id),
                "status": job.status.removeprefix(PREFIX),
                "ended": job.has_ended,
            }
            for job in jobs
        ]

    async def _play(self, body: Json) -> Json:
        plays = self._director.play(_text(body, "scenario"))
        return {"jobs": [{"id": play.job.id if play.job else None, "name": play.name} for play in plays]}

    async def _speed(self, body: Json) -> Json:
        self._director.turn(_number(body, "factor"))
        return {"speed": self._director.player.speed}

    async def _ahead(self, body: Json) -> Json:
        self._director.jump(_number(body, "seconds"))
        return {"ahead_s": self._director.clock.ahead_s}

    async def _trouble(self, body: Json) -> Json:
        trouble = self._director.trouble(
            _text(body, "service"), _text(body, "kind"), _number(body, "seconds", 3600.0)
        )
        return {"id": trouble.id, "until_ms": trouble.until_ms}

    async def _calm(self, body: Json) -> Json:
        self._director.calm(int(_number(body, "id")))
        return {}

    async def _bot(self, body: Json) -> Json:
        await self._director.order(_text(body, "do"))
        return {"state": self._director.bot.state}

    async def _burst(self, body: Json) -> Json:
        job_id = _text(body, "job") if body.get("job") else None
        lines, seconds = int(_number(body, "lines", 200)), _number(body, "seconds", 10)
        return {"job": self._director.burst(lines, seconds, job_id).id}


def _handler(doing: Doing) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            _is_ours(request)
            return web.json_response({"ok": True, **await doing(await _object(request))})
        except CannotDo as refusal:
            return _refused(refusal)

    return handle


def _refused(refusal: CannotDo) -> web.Response:
    body = {"ok": False, "error": refusal.code, "message": str(refusal)}
    return web.json_response(body, status=400)


def _is_ours(request: web.Request) -> None:
    """Any page of the browser can send requests to this machine; only ours may direct."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise CannotDo("foreign_origin", "Only the page of the demonstration itself may direct it.")


async def _object(request: web.Request) -> Json:
    try:
        body: Any = json.loads(await request.text() or "{}")
    except ValueError:
        raise CannotDo("invalid_json", "The request is not JSON.") from None
    if not isinstance(body, dict):
        raise CannotDo("invalid_json", "The request is not a JSON object.")
    return body


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise CannotDo("missing", f"The request lacks {name}.")
    return value


def _number(body: Json, name: str, otherwise: float | None = None) -> float:
    value = body.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CannotDo("missing", f"The request lacks {name}, a number.")
    return value
