"""chat.*: posting, updating, deleting, whispering, unfurling."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.composing import (
    UPDATE_TEXT,
    authored,
    content,
    needs_words,
    parts,
    without_empties,
)
from bot.sandbox.slack.methods.method import Method, require_scope
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


_WORDS = ("text", "blocks", "markdown_text")


def post_message(space: "Workspace", args: Args) -> Json:
    channel = _target(space, args.need("channel"))
    _may_post(space, channel)
    body = without_empties(content(space, args))
    needs_words(body)
    thread = thread_of(channel, args)
    if args.flag("reply_broadcast") and thread:
        thread["subtype"] = "thread_broadcast"
    if any(args.has(name) for name in ("username", "icon_emoji", "icon_url")):
        require_scope(space, "chat:write.customize")
    pace(space, channel)
    whole = body.get("blocks") or body.get("attachments")
    texts = [body["text"]] if whole else parts(body["text"])
    messages = [space.timeline.post(channel, authored(space) | body | thread | {"text": text}) for text in texts]
    first = space.timeline.public(channel, messages[0], metadata=True)
    return {"channel": channel.id, "ts": first["ts"], "message": first}


def update(space: "Workspace", args: Args) -> Json:
    channel = _known(space, args)
    message = _own(space, channel, args.need("ts"), "cant_update_message")
    if len(args.text("text")) > UPDATE_TEXT:
        raise Refusal("msg_too_long")
    body = content(space, args)
    if not any(args.has(name) for name in (*_WORDS, "attachments")):
        raise Refusal("no_text")
    if args.flag("reply_broadcast"):
        raise Refusal("no_dual_broadcast_content_update")
    _same_skeleton(message, body)
    fields = _replaced(space, args, body)
    needs_words(message | fields)
    changed = space.timeline.public(
        channel, space.timeline.change(channel, message["ts"], **fields), metadata=True
    )
    return {"channel": channel.id, "ts": message["ts"], "text": body["text"], "message": changed}


def delete(space: "Workspace", args: Args) -> Json:
    channel = _known(space, args)
    message = _own(space, channel, args.need("ts"), "cant_delete_message")
    space.timeline.delete(channel, message["ts"])
    return {"channel": channel.id, "ts": message["ts"]}


def post_ephemeral(space: "Workspace", args: Args) -> Json:
    channel = _target(space, args.need("channel"))
    user = args.need("user")
    _may_post(space, channel)
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    body = without_empties(content(space, args))
    if any("blocks" in attachment for attachment in body.get("attachments", ())):
        raise Refusal("invalid_attachments")
    needs_words(body)
    body.pop("metadata", None)
    message = space.timeline.whisper(user, channel, authored(space) | body | thread_of(channel, args))
    return {"message_ts": message["ts"]}


def get_permalink(space: "Workspace", args: Args) -> Json:
    channel = space.roster.seen_by_bot(args.need("channel"))
    ts = args.need("message_ts")
    message = space.timeline.find(channel, ts)
    return {"channel": channel.id, "permalink": permalink(space, channel, message)}


def unfurl(space: "Workspace", args: Args) -> Json:
    unfurls = args.parsed("unfurls", "invalid_unfurls_format")
    if unfurls is None or unfurls == {}:
        raise Refusal("missing_unfurls")
    if not isinstance(unfurls, dict):
        raise Refusal("invalid_unfurls_format")
    space.links.unfurl(*_place(space, args), unfurls)
    return {}


def permalink(space: "Workspace", channel: Channel, message: Json) -> str:
    """The address of a message; that of a reply names its thread."""
    link = f"https://{space.domain}.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    parent = message.get("thread_ts")
    return link if parent in {None, message["ts"]} else f"{link}?thread_ts={parent}&cid={channel.id}"


def thread_of(channel: Channel, args: Args) -> Json:
    """``{thread_ts}`` of a reply. Raises `Refusal` when there is no such parent, or it is itself a reply."""
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        return {}
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise Refusal("thread_not_found")
    if parent.get("thread_ts") not in {None, thread_ts}:
        raise Refusal("cannot_reply_to_message")
    return {"thread_ts": thread_ts}


def pace(space: "Workspace", channel: Channel) -> None:
    """Raises `Refusal` (``ratelimited``) when the channel gets more than a message a second."""
    wait_s = space.limits.wait_to_post(channel.id)
    if wait_s is not None:
        raise Refusal("ratelimited", retry_after=wait_s)


def _target(space: "Workspace", name: str) -> Channel:
    """A channel by id or name, or the direct conversation with a person by the person's id."""
    if name in space.users and name != space.bot_user_id and not space.users[name].deleted:
        return space.roster.direct(name)
    found = space.roster.find_channel(name)
    if found is None:
        raise Refusal("channel_not_found")
    return space.roster.seen_by_bot(found.id)


def _may_post(space: "Workspace", channel: Channel) -> None:
    if channel.is_im and not space.app.direct_enabled:
        raise Refusal("messages_tab_disabled")
    if channel.is_archived:
        raise Refusal("is_archived")
    if not space.roster.bot_is_in(channel) and "chat:write.public" not in space.app.scopes:
        raise Refusal("not_in_channel")


def _known(space: "Workspace", args: Args) -> Channel:
    return space.roster.seen_by_bot(args.need("channel"))


def _own(space: "Workspace", channel: Channel, ts: str, otherwise: str) -> Json:
    message = space.timeline.find(channel, ts)
    if channel.is_archived:
        raise Refusal("is_archived")
    if message.get("bot_id") != space.bot_id:
        raise Refusal(otherwise)
    return message


def _same_skeleton(message: Json, body: Json) -> None:
    """Raises `Refusal` (``block_mismatch``): rich text cannot give way to blocks without any."""
    new = body.get("blocks")
    if new and _has_rich_text(message.get("blocks", [])) and not _has_rich_text(new):
        raise Refusal("block_mismatch")


def _replaced(space: "Workspace", args: Args, body: Json) -> Json:
    """The fields that an update changes: words replace words and blocks; what is not given else stays."""
    fields: Json = {name: body[name] or None for name in ("attachments", "metadata") if name in body}
    if any(args.has(name) for name in _WORDS):
        fields |= {"text": body["text"], "blocks": body.get("blocks") or None}
        blocks_stay = bool(fields["blocks"])
        fields["edited"] = None if blocks_stay else {"user": space.bot_user_id, "ts": space.mint.ts()}
    return fields


def _has_rich_text(blocks: list[Json]) -> bool:
    return any(block["type"] == "rich_text" for block in blocks)


def _place(space: "Workspace", args: Args) -> tuple[str, str]:
    """Channel and ts of a link: given as such, or by unfurl_id and source."""
    if args.text("unfurl_id") or args.text("source"):
        for name in ("unfurl_id", "source"):
            if not args.text(name):
                raise Refusal(f"missing_{name}")
        return space.links.place(args.text("unfurl_id"), args.text("source"))
    for name in ("channel", "ts"):
        if not args.text(name):
            raise Refusal(f"missing_{name}")
    return args.text("channel"), args.text("ts")


METHODS = {
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(get_permalink, reads=True),
    "chat.unfurl": Method(unfurl, "links:write"),
}
