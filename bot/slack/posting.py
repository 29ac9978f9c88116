"""A message for all that no row of the outbox stands for: posted once, also when Slack's first answer is lost."""

import random
from functools import partial
from uuid import uuid4

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRateLimited, SlackUnavailable, SlackUnclear, TransientError
from bot.slack.gateway import Gateway, metadata, send
from bot.slack.mrkdwn import Message
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

TRIES = 4
RETRY_S = 1.0
LONGEST_WAIT_S = 10.0


async def post_once(
    client: AsyncWebClient, clock: Clock, message: Message, *, channel: str, thread_ts: str | None = None
) -> str | None:
    """The ts of the message; None when after several tries it is not there, as far as can be known.

    Raises:
        SlackRefused: it cannot be posted there.
    """
    delivery_id, since = uuid4().hex, now_ms(clock)
    post = partial(
        client.chat_postMessage,
        channel=channel,
        thread_ts=thread_ts,
        metadata=metadata(delivery_id),
        unfurl_links=False,
        unfurl_media=False,
    )
    unclear = False
    for attempt in range(1, TRIES + 1):
        try:
            if unclear and (found := await _found(client, channel, thread_ts, delivery_id, since)):
                return found
            return str((await send(post, message))["ts"])
        except TransientError as error:
            unclear = unclear or not isinstance(error, SlackRateLimited | SlackUnavailable)
            log.info("post_again", reason=str(error), attempt=attempt, unclear=unclear)
            if attempt < TRIES:
                wait_s = error.retry_after_s or random.uniform(RETRY_S, 2 * RETRY_S)
                await clock.sleep(min(wait_s, LONGEST_WAIT_S))
    log.error("not_posted", channel=channel, tries=TRIES)
    return None


async def _found(
    client: AsyncWebClient, channel: str, thread_ts: str | None, delivery_id: str, since: Ms
) -> str | None:
    """Raises SlackUnclear, too, when Slack does not say."""
    try:
        return await Gateway(client).find(channel, thread_ts=thread_ts, delivery_id=delivery_id, since_ms=since)
    except SlackUnavailable as error:
        raise SlackUnclear(str(error)) from None
