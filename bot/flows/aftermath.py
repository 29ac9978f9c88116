"""What the notice of a job's end tells beside the end, asked for at the moment when it is sent."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TypeVar

import structlog

from bot.errors import ApiRefused, SlackRefused, TransientError
from bot.flows.contents import NoticeContent
from bot.flows.services import Messenger, Priority, TrainingApi
from bot.jobs.balance import Balance, balance
from bot.jobs.job import Job
from bot.logs.pages import PageRequest
from bot.times import Ms, ms_floor, ms_from_s

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE_S = 15.0
"""The notice waits no longer than this for its figures."""
LONGEST_WINDOW_MS = ms_from_s(7 * 24 * 3600)
"""The log endpoint takes no longer window."""
FIRST_LINES = 100
LINKS = 5


async def with_aftermath(
    content: NoticeContent, channel: str, apis: Mapping[str, TrainingApi], messenger: Messenger
) -> NoticeContent:
    """`content` with what the job cost and kept, and with the addresses of its incidents' cards in `channel`."""
    cards = [card for _, card in content.open_incidents if card is not None][:LINKS]
    balance, found = await asyncio.gather(
        balance_of(apis, content.job),
        asyncio.gather(*(_or_none(messenger.permalink(channel, card.ts)) for card in cards)),
    )
    links = {card.incident_id: link for card, link in zip(cards, found, strict=True) if link}
    return replace(content, balance=balance, links=links)


async def balance_of(apis: Mapping[str, TrainingApi], job: Job) -> Balance:
    """The balance of `job`. What the API does not tell, or not in time, is left out."""
    api = apis.get(job.account)
    if api is None:
        return Balance()
    first_line_ms, prices, checkpoints = await asyncio.gather(
        _or_none(_first_line_ms(api, job)),
        _or_none(api.prices(Priority.POLL)),
        _or_none(api.checkpoints(job, Priority.POLL)),
    )
    return balance(job, first_line_ms=first_line_ms, prices=prices, checkpoints=checkpoints)


async def _first_line_ms(api: TrainingApi, job: Job) -> Ms | None:
    """When a replica first wrote: the API tells when a job was created, not when its machines began to run."""
    end = Ms(min(job.updated_ms, job.created_ms + LONGEST_WINDOW_MS))
    if end <= job.created_ms:
        return None
    page = await api.log_page(
        job, PageRequest(start_ms=job.created_ms, end_ms=end, limit=FIRST_LINES), Priority.POLL
    )
    stamps = [line.timestamp_ns for line in page.lines if line.replica is not None]
    return ms_floor(min(stamps)) if stamps else None


async def _or_none(call: Awaitable[T]) -> T | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await call
    except (ApiRefused, SlackRefused, TransientError, TimeoutError) as error:
        log.info("end_without_a_figure", reason=str(error) or type(error).__name__)
        return None
