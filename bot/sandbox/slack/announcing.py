"""Events for the app: which happen, whether it subscribed to them, and whether the bot is there to hear."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


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
        self._space.links.posted(channel, message)

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

    def archived(self, channel: Channel, *, ended: bool = False) -> None:
        """`ended`: it was unarchived."""
        kind = ("group_" if channel.is_private else "channel_") + ("unarchive" if ended else "archive")
        ts = self._space.mint.ts()
        self._emit(channel, {"type": kind, "channel": channel.id, "user": channel.creator, "event_ts": ts})

    def home_opened(self, user_id: str, view: Json | None, tab: str) -> None:
        direct = self._space.roster.direct(user_id)
        event: Json = {"type": "app_home_opened", "user": user_id, "channel": direct.id, "tab": tab}
        event["event_ts"] = self._space.mint.ts()
        self._emit(direct, event | ({"view": view} if view else {}))

    def tell_of_links(self, channel: Channel | None, event: Json) -> None:
        """link_shared, wherever the link stands; None: in a composer."""
        if "links:read" in self._space.app.scopes:
            self._send(event, shared=channel is not None and channel.is_ext_shared)

    # --- sending -------------------------------------------------------------------------------------

    def _message(self, channel: Channel, message: Json) -> None:
        self._emit(channel, {**message, "channel": channel.id, "channel_type": channel.kind})

    def _membership(self, kind: str, channel: Channel, user_id: str) -> Json:
        return {
            "type": kind,
            "user": user_id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": self._space.team_id,
            "event_ts": self._space.mint.ts(),
        }

    def _emit(self, channel: Channel, event: Json) -> None:
        """An event that the app hears only of where the bot is."""
        if self._space.roster.bot_is_in(channel):
            self._send(event, channel.kind, shared=channel.is_ext_shared)

    def _send(self, event: Json, kind: str = "channel", *, shared: bool) -> None:
        space = self._space
        name = f"message.{_PLURAL[kind]}" if event["type"] == "message" else event["type"]
        if space.dispatcher is None or name not in space.app.events:
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
            "is_ext_shared_channel": shared,
            "event_context": space.mint.token(40),
        }
        space.dispatcher.tell(envelope)


_PLURAL = {"channel": "channels", "group": "groups", "im": "im"}
