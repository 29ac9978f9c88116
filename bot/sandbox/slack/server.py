"""The server: one port for the Web API, Socket Mode, response URLs, files, and the page."""

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import aiohttp
from aiohttp import web

from bot.sandbox.slack import responding
from bot.sandbox.slack.delivery import Dispatcher, Transport
from bot.sandbox.slack.file_routes import FileRoutes
from bot.sandbox.slack.http_delivery import HttpDelivery
from bot.sandbox.slack.page_api import PageApi
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import Workspace

STATIC = Path(__file__).parents[1] / "page" / "static"
BODY_BYTES = 64 * 1024**2
SHUTDOWN_S = 1.0


class Routes(Protocol):
    def add_routes(self, router: web.UrlDispatcher) -> None: ...


class SlackServer:
    """``async with SlackServer(workspace) as server:`` serves the workspace.

    Args:
        port: 0 takes a free one.
        request_url: HTTP mode: where the app listens; None: Socket Mode.
        director: what a demonstration serves beside the workspace (`bot/sandbox/director`).
    """

    def __init__(
        self,
        workspace: Workspace,
        host: str = "127.0.0.1",
        port: int = 0,
        request_url: str | None = None,
        director: Routes | None = None,
    ) -> None:
        self.workspace = workspace
        self._director = director
        self._host = host
        self._port = port
        self._request_url = request_url
        self._exits = AsyncExitStack()
        self._http: HttpDelivery | None = None
        self.url = ""

    @property
    def api_url(self) -> str:
        """For `base_url` of slack_sdk's client."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._exits.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, self._host, self._port)
        await site.start()
        self._port = runner.addresses[0][1]
        self.url = f"http://{self._host}:{self._port}"
        self.workspace.base_url = self.url
        dispatcher = Dispatcher(self.workspace.clock, await self._transport(), self.workspace.calls)
        self.workspace.dispatcher = dispatcher
        self._exits.push_async_callback(self.workspace.sockets.close)
        self._exits.push_async_callback(dispatcher.close)
        self._exits.callback(self.workspace.news.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.workspace.dispatcher = None
        await self._exits.aclose()

    async def verify_request_url(self) -> bool:
        """HTTP mode: whether the app passes the url_verification that Slack makes when the URL is saved."""
        if self._http is None:
            raise ValueError("there is no request URL in Socket Mode")
        return await self._http.verify(self.workspace.mint.token())

    async def _transport(self) -> Transport:
        if self._request_url is None:
            return self.workspace.sockets
        session = await self._exits.enter_async_context(aiohttp.ClientSession())
        self._http = HttpDelivery(
            clock=self.workspace.clock,
            url=self._request_url,
            secret=self.workspace.signing_secret,
            session=session,
        )
        return self._http

    def _application(self) -> web.Application:
        space, files = self.workspace, FileRoutes(self.workspace)
        app = web.Application(client_max_size=BODY_BYTES)

        async def link(request: web.Request) -> web.StreamResponse:
            return await space.sockets.serve(request, space.app_id)

        async def respond(request: web.Request) -> web.StreamResponse:
            return await responding.handle(space, request)

        api = WebApi(space)
        app.router.add_post("/api/{method}", api.handle)
        app.router.add_get("/api/{method}", api.handle)
        app.router.add_get("/link", link)
        app.router.add_post("/response/{token}", respond)
        app.router.add_post("/upload/{ticket}", files.upload)
        app.router.add_get("/files/{id}/{name}", files.download)
        PageApi(space, directed=self._director is not None).add_routes(app.router)
        if self._director is not None:
            self._director.add_routes(app.router)
        app.router.add_get("/", _index)
        if STATIC.is_dir():
            app.router.add_static("/static/", STATIC)
        app.on_response_prepare.append(_asked_again)
        return app


async def _asked_again(request: web.Request, response: web.StreamResponse) -> None:
    """After an upgrade a browser must not mix old modules of the page with new ones."""
    if request.path == "/" or request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


async def _index(request: web.Request) -> web.StreamResponse:  # noqa: ARG001 - the shape of a handler
    index = STATIC / "index.html"
    if not index.is_file():
        return web.Response(status=404, text="The page is not part of this installation.")
    return web.FileResponse(index)
