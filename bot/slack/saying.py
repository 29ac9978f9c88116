"""Answers in a channel or a thread that belong to no card: to all, or whispered to one person."""

import random
from dataclasses import dataclass
from functools import partial

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRateLimited, SlackRefused, SlackUnavailable, SlackUnclear
from bot.slack.gateway import Send, send
from bot.slack.mrkdwn import Message
from bot.slack.posting import post_once
from bot.times import Clock

log = structlog.get_logger(__name__)

TRIES = 3
RETRY_S = 1.0
LONGEST_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where to say it; without `thread_ts` in the channel itself."""

    channel: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Voice:
    client: AsyncWebClient
    clock: Clock

    async def say(self, message: Message, spot: Spot) -> None:
        """To everybody there, once.

        Raises:
            SlackRefused: it cannot be said there.
        """
        await post_once(self.client, self.clock, message, channel=spot.channel, thread_ts=spot.thread_ts)

    async def whisper(self, message: Message, spot: Spot, user: str) -> None:
        """To `user` alone, who may have left: then nobody is told."""
        post = partial(self.client.chat_postEphemeral, channel=spot.channel, thread_ts=spot.thread_ts, user=user)
        try:
            await self._patiently(post, message)
        except SlackRefused as error:
            log.info("whisper_refused", channel=spot.channel, code=error.code)

    async def _patiently(self, post: Send, message: Message) -> None:
        """Again after a lost answer: to be told twice, alone, is better than silence."""
        for attempt in range(1, TRIES + 1):
            try:
                await send(post, message)
            except (SlackRateLimited, SlackUnavailable, SlackUnclear) as error:
                wait_s = error.retry_after_s or random.uniform(RETRY_S, 2 * RETRY_S)
                log.info("say_again", reason=str(error), attempt=attempt)
            else:
                return
            if attempt < TRIES:
                await self.clock.sleep(min(wait_s, LONGEST_WAIT_S))
        log.error("not_said", tries=TRIES)
