"""The app as its settings page knows it: scopes, subscriptions, commands, shortcuts (from the manifest)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.sandbox.slack.wire import Json

MANIFEST = Path(__file__).parents[3] / "manifest.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """`type` is "message" or "global"."""

    name: str
    callback_id: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`direct_enabled`: the app has direct messages; `direct_read_only`: people cannot write to it there."""

    name: str = "joblogs"
    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...] = ()
    unfurl_domains: tuple[str, ...] = ()
    home_enabled: bool = True
    direct_enabled: bool = True
    direct_read_only: bool = False

    def command(self, name: str) -> Command | None:
        return next((command for command in self.commands if command.command == name), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        return next((shortcut for shortcut in self.shortcuts if shortcut.callback_id == callback_id), None)


DEFAULT = Application(
    scopes=frozenset(
        {
            "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:read",
            "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "links:read",
            "links:write", "reactions:read", "reactions:write", "team:read", "usergroups:read", "users:read",
        }
    ),
    events=frozenset(
        {
            "app_home_opened", "app_mention", "channel_archive", "channel_left", "group_left", "link_shared",
            "member_joined_channel", "message.channels", "message.groups", "message.im", "reaction_added",
        }
    ),
    commands=(Command(command="/joblogs", description="Training-job logs", usage_hint="JOB [level:error]"),),
)  # fmt: skip
"""What an app without a manifest may do."""


def application(
    manifest: Path | None = MANIFEST, *, scopes: Iterable[str] | None = None, events: Iterable[str] | None = None
) -> Application:
    """The app of `manifest`, or the default one when there is no such file; `scopes` and `events` override."""
    app = from_manifest(yaml.safe_load(manifest.read_text())) if manifest and manifest.is_file() else DEFAULT
    if scopes is not None:
        app = replace(app, scopes=frozenset(scopes))
    return app if events is None else replace(app, events=frozenset(events))


def from_manifest(manifest: Json) -> Application:
    features = manifest.get("features", {})
    home = features.get("app_home", {})
    scopes = manifest.get("oauth_config", {}).get("scopes", {})
    subscriptions = manifest.get("settings", {}).get("event_subscriptions", {})
    return Application(
        name=features.get("bot_user", manifest["display_information"]).get("display_name", "joblogs"),
        scopes=frozenset(scopes.get("bot", [])) | frozenset(scopes.get("bot_optional", [])),
        events=frozenset(subscriptions.get("bot_events", [])),
        commands=tuple(_command(entry) for entry in features.get("slash_commands", [])),
        shortcuts=tuple(
            Shortcut(name=entry["name"], callback_id=entry["callback_id"], type=entry["type"])
            for entry in features.get("shortcuts", [])
        ),
        unfurl_domains=tuple(features.get("unfurl_domains", [])),
        home_enabled=bool(home.get("home_tab_enabled", False)),
        direct_enabled=bool(home.get("messages_tab_enabled", True)),
        direct_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
    )


def _command(entry: Json) -> Command:
    return Command(
        command=entry["command"],
        description=entry.get("description", ""),
        usage_hint=entry.get("usage_hint", ""),
        should_escape=bool(entry.get("should_escape", False)),
    )
