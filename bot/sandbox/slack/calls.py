"""The record of every Web API call, response_url use, upload and delivery to the app."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.wire import Json
from bot.times import Clock, Ms, now_ms

KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One exchange.

    Attributes:
        kind: "api", "response_url", "upload", or "delivery" (from Slack to the app).
        method: the method; for deliveries what was delivered ("deliver.slash_commands", "deliver.app_mention").
        arguments: what was asked or delivered; never a token.
        status: the HTTP status that was (or would have been) answered; 0 when no answer was given.
        answer: the body that was answered; for deliveries the payload of the ack; None without an answer.
        fault: the fault that was injected, if any.
    """

    id: int
    kind: str
    method: str
    arguments: Json
    status: int
    answer: Any
    started_ms: Ms
    seconds: float
    error: str | None = None
    pointers: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def started(self) -> Ms:
        return self.started_ms

    def page(self) -> Json:
        return {
            "id": self.id,
            "at_ms": self.started_ms,
            "method": self.method,
            "status": self.status,
            "ok": self.ok,
            "error": self.error,
            "pointers": list(self.pointers),
            "ms": round(self.seconds * 1000),
            "request": self.arguments,
            "response": self.answer,
        }


class CallLog:
    """The last 10,000 calls, oldest first."""

    def __init__(self, clock: Clock, heard: Callable[[Call], None]) -> None:
        self._clock = clock
        self._heard = heard
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._last_id = 0

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def of(self, method: str) -> list[Call]:
        return [call for call in self._calls if call.method == method]

    def after(self, call_id: int) -> list[Call]:
        return [call for call in self._calls if call.id > call_id]

    def clear(self) -> None:
        self._calls.clear()

    def begin(self) -> "Stopwatch":
        return Stopwatch(self._clock, now_ms(self._clock), self._clock.monotonic_s())

    def add(self, watch: "Stopwatch", kind: str, method: str, arguments: Json, result: "Result") -> Call:
        self._last_id += 1
        call = Call(
            id=self._last_id,
            kind=kind,
            method=method,
            arguments=arguments,
            status=result.status,
            answer=result.answer,
            started_ms=watch.started_ms,
            seconds=watch.seconds(),
            error=result.error,
            pointers=result.pointers,
            fault=result.fault,
        )
        self._calls.append(call)
        self._heard(call)
        return call


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a call ended; the fields are those of `Call`."""

    status: int = 200
    answer: Any = None
    error: str | None = None
    pointers: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Stopwatch:
    clock: Clock
    started_ms: Ms
    _from_s: float

    def seconds(self) -> float:
        return self.clock.monotonic_s() - self._from_s
