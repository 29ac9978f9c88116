"""The sandbox's page in a real browser: what people see and do, over the real protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack.application import Shortcut
from bot.sandbox.slack.server import SlackServer
from tests.browser.gallery import button
from tests.browser.little_bot import LittleBot, card

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHANNEL = "C0MLALERTS"
COMPOSER = "#conversation textarea"


async def test_a_message_appears_live_and_is_read_aloud(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="*loss* is NaN on <@U0ADA00001>'s job")
    message = page.locator("#conversation .message").last
    await expect(message).to_contain_text("loss is NaN on @Ada Marten's job")
    await expect(message.locator("strong")).to_have_text("loss")
    await expect(message.locator(".badge")).to_have_text("App")
    await expect(page.locator("#live")).to_contain_text("loss is NaN")


async def test_what_a_person_types_is_sent_with_its_mentions(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "")
    await page.type(COMPOSER, "@jobl")
    await page.keyboard.press("Enter")  # takes the completion
    await page.type(COMPOSER, "ack 1 < 2 & *now*")
    await page.keyboard.press("Enter")
    message = page.locator("#conversation .message").last
    await expect(message).to_contain_text("@joblogs ack 1 < 2 & now")
    await until(lambda: any(one.get("event", {}).get("type") == "app_mention" for one in bot.heard))
    assert bot.heard[-1]["event"]["text"] == "<@U0JOBLOGS1> ack 1 &lt; 2 &amp; *now*"


async def test_a_slash_command_is_answered_for_one_person_only(page: Page) -> None:
    await page.type(COMPOSER, "/jo")
    await expect(page.locator("#conversation .completion [role=option]")).to_contain_text("/joblogs")
    await page.keyboard.press("Tab")
    await expect(page.locator("#conversation .usage")).to_contain_text("JOB [level:error]")
    await page.type(COMPOSER, "llama-70b-sft")
    await page.keyboard.press("Enter")
    whisper = page.locator("#conversation .message.ephemeral")
    await expect(whisper).to_contain_text("Only visible to you")
    await expect(whisper).to_contain_text("you asked for llama-70b-sft")


async def test_a_refusal_is_shown_with_slacks_code_and_the_text_is_kept(page: Page) -> None:
    await page.fill(COMPOSER, "/unknown thing")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast code")).to_have_text("invalid_command")
    await expect(page.locator(COMPOSER)).to_have_value("/unknown thing")


async def test_a_pressed_button_edits_the_card_in_place(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new"))
    for number in range(30):
        await bot.client.chat_postMessage(channel=CHANNEL, text=f"chatter {number}")
    await expect(page.locator("#conversation")).to_contain_text("chatter 29")
    ack = page.get_by_role("button", name="Acknowledge")
    await ack.scroll_into_view_if_needed()
    before = await ack.bounding_box()
    await ack.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation .message").first).to_contain_text("acknowledged by @Ada Marten")
    assert before is not None
    after = await ack.bounding_box()
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2, "an edit moved what the reader looks at"
    await expect(ack).to_be_focused()
    assert await page.locator("#conversation .message").count() == 31


async def test_a_card_that_lost_its_elements_can_still_be_pressed(page: Page, bot: LittleBot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new"))
    await page.locator(".select").click()
    await page.get_by_role("option", name="Grace Otieno").click()
    await until(lambda: len(bot.heard) == 1)
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.locator("#conversation")).to_contain_text("acknowledged by")
    left = [card("mine")[1], {"type": "actions", "elements": [button("Look", "keep")]}]
    await bot.client.chat_update(channel=CHANNEL, ts=str(posted["ts"]), text="oom", blocks=left)
    await page.get_by_role("button", name="Look").click()
    await until(lambda: len(bot.heard) == 2)
    await expect(page.locator(".toast")).to_have_count(0)


async def test_an_edit_above_does_not_move_what_is_being_read(page: Page, bot: LittleBot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new"))
    for number in range(60):
        await bot.client.chat_postMessage(channel=CHANNEL, text=f"chatter {number}")
    read = page.get_by_text("chatter 12", exact=True)
    await read.evaluate("one => one.scrollIntoView()")
    before = await read.bounding_box()
    taller = card("grown\n" * 10)
    await bot.client.chat_update(channel=CHANNEL, ts=str(posted["ts"]), text="oom", blocks=taller)
    await bot.client.chat_postMessage(channel=CHANNEL, text="the newest")
    await expect(page.locator("#conversation .message").first).to_contain_text("grown")
    await expect(page.get_by_role("button", name="New messages")).to_be_visible()
    after = await read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    await page.get_by_role("button", name="New messages").click()
    await expect(page.locator("#conversation .message", has_text="the newest")).to_be_in_viewport()


async def test_a_confirm_dialog_stands_before_the_action(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new"))
    await page.get_by_role("button", name="Resolve").click()
    await page.get_by_role("button", name="No", exact=True).click()
    await page.get_by_role("button", name="Resolve").click()
    await page.get_by_role("button", name="Do it").click()
    await until(lambda: bool(bot.heard))
    assert [one["actions"][0]["action_id"] for one in bot.heard] == ["keep"], "the first time was denied"


async def test_a_person_is_chosen_with_the_keyboard(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="oom", blocks=card("new"))
    await page.locator(".select").press("Enter")
    await page.keyboard.type("gra")
    await expect(page.locator("[role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await until(lambda: bool(bot.heard))
    assert bot.heard[0]["actions"][0]["selected_user"] == "U0GRACE001"
    await expect(page.locator(".select")).to_contain_text("Grace Otieno")
    await expect(page.locator(".select")).to_be_focused()


async def test_a_thread_opens_takes_a_reply_and_closes_with_escape(page: Page, bot: LittleBot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="parent")
    await bot.client.chat_postMessage(channel=CHANNEL, text="first reply", thread_ts=posted["ts"])
    await page.get_by_role("button", name="1 reply").click()
    thread = page.locator("#thread")
    await expect(thread).to_contain_text("first reply")
    await thread.locator("textarea").fill("second reply")
    await page.keyboard.press("Enter")
    await expect(thread.locator(".message").last).to_contain_text("second reply")
    await expect(page.locator("#conversation .thread-link")).to_contain_text("2 replies")
    await thread.locator("textarea").fill("/joblogs x")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("not supported in threads")
    await page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(page.locator("#conversation .thread-link")).to_be_focused()


async def test_a_modal_searches_its_options_and_shows_errors_at_their_fields(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs open")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Read logs")
    await modal.get_by_role("button", name="Fetch").click()
    await expect(modal.locator("[data-block=job] .input-error")).to_contain_text("required")
    await modal.locator(".select").click()
    await page.keyboard.type("llama")
    await expect(modal.locator("[role=option]")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(modal.locator(".select")).to_contain_text("llama-8b-dpo")
    await modal.get_by_label("Words").fill("bad[")
    await page.keyboard.press("Enter")
    await expect(modal.locator("[data-block=words] .input-error")).to_contain_text("does not close")
    await expect(modal.get_by_label("Words")).to_be_focused()
    await modal.get_by_label("Words").fill("oom")
    await modal.get_by_role("button", name="Fetch").click()
    await expect(modal).to_be_hidden()
    assert bot.submitted[0]["job"]["job"]["selected_option"]["value"] == "llama-8b-dpo"
    assert bot.submitted[0]["words"]["words"]["value"] == "oom"


async def test_escape_closes_a_modal_for_the_server_too(page: Page, server: SlackServer) -> None:
    await page.fill(COMPOSER, "/joblogs open")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await until(lambda: server.workspace.person("ada").view is None)


async def test_a_message_shortcut_is_in_the_menu_of_its_message(
    page: Page, bot: LittleBot, server: SlackServer
) -> None:
    look = Shortcut(name="Look up this job", callback_id="look", type="message")
    server.workspace.app = replace(server.workspace.app, shortcuts=(look,))
    await page.reload()
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="run-1 failed")
    await page.locator("#conversation .message").hover()
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Look up this job").click()
    await until(lambda: bool(bot.heard))
    assert bot.heard[0]["message"]["ts"] == posted["ts"]


async def test_the_home_tab_is_asked_for_and_does_not_chase_itself(
    page: Page, bot: LittleBot, server: SlackServer
) -> None:
    server.workspace.app = replace(server.workspace.app, home_enabled=True)
    await page.locator("#sidebar .channel", has_text="joblogs").click()
    await expect(page.locator(".home-page")).to_contain_text("opened")
    await asyncio.sleep(0.5)
    assert len(bot.heard) <= 2, "each look at the Home tab made the bot publish, which made the page look again"


async def test_an_app_without_a_home_tab_shows_its_messages(
    page: Page, bot: LittleBot, server: SlackServer
) -> None:
    server.workspace.app = replace(server.workspace.app, home_enabled=False)
    await page.locator("#sidebar .channel", has_text="joblogs").click()
    await expect(page.get_by_label("Message joblogs")).to_be_visible()
    await expect(page.locator(".tab")).to_have_count(0)
    await expect(page.locator(".toast")).to_have_count(0)


async def test_another_person_sees_another_page(page: Page, bot: LittleBot) -> None:
    await page.fill(COMPOSER, "/joblogs secret")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.ephemeral")).to_be_visible()
    await bot.client.chat_postMessage(channel="C0PRIVATE1", text="for <@U0GRACE001>")
    await page.get_by_title("Switch person").click()
    await page.get_by_role("menuitemradio", name="Grace Otieno").click()
    await expect(page.locator(".acting-name")).to_have_text("Grace Otieno")
    await expect(page.locator("#conversation .composer")).to_be_visible()
    await expect(page.locator(".message.ephemeral")).to_have_count(0)
    await expect(page.locator(".channel", has_text="ml-private").locator(".count")).to_contain_text("1")
    await page.locator(".channel", has_text="ml-private").click()
    await expect(page.locator(".new-line")).to_be_visible()
    await expect(page.locator(".channel", has_text="ml-private").locator(".count")).to_have_count(0)


async def test_a_file_opens_and_can_be_downloaded(page: Page, bot: LittleBot) -> None:
    text = "12:04:36.441 r17 ERROR <b>CUDA out of memory</b>\n" * 40
    await bot.client.files_upload_v2(channel=CHANNEL, content=text, filename="run-1.log", title="run-1.log")
    await page.locator(".file-open", has_text="run-1.log").click()
    await expect(page.get_by_role("dialog")).to_contain_text("<b>CUDA out of memory</b>")
    async with page.expect_download() as download:
        await page.get_by_role("dialog").get_by_role("link", name="Download").click()
    assert (await (await download.value).path()).read_text() == text


async def test_the_api_panel_shows_refused_calls_with_their_payload(page: Page, bot: LittleBot) -> None:
    with pytest.raises(Exception, match="channel_not_found"):
        await bot.client.chat_postMessage(channel="C404", text="lost")
    await page.get_by_role("button", name="API", exact=False).click()
    await page.get_by_label("Refused only").check()
    row = page.locator(".call", has_text="channel_not_found")
    await row.get_by_role("button").click()
    await expect(row.locator("pre").first).to_contain_text('"channel": "C404"')


async def test_the_page_catches_up_after_the_server_was_away(page: Page, server: SlackServer) -> None:
    await expect(page.locator(".online")).not_to_have_class("offline")
    await server.__aexit__(None, None, None)
    await expect(page.locator(".online.offline")).to_be_visible()
    space = server.workspace
    space.timeline.post(space.channel("ml-alerts"), {"user": space.bot_user_id, "text": "said meanwhile"})
    await server.__aenter__()
    await expect(page.locator("#conversation")).to_contain_text("said meanwhile", timeout=15_000)
    await expect(page.locator(".online.offline")).to_have_count(0)


async def until(held: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not held():  # noqa: ASYNC110 - what is waited for happens behind a socket and sets no event
            await asyncio.sleep(0.02)
