"""What befalls channels and messages: deleting, dismissing, archiving, links, and other people's eyes."""

from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack.server import SlackServer
from tests.browser.little_bot import LittleBot
from tests.browser.test_page import CHANNEL, COMPOSER, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_own_message_is_deleted_after_a_question(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "a slip")
    await page.keyboard.press("Enter")
    slip = page.locator("#conversation .message", has_text="a slip")
    await slip.hover()
    await slip.get_by_label("More actions").click()
    await page.get_by_role("menuitem", name="Delete message").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(slip).to_have_count(0)


async def test_a_whisper_is_dismissed_for_good(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs secret")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator(".message.ephemeral")).to_have_count(0)
    await page.reload()
    await expect(page.locator("#conversation .intro")).to_be_visible()
    await expect(page.locator(".message.ephemeral")).to_have_count(0)


async def test_an_archived_channel_cannot_be_written_in_until_it_is_back(page: Page, server: SlackServer) -> None:
    await page.locator(".channel-menu").click()
    await page.get_by_role("menuitem", name="Archive channel").click()
    await page.get_by_role("button", name="Archive channel").click()
    await expect(page.locator(".foot-note")).to_contain_text("is archived")
    await expect(page.locator(COMPOSER)).to_have_count(0)
    assert server.workspace.channel("ml-alerts").is_archived
    await page.locator(".channel-menu").click()
    await page.get_by_role("menuitem", name="Unarchive channel").click()
    await expect(page.locator(COMPOSER)).to_be_visible()


async def test_the_app_is_removed_and_added_by_the_menu_of_the_channel(page: Page, server: SlackServer) -> None:
    space = server.workspace
    channel = space.channel("ml-alerts")
    await page.locator(".channel-menu").click()
    await page.get_by_role("menuitem", name="Remove").click()
    await until(lambda: space.bot_user_id not in channel.members)
    await page.locator(".channel-menu").click()
    await page.get_by_role("menuitem", name="Add").click()
    await until(lambda: space.bot_user_id in channel.members)


async def test_a_link_unfurls_under_its_message(page: Page, bot: LittleBot, server: SlackServer) -> None:
    app = server.workspace.app
    scopes = app.scopes | {"links:read", "links:write"}
    server.workspace.app = replace(app, unfurl_domains=("app.example.com",), scopes=scopes)
    await page.fill(COMPOSER, "look at https://app.example.com/jobs/run-1 please")
    await page.keyboard.press("Enter")
    message = page.locator("#conversation .message", has_text="look at")
    await expect(message.locator(".attachment")).to_contain_text("run-1 is running")
    await expect(message.locator(".attachment")).to_contain_text("Added by")


async def test_a_permalink_leads_to_its_thread_inside_the_page(page: Page, bot: LittleBot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="the card")
    told = await bot.client.chat_getPermalink(channel=CHANNEL, message_ts=str(posted["ts"]))
    await bot.client.chat_postMessage(channel=CHANNEL, text=f"see <{told['permalink']}|the old one>")
    await page.get_by_role("link", name="the old one").click()
    await expect(page.locator("#thread .message").first).to_contain_text("the card")


async def test_a_mention_elsewhere_is_counted_until_it_is_read(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel="C0PRIVATE1", text="ready")
    other = page.locator(".channel", has_text="ml-private")
    await expect(other).to_have_class("channel unread")
    await expect(other.locator(".count")).to_have_count(0)
    await bot.client.chat_postMessage(channel="C0PRIVATE1", text="ping <@U0ADA00001>")
    await expect(other.locator(".count")).to_contain_text("1")
    await other.click()
    await expect(page.locator(".new-line")).to_be_visible()
    await expect(other).to_have_class("channel")


@pytest.mark.parametrize(
    ("name", "role", "seen", "hidden"),
    [("Gus", "Guest", "ml-alerts", "ml-private"), ("Sam", "External", "partner-shared", "ml-alerts")],
)
async def test_others_see_only_what_they_may(
    page: Page, bot: LittleBot, name: str, role: str, seen: str, hidden: str
) -> None:
    await page.get_by_title("Switch person").click()
    await page.get_by_role("menuitemradio", name=name).click()
    await expect(page.locator(".acting")).to_contain_text(role)
    await expect(page.locator(".channel", has_text=seen)).to_be_visible()
    await expect(page.locator(".channel", has_text=hidden)).to_have_count(0)
