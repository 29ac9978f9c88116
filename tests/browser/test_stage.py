"""The real demo under the hands of somebody who has never seen it: the guide, the director, the truth."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.sandbox.demo import Performance, perform
from tests.browser.axe import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")
COMPOSER = "#conversation textarea"
A_FAILURE_MS = 90_000
A_WHILE_MS = 30_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo() -> AsyncIterator[Performance]:
    async with perform(port=0, scenario="oom-one-rank", speed=5) as performance:
        yield performance


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(browser: Browser, demo: Performance) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1500, "height": 950}, bypass_csp=True)
    context.set_default_timeout(A_WHILE_MS)
    page, troubles = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(f"{demo.sandbox.slack.url}#/C0MLALERTS")
    await page.locator(COMPOSER).wait_for()
    yield page
    await context.close()
    assert troubles == []


def step(page: Page, name: str) -> str:
    return f"#guide li.done:has-text('{name}')"


async def test_the_guide_ticks_off_what_happens(workspace: Page, axe: str) -> None:
    page = workspace
    await page.locator(step(page, "A job fails")).wait_for(timeout=A_FAILURE_MS)
    card = page.locator("#conversation .message", has=page.get_by_role("button", name="Acknowledge")).first
    await card.get_by_role("button", name="Acknowledge").click()
    await page.locator(step(page, "Take it")).wait_for()
    await page.locator("#conversation .thread-link").first.click()
    await page.locator(step(page, "Open its thread")).wait_for()
    await page.evaluate(axe)
    assert await faults(page) == []
    await page.locator("#guide").get_by_role("button", name="Show me").click()
    await expect(page.locator(COMPOSER)).to_have_value("/joblogs ")
    await page.keyboard.type("jobs")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.ephemeral").last).to_contain_text("llama")
    await page.locator(step(page, "Ask for logs")).wait_for()
    await page.locator("#conversation .message").get_by_role("button", name="Resolve", exact=True).first.click()
    await page.get_by_role("dialog").get_by_label("What was it").fill("a batch too large")
    await page.get_by_role("dialog").get_by_role("button", name="Resolve", exact=True).click()
    await page.locator(step(page, "Resolve it")).wait_for()
    await expect(page.locator("#conversation .message").first).to_contain_text(
        "a batch too large", timeout=A_FAILURE_MS
    )
    await page.get_by_role("button", name="Close the guide").click()
    await expect(page.locator("#guide")).to_be_hidden()
    await page.reload()
    await page.locator(COMPOSER).wait_for()
    await expect(page.locator("#guide")).to_be_hidden()
    await page.get_by_role("button", name="Guide").click()
    await expect(page.locator("#guide li.done")).to_have_count(5)


async def test_the_director_starts_a_failure_and_the_truth_accounts_for_it(workspace: Page, axe: str) -> None:
    page = workspace
    await page.get_by_role("button", name="Director").click()
    scenario = page.locator(".scenario").filter(has_text="gated model")
    await scenario.click()
    await expect(page.locator(".toast")).to_contain_text("has begun")
    await expect(page.locator(".director")).to_contain_text("Running now: llama-8b-lora")
    await page.get_by_role("button", name="10×").click()
    await expect(page.get_by_role("button", name="10×")).to_have_attribute("aria-pressed", "true")
    await page.evaluate(axe)
    assert await faults(page) == []
    await page.get_by_role("button", name="Truth").click()
    report = page.locator(".report", has_text="llama-8b-lora").first
    await expect(report.locator(".verdict")).to_have_text("Nothing is missing", timeout=A_FAILURE_MS)
    await expect(report).to_contain_text("failed", timeout=A_FAILURE_MS)
    await expect(report.locator(".sides li")).not_to_have_count(0)
    assert await faults(page) == []
    await report.get_by_role("button", name="GatedRepoError").or_(report.locator(".link-button")).first.click()
    await expect(page.locator("#thread .message").first).to_be_visible()


async def test_trouble_is_begun_and_ended_and_the_bot_killed_and_started(workspace: Page) -> None:
    page = workspace
    await page.get_by_role("button", name="Director").click()
    await page.get_by_role("button", name="Begin", exact=True).click()
    await expect(page.locator(".trouble")).to_be_visible()
    await page.get_by_role("button", name="End it").click()
    await expect(page.locator(".trouble")).to_have_count(0)
    await page.get_by_role("button", name="Kill (SIGKILL)").click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.locator(".director")).to_contain_text("restarted")
    time = page.get_by_role("region", name="Time", exact=True)
    await time.get_by_role("button", name="1 hour", exact=True).click()
    await expect(time).to_contain_text("1 hour ahead of your clock")
