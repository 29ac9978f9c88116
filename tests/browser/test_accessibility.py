"""The page under axe-core's WCAG 2.1 AA rules, light and dark."""

import asyncio
import shutil
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import gallery
from tests.browser.little_bot import LittleBot, card

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = "axe-core@4.14.1"
CHANNEL = "C0MLALERTS"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
RUN = "rules => axe.run(document, {runOnly: rules}).then((found) => found.violations)"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's source, fetched by npm once a run; the tests are skipped where npm cannot fetch it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here to fetch axe-core")
    folder = tmp_path_factory.mktemp("axe")
    fetch = await asyncio.create_subprocess_exec(
        "npm",
        "pack",
        AXE,
        "--silent",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told, _ = await asyncio.wait_for(fetch.communicate(), timeout=20)
    except TimeoutError:
        fetch.kill()
        await fetch.wait()
        pytest.skip("npm did not fetch axe-core in time")
    if fetch.returncode != 0:
        pytest.skip("npm could not fetch axe-core")
    return source_of(folder / told.decode().split()[-1])


@pytest_asyncio.fixture(params=["light", "dark"], loop_scope="session")
async def context(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    """axe is injected as a script, which the page's own policy forbids: here alone it is lifted."""
    size = {"width": 1280, "height": 800}
    made = await browser.new_context(viewport=size, color_scheme=request.param, bypass_csp=True)
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
    await page.get_by_role("button", name="API").click()
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


async def faults(page: Page) -> list[str]:
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    found = await page.evaluate(RUN, RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def source_of(archive: Path) -> str:
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()
