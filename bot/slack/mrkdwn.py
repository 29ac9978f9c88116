"""Slack's limits, and the only door through which foreign text gets into its markup.

Sources of the limits: Slack's Block Kit reference and `slack_sdk.models`; the budget of a whole message is not
documented (slackapi/bolt-js#2509, #2867: 11,341 characters of rich text were refused).
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.times import NS_PER_S, s_from_ms, utc

Message = dict[str, Any]
"""`text` and `blocks`, as the methods of chat and a response_url take them."""
INSTEAD = "instead"
"""Key of a message whose blocks not every workspace has: other blocks, for when Slack refuses those."""

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_CHARS = 4_000
"""The top-level text: longer ones are split, or refused by chat.update."""
MESSAGE_CHARS = 10_000
"""What all blocks of a message may hold together, well below where Slack was seen to refuse."""
SECTION_CHARS = 3_000
FIELD_CHARS = 2_000
FIELDS = 10
HEADER_CHARS = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
BUTTON_CHARS = 75
VALUE_CHARS = 2_000
URL_CHARS = 3_000
ID_CHARS = 255
OPTION_CHARS = 75
OPTION_VALUE_CHARS = 150
OVERFLOW_OPTIONS = 5
SELECT_OPTIONS = 100
CONFIRM_TITLE_CHARS = 100
CONFIRM_TEXT_CHARS = 300
CONFIRM_BUTTON_CHARS = 30
TITLE_CHARS = 24
METADATA_CHARS = 3_000
LABEL_CHARS = 2_000
PLACEHOLDER_CHARS = 150
FALLBACK_CHARS = 3_000
"""What we allow ourselves for a top-level text."""

DAY_AND_TIME = "{date_short_pretty} {time_secs}"


def clean(text: str) -> str:
    """`text` without what would garble or forge a message: ANSI codes, control, bidi and invisible characters.

    Line breaks and tabs stay; a lone surrogate becomes the replacement character.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def escape(text: str, limit: int | None = None) -> str:
    """`text`, cleaned, for mrkdwn and for `text`: no mention, link or date of its own can come to life.

    With `limit` the escaped text is cut to so many characters, never inside an entity.
    """
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if limit is None or size(escaped) <= limit:
        return escaped
    return re.sub(r"&[a-z]{0,3}$", "", _head(escaped, limit - 1)) + "…"


def size(text: str) -> int:
    """Length in UTF-16 units, the larger of the two ways in which Slack may count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters: its beginning and an ellipsis."""
    return text if size(text) <= limit else _head(text, limit - 1) + "…"


def shorten_middle(text: str, limit: int) -> str:
    """`text` in at most `limit` characters: its two ends and how much is missing between them."""
    if size(text) <= limit:
        return text
    note = f" … +{len(text):,} chars … "
    room = max(limit - len(note), 2)
    head, tail = _head(text, room - room // 3), _tail(text, room // 3)
    return f"{head} … +{len(text) - len(head) - len(tail):,} chars … {tail}"


def date(at_ms: int, pattern: str = DAY_AND_TIME) -> str:
    """A moment as a token that every reader sees in their own zone; whole seconds are all that Slack knows."""
    seconds = s_from_ms(at_ms)
    return f"<!date^{seconds}^{pattern}|{utc(seconds * NS_PER_S):%Y-%m-%d %H:%M:%S} UTC>"


def link(url: str, label: str) -> str:
    return f"<{escape(url).replace('|', '%7C')}|{escape(label)}>"


def plain(text: str, limit: int = SECTION_CHARS) -> dict[str, Any]:
    """A plain text object: literal, emoji names included."""
    return {"type": "plain_text", "text": shorten(clean(text), limit) or " ", "emoji": False}


def markup(text: str) -> dict[str, Any]:
    """A mrkdwn object of text whose foreign parts went through `escape`; bare addresses and names stay text."""
    return {"type": "mrkdwn", "text": text or " ", "verbatim": True}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": markup(text)}


def context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [markup(text) for text in texts]}


def divider() -> dict[str, Any]:
    return {"type": "divider"}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": plain(text, HEADER_CHARS)}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def button(
    label: str,
    action: str,
    value: str | None = None,
    *,
    style: str | None = None,
    url: str | None = None,
    hint: str | None = None,
) -> dict[str, Any]:
    """A button. `hint` is what screen readers say; `url` opens a page, and the action arrives as well."""
    optional = {
        "value": value,
        "style": style,
        "url": url,
        "accessibility_label": None if hint is None else shorten(clean(hint), BUTTON_CHARS),
    }
    base = {"type": "button", "text": plain(label, BUTTON_CHARS), "action_id": action}
    return base | {key: given for key, given in optional.items() if given}


def overflow(action: str, entries: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A menu of one to five `entries`, each a label and a value of at most 150 characters."""
    options = [{"text": plain(label, BUTTON_CHARS), "value": value} for label, value in entries]
    return {"type": "overflow", "action_id": action, "options": options}


# CSI (colours, cursor), OSC (titles, links) up to its end, and two-character escapes, in their 7-bit forms.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_=>78])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]"
    r"|[\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def _head(text: str, limit: int) -> str:
    raw = text[:limit].encode("utf-16-le", "surrogatepass")[: 2 * max(limit, 0)]
    return raw.decode("utf-16-le", "ignore")


def _tail(text: str, limit: int) -> str:
    raw = text[-limit:].encode("utf-16-le", "surrogatepass")
    return raw[max(len(raw) - 2 * limit, 0) :].decode("utf-16-le", "ignore")
