"""A browser on the sandbox's page, with a small bot behind the sandbox."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.times import SystemClock
from tests.browser.axe import fetched
from tests.browser.little_bot import LittleBot

CHROMIUM = shutil.which("chromium", path="/usr/bin")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE_MS = 5_000
BY_THE_BROWSER = "Failed to load resource"
"""Chromium itself writes this for each refused request; no page can keep it from doing so."""
EVENTS = ("app_home_opened", "app_mention", "link_shared")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return await fetched(tmp_path_factory.mktemp("axe"))


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[SlackServer]:
    """The real sandbox, in which the bot may post as fast as a test needs."""
    rates = {"chat.postMessage": 10_000, "chat.update": 10_000}
    workspace = Workspace(SystemClock(), events=EVENTS, rates=rates, channel_burst=1_000, seed=1)
    async with SlackServer(workspace) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bot(server: SlackServer) -> AsyncIterator[LittleBot]:
    async with LittleBot(server) as connected:
        yield connected


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile, under the page's own Content-Security-Policy."""
    made = await browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(PATIENCE_MS)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, server: SlackServer, bot: LittleBot) -> AsyncIterator[Page]:
    """#ml-alerts as Ada sees it; the test fails if the page complained, or asked for anything outside."""
    page, troubles = await context.new_page(), list[str]()
    page.on("console", lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if at_home(asked.url, server) else troubles.append(f"asked {asked.url}"))
    await page.goto(f"{server.url}/?as=U0ADA00001#/C0MLALERTS")
    await page.wait_for_selector("#conversation .composer")
    await page.wait_for_selector(".calls-count")
    yield page
    await page.close()
    assert [one for one in troubles if not one.startswith(BY_THE_BROWSER)] == []


def at_home(url: str, server: SlackServer) -> bool:
    return url.startswith((server.url, "data:"))
