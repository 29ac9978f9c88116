"""What members do to channels and messages: archive, invite and remove the app, delete."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.presence import active
from bot.sandbox.slack.wire import Misuse, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

DEEDS = ("archive", "unarchive", "invite", "remove")


def do(space: "Workspace", user: str, channel_id: str, deed: str) -> None:
    """One of `DEEDS`: archives or unarchives a channel, or invites or removes the app.

    Raises:
        Misuse: guests and people of other organisations may not, nor may who is not in the channel.
    """
    person, channel = active(space, user), space.roster.channels[channel_id]
    if deed not in DEEDS:
        raise Misuse("unknown_deed", f"A channel can be: {', '.join(DEEDS)}.")
    if person.is_stranger or person.is_restricted:
        raise Misuse("restricted_action", f"{person.name} may not do this to a channel.")
    if user not in channel.members or channel.is_im:
        raise Misuse("not_in_channel", "Only members of a channel may do this.")
    if channel.is_archived != (deed == "unarchive"):
        raise Misuse("is_archived" if channel.is_archived else "not_archived", _STATE[channel.is_archived])
    match deed:
        case "archive":
            space.roster.archive(channel)
        case "unarchive":
            space.roster.unarchive(channel)
        case "invite":
            space.roster.join(channel, space.bot_user_id)
        case "remove":
            space.roster.leave(channel, space.bot_user_id)


_STATE = {True: "The channel is archived; unarchive it first.", False: "The channel is not archived."}


def delete(space: "Workspace", user: str, channel_id: str, ts: str) -> None:
    """Deletes an own message, or any as an administrator. Raises `Misuse`."""
    person, channel = active(space, user), space.roster.channels[channel_id]
    message = channel.messages.get(ts)
    if message is None or user not in channel.members:
        raise Misuse("message_not_found", "This message is gone.")
    if message["user"] != user and not person.is_admin:
        raise Misuse("cant_delete_message", "You can delete your own messages; an administrator can delete any.")
    try:
        space.timeline.delete(channel, ts)
    except Refusal:
        raise Misuse("message_not_found", "This message is gone.") from None
