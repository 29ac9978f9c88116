"""Whether a person can do a thing here: who still has an account, sees a channel, and may write in it."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.people import Channel, User
from bot.sandbox.slack.wire import Json, Misuse

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


def active(space: "Workspace", user: str) -> User:
    """Raises `Misuse` (``account_inactive``) for someone who has left."""
    person = space.users[user]
    if person.signed_out:
        raise Misuse("account_inactive", f"The account of {person.name} is deactivated.")
    return person


def resident(space: "Workspace", user: str) -> bool:
    """Whether commands and shortcuts of the app are there for `user`: not for other organisations."""
    return not active(space, user).is_stranger


def inside(space: "Workspace", user: str, channel_id: str) -> Channel:
    """The channel, for a member of it who may write there."""
    channel = space.roster.channels[channel_id]
    active(space, user)
    if user not in channel.members:
        raise Misuse("not_in_channel", f"You are not in #{channel.name}.")
    if channel.is_archived:
        raise Misuse("is_archived", f"#{channel.name} is archived.")
    return channel


def writable(space: "Workspace", user: str, channel_id: str) -> Channel:
    """As `inside`, where the composer is open: the manifest may close that of the app's direct messages."""
    channel = inside(space, user, channel_id)
    if channel.is_im and (space.app.direct_read_only or not space.app.direct_enabled):
        raise Misuse("messages_tab_disabled", "Sending messages to this app has been turned off.")
    return channel


def parent(channel: Channel, ts: str) -> Json:
    """The message under which a thread hangs."""
    message = channel.messages.get(ts)
    if message is None:
        raise Misuse("thread_not_found", "This thread is gone.")
    if message.get("thread_ts") not in {None, ts}:
        raise Misuse("not_a_parent", "A thread hangs under its first message, not under a reply.")
    return message


def visible(space: "Workspace", user: str, channel: Channel, ts: str) -> Json:
    """A message that `user` has before them: of a channel they see, or for them alone."""
    active(space, user)
    if user not in channel.members and channel.kind != "channel":
        raise Misuse("not_in_channel", "You cannot see this conversation.")
    message = space.timeline.ephemeral(user, channel.id, ts) or channel.messages.get(ts)
    if message is None:
        raise Misuse("message_not_found", "This message is gone.")
    return message
