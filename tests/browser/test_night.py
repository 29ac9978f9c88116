"""A night on call in the browser, against the real demo: two people click what people would click."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.sandbox.demo import Performance, perform
from tests.browser.night import A_FAILURE_MS, Seat, seated

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA, GRACE = "U0ADA00001", "U0GRACE001"
GPU, HUB, CONFIG = "GPU has fallen off the bus", "gated repo", "warmup_ratio"
THREE, AGAIN = "Three jobs of the team fail", "A misspelled key in the configuration"
REASON = "warmup_ratio was renamed to warmup_steps.\nThe sweep still wrote the old name."

LOOKS = {"around 20": "Lines around", "replicas": "8 replicas have this error", "who": "acknowledged it"}


@pytest_asyncio.fixture(loop_scope="session")
async def demo() -> AsyncIterator[Performance]:
    async with perform(port=0, scenario="healthy-for-ever", speed=20) as performance:
        yield performance


@pytest_asyncio.fixture(loop_scope="session")
async def both(browser: Browser, demo: Performance, tmp_path: Path) -> AsyncIterator[tuple[Seat, Seat]]:
    url = demo.sandbox.slack.url
    ada = await seated(browser, url, ADA, tmp_path)
    grace = await seated(browser, url, GRACE, tmp_path)
    yield ada, grace
    for seat in (ada, grace):
        await seat.page.context.close()
        assert seat.troubles == []


async def test_a_night_on_call_by_clicks_alone(both: tuple[Seat, Seat], demo: Performance) -> None:
    ada, grace = both
    await three_jobs_fail_at_once(ada)
    await one_is_muted(ada)
    await one_is_assigned(ada, grace)
    await one_is_taken_and_looked_around(ada)
    await the_second_to_resolve_it_is_told_who_was_first(ada, grace)
    await lists_and_home_show_the_rest(ada, grace)
    await the_night_passes(ada)
    await the_next_day_it_is_back(ada)
    await nothing_is_missing_or_said_twice(ada, demo)


async def three_jobs_fail_at_once(ada: Seat) -> None:
    await ada.command("digest daily 09:00")
    await expect(ada.whisper).to_contain_text("gets a digest daily at 09:00")
    await ada.director()
    await ada.plays(THREE)
    await ada.look("01-director")
    await expect(ada.cards).to_have_count(3, timeout=A_FAILURE_MS)
    await ada.director()
    for words in (GPU, HUB, CONFIG):
        await expect(ada.card(words)).to_contain_text("Nobody has taken this yet.")
    await ada.look("02-three-cards")


async def one_is_muted(ada: Seat) -> None:
    await ada.pick(ada.card(GPU), "Mute…")
    window = ada.window("Mute")
    await expect(window).to_contain_text("In the last day a mute would have hidden 1 event")
    await ada.look("03-mute")
    await window.get_by_label("4 hours", exact=True).check()
    await window.get_by_role("button", name="Mute").click()
    await expect(ada.card(GPU)).to_contain_text("Muted by @Ada Marten until")
    await expect(ada.card(GPU).get_by_role("button", name="Unmute")).to_be_visible()


async def one_is_assigned(ada: Seat, grace: Seat) -> None:
    await ada.pick(ada.card(HUB), "Assign to…")
    window = ada.window("Assign to")
    await window.locator(".select").click()
    await ada.page.keyboard.type("Grace")
    await ada.page.keyboard.press("Enter")
    await ada.look("04-assign")
    await window.get_by_role("button", name="Assign").click()
    await expect(ada.card(HUB)).to_contain_text("Assigned to @Grace Otieno by @Ada Marten")
    await grace.to("joblogs", tab="Messages")
    await expect(grace.page.locator("#conversation")).to_contain_text("@Ada Marten assigned this to you")
    await grace.look("05-told-once")
    await grace.to("ml-alerts")


async def one_is_taken_and_looked_around(ada: Seat) -> None:
    await ada.press(ada.card(CONFIG), "Acknowledge")
    await expect(ada.card(CONFIG)).to_contain_text("Acknowledged by @Ada Marten")
    await ada.read(ada.card(CONFIG))
    for words, answer in LOOKS.items():
        await ada.reply(words)
        await expect(ada.thread.locator(".message").last).to_contain_text(answer)
    await ada.look("06-thread")


async def the_second_to_resolve_it_is_told_who_was_first(ada: Seat, grace: Seat) -> None:
    for seat in (grace, ada):
        await seat.press(seat.card(CONFIG), "Resolve")
        await expect(seat.window("Resolve")).to_be_visible()
    await ada.window("Resolve").locator("textarea").fill(REASON)
    await ada.look("07-resolve")
    await ada.window("Resolve").get_by_role("button", name="Resolve").click()
    await expect(ada.card(CONFIG)).to_contain_text("Resolved by @Ada Marten")
    await ada.look("08-resolved")
    await grace.window("Resolve").get_by_role("button", name="Resolve").click()
    told = grace.page.get_by_role("dialog")
    await expect(told).to_contain_text("It was resolved already by @Ada Marten")
    await grace.look("09-second")
    await grace.page.keyboard.press("Escape")


async def lists_and_home_show_the_rest(ada: Seat, grace: Seat) -> None:
    await ada.page.keyboard.press("Escape")
    await ada.command("incidents")
    await expect(ada.whisper).to_contain_text("2 incidents in this channel")
    await ada.look("10-incidents")
    await ada.command("mutes")
    await expect(ada.whisper).to_contain_text("1 mute active in this channel")
    await grace.to("joblogs", tab="Home")
    await expect(grace.page.locator(".home-page")).to_contain_text("Nothing is open that nobody has taken.")
    await expect(grace.page.locator(".home-page")).to_contain_text("Yours (1)")
    await grace.look("11-home")
    await grace.to("ml-alerts")


async def the_night_passes(ada: Seat) -> None:
    await ada.director()
    for _ in range(4):
        await ada.jumps("1 hour")
    await expect(ada.card(GPU)).not_to_contain_text("Muted by", timeout=A_FAILURE_MS)
    await ada.jumps("to 9:00 tomorrow")
    digest = ada.page.locator("#conversation .message", has_text="new incidents")
    await expect(digest).to_contain_text("3 new incidents, 1 resolved, 2 open now", timeout=A_FAILURE_MS)
    await ada.director()
    await digest.scroll_into_view_if_needed()
    await ada.look("12-digest")


async def the_next_day_it_is_back(ada: Seat) -> None:
    await ada.leaves_the_thread()
    await ada.director()
    await ada.plays(AGAIN)
    await ada.director()
    back = ada.card("Seen in 1 earlier job; last time @Ada Marten: warmup_ratio was renamed")
    await expect(back).to_contain_text("Nobody has taken this yet.", timeout=A_FAILURE_MS)
    await back.scroll_into_view_if_needed()
    await ada.look("13-back")
    await back.get_by_role("link", name="its thread").click()
    await expect(ada.thread).to_contain_text("@Ada Marten resolved this.")
    await ada.look("14-old-thread")


async def nothing_is_missing_or_said_twice(ada: Seat, demo: Performance) -> None:
    told = await demo.truth.told()
    assert told["twice"] == 0
    refused = [(call.method, call.error) for call in demo.sandbox.workspace.calls if not call.ok]
    assert refused == []
