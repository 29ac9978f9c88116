"""The reason that somebody gives with a resolution: what they wrote, as plain text."""

import re
from html import unescape

MOST_REASON = 2_000
"""Most characters of one."""


def plain_reason(text: str) -> str:
    """`text` of a Slack message without its markup; lines stay lines, at most one of them empty at a time.

    Addresses stand as such, people and channels by the name that the markup has for them, or else by their id.
    """
    plain = _LINK.sub(_address, text)
    plain = _NAMED.sub(lambda found: f"{_SIGNS.get(found[1], '')}{(found[3] or found[2]).lstrip('@#')}", plain)
    plain = _CONTROL.sub("", unescape(plain).replace("\r\n", "\n").replace("\r", "\n"))
    rows = "\n".join(row.rstrip() for row in plain.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", rows).strip()


_SIGNS = {"@": "@", "#": "#", "!subteam^": "@", "!": "@"}
_LINK = re.compile(r"<((?:https?://|mailto:)[^<>|]{1,3000})(?:\|([^<>|]{0,300}))?>")
_NAMED = re.compile(r"<(@|#|!subteam\^|!)([A-Za-z0-9^]{1,40})(?:\|([^<>|]{1,80}))?>")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def _address(found: re.Match[str]) -> str:
    """The address, and its label where that is another text."""
    address, label = found[1].removeprefix("mailto:"), found[2]
    return address if not label or label in address else f"{label} ({address})"
