"""conversations.* and users.conversations: channels, and reading what was said there."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from bot.sandbox.slack.methods.method import Method, joined, page, readable, require_scope
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.timeline import is_root
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_FAMILIES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def info(space: "Workspace", args: Args) -> Json:
    channel = readable(space, args, "read")
    body = channel.slack(space.bot_user_id, space.team_id)
    if not args.flag("include_num_members"):
        body.pop("num_members", None)
    return {"channel": body}


def list_(space: "Workspace", args: Args) -> Json:
    return _listing(space, args, space.bot_user_id, only_joined=False)


def users_conversations(space: "Workspace", args: Args) -> Json:
    user = args.text("user") or space.bot_user_id
    space.roster.known(user)
    return _listing(space, args, user, only_joined=True)


def members(space: "Workspace", args: Args) -> Json:
    channel = readable(space, args, "read")
    shown, cursor = page(channel.members, args, default=100, most=1000)
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


def history(space: "Workspace", args: Args) -> Json:
    channel = joined(space, args, "history")
    within = _window(args)
    found = [one for one in channel.messages.values() if is_root(one) and within(one)]
    shown, cursor = page(found[::-1], args, default=100, most=999)
    return _messages(space, channel, shown, cursor, args) | {"pin_count": 0}


def replies(space: "Workspace", args: Args) -> Json:
    """A thread with its parent first on every page; the ts of a reply gives that reply alone."""
    channel = joined(space, args, "history")
    parent = channel.messages.get(args.need("ts"))
    if parent is None:
        raise Refusal("thread_not_found")
    chain = [channel.messages[ts] for ts in channel.replies.get(parent["ts"], ())]
    found = list(filter(_window(args), chain))
    shown, cursor = page(found, args, default=1000, most=1000)
    return _messages(space, channel, [parent, *shown], cursor, args)


def open_(space: "Workspace", args: Args) -> Json:
    users = [user for user in args.text("users").split(",") if user]
    if args.has("channel"):
        channel = space.roster.seen_by_bot(args.need("channel"))
        return {"channel": {"id": channel.id}}
    if not users:
        raise Refusal("users_list_not_supplied")
    if len(users) > 1:
        require_scope(space, "mpim:write")
        raise Refusal("method_not_supported_for_channel_type")
    require_scope(space, "im:write")
    person = space.roster.known(users[0])
    if person.is_bot:
        raise Refusal("cannot_dm_bot")
    if person.deleted:
        raise Refusal("user_disabled")
    channel = space.roster.direct(users[0])
    if args.flag("return_im"):
        return {"channel": channel.slack(space.bot_user_id, space.team_id)}
    return {"channel": {"id": channel.id}}


def join(space: "Workspace", args: Args) -> Json:
    channel = space.roster.seen_by_bot(args.need("channel"))
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    already = space.roster.bot_is_in(channel)
    space.roster.join(channel, space.bot_user_id)
    body: Json = {"channel": channel.slack(space.bot_user_id, space.team_id)}
    return body | {"warning": "already_in_channel"} if already else body


def _listing(space: "Workspace", args: Args, user: str, *, only_joined: bool) -> Json:
    types = [one.strip() for one in args.text("types", "public_channel").split(",")]
    for name in types:
        if name not in _FAMILIES:
            raise Refusal("invalid_types")
        require_scope(space, f"{_FAMILIES[name]}:read")
    found = [
        channel
        for channel in space.channels.values()
        if channel.type_name in types
        and not (args.flag("exclude_archived") and channel.is_archived)
        and _visible(space, channel, user, only_joined=only_joined)
    ]
    shown, cursor = page(found, args, default=100, most=1000)
    bodies = [channel.slack(space.bot_user_id, space.team_id) for channel in shown]
    return {"channels": bodies, "response_metadata": {"next_cursor": cursor}}


def _visible(space: "Workspace", channel: Channel, user: str, *, only_joined: bool) -> bool:
    if channel.kind != "channel" and not space.roster.bot_is_in(channel):
        return False
    return user in channel.members if only_joined or channel.kind != "channel" else True


def _messages(space: "Workspace", channel: Channel, shown: list[Json], cursor: str, args: Args) -> Json:
    metadata = args.flag("include_all_metadata")
    body: Json = {
        "messages": [space.timeline.public(channel, one, metadata=metadata) for one in shown],
        "has_more": bool(cursor),
    }
    return body | {"response_metadata": {"next_cursor": cursor}} if cursor else body


def _window(args: Args) -> Callable[[Json], bool]:
    """Whether a message lies between `oldest` and `latest`: exclusive unless `inclusive` is set."""
    oldest, latest = _bound(args, "oldest", "invalid_ts_oldest"), _bound(args, "latest", "invalid_ts_latest")
    inclusive = args.flag("inclusive")

    def within(message: Json) -> bool:
        ts = Decimal(message["ts"])
        if inclusive and ts in {oldest, latest}:
            return True
        return (oldest is None or ts > oldest) and (latest is None or ts < latest)

    return within


def _bound(args: Args, name: str, code: str) -> Decimal | None:
    text = args.text(name)
    if text in {"", "now"}:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Refusal(code) from None


METHODS = {
    "conversations.info": Method(info, reads=True),
    "conversations.list": Method(list_, reads=True),
    "conversations.members": Method(members, reads=True),
    "conversations.history": Method(history, reads=True),
    "conversations.replies": Method(replies, reads=True),
    "conversations.open": Method(open_),
    "conversations.join": Method(join, "channels:join"),
    "users.conversations": Method(users_conversations, reads=True),
}
