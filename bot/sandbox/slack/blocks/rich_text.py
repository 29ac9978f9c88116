"""Rich text: literal by construction; a mention needs an element of its own."""

from bot.sandbox.slack.blocks.objects import BLOCK_ID, LINK
from bot.sandbox.slack.blocks.schema import Flag, Many, Number, Record, Spec, String, Typed, typed

_STYLE = Record(
    {},
    {
        name: Flag()
        for name in ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
    },
)
_STYLED: dict[str, Spec] = {"style": _STYLE}
_ID = String(64)

_TEXT = typed("text", {"text": String()}, _STYLED)
_LINK = typed("link", {"url": LINK}, {**_STYLED, "text": String(least=0), "unsafe": Flag()})

_INLINE: dict[str, Spec] = {
    "text": _TEXT,
    "link": _LINK,
    "user": typed("user", {"user_id": _ID}, _STYLED),
    "usergroup": typed("usergroup", {"usergroup_id": _ID}, _STYLED),
    "channel": typed("channel", {"channel_id": _ID}, _STYLED),
    "team": typed("team", {"team_id": _ID}, _STYLED),
    "emoji": typed(
        "emoji", {"name": String()}, {**_STYLED, "unicode": String(), "skin_tone": Number(1, 6), "url": LINK}
    ),
    "broadcast": typed(
        "broadcast", {"range": String(choices=frozenset({"here", "channel", "everyone"}))}, _STYLED
    ),
    "date": typed(
        "date", {"timestamp": Number(0), "format": String()}, {**_STYLED, "fallback": String(), "url": LINK}
    ),
    "color": typed("color", {"value": String()}, _STYLED),
}
_LITERAL: dict[str, Spec] = {"text": _TEXT, "link": _LINK}

_SECTION = typed("rich_text_section", {"elements": Many(Typed(lambda: _INLINE), least=0)}, {})
_BORDER: dict[str, Spec] = {"border": Number(0, 1)}

_PARTS: dict[str, Spec] = {
    "rich_text_section": _SECTION,
    "rich_text_preformatted": typed(
        "rich_text_preformatted",
        {"elements": Many(Typed(lambda: _LITERAL))},
        {**_BORDER, "language": String(64)},
    ),
    "rich_text_quote": typed("rich_text_quote", {"elements": Many(Typed(lambda: _INLINE))}, _BORDER),
    "rich_text_list": typed(
        "rich_text_list",
        {"elements": Many(_SECTION), "style": String(choices=frozenset({"bullet", "ordered"}))},
        {**_BORDER, "indent": Number(0, 8), "offset": Number(0)},
    ),
}

RICH_TEXT = typed("rich_text", {"elements": Many(Typed(lambda: _PARTS))}, {"block_id": BLOCK_ID})
