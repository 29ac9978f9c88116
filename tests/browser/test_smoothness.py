"""A hundred open cards: an edit touches its own card alone, and what the page does meanwhile is measured and told."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser import gallery
from tests.browser.little_bot import LittleBot, card

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHANNEL = "C0MLALERTS"
CARDS = 100
EDITS = 60
PAUSE_S = 0.03
TRACEBACK = '  File "/workspace/train.py", line 228, in main\n    loss = train_step(model, batch)\n' * 12

MARK = """() => {
    window.before = [...document.querySelectorAll('#conversation .message')];
    window.longTasks = [];
    window.frames = [];
    new PerformanceObserver((seen) => longTasks.push(...seen.getEntries().map((one) => one.duration))).observe({type: 'longtask'});
    let last = performance.now();
    const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
}"""
SEEN = """() => {
    const now = [...document.querySelectorAll('#conversation .message')];
    const sorted = frames.slice(1).sort((a, b) => a - b);
    return {
        kept: now.filter((node, index) => node === before[index]).length,
        cards: now.length,
        frames: sorted.length,
        median: sorted[Math.floor(sorted.length / 2)],
        p95: sorted[Math.floor(sorted.length * 0.95)],
        longest: Math.max(0, ...longTasks),
        long: longTasks.length,
    };
}"""


async def test_edits_of_one_card_leave_the_other_ninety_nine_alone(
    page: Page, bot: LittleBot, record_property: Callable[[str, object], None]
) -> None:
    stamps = [await _posted(bot, number) for number in range(CARDS)]
    await expect(page.locator("#conversation .message")).to_have_count(CARDS)
    await page.evaluate(MARK)
    for number in range(EDITS):
        blocks = [*card(f"{number + 1} times"), gallery.code(TRACEBACK, language="python")]
        await bot.client.chat_update(channel=CHANNEL, ts=stamps[-3], text="oom", blocks=blocks)
        await asyncio.sleep(PAUSE_S)
    await expect(page.locator("#conversation")).to_contain_text(f"{EDITS} times")
    seen: dict[str, Any] = await page.evaluate(SEEN)
    record_property("smoothness", seen)
    print(  # noqa: T201 - the measurement is what this test reports
        f"\n{CARDS} cards, {EDITS} edits: {seen['frames']} frames, median {seen['median']:.1f} ms, 95 % under"
        f" {seen['p95']:.1f} ms; {seen['long']} long tasks, the longest {seen['longest']:.0f} ms"
    )
    assert seen["cards"] == CARDS
    assert seen["kept"] == CARDS - 1, "an edit drew more than its own card anew"


async def test_a_new_card_leaves_all_others_alone(page: Page, bot: LittleBot) -> None:
    for number in range(20):
        await _posted(bot, number)
    await expect(page.locator("#conversation .message")).to_have_count(20)
    await page.evaluate(MARK)
    await _posted(bot, 20)
    await expect(page.locator("#conversation .message")).to_have_count(21)
    seen: dict[str, Any] = await page.evaluate(SEEN)
    assert seen["kept"] == 20


async def _posted(bot: LittleBot, number: int) -> str:
    blocks = [*card(f"card {number}"), gallery.code(TRACEBACK, language="python")]
    posted = await bot.client.chat_postMessage(channel=CHANNEL, text=f"card {number}", blocks=blocks)
    return str(posted["ts"])
