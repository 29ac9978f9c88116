"""Everything that is said to Slack goes out here, with its failures told apart: certain, unclear, refused."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, assert_never

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackRateLimited, SlackRefused, SlackUnavailable, SlackUnclear, TransientError
from bot.flows.contents import (
    AroundContent,
    CardContent,
    Content,
    DigestContent,
    DirectContent,
    LostContent,
    NoticeContent,
    ReplyContent,
    RollContent,
)
from bot.slack.ids import DELIVERY_EVENT
from bot.slack.mrkdwn import INSTEAD, TEXT_CHARS, Message, shorten
from bot.slack.render.around_views import around_message
from bot.slack.render.cards import incident_card
from bot.slack.render.digests import digest_message
from bot.slack.render.directs import direct_message
from bot.slack.render.notices import notice_message, reply_message
from bot.slack.render.rolls import roll_message
from bot.slack.render.undrawn import told_late, undrawn
from bot.times import Ms, s_from_ms

log = structlog.get_logger(__name__)

CALL_TIMEOUT_S = 15.0
CLOCK_MARGIN_S = 120
"""Slack stamps messages by its own clock, so that the search for one begins this much before the attempt."""
FIND_PAGES = 3
SHAPE_CODES = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch"})
UNCLEAR_CODES = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
LIMIT_CODES = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})
DEFAULT_RETRY_S = 5.0


class Gateway:
    """The `Messenger` over Slack's Web API; its client must not retry by itself, or a lost answer posts twice."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._direct: dict[str, str] = {}

    async def post(
        self, channel: str, content: Content, *, thread_ts: str | None, delivery_id: str, late_ms: int = 0
    ) -> str:
        post = partial(
            self._client.chat_postMessage,
            channel=await self._room(channel),
            thread_ts=thread_ts,
            metadata=metadata(delivery_id),
            unfurl_links=False,
            unfurl_media=False,
        )
        answer = await send(post, drawn(content, late_ms))
        return str(answer["ts"])

    async def edit(self, channel: str, ts: str, content: Content, *, late_ms: int = 0) -> None:
        await send(partial(self._client.chat_update, channel=channel, ts=ts), drawn(content, late_ms))

    async def permalink(self, channel: str, ts: str) -> str | None:
        try:
            answer = await translated(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        except (SlackRefused, TransientError) as error:
            log.info("no_permalink", channel=channel, reason=str(error))
            return None
        return str(answer["permalink"])

    async def find(self, channel: str, *, thread_ts: str | None, delivery_id: str, since_ms: Ms) -> str | None:
        channel = await self._room(channel)
        oldest = f"{s_from_ms(since_ms) - CLOCK_MARGIN_S}.000000"
        cursor: str | None = None
        for _ in range(FIND_PAGES):
            answer = await translated(self._page(channel, thread_ts, oldest, cursor))
            for message in answer.get("messages") or ():
                if _delivery_of(message) == delivery_id:
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    async def _room(self, channel: str) -> str:
        """`channel`, or for a person's id the channel of the direct messages with them."""
        if not channel.startswith(("U", "W")):
            return channel
        if channel not in self._direct:
            answer = await translated(self._client.conversations_open(users=channel))
            self._direct[channel] = str(answer["channel"]["id"])
        return self._direct[channel]

    def _page(
        self, channel: str, thread_ts: str | None, oldest: str, cursor: str | None
    ) -> Awaitable[AsyncSlackResponse]:
        read = (
            partial(self._client.conversations_replies, ts=thread_ts)
            if thread_ts
            else self._client.conversations_history
        )
        return read(channel=channel, oldest=oldest, cursor=cursor, include_all_metadata=True, limit=200)


def metadata(delivery_id: str) -> dict[str, Any]:
    """By which `Gateway.find` knows a message again."""
    return {"event_type": DELIVERY_EVENT, "event_payload": {"delivery_id": delivery_id}}


Send = Callable[..., Awaitable[AsyncSlackResponse]]


async def send(call: Send, message: Message) -> AsyncSlackResponse:
    """Sends `message`; when Slack does not take its blocks, what stands in for them, at last its text alone."""
    text = shorten(message["text"], TEXT_CHARS)
    for blocks in (message.get("blocks"), message.get(INSTEAD)):
        if blocks is None:
            continue
        try:
            return await translated(call(text=text, blocks=blocks))
        except SlackRefused as error:
            if error.code not in SHAPE_CODES:
                raise
            log.error("blocks_refused", code=error.code, pointers=error.pointers)
    return await translated(call(text=text))


def drawn(content: Content, late_ms: int = 0) -> Message:
    """`content` as a message, with how late it comes; in words alone where drawing it fails."""
    try:
        return told_late(render(content), late_ms)
    except Exception:
        # Drawing is pure: it would fail the same way each time, and nobody would ever learn of it.
        log.exception("drawing_failed", content=type(content).__name__)
        return undrawn(content)


def render(content: Content) -> Message:
    match content:
        case CardContent():
            message = incident_card(content)
        case AroundContent():
            message = around_message(content)
        case ReplyContent():
            message = reply_message(content)
        case NoticeContent():
            message = notice_message(content)
        case RollContent():
            message = roll_message(content)
        case DirectContent():
            message = direct_message(content)
        case DigestContent():
            message = digest_message(content)
        case LostContent():
            message = undrawn(content)
        case _:
            assert_never(content)
    return message


async def translated(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """`call` with its failures as our own; what may have taken effect is `SlackUnclear`."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return await call
    except SlackApiError as error:
        raise _refusal(error) from None
    except aiohttp.ClientConnectorError as error:
        raise SlackUnavailable(f"Slack cannot be reached: {error.os_error}") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SlackUnclear(f"Slack did not answer: {type(error).__name__}") from None
    except (
        AttributeError,
        UnicodeDecodeError,
    ):  # what the SDK makes of a 200 whose body is plain text, or no text
        raise SlackUnclear("Slack answered with HTTP 200 and nothing that could be read") from None


def _refusal(error: SlackApiError) -> SlackRefused | TransientError:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data: dict[str, Any] = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error") or f"http_{status}")
    if status == 429 or code in LIMIT_CODES:
        asked = {name.lower(): value for name, value in response.headers.items()}.get("retry-after")
        return SlackRateLimited("Slack asks to slow down", retry_after_s=_seconds(asked))
    unread = f"Slack answered with HTTP {status} and nothing that could be read"
    if "ok" not in data and 400 <= status < 500:
        return SlackUnavailable(unread)  # not Slack's: a proxy on the way did not let it through
    if code in UNCLEAR_CODES or "ok" not in data:
        return SlackUnclear(unread)
    hints = (data.get("response_metadata") or {}).get("messages") or ()
    return SlackRefused(code, pointers=tuple(str(hint)[:300] for hint in hints))


def _seconds(value: object) -> float:
    first = value[0] if isinstance(value, list) and value else value
    try:
        return max(0.0, float(str(first)))
    except ValueError:
        return DEFAULT_RETRY_S


def _delivery_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != DELIVERY_EVENT:
        return None
    delivery_id = (metadata.get("event_payload") or {}).get("delivery_id")
    return str(delivery_id) if delivery_id else None
