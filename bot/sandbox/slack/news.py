"""What happens in the workspace, told to whoever watches: the page's streams."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.sandbox.slack.wire import Json


class News:
    """A broadcast. Items are internal: {"type", "channel"?, "ts"?, "user"?, …}; streams render them."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Json | None]] = set()

    def tell(self, kind: str, **fields: object) -> None:
        for queue in self._listeners:
            queue.put_nowait({"type": kind, **fields})

    def close(self) -> None:
        """Tells every listener that nothing more will come (None)."""
        for queue in self._listeners:
            queue.put_nowait(None)

    @contextmanager
    def listening(self) -> Iterator["asyncio.Queue[Json | None]"]:
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
