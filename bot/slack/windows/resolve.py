"""The window that asks for a reason before an incident is resolved."""

from bot.incidents.steps import Resolve
from bot.slack import ids
from bot.slack.desk import Desk
from bot.slack.rich import Element
from bot.slack.windows.fields import Entered, entry, text
from bot.slack.windows.forms import REASON_CHARS, Asked, Form
from bot.slack.windows.sight import Sight
from bot.slack.windows.window import modal

TITLE = "Resolve"
REASON = "reason"


def resolve_window(sight: Sight) -> Element:
    reason = entry(
        REASON,
        "What was it, and what helped?",
        text(multiline=True, most=REASON_CHARS, placeholder="Such as: bad driver on g02, pinned 550"),
        hint="It is kept with this thread, and shown when the error returns. You may leave it empty.",
        optional=True,
    )
    data = sight.spot.encode()
    blocks = [*sight.heading(), reason]
    return modal(TITLE, blocks, callback=ids.RESOLVE_WINDOW, submit="Resolve", data=data)


async def _read(_desk: Desk, _sight: Sight, entered: Entered) -> Asked:
    return Asked(Resolve(entered.text(REASON) or ""))


RESOLVE = Form(callback=ids.RESOLVE_WINDOW, title=TITLE, step=Resolve(), draw=resolve_window, read=_read)
