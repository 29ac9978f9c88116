"""Answers through a response_url, which Slack takes five times within thirty minutes."""

import random
from asyncio import sleep
from time import perf_counter

import aiohttp
import structlog
from slack_bolt.async_app import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.measured import MeasuredClient
from bot.slack.mrkdwn import Message

log = structlog.get_logger(__name__)

TRIES = 3
RETRY_S = 0.5


async def reply(
    client: AsyncWebClient,
    respond: AsyncRespond,
    message: Message,
    *,
    replace: bool = False,
    to_channel: bool = False,
) -> bool:
    """Shows `message` to the asker alone unless `to_channel`; whether Slack took it.

    Blocks that Slack does not take are left out, so that the asker at least reads the text. In Home and in some
    windows there is no response_url, and nowhere to answer (`surfaces`).
    """
    if not respond.response_url:
        return False
    manner = {
        "response_type": "in_channel" if to_channel else "ephemeral",
        "replace_original": replace,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    # Bolt's own way would open a session for each answer, and say it twice when the first answer is lost.
    webhook = AsyncWebhookClient(respond.response_url, session=client.session, retry_handlers=[])
    for words in (message, {"text": message["text"]}):
        began_s = perf_counter()
        response = await _sent(webhook, words | manner, may_repeat=not to_channel)
        if isinstance(client, MeasuredClient):
            code = "lost" if response is None else f"http_{response.status_code}"
            client.listener("response_url", "ok" if code == "http_200" else code, perf_counter() - began_s)
        if response is None or response.status_code == 200:
            return response is not None
        log.error("reply_refused", status=response.status_code, body=str(response.body)[:300])
        if "blocks" not in words or response.status_code >= 500:
            break
    return False


async def _sent(webhook: AsyncWebhookClient, body: Message, *, may_repeat: bool) -> WebhookResponse | None:
    """Slack's answer; None when there was none.

    What is certain not to have arrived is sent again. After a lost answer only what the asker alone sees is:
    to be told twice is better than silence, but not in front of others.
    """
    reason = ""
    for attempt in range(1, TRIES + 1):
        try:
            response = await webhook.send_dict(body)
        except aiohttp.ClientConnectorError as error:
            again, reason = True, type(error).__name__
        except (aiohttp.ClientError, TimeoutError) as error:
            again, reason = may_repeat, type(error).__name__
        else:
            again, reason = _may_go_through_later(response, may_repeat), f"HTTP {response.status_code}"
            if not again or attempt == TRIES:
                return response
        log.info("reply_again", reason=reason, attempt=attempt, again=again)
        if not again or attempt == TRIES:
            break
        await sleep(random.uniform(RETRY_S, 2 * RETRY_S))
    log.warning("reply_lost", reason=reason)
    return None


def _may_go_through_later(response: WebhookResponse, may_repeat: bool) -> bool:
    return response.status_code == 429 or (response.status_code >= 500 and may_repeat)
