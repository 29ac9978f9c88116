"""The lines around an incident in a window, where there is no message to show them under."""

from collections.abc import Awaitable

from bot.slack.looking import Said
from bot.slack.rich import Element
from bot.slack.windows.window import modal, told

TITLE = "Lines around"


async def drawn(said: Awaitable[Said]) -> Element:
    """The lines without their buttons, which answer in a channel."""
    message = (await said).message
    lines = [block for block in message.get("blocks") or () if block["type"] == "rich_text"]
    return modal(TITLE, lines) if lines else told(TITLE, str(message["text"]))
