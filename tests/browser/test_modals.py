"""Modals: every input, what is pushed upon them, errors, and the keyboard."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.little_bot import LittleBot
from tests.browser.test_page import COMPOSER, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_input_is_filled_in_and_sent(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs everything")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Everything")
    await expect(modal.locator(".alert")).to_contain_text("costs its last 26 minutes")
    await expect(modal.locator("[data-block=File]")).to_contain_text("unsupported element: file_input")
    await expect(modal.locator("[data-block=Rich]")).to_contain_text("unsupported element: rich_text_input")
    await expect(modal.locator("[data-block=Channel] .select")).to_contain_text("#ml-alerts")
    await modal.locator("[data-block=Several] .select").click()
    await page.get_by_role("option", name="One").click()
    await page.get_by_role("option", name="Three").click()
    await page.keyboard.press("Escape")
    await expect(modal.locator("[data-block=Several] .chip")).to_have_count(2)
    await modal.locator("[data-block=People] .select").click()
    await page.keyboard.type("gra")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await modal.get_by_label("Date").fill("2026-12-24")
    await modal.get_by_label("Time").fill("08:30")
    await modal.get_by_label("Two").first.check()
    await modal.get_by_label("Three").last.check()
    await modal.get_by_label("Number").fill("12")
    await modal.get_by_label("Story").fill("two\nlines")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal).to_be_hidden()
    sent = {name: actions["it"] for name, actions in bot.submitted[0].items() if "it" in actions}
    assert [one["value"] for one in sent["Several"]["selected_options"]] == ["one", "three"]
    assert sent["People"]["selected_users"] == ["U0GRACE001"]
    assert sent["Channel"]["selected_conversation"] == "C0MLALERTS"
    assert sent["Date"]["selected_date"] == "2026-12-24"
    assert sent["Time"]["selected_time"] == "08:30"
    assert sent["Moment"]["selected_date_time"] == 1795458600
    assert [one["value"] for one in sent["Boxes"]["selected_options"]] == ["two"]
    assert sent["Radios"]["selected_option"]["value"] == "three"
    assert (sent["Number"]["value"], sent["Story"]["value"]) == ("12", "two\nlines")


async def test_a_pushed_modal_gives_way_to_the_updated_one_beneath_it(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs everything")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog")
    await modal.get_by_label("Number").fill("7")
    await modal.get_by_role("button", name="More").click()
    await expect(modal.get_by_role("heading", name="On top")).to_be_visible()
    await modal.get_by_role("button", name="Go back").click()
    await expect(modal).to_contain_text("It has been updated.")
    await expect(modal.get_by_label("Number")).to_have_value("7")


async def test_the_keyboard_stays_in_a_modal_and_returns_to_where_it_was(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs open")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog")
    await expect(modal.locator(".select")).to_be_focused()
    for _ in range(12):
        await page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert await page.evaluate(inside)
    await page.keyboard.press("Escape")
    await expect(modal).to_be_hidden()
    await expect(page.locator(COMPOSER)).to_be_focused()


async def test_a_number_that_is_none_is_told_at_its_field(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs everything")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog")
    await modal.get_by_label("Number").fill("a dozen")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal.locator("[data-block=Number] .input-error")).to_be_visible()
    await expect(modal.get_by_label("Number")).to_be_focused()
    await expect(modal.get_by_label("Number")).to_have_attribute("aria-invalid", "true")
    assert bot.submitted == []
    await modal.get_by_label("Number").fill("12")
    await page.keyboard.press("Enter")
    await until(lambda: bool(bot.submitted))
