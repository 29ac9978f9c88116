"""How the page draws what it is given: every block, mrkdwn, and text that means harm."""

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack.server import SlackServer
from tests.browser import gallery
from tests.browser.little_bot import LittleBot

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHANNEL = "C0MLALERTS"


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
    await expect(message).to_contain_text("unsupported block: video")
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
