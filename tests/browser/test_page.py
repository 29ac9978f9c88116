"""The sandbox's page in a real browser: what people see and do, over the real protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack.application import Shortcut
from bot.sandbox.slack.server import SlackServer
from tests.browser import gallery
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


async def test_every_block_is_drawn(page: Page, bot: LittleBot) -> None:
    for blocks in gallery.MESSAGES:
        await bot.client.chat_postMessage(channel=CHANNEL, text="gallery", blocks=blocks)
    await expect(page.locator("#conversation .message")).to_have_count(len(gallery.MESSAGES))
    drawn = await page.locator("#conversation .block").evaluate_all("all => all.map((one) => one.dataset.type)")
    sent = {block["type"] for blocks in gallery.MESSAGES for block in blocks}
    assert set(drawn) == sent
    assert await page.locator("#conversation .unsupported").count() == 0
    actions = await page.locator("#conversation [data-action]").evaluate_all(
        "all => all.map((one) => one.dataset.action)"
    )
    assert {element["action_id"] for element in gallery.ELEMENTS} <= set(actions)
    assert await page.locator("svg.chart-svg .bar").count() == 3
    assert await page.locator("svg.chart-svg .line").count() == 2
    assert await page.locator("svg.chart-svg .area").count() == 1
    assert await page.locator("svg.pie-svg .slice").count() == 2


async def test_a_block_that_nobody_knows_is_shown_as_such(page: Page, server: SlackServer) -> None:
    space = server.workspace
    who = {"user": space.bot_user_id, "bot_id": space.bot_id}
    space.timeline.post(space.channel("ml-alerts"), {**who, "text": "beyond", "blocks": gallery.BEYOND})
    message = page.locator("#conversation .message").last
    await expect(message).to_contain_text("unsupported block: hologram")
    await expect(message).to_contain_text("unsupported element: lever")
    await expect(message).to_contain_text("alerts stand in modals only")
    await expect(message).to_contain_text("unsupported block: actions")  # malformed: it has no elements
    await expect(message.get_by_role("img", name="teal")).to_be_visible()


async def test_a_data_table_pages_sorts_and_filters(page: Page, bot: LittleBot) -> None:
    await bot.client.chat_postMessage(channel=CHANNEL, text="jobs", blocks=[gallery.DATA_TABLE])
    rows = page.locator(".data-table tbody tr")
    await expect(rows).to_have_count(5)
    await page.get_by_role("button", name="Next page").click()
    await expect(rows).to_have_count(3)
    await page.get_by_role("button", name="Errors").click()
    await page.get_by_role("button", name="Previous page").click()
    await expect(rows.first).to_contain_text("run-0")
    await expect(rows.nth(1)).to_contain_text("run-3")
    await page.get_by_label("Filter Jobs").fill("run-7")
    await expect(rows).to_have_count(1)


async def test_a_fold_stays_open_when_its_message_is_edited(page: Page, bot: LittleBot) -> None:
    blocks = [{**gallery.MESSAGES[5][0], "block_id": "fold"}]
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text="fold", blocks=blocks)
    await page.get_by_role("button", name="Whole traceback").click()
    await expect(page.locator(".container pre")).to_be_visible()
    more = [*blocks, gallery.section("edited since")]
    await bot.client.chat_update(channel=CHANNEL, ts=str(posted["ts"]), text="fold", blocks=more)
    await expect(page.locator("#conversation")).to_contain_text("edited since")
    await expect(page.locator(".container pre")).to_be_visible()
    await expect(page.get_by_role("button", name="Whole traceback")).to_be_focused()


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


MRKDWN = [
    ("*bold*, _italic_ and ~gone~", "<strong>bold</strong>, <em>italic</em> and <s>gone</s>"),
    ("*bold with _italic_ inside*", "<strong>bold with <em>italic</em> inside</strong>"),
    ("snake_case_name and 2*3*4 stay", "snake_case_name and 2*3*4 stay"),
    ("* not bold *", "* not bold *"),
    ("*not\nover lines*", "*not\nover lines*"),
    ("`*code* &lt;b&gt;`", "<code>*code* &lt;b&gt;</code>"),
    ("&gt; quoted\nafter", "<blockquote>quoted</blockquote>after"),
    ("&gt;&gt;&gt; all\nof it", "<blockquote>all\nof it</blockquote>"),
    ("&lt;b&gt; &amp;lt; &amp;", "&lt;b&gt; &amp;lt; &amp;"),
    ("<!date^0^{date_num}", "&lt;!date^0^{date_num}"),
    ("<!date^abc^{date_num}|then>", "<span>then</span>"),
    ("<javascript:alert(1)|press>", '<span class="dead-link">press</span>'),
    ("<no-such-thing>", "&lt;no-such-thing&gt;"),
    (":no_such_emoji: 12:30:45", ":no_such_emoji: 12:30:45"),
]
MADE = """async (text) => {
    const { mrkdwn } = await import('/static/text/mrkdwn.js');
    const box = document.createElement('div');
    box.append(...mrkdwn(text));
    return box.innerHTML;
}"""


async def test_mrkdwn_becomes_exactly_these_elements(page: Page) -> None:
    made = [(text, await page.evaluate(MADE, text)) for text, _ in MRKDWN]
    assert made == MRKDWN


HOSTILE = [
    "<img src=x onerror=\"window.hacked='img'\">",
    "<script>window.hacked='script'</script>",
    "<javascript:window.hacked='link'|press me>",
    "<https://example.com/\"onmouseover=\"window.hacked='attr'|x>",
    "```<svg onload=\"window.hacked='svg'\">",
    "<!date^1733000000^{date}<img src=x onerror=window.hacked=1>|<b>x>",
    "<@U0ADA00001|<img src=x onerror=window.hacked=1>>",
    "*_~" * 400 + "`" * 99 + "<" * 300,
    "\x1b[31mred\x1b[0m \u202eevil \u0000",
]


async def test_hostile_text_stays_text(page: Page, server: SlackServer) -> None:
    space = server.workspace
    channel, who = space.channel("ml-alerts"), {"user": space.bot_user_id, "bot_id": space.bot_id}
    for text in HOSTILE:
        blocks = [
            gallery.section(text),
            {"type": "header", "text": gallery.plain(text)},
            gallery.code(text, language=text),
            {"type": "markdown", "text": text},
            {"type": "table", "rows": [[gallery.cell(text)], [gallery.cell(text)]]},
            {"type": "image", "image_url": text, "alt_text": text},
            {"type": text, "text": text},
        ]
        space.timeline.post(channel, {**who, "text": text, "blocks": blocks})
        space.timeline.post(channel, {**who, "text": text})
    feed = page.locator("#conversation .feed")
    await expect(feed.locator(".message")).to_have_count(2 * len(HOSTILE))
    assert await feed.locator("script, iframe, object, svg[onload], img:not(.avatar)").count() == 0
    assert await feed.locator("a[href^='javascript' i]").count() == 0
    handlers = "all => all.filter((one) => [...one.attributes].some((a) => a.name.startsWith('on'))).length"
    assert await feed.locator("*").evaluate_all(handlers) == 0
    for node in await feed.locator("a, summary").all():
        await node.dispatch_event("mouseover")
    assert await page.evaluate("window.hacked") is None


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
    await page.get_by_role("button", name="API").click()
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
