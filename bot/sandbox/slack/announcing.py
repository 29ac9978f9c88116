"""Events for the app: which happen, whether it subscribed to them, and whether the bot is there to hear."""

import re
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_URL = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")


class Announcer:
    """Builds events and hands those that the app may hear to the dispatcher."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace

    # --- messages ------------------------------------------------------------------------------------

    def posted(self, channel: Channel, message: Json) -> None:
        """A message event; for a person's message also app_mention and link_shared."""
        self._message(channel, {**message, "event_ts": message["ts"]})
        if message.get("bot_id"):
            return
        if f"<@{self._space.bot_user_id}>" in message["text"] and not channel.is_im:
            mention: Json = {
                key: message[key]
                for key in ("user", "text", "ts", "thread_ts", "team", "blocks")
                if key in message
            }
            self._emit(
                channel, {"type": "app_mention", **mention, "channel": channel.id, "event_ts": message["ts"]}
            )
        self._links(channel, message)

    def changed(self, channel: Channel, message: Json, previous: Json) -> None:
        ts = self._space.mint.ts()
        body = {"message": message, "previous_message": previous, "hidden": True, "ts": ts, "event_ts": ts}
        self._message(channel, {"type": "message", "subtype": "message_changed", **body})

    def deleted(self, channel: Channel, previous: Json) -> None:
        ts = self._space.mint.ts()
        body = {
            "deleted_ts": previous["ts"],
            "previous_message": previous,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
        }
        self._message(channel, {"type": "message", "subtype": "message_deleted", **body})

    def reacted(self, channel: Channel, message: Json, user: str, name: str, *, added: bool) -> None:
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            "item_user": message.get("user"),
            "event_ts": self._space.mint.ts(),
        }
        self._emit(channel, event)

    # --- channels ------------------------------------------------------------------------------------

    def joined(self, channel: Channel, user_id: str) -> None:
        self._emit(channel, self._membership("member_joined_channel", channel, user_id))

    def left(self, channel: Channel, user_id: str) -> None:
        if user_id == self._space.bot_user_id:
            kind = "group_left" if channel.is_private else "channel_left"
            ts = self._space.mint.ts()
            self._emit(channel, {"type": kind, "channel": channel.id, "actor_id": channel.creator, "event_ts": ts})
        else:
            self._emit(channel, self._membership("member_left_channel", channel, user_id))

    def archived(self, channel: Channel) -> None:
        kind = "group_archive" if channel.is_private else "channel_archive"
        ts = self._space.mint.ts()
        self._emit(channel, {"type": kind, "channel": channel.id, "user": channel.creator, "event_ts": ts})

    def home_opened(self, user_id: str, view: Json | None) -> None:
        direct = self._space.roster.direct(user_id)
        event: Json = {"type": "app_home_opened", "user": user_id, "channel": direct.id, "tab": "home"}
        event["event_ts"] = self._space.mint.ts()
        self._emit(direct, event | ({"view": view} if view else {}))

    # --- sending -------------------------------------------------------------------------------------

    def _message(self, channel: Channel, message: Json) -> None:
        self._emit(channel, {**message, "channel": channel.id, "channel_type": channel.kind})

    def _links(self, channel: Channel, message: Json) -> None:
        links = [
            {"domain": domain, "url": url}
            for url in _URL.findall(message["text"])
            if (domain := self.unfurl_domain(url)) is not None
        ]
        if not links:
            return
        event = {
            "type": "link_shared",
            "user": message["user"],
            "channel": channel.id,
            "message_ts": message["ts"],
            "is_bot_user_member": True,
            "unfurl_id": f"{channel.id}.{message['ts']}",
            "source": "conversations_history",
            "links": links,
            "event_ts": message["ts"],
        }
        threaded = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
        self._emit(channel, event | threaded)

    def unfurl_domain(self, url: str) -> str | None:
        """The app's unfurl domain that `url` falls under."""
        host = re.sub(r"^https?://([^/:?#]+).*$", r"\1", url.replace("&amp;", "&")).lower()
        domains = self._space.app.unfurl_domains
        return next((domain for domain in domains if host == domain or host.endswith("." + domain)), None)

    def _membership(self, kind: str, channel: Channel, user_id: str) -> Json:
        return {
            "type": kind,
            "user": user_id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": self._space.team_id,
            "event_ts": self._space.mint.ts(),
        }

    def _emit(self, channel: Channel, event: dict[str, Any]) -> None:
        space = self._space
        name = f"message.{_PLURAL[channel.kind]}" if event["type"] == "message" else event["type"]
        if space.dispatcher is None or name not in space.app.events or not space.roster.bot_is_in(channel):
            return
        envelope = {
            "token": "verification-is-by-signature",
            "team_id": space.team_id,
            "context_team_id": space.team_id,
            "context_enterprise_id": None,
            "api_app_id": space.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": space.mint.id("Ev"),
            "event_time": space.mint.epoch_s(),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": space.team_id,
                    "user_id": space.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": channel.is_ext_shared,
            "event_context": space.mint.token(40),
        }
        space.dispatcher.tell(envelope)


_PLURAL = {"channel": "channels", "group": "groups", "im": "im"}
