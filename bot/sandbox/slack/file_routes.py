"""Taking uploads and serving files."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.slack.calls import Result
from bot.sandbox.slack.methods.method import require_scope
from bot.sandbox.slack.web_api import drop, fails_late
from bot.sandbox.slack.wire import Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_LOGIN = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to your workspace</body></html>"


class FileRoutes:
    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """POST /upload/TICKET: the bytes as the body, or as the first file of a form."""
        watch = self._space.calls.begin()
        fault = self._space.faults.take("upload")
        content = await _bytes(request)
        spoiled = fault is not None and fault.kind not in {"lost", "slow", "garbage"}
        taken = not spoiled and self._space.files.upload(request.match_info["ticket"], content)
        cut = fault is not None and await fails_late(self._space.clock, request, fault)
        status = 200 if taken else 500 if spoiled else 400
        told: Json = {"bytes": len(content)}
        error = None if taken else "upload_failed"
        self._space.calls.add(watch, "upload", "upload", told, Result(status=status, error=error))
        if cut:
            return drop(request)
        return web.Response(status=status, text=f"OK - {len(content)}" if taken else "upload failed")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """GET /files/ID/NAME: for the app's token, or for the page; anyone else gets a sign-in page, as HTML."""
        try:
            if not self._may_read(request):
                return web.Response(text=_LOGIN, content_type="text/html")
            file = self._space.files.get(request.match_info["id"])
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=404)
        headers = {}
        if request.query.get("download"):
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return web.Response(body=file.content, content_type=file.mimetype, headers=headers)

    def _may_read(self, request: web.Request) -> bool:
        if request.headers.get("Authorization") == f"Bearer {self._space.bot_token}":
            require_scope(self._space, "files:read")
            return True
        same_page = request.headers.get("Referer", "").startswith(self._space.base_url)
        return same_page or request.query.get("as", "") in self._space.users


async def _bytes(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
