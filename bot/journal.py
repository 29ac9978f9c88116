"""Structured logs on standard error: one line per decision that matters, and no secret in any of them."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from bot.logs.redact import redact

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


def configure(*, log_format: str, level: str) -> None:
    """Sends our own lines and those of the libraries through the same processors."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, lowest in _LEVELS.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLevelName(level)))


def _without_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    return {name: redact(value).text if isinstance(value, str) else value for name, value in event.items()}
