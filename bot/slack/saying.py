"""Answers in a channel or a thread that belong to no card: to all, or whispered to one person."""

import random
from dataclasses import dataclass
from functools import partial

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRateLimited, SlackRefused, SlackUnavailable, SlackUnclear
from bot.slack.gateway import Send, send
from bot.slack.mrkdwn import Message
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
        """To everybody there, once: after a lost answer it is not said again.

        Raises:
            SlackRefused: it cannot be said there.
        """
        post = partial(
            self.client.chat_postMessage,
            channel=spot.channel,
            thread_ts=spot.thread_ts,
            unfurl_links=False,
            unfurl_media=False,
        )
        await self._patiently(post, message, may_repeat=False)

    async def whisper(self, message: Message, spot: Spot, user: str) -> None:
        """To `user` alone, who may have left: then nobody is told."""
        post = partial(self.client.chat_postEphemeral, channel=spot.channel, thread_ts=spot.thread_ts, user=user)
        try:
            await self._patiently(post, message, may_repeat=True)
        except SlackRefused as error:
            log.info("whisper_refused", channel=spot.channel, code=error.code)

    async def _patiently(self, post: Send, message: Message, *, may_repeat: bool) -> None:
        """What is certain not to have arrived is said again; the rest only where being told twice does no harm."""
        for attempt in range(1, TRIES + 1):
            try:
                await send(post, message)
            except (SlackRateLimited, SlackUnavailable) as error:
                wait_s = error.retry_after_s or random.uniform(RETRY_S, 2 * RETRY_S)
                log.info("say_again", reason=str(error), attempt=attempt)
            except SlackUnclear as error:
                wait_s = random.uniform(RETRY_S, 2 * RETRY_S)
                log.warning("say_unclear", reason=str(error), again=may_repeat)
                if not may_repeat:
                    return
            else:
                return
            if attempt < TRIES:
                await self.clock.sleep(min(wait_s, LONGEST_WAIT_S))
        log.error("not_said", tries=TRIES)
