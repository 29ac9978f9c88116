"""The panel of calls: what a developer of any Slack bot reads there."""

import pytest
from playwright.async_api import Locator, Page, expect
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.server import SlackServer
from tests.browser import gallery
from tests.browser.little_bot import LittleBot
from tests.browser.test_page import CHANNEL, COMPOSER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(page: Page) -> Locator:
    await page.get_by_role("button", name="API").click()
    return page.locator(".calls")


async def test_a_refusal_names_its_code_its_reason_and_leads_to_the_bad_node(page: Page, bot: LittleBot) -> None:
    blocks = [gallery.section("fine"), gallery.section("x" * 3001)]
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await bot.client.chat_postMessage(channel=CHANNEL, text="too long", blocks=blocks)
    await expect(page.locator(".calls-failed")).to_have_text("1 refused")
    row = (await opened(page)).locator(".call.refused")
    await row.locator(".call-head").click()
    await expect(row.locator(".call-why")).to_contain_text("A block breaks a rule of Block Kit")
    await expect(row.locator(".call-why")).to_contain_text("must be less than 3001 characters")
    await row.get_by_role("button", name="/blocks/1/text/text", exact=True).click()
    node = row.locator(".json-here")
    await expect(node).to_contain_text('"text": "xxx')
    await expect(node).to_be_in_viewport()
    assert await row.locator(".json-bad").count() == 1


async def test_rate_limits_and_missed_deadlines_are_told_apart(
    page: Page, bot: LittleBot, server: SlackServer
) -> None:
    server.workspace.faults.add("chat.postMessage", "429:retry_after=2")
    with pytest.raises(SlackApiError, match="ratelimited"):
        await bot.client.chat_postMessage(channel=CHANNEL, text="too fast")
    await page.fill(COMPOSER, "/joblogs silence")
    await page.keyboard.press("Enter")
    calls = await opened(page)
    limited = calls.locator(".call", has_text="ratelimited")
    await limited.locator(".call-head").click()
    await expect(limited).to_contain_text("as long as Retry-After says")
    await expect(limited).to_contain_text("HTTP 429")
    late = calls.locator(".call", has_text="operation_timeout")
    await expect(late.locator(".call-ms.late")).to_be_visible(timeout=8_000)
    await late.locator(".call-head").click()
    await expect(late).to_contain_text("did not acknowledge within three seconds")
    await expect(late).to_contain_text("Delivered")


async def test_calls_are_filtered_held_and_cleared(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="one")
    calls = await opened(page)
    await page.get_by_label("Filter calls").fill("auth")
    await expect(calls.locator(".call", has_text="chat.postMessage")).to_have_count(0)
    await page.get_by_label("Filter calls").fill("chat.")
    await expect(calls.locator(".call")).to_have_count(1)
    await page.get_by_role("button", name="Pause").click()
    await bot.client.chat_postMessage(channel=CHANNEL, text="two")
    await expect(page.locator("#conversation")).to_contain_text("two")
    await expect(calls.locator(".call")).to_have_count(1)
    await page.get_by_role("button", name="Go on").click()
    await expect(calls.locator(".call")).to_have_count(2)
    await page.get_by_role("button", name="Clear").click()
    await expect(calls.locator(".call")).to_have_count(0)
    await bot.client.chat_postMessage(channel=CHANNEL, text="three")
    await expect(calls.locator(".call")).to_have_count(1)
