"""Somebody at a browser, and what they click: by the words that they read, as a stranger would."""

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

ALERTS = "C0MLALERTS"
COMPOSER = "#conversation textarea"
PATIENCE_MS = 30_000
A_FAILURE_MS = 60_000
"""What the jobs write, the bot reads and the page shows takes its time on a busy machine."""


@dataclass
class Seat:
    """A person of the workspace before #ml-alerts.

    Attributes:
        shots: where the pictures of what they see are put.
        troubles: what the page complained of.
    """

    page: Page
    shots: Path
    troubles: list[str]

    async def look(self, name: str) -> None:
        await self.page.screenshot(path=self.shots / f"{name}.png", animations="disabled")

    # --- what is seen ----------------------------------------------------------------------------

    @property
    def cards(self) -> Locator:
        """Messages with the buttons of a failure, the oldest first."""
        return self.page.locator("#conversation .message:not(.ephemeral)", has=self.page.locator(".actions"))

    def card(self, words: str) -> Locator:
        """The newest that says so."""
        return self.cards.filter(has_text=words).last

    @property
    def thread(self) -> Locator:
        return self.page.locator("#thread")

    @property
    def whisper(self) -> Locator:
        """What was answered to this person alone, the newest."""
        return self.page.locator("#conversation .message.ephemeral").last

    def window(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    # --- what is done ----------------------------------------------------------------------------

    async def press(self, card: Locator, label: str) -> None:
        await card.get_by_role("button", name=label, exact=True).click()

    async def pick(self, card: Locator, label: str) -> None:
        """From the menu beside a card's buttons."""
        await card.locator(".overflow").click()
        await self.page.get_by_role("menuitem", name=label).click()

    async def read(self, card: Locator) -> None:
        """Opens its thread."""
        await card.locator(".thread-link").click()
        await expect(self.thread.locator(".message").nth(1)).to_be_visible()

    async def leaves_the_thread(self) -> None:
        await self.page.get_by_role("button", name="Close the thread").click()

    async def reply(self, words: str) -> None:
        """Says `@joblogs words` in the thread that is open: the name is taken from what the page offers."""
        field = self.thread.locator("textarea")
        await field.press_sequentially("@jobl")
        await expect(self.thread.locator(".completion [role=option]")).to_have_count(1)
        await field.press("Enter")
        await field.press_sequentially(words)
        await field.press("Enter")

    async def command(self, text: str) -> None:
        """Types `/joblogs text` in the channel; the answer stands in `whisper`."""
        before = await self.page.locator("#conversation .message.ephemeral").count()
        await self.page.fill(COMPOSER, f"/joblogs {text}")
        await self.page.press(COMPOSER, "Enter")
        await expect(self.page.locator("#conversation .message.ephemeral")).to_have_count(before + 1)

    async def to(self, channel: str, *, tab: str = "") -> None:
        """Goes to a channel, or to a tab of the app."""
        await self.page.locator("#sidebar .channel", has_text=channel).click()
        if tab:
            await self.page.locator("#conversation .tab", has_text=tab).click()

    async def director(self, panel: str = "Director") -> None:
        """Opens a panel of the dock, or closes it."""
        await self.page.get_by_role("button", name=panel, exact=True).click()

    async def plays(self, title: str) -> None:
        await self.page.locator(".scenario").filter(has_text=title).click()

    async def jumps(self, label: str) -> None:
        """Turns the clock ahead, and waits until it stands there."""
        time = self.page.get_by_role("region", name="Time", exact=True)
        before = await time.locator("p").inner_text()
        await time.get_by_role("button", name=label, exact=True).click()
        await expect(time.locator("p")).not_to_have_text(before)


async def seated(browser: Browser, url: str, user_id: str, shots: Path, *, scheme: str = "light") -> Seat:
    """A browser of their own, in which `user_id` sees #ml-alerts, in Berlin."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 1000},
        timezone_id="Europe/Berlin",
        color_scheme=scheme,  # type: ignore[arg-type]  # one of Playwright's words
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page, troubles = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(f"{url}/?as={user_id}#/{ALERTS}")
    await page.locator(COMPOSER).wait_for()
    return Seat(page, shots, troubles)
