"""Messages: posting, changing, deleting, reading, and what only one person sees."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

REPLY_USERS = 5


class Timeline:
    """The stored messages are complete (metadata included); `public` makes what the API and events show."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace
        self._ephemerals: list[Json] = []

    # --- reading -------------------------------------------------------------------------------------

    def find(self, channel: Channel, ts: str) -> Json:
        """Raises `Refusal` (``message_not_found``)."""
        message = channel.messages.get(ts)
        if message is None:
            raise Refusal("message_not_found")
        return message

    def shown(self, channel: Channel, thread_ts: str | None = None) -> list[Json]:
        """Roots and broadcasts, or a thread with its parent; oldest first, complete copies."""
        if thread_ts is None:
            return [self.public(channel, one, metadata=True) for one in channel.messages.values() if is_root(one)]
        parent = channel.messages.get(thread_ts)
        chain = [parent] if parent else []
        chain += [channel.messages[ts] for ts in channel.replies.get(thread_ts, ())]
        return [self.public(channel, one, metadata=True) for one in chain]

    def public(self, channel: Channel, message: Json, *, metadata: bool = False) -> Json:
        """A copy with the figures of its thread; without `metadata` only its event_type remains."""
        copy = {key: value for key, value in message.items() if key != "to"}
        if "metadata" in copy and not metadata:
            copy["metadata"] = {"event_type": copy["metadata"]["event_type"]}
        replies = channel.replies.get(message["ts"], ())
        if replies:
            users = list(dict.fromkeys(channel.messages[ts]["user"] for ts in replies))
            copy |= {
                "thread_ts": message["ts"],
                "reply_count": len(replies),
                "reply_users_count": len(users),
                "reply_users": users[:REPLY_USERS],
                "latest_reply": replies[-1],
                "is_locked": False,
                "subscribed": False,
            }
        return copy

    def ephemerals_of(self, user: str, channel: str | None = None) -> list[Json]:
        return [dict(one) for one in self._ephemerals_for(user) if channel in {None, one["channel"]}]

    def ephemeral(self, user: str, channel: str, ts: str) -> Json | None:
        return next(
            (one for one in self._ephemerals_for(user) if one["ts"] == ts and one["channel"] == channel), None
        )

    # --- writing -------------------------------------------------------------------------------------

    def post(self, channel: Channel, message: Json) -> Json:
        """Adds `message` (everything but ts and type) and tells everyone; returns the stored one."""
        stored: Json = {"type": "message", **message, "ts": self._space.mint.ts()}
        channel.messages[stored["ts"]] = stored
        parent_ts = stored.get("thread_ts")
        if parent_ts:
            channel.replies.setdefault(parent_ts, []).append(stored["ts"])
        if not stored.get("bot_id"):
            channel.last_read[stored["user"]] = stored["ts"]
        self._space.news.tell("message", channel=channel.id, ts=stored["ts"])
        if parent_ts:
            self._space.news.tell("changed", channel=channel.id, ts=parent_ts)
        self._space.announcer.posted(channel, self.public(channel, stored, metadata=True))
        return stored

    def change(self, channel: Channel, ts: str, **fields: object) -> Json:
        """Replaces fields of a message (None removes one) and tells everyone."""
        message = channel.messages[ts]
        previous = self.public(channel, message, metadata=True)
        for name, value in fields.items():
            if value is None:
                message.pop(name, None)
            else:
                message[name] = value
        self._space.news.tell("changed", channel=channel.id, ts=ts)
        self._space.announcer.changed(channel, self.public(channel, message, metadata=True), previous)
        return message

    def delete(self, channel: Channel, ts: str) -> None:
        """Removes a message; a parent with replies leaves a tombstone. Raises `Refusal`."""
        message = self.find(channel, ts)
        previous = self.public(channel, message, metadata=True)
        if channel.replies.get(ts):
            tombstone = {
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": "USLACKBOT",
                "hidden": True,
            }
            channel.messages[ts] = {"type": "message", "ts": ts, "thread_ts": ts, **tombstone}
            self._space.news.tell("changed", channel=channel.id, ts=ts)
        else:
            del channel.messages[ts]
            self._forget_reply(channel, message)
            self._space.news.tell("deleted", channel=channel.id, ts=ts)
        self._space.announcer.deleted(channel, previous)

    def whisper(self, user: str, channel: Channel, message: Json) -> Json:
        """A message that only `user` sees."""
        stored = {"type": "message", **message, "ts": self._space.mint.ts(), "channel": channel.id, "to": user}
        stored["is_ephemeral"] = True
        self._ephemerals.append(stored)
        self._space.news.tell("message", channel=channel.id, ts=stored["ts"], user=user)
        return stored

    def change_whisper(self, message: Json, **fields: object) -> None:
        message |= {name: value for name, value in fields.items() if value is not None}
        for name in [name for name, value in fields.items() if value is None]:
            message.pop(name, None)
        self._space.news.tell("changed", channel=message["channel"], ts=message["ts"], user=message["to"])

    def remove_whisper(self, message: Json) -> None:
        self._ephemerals = [one for one in self._ephemerals if one is not message]
        self._space.news.tell("deleted", channel=message["channel"], ts=message["ts"], user=message["to"])

    def react(self, channel: Channel, ts: str, user: str, name: str, *, add: bool) -> None:
        """Raises `Refusal` (``already_reacted``, ``no_reaction``, ``message_not_found``)."""
        message = self.find(channel, ts)
        given: dict[str, list[str]] = {one["name"]: list(one["users"]) for one in message.get("reactions", ())}
        users = given.setdefault(name, [])
        if add == (user in users):
            raise Refusal("already_reacted" if add else "no_reaction")
        if add:
            users.append(user)
        else:
            users.remove(user)
        message["reactions"] = [
            {"name": one, "users": who, "count": len(who)} for one, who in given.items() if who
        ]
        self._space.news.tell("changed", channel=channel.id, ts=ts)
        self._space.announcer.reacted(channel, message, user, name, added=add)

    # --- private -------------------------------------------------------------------------------------

    def _ephemerals_for(self, user: str) -> Iterator[Json]:
        return (one for one in self._ephemerals if one["to"] == user)

    def _forget_reply(self, channel: Channel, message: Json) -> None:
        parent_ts = message.get("thread_ts")
        if not parent_ts or message["ts"] not in channel.replies.get(parent_ts, ()):
            return
        channel.replies[parent_ts].remove(message["ts"])
        if not channel.replies[parent_ts]:
            del channel.replies[parent_ts]
        self._space.news.tell("changed", channel=channel.id, ts=parent_ts)


def is_root(message: Json) -> bool:
    """Whether it stands in the channel itself: no reply, or a reply that was broadcast."""
    return message.get("thread_ts") in {None, message["ts"]} or message.get("subtype") == "thread_broadcast"
