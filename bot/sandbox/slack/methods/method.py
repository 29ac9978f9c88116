"""What a method of the Web API is, and what several families share."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

T = TypeVar("T")
Handler = Callable[["Workspace", Args], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """`run` returns the answer without ``ok``; `scope` is always needed; `token` is "bot", "app" or "none".

    `reads`: the method takes its arguments as a form or a query only; a JSON body is not even looked at.
    """

    run: Handler
    scope: str | None = None
    token: str = "bot"  # noqa: S105 - a kind of token, not one
    reads: bool = False


def require_scope(space: "Workspace", scope: str) -> None:
    """Raises `Refusal` (``missing_scope``) as Slack words it."""
    if scope not in space.app.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(space.app.scopes)))


def readable(space: "Workspace", args: Args, right: str) -> Channel:
    """The channel of the call, when the bot may know of it and has the scope (`right`: read, history)."""
    channel = space.roster.seen_by_bot(args.need("channel"))
    require_scope(space, f"{channel.scope_family}:{right}")
    return channel


def joined(space: "Workspace", args: Args, right: str) -> Channel:
    """As `readable`; the bot must also be a member (``not_in_channel``)."""
    channel = readable(space, args, right)
    if not space.roster.bot_is_in(channel):
        raise Refusal("not_in_channel")
    return channel


def page(items: Sequence[T], args: Args, *, default: int, most: int) -> tuple[list[T], str]:
    """The asked-for stretch of `items` and the cursor of the next one ("" at the end)."""
    limit = args.number("limit", default, 1, most, "invalid_limit")
    start = _decoded(args.text("cursor"))
    if start > len(items):
        raise Refusal("invalid_cursor")
    end = start + limit
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), cursor


def _decoded(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise Refusal("invalid_cursor") from None
