"""Requests to the simulated API: read strictly, refused with a sentence that names what is wrong.

The published description says nothing about unknown fields; they are refused here, since a client that
misspells one would never notice otherwise.
"""

from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import web

from bot.sandbox.baseten.lines import Window
from bot.sandbox.baseten.traits import Traits
from bot.times import Ms, ns_from_ms

SPAN_LIMIT_MS = 7 * 24 * 3600 * 1000
DEFAULT_SPAN_MS = 30 * 60 * 1000
DEFAULT_METRICS_SPAN_MS = 3600 * 1000
DEFAULT_LIMIT = 500

T = TypeVar("T")


class Invalid(Exception):
    """The request is refused; `status` is 400 or 422."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


class LogsQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`GetTrainingJobLogsRequestV1`, and the query of the GET form."""

    start_epoch_millis: int | None = None
    end_epoch_millis: int | None = None
    direction: Literal["asc", "desc"] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    min_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None = None


class MetricsQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`GetTrainingJobMetricsRequestV1`, and the query of the GET form."""

    start_epoch_millis: int | None = None
    end_epoch_millis: int | None = None
    step_seconds: Annotated[int, msgspec.Meta(ge=1)] | None = None


class OrderBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: Literal["created_at"]
    order: Literal["asc", "desc"]


class SearchQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`SearchTrainingJobsRequestV1`."""

    project_id: str | None = None
    job_id: str | None = None
    statuses: tuple[str, ...] | None = None
    order_by: tuple[OrderBy, ...] = (OrderBy("created_at", "desc"),)


class StopQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`StopTrainingJobRequestV1`: an empty object."""


def from_query(request: web.Request, shape: type[T]) -> T:
    """The query string as `shape`; each name once, numbers in decimal."""
    query = request.query
    if len(set(query)) != len(query):
        raise Invalid("a query parameter is given twice")
    if null := next((name for name, value in query.items() if value.lower() in {"", "null"}), None):
        raise Invalid(f"{null}: leave it out instead of sending an empty value")
    try:
        return msgspec.convert(dict(query), shape, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from error


async def from_body(request: web.Request, shape: type[T]) -> T:
    """The JSON body as `shape`; a body is required."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("the body is not JSON", 400) from error


def log_window(question: LogsQuestion, traits: Traits, now_ms: Ms) -> Window:
    """The window that is meant, defaults filled in. Milliseconds bound nanosecond stamps exactly."""
    start_ms, end_ms = span(question.start_epoch_millis, question.end_epoch_millis, now_ms, DEFAULT_SPAN_MS)
    direction = traits.default_direction if traits.ignores_direction else question.direction
    return Window(
        start_ns=ns_from_ms(start_ms),
        stop_ns=ns_from_ms(end_ms) + traits.end_inclusive,
        min_level=question.min_level,
        newest_first=(direction or traits.default_direction) == "desc",
        limit=question.limit or DEFAULT_LIMIT,
    )


def span(start_ms: int | None, end_ms: int | None, now_ms: Ms, default_ms: int) -> tuple[int, int]:
    """Start and end in milliseconds; a window that runs backwards is refused, like one of more than seven days."""
    end = now_ms if end_ms is None else end_ms
    start = end - default_ms if start_ms is None else start_ms
    if start > end:
        raise Invalid("start_epoch_millis must not be after end_epoch_millis", 400)
    if end - start > SPAN_LIMIT_MS:
        raise Invalid("The window from start to end must not exceed 7 days", 400)
    return start, end
