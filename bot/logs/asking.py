"""How the pure readers talk with whoever has the wire: generators that yield requests and are sent pages.

`Exchange` gives such a generator a plainer face::

    reading = Exchange(read_window(start_ms, end_ms))
    while (request := reading.request) is not None:
        reading.answer(await api.log_page(job, request, priority))
    read = reading.result

When the server fails in between, ``reading.stop()`` returns what is complete so far, so that a long reading gets
on even where one page in five fails.
"""

from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from bot.logs.pages import Page, PageRequest

T = TypeVar("T")

Asking = Generator[PageRequest, Page | None, T]
"""A piece of reading: yields requests, is sent pages (None: stop here), returns a `T`."""


class Cut(Exception):
    """The caller sent None. Raised and caught inside a reading, never seen outside."""


class Exchange(Generic[T]):
    """A generator of requests as an object: ask `request`, give it to `answer`, until it is None."""

    def __init__(self, asking: Asking[T]) -> None:
        self._asking = asking
        self._request: PageRequest | None = None
        self._result: list[T] = []
        self._advance(lambda: next(asking))

    @property
    def request(self) -> PageRequest | None:
        """The page that is wanted next; None when there is a `result`."""
        return self._request

    @property
    def result(self) -> T:
        """What came of it. Raises `ValueError` while a request is open."""
        if not self._result:
            raise ValueError("a request is still open")
        return self._result[0]

    def answer(self, page: Page) -> None:
        self._advance(lambda: self._asking.send(page))

    def stop(self) -> T:
        """Ends it here (the server failed, the time is up) and returns what is complete so far."""
        while self._request is not None:
            self._advance(lambda: self._asking.send(None))
        return self.result

    def _advance(self, step: Callable[[], PageRequest]) -> None:
        try:
            self._request = step()
        except StopIteration as end:
            self._request = None
            self._result.append(end.value)
