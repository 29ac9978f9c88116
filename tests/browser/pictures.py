"""The README's pictures and its short animation, taken from the real demo: `make pictures`."""

import asyncio
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, ViewportSize, async_playwright, expect

from bot.sandbox.demo import perform
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.film import Film
from tests.browser.night import A_FAILURE_MS, COMPOSER, Seat, seated

DOCS = Path(__file__).parents[2] / "docs"
ADA, GRACE = "U0ADA00001", "U0GRACE001"
OOM, CONFIG = "CUDA out of memory", "warmup_ratio"
ONE_RANK, THREE = "One rank of 64 runs out of GPU memory", "Three jobs of the team fail"
REASON = "Sequences of 8192 do not fit.\nBack to 4096 until the next release."
FILM = ViewportSize(width=1060, height=660)
CARD = ViewportSize(width=1400, height=1060)
STILL = ViewportSize(width=1280, height=860)
COLOURS = 256
JOBS = 5
SETTLED_MS = 15_000
"""By then the bot has said all that it has to say of a failure."""


async def main() -> None:
    async with (
        perform(port=0, scenario="healthy-for-ever", speed=10) as performance,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        url = performance.sandbox.slack.url
        ada = await sat_down(browser, url, ADA, FILM)
        await the_animation(ada)
        await ada.page.set_viewport_size(STILL)
        await the_stills(ada)
        grace = await sat_down(browser, url, GRACE, STILL, scheme="dark")
        await in_the_dark(grace)
        await browser.close()


async def the_animation(ada: Seat) -> None:
    """From the failure to its end: the card comes, is taken, looked into and resolved."""
    film = Film(ada.page)
    await ada.director()
    await ada.plays(ONE_RANK)
    await ada.director()
    await film.shows(900)
    card = ada.card(OOM)
    await expect(card).to_contain_text("then:", timeout=A_FAILURE_MS)
    await ada.page.wait_for_timeout(SETTLED_MS)
    await to_the_top(card)
    await film.shows(2_600)
    await film.clicks(card.get_by_role("button", name="Acknowledge"))
    await expect(card).to_contain_text("Acknowledged by")
    await film.shows(1_200)
    await film.clicks(card.locator(".thread-link"))
    await expect(ada.thread).to_contain_text("acknowledged this.")
    await film.shows(2_600)
    await the_card(ada, card)
    await film.clicks(card.get_by_role("button", name="Resolve"))
    window = ada.window("Resolve")
    await film.writes(window.locator("textarea"), REASON)
    await film.clicks(window.get_by_role("button", name="Resolve"))
    await expect(ada.thread.locator(".message").last).to_contain_text("resolved this.")
    await to_the_top(card)
    await film.shows(3_500)
    film.save(DOCS / "failure.gif")


async def the_card(ada: Seat, card: Locator) -> None:
    await ada.page.set_viewport_size(CARD)
    await to_the_top(card)
    await taken(ada, "card")
    await ada.page.set_viewport_size(FILM)


async def the_stills(ada: Seat) -> None:
    await ada.leaves_the_thread()
    await ada.director()
    await ada.plays(THREE)
    await expect(ada.cards).to_have_count(4, timeout=A_FAILURE_MS)
    await taken(ada, "director")
    await ada.director()
    await ada.page.wait_for_timeout(SETTLED_MS)
    card = ada.card(CONFIG)
    await ada.read(card)
    await ada.reply("around 20")
    await ada.reply("replicas")
    await expect(ada.thread).to_contain_text("8 replicas have this error")
    await to_the_top(card)
    await taken(ada, "thread")
    await ada.leaves_the_thread()
    await the_picker(ada)


async def the_picker(ada: Seat) -> None:
    await ada.page.fill(COMPOSER, "/joblogs")
    await ada.page.press(COMPOSER, "Enter")
    offered = ada.page.locator(".select-list [role=option]")
    await ada.page.get_by_role("dialog").get_by_role("button", name="Job").click()
    while await offered.count() < JOBS:
        await ada.page.wait_for_timeout(1_000)
        await ada.page.keyboard.type("-")  # every job's name has one; each question may bring a newer list
        await ada.page.wait_for_timeout(1_000)
        await ada.page.keyboard.press("Backspace")
    await taken(ada, "picker")
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("Escape")


async def in_the_dark(grace: Seat) -> None:
    card = grace.card(CONFIG)
    await grace.press(card, "Acknowledge")
    await expect(card).to_contain_text("Acknowledged by")
    await grace.to("joblogs", tab="Home")
    await expect(grace.page.locator(".home-page")).to_contain_text("Yours (1)")
    await taken(grace, "home")


async def sat_down(browser: Browser, url: str, user_id: str, size: ViewportSize, scheme: str = "light") -> Seat:
    """Without the guide, which would take the place of what is to be seen."""
    seat = await seated(browser, url, user_id, DOCS, scheme=scheme)
    await seat.page.set_viewport_size(size)
    await seat.page.get_by_role("button", name="Close the guide").click()
    return seat


async def to_the_top(card: Locator) -> None:
    await card.evaluate("one => one.scrollIntoView({ block: 'start' })")


async def taken(seat: Seat, name: str) -> None:
    """A picture with few colours, so that it weighs little."""
    await seat.page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(await seat.page.screenshot(animations="disabled", caret="hide")))
    few = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(DOCS / f"{name}.png", optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
