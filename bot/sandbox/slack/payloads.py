"""The payloads of interactions, as Slack sends them."""

from copy import deepcopy
from typing import TYPE_CHECKING

from bot.sandbox.slack.application import Command
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

TOKEN = "verification-is-by-signature"  # noqa: S105 - Slack's deprecated field, no secret


def command(space: "Workspace", user: str, channel: Channel, called: Command, text: str) -> Json:
    return {
        "token": TOKEN,
        "team_id": space.team_id,
        "team_domain": space.domain,
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": user,
        "user_name": space.users[user].name,
        "command": called.command,
        "text": text,
        "api_app_id": space.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url(space, user, channel),
        "trigger_id": space.triggers.new(user, channel=channel.id),
    }


def response_url(space: "Workspace", user: str, channel: Channel, message: Json | None = None) -> str:
    return f"{space.base_url}/response/{space.response_urls.new(user, channel.id, message)}"


def interaction(
    space: "Workspace", kind: str, user: str, view_id: str | None = None, *, channel: str | None = None
) -> Json:
    """What every interaction has, with a fresh trigger id; `channel`: the conversation in which it happened."""
    person = space.users[user]
    return {
        "type": kind,
        "user": {
            "id": user,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "team": {"id": space.team_id, "domain": space.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": space.app_id,
        "token": TOKEN,
        "trigger_id": space.triggers.new(user, view_id, channel=channel),
    }


def on_message(
    space: "Workspace", user: str, channel: Channel, message: Json, attachment: Json | None = None
) -> Json:
    """The part of an interaction that says on which message it was; an ephemeral's content is not sent.

    `attachment`: that in which the element stands (an unfurled link has its blocks there).
    """
    hidden = bool(message.get("is_ephemeral"))
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": hidden,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    unfurl: Json = {}
    if attachment is not None:
        unfurled = bool(attachment.get("is_app_unfurl"))
        container |= {"type": "message_attachment", "attachment_id": attachment["id"], "is_app_unfurl": unfurled}
        unfurl = {"app_unfurl": deepcopy(attachment)} if unfurled else {}
    part: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "response_url": response_url(space, user, channel, message),
        **unfurl,
    }
    if not hidden:
        part["message"] = space.timeline.public(channel, message, metadata=True)
    return part


def in_view(view: Json) -> Json:
    return {"container": {"type": "view", "view_id": view["id"]}, "view": deepcopy(view)}


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else "privategroup" if channel.is_private else channel.name
