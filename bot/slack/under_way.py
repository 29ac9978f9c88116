"""Listeners that have begun and not ended: what was acknowledged is answered before the process stops."""

import asyncio

from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse


class UnderWay(AsyncListenerStartHandler, AsyncListenerCompletionHandler):
    """Follows the listeners of `app`, which Bolt starts as tasks that nobody owns."""

    def __init__(self, app: AsyncApp) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        app.listener_runner.listener_start_handler = self
        app.listener_runner.listener_completion_handler = self

    def __len__(self) -> int:
        return len(self._tasks)

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:  # noqa: ARG002 - Bolt's shape
        """Called at the start and at the end of every listener, in its task, which ends with the second call."""
        task = asyncio.current_task()
        if task is not None and task not in self._tasks:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Waits until none is under way; cancelled, it leaves them to themselves."""
        while self._tasks:
            await asyncio.wait(self._tasks)
