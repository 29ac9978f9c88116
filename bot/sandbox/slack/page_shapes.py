"""The page's JSON: session, channels with what is unread, messages with this person's ephemerals."""

import re
from typing import TYPE_CHECKING

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.timeline import is_root
from bot.sandbox.slack.wire import Json, Misuse

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_GROUP = re.compile(r"<!subteam\^(S\w+)")
_OPTIONAL = ("thread_ts", "bot_id", "blocks", "attachments", "edited", "metadata", "subtype", "reactions")


_PRIVATE = {"view": {"user"}, "view_closed": {"user"}, "draft": {"user"}, "home": {"user", "view"}}


class PageShapes:
    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace

    def session(self, user: str) -> Json:
        space = self._space
        if not any(one.user == user for one in space.channels.values()) and not space.users[user].is_stranger:
            space.roster.direct(user)
        return {
            "team": {"id": space.team_id, "name": space.team_name, "domain": space.domain},
            "me": space.users[user].page(),
            "users": [one.page() for one in space.users.values()],
            "usergroups": [
                {"id": one.id, "handle": one.handle, "name": one.name} for one in space.roster.usergroups.values()
            ],
            "channels": [self.channel(user, one) for one in space.channels.values() if _sees(user, one)],
            "commands": [
                {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
                for one in space.app.commands
                if not space.users[user].is_stranger
            ],
            "shortcuts": [
                {"name": one.name, "callback_id": one.callback_id, "type": one.type} for one in space.app.shortcuts
            ],
        }

    def channel(self, user: str, channel: Channel) -> Json:
        unread = self._unread(user, channel)
        body: Json = {
            "id": channel.id,
            "name": channel.name or self._space.app.name,
            "topic": channel.topic,
            "is_private": channel.is_private,
            "is_im": channel.is_im,
            "is_ext_shared": channel.is_ext_shared,
            "is_archived": channel.is_archived,
            "is_member": user in channel.members,
            "unread": len(unread),
            "mentions": len(unread) if channel.is_im else sum(self._mentions(user, one) for one in unread),
        }
        return body | {"user": self._space.bot_user_id} if channel.is_im else body

    def history(self, user: str, channel: Channel) -> list[Json]:
        self._may_see(user, channel)
        roots = [self.message(channel, one) for one in channel.messages.values() if is_root(one)]
        return self._with_ephemerals(roots, user, channel, None)

    def thread(self, user: str, channel: Channel, ts: str) -> list[Json]:
        self._may_see(user, channel)
        if ts not in channel.messages:
            raise Misuse("thread_not_found", "This thread is gone.")
        chain = [channel.messages[one] for one in (ts, *channel.replies.get(ts, ()))]
        return self._with_ephemerals([self.message(channel, one) for one in chain], user, channel, ts)

    def message(self, channel: Channel, stored: Json) -> Json:
        """A message of `channel`, or an ephemeral in it."""
        shown = self._space.timeline.public(channel, stored, metadata=True)
        body: Json = {
            "ts": shown["ts"],
            "channel": channel.id,
            "user": shown["user"],
            "text": shown["text"],
            "reply_count": shown.get("reply_count", 0),
            "reply_users": shown.get("reply_users", []),
            "latest_reply": shown.get("latest_reply"),
            "ephemeral": bool(shown.get("is_ephemeral")),
        }
        if "files" in shown:
            names = ("id", "name", "title", "size", "mimetype", "url_private")
            body["files"] = [{name: file[name] for name in names} for file in shown["files"]]
        return body | {name: shown[name] for name in _OPTIONAL if name in shown}

    def news(self, user: str, item: Json) -> list[Json]:
        """What `user` hears of one piece of news: nothing, or one or two items of the stream."""
        if item["type"] in {"call", "error", "director"}:
            return [item]
        if item.get("user") not in {None, user}:
            return []
        if item["type"] in _PRIVATE:
            return [{name: value for name, value in item.items() if name not in _PRIVATE[item["type"]]}]
        channel = self._space.channels[item["channel"]]
        return self._of_channel(user, channel, item) if _sees(user, channel) else []

    def _of_channel(self, user: str, channel: Channel, item: Json) -> list[Json]:
        if item["type"] == "channel":
            return [{"type": "channel", "channel": self.channel(user, channel)}]
        if item["type"] == "deleted":
            return [{"type": "deleted", "channel": channel.id, "ts": item["ts"]}]
        return self._of_message(user, channel, item)

    def _of_message(self, user: str, channel: Channel, item: Json) -> list[Json]:
        stored = channel.messages.get(item["ts"]) or self._space.timeline.ephemeral(user, channel.id, item["ts"])
        if stored is None:
            return []
        told: list[Json] = [
            {"type": item["type"], "channel": channel.id, "message": self.message(channel, stored)}
        ]
        if item["type"] == "message":
            told.append({"type": "channel", "channel": self.channel(user, channel)})
        return told

    def _with_ephemerals(
        self, messages: list[Json], user: str, channel: Channel, thread: str | None
    ) -> list[Json]:
        whispered = [
            self.message(channel, one)
            for one in self._space.timeline.ephemerals_of(user, channel.id)
            if one.get("thread_ts") == thread
        ]
        head, rest = (messages[:1], messages[1:]) if thread else ([], messages)
        return head + sorted(rest + whispered, key=lambda one: _order(one["ts"]))

    def _may_see(self, user: str, channel: Channel) -> None:
        if not _sees(user, channel):
            raise Misuse("not_in_channel", "You cannot see this conversation.")

    def _unread(self, user: str, channel: Channel) -> list[Json]:
        read = _order(channel.last_read.get(user, "0.0"))
        found = []
        for message in reversed(channel.messages.values()):
            if _order(message["ts"]) <= read:
                break
            if message["user"] != user and is_root(message):
                found.append(message)
        return found

    def _mentions(self, user: str, message: Json) -> bool:
        text = message["text"]
        groups = self._space.roster.usergroups
        named = any(user in groups[group].members for group in _GROUP.findall(text) if group in groups)
        return named or any(
            word in text for word in (f"<@{user}>", f"<@{user}|", "<!channel", "<!here", "<!everyone")
        )


def _sees(user: str, channel: Channel) -> bool:
    return user in channel.members


def _order(ts: str) -> tuple[int, int]:
    seconds, _, micro = ts.partition(".")
    return int(seconds), int(micro or 0)
