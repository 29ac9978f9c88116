"""Builders of rich text, the element in which Slack takes every text literally.

Nothing here needs escaping: a mention or a link exists only where an element of its own says so.
"""

from collections.abc import Sequence
from typing import Any

from bot.slack.mrkdwn import clean
from bot.times import NS_PER_MS, NS_PER_S, Ns, s_from_ms, utc

Element = dict[str, Any]


def text(content: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Element:
    """`content`, cleaned of control characters; must not be empty."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
    element: Element = {"type": "text", "text": clean(content) or " "}
    return element | {"style": style} if style else element


def emoji(name: str) -> Element:
    return {"type": "emoji", "name": name}


def user(user_id: str) -> Element:
    return {"type": "user", "user_id": user_id}


def channel(channel_id: str) -> Element:
    return {"type": "channel", "channel_id": channel_id}


def mention(token: str | None) -> tuple[Element, ...]:
    """What a watch mentions (`<@U1>`, `<!subteam^S1>`, `<!here>`) and a space; nothing for None."""
    if token is None:
        return ()
    name = token.strip("<>").partition("|")[0]
    if name.startswith("@"):
        element = user(name[1:])
    elif name.startswith("!subteam^"):
        element = {"type": "usergroup", "usergroup_id": name.removeprefix("!subteam^")}
    else:
        element = {"type": "broadcast", "range": name.removeprefix("!")}
    return element, text(" ")


def link(url: str, label: str, *, bold: bool = False) -> Element:
    element: Element = {"type": "link", "url": url, "text": clean(label) or url}
    return element | {"style": {"bold": True}} if bold else element


def date(at_ms: int, pattern: str = "{date_short_pretty} {time_secs}") -> Element:
    """A moment in the zone of whoever reads it."""
    seconds = s_from_ms(at_ms)
    fallback = f"{utc(seconds * NS_PER_S):%Y-%m-%d %H:%M:%S} UTC"
    return {"type": "date", "timestamp": seconds, "format": pattern, "fallback": fallback}


def exact_date(at_ns: Ns) -> tuple[Element, Element]:
    """A log line's moment: Slack has no token below a second, so that the milliseconds follow as text."""
    return date(at_ns // NS_PER_MS), text(f".{at_ns // NS_PER_MS % 1000:03d}")


def section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(items: Sequence[Element]) -> Element:
    """`items` are sections."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def quote(*elements: Element) -> Element:
    return {"type": "rich_text_quote", "elements": list(elements)}


def preformatted(content: str, *, language: str | None = None) -> Element:
    element: Element = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": content or " "}]}
    return element | {"language": language} if language else element


def block(*parts: Element, block_id: str | None = None) -> Element:
    """A rich text block of sections, lists and preformatted parts."""
    base: Element = {"type": "rich_text", "elements": list(parts)}
    return base | {"block_id": block_id} if block_id else base
