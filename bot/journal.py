"""Structured logs on standard error: one line per decision that matters, and no secret in any of them."""

import logging
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from bot.logs.redact import MASK, redact

_LEVELS = {
    "aiohttp": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.ERROR,  # a beat that is longer than its interval is skipped, which is meant
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_bolt": logging.WARNING,
    "slack_bolt.AsyncApp": logging.ERROR,  # warns that our own `authorize` comes before the token: that is meant
    "slack_sdk": logging.WARNING,
}


_SHORTEST_SECRET = 8
_known: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """From now on these never stand in a line, whatever form they have; words too short to be one are left."""
    _known.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)


def clean(text: str) -> str:
    """`text` without secrets, for what the command line prints."""
    return _unknown(redact(text).text)


def configure(*, log_format: str, level: str, counter: Processor | None = None) -> None:
    """Sends our own lines and those of the libraries through the same processors; `counter` sees our own first."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[
            *([counter] if counter else []),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _without_known],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, lowest in _LEVELS.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLevelName(level)))


def _without_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    return {name: _redacted(value) for name, value in event.items()}


def _redacted(value: Any) -> Any:
    """What is no container of text is spelled as the renderer would, so that nothing hides in a repr."""
    match value:
        case str():
            return redact(value).text
        case bool() | int() | float() | None | logging.LogRecord():
            return value
        case dict():
            return {redact(str(name)).text: _redacted(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(item) for item in value]
        case _:
            return redact(str(value) if isinstance(value, Exception) else repr(value)).text


def _without_known(_: Any, __: str, line: Any) -> Any:
    """The last step: what this process knows to be a secret is masked in the finished line."""
    return _unknown(line)


def _unknown(text: str) -> str:
    for secret in _known:
        text = text.replace(secret, MASK)
    return text
