"""reactions.add and reactions.remove."""

import re
from typing import TYPE_CHECKING

from bot.sandbox.slack.methods.method import Method
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def add(space: "Workspace", args: Args) -> Json:
    return _react(space, args, add=True)


def remove(space: "Workspace", args: Args) -> Json:
    return _react(space, args, add=False)


def _react(space: "Workspace", args: Args, *, add: bool) -> Json:
    channel = space.roster.seen_by_bot(args.need("channel"))
    name = args.need("name").strip(":")
    if not _NAME.fullmatch(name):
        raise Refusal("invalid_name")
    if channel.is_archived:
        raise Refusal("is_archived")
    if not space.roster.bot_is_in(channel):
        raise Refusal("not_in_channel")
    space.timeline.react(channel, args.need("timestamp"), space.bot_user_id, name, add=add)
    return {}


METHODS = {
    "reactions.add": Method(add, "reactions:write"),
    "reactions.remove": Method(remove, "reactions:write"),
}
