"""What a person types, as Slack's client sends it."""

import re
from typing import TYPE_CHECKING

from bot.sandbox.slack.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_TOKEN = re.compile(
    r"<(?:@[UW]\w+|#[CG]\w+|!subteam\^S\w+|!here|!channel|!everyone|https?://[^>\s]+)(?:\|[^>]*)?>"
)
_URL = re.compile(r"https?://[^\s<>]+")
_NAME = re.compile(r"(?<![\w<@#|/])[@#][a-z0-9][\w-]*")
_NAMED = re.compile(r"<([@#])(\w+)(?:\|[^>]*)?>")


def escaped(text: str) -> str:
    """`text` with its mentions kept, bare links wrapped, and all other & < > as entities."""
    done, at = [], 0
    for token in _TOKEN.finditer(text):
        done += [_plain(text[at : token.start()]), token[0]]
        at = token.end()
    return "".join([*done, _plain(text[at:])])


def literal(space: "Workspace", text: str) -> str:
    """The words of a command without ``should_escape``: mentions as the names that were typed."""

    def name(match: re.Match[str]) -> str:
        sign, identity = match[1], match[2]
        table = space.users if sign == "@" else space.channels
        return f"{sign}{table[identity].name}" if identity in table else match[0]

    return _NAMED.sub(name, text)


def resolved(space: "Workspace", text: str) -> str:
    """The words of a command with ``should_escape``: typed names as ids with their names, links wrapped."""
    return _NAMED.sub(lambda match: _token(space, match[1], match[2]) or match[0], escaped(_typed(space, text)))


def _typed(space: "Workspace", text: str) -> str:
    """`text` with each @name and #channel that exists as a token."""
    ids = {f"#{one.name}": f"<#{one.id}>" for one in space.channels.values() if one.name}
    ids |= {f"@{one.handle}": f"<!subteam^{one.id}|@{one.handle}>" for one in space.roster.usergroups.values()}
    ids |= {f"@{one.name}": f"<@{one.id}>" for one in space.users.values()}
    return _NAME.sub(lambda match: ids.get(match[0], match[0]), text)


def _token(space: "Workspace", sign: str, identity: str) -> str | None:
    table = space.users if sign == "@" else space.channels
    return f"<{sign}{identity}|{table[identity].name}>" if identity in table else None


def rich(text: str, block_id: str) -> Json:
    """The rich_text block that Slack makes of an escaped message."""
    elements: list[Json] = []
    at = 0
    for token in _TOKEN.finditer(text):
        elements += [_text(text[at : token.start()]), _element(token[0][1:-1])]
        at = token.end()
    elements.append(_text(text[at:]))
    section = {"type": "rich_text_section", "elements": [one for one in elements if one.get("text") != ""]}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _plain(text: str) -> str:
    done, at = [], 0
    for url in _URL.finditer(text):
        done += [_entities(text[at : url.start()]), f"<{_entities(url[0])}>"]
        at = url.end()
    return "".join([*done, _entities(text[at:])])


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(text: str) -> Json:
    return {"type": "text", "text": text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")}


def _element(token: str) -> Json:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    link = {"type": "link", "url": target.replace("&amp;", "&")}
    return link | {"text": label} if label else link
