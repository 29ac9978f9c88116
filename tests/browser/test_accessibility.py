"""The page under axe-core's WCAG 2.1 AA rules, light and dark."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import gallery
from tests.browser.axe import faults
from tests.browser.little_bot import LittleBot, card

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHANNEL = "C0MLALERTS"


@pytest_asyncio.fixture(params=["light", "dark"], loop_scope="session")
async def context(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    """axe is injected as a script, which the page's own policy forbids: here alone it is lifted."""
    made = await browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme=request.param, bypass_csp=True
    )
    yield made
    await made.close()


async def test_the_page_can_be_used_by_everyone(page: Page, bot: LittleBot, axe: str) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new <@U0ADA00001>"))
    await bot.client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=posted["ts"])
    for blocks in gallery.MESSAGES:
        await bot.client.chat_postMessage(channel=CHANNEL, text="gallery", blocks=blocks)
    await page.evaluate(axe)
    await page.get_by_role("button", name="1 reply").click()
    await expect(page.locator("#thread")).to_contain_text("reply")
    assert await faults(page) == []
    await page.get_by_role("button", name="API", exact=False).click()
    await page.locator(".call-head").first.click()
    assert await faults(page) == []
    await page.fill("#conversation textarea", "/joblogs open")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Read logs")
    await modal.get_by_role("button", name="Fetch").click()
    await expect(modal.locator(".input-error")).to_be_visible()
    await modal.locator(".select").click()
    await expect(modal.locator(".list-status")).to_contain_text("Type 2 more")
    assert await faults(page) == []
