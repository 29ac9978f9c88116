"""The README's picture, taken from the real demo: `make pictures`."""

import asyncio
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bot.sandbox.demo import perform

DOCS = Path(__file__).parents[2] / "docs"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]


async def main() -> None:
    async with perform(port=0, scenario="oom-one-rank") as performance, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = await browser.new_page(
            viewport={"width": 1500, "height": 1180}, device_scale_factor=1.25, timezone_id="Europe/Berlin"
        )
        await page.goto(performance.sandbox.slack.url)
        await page.get_by_text("ml-alerts").first.click()
        await _the_failure(page)
        await page.screenshot(path=DOCS / "card.png")
        await browser.close()


async def _the_failure(page: Page) -> None:
    """Waits until the job has failed and the bot has said all of it, then opens the card's thread."""
    await page.locator("main").get_by_text("failed after").locator("visible=true").first.wait_for(timeout=120_000)
    await page.wait_for_timeout(12_000)
    await page.get_by_text("replies").first.click()
    await page.wait_for_timeout(1_000)
    await page.get_by_role("button", name="Acknowledge").first.click()
    await page.wait_for_timeout(3_000)
    await page.get_by_text("CUDA out of memory").first.scroll_into_view_if_needed()
    await page.wait_for_timeout(500)


if __name__ == "__main__":
    asyncio.run(main())
