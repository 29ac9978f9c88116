"""What the app may do follows from its manifest."""

from pathlib import Path

import pytest

from bot.sandbox.slack.application import DEFAULT, MANIFEST, Command, application
from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, AheadClock

TEXT = """
display_information: {name: Lamp}
features:
  app_home: {home_tab_enabled: true, messages_tab_read_only_enabled: true}
  bot_user: {display_name: lamp}
  slash_commands: [{command: /lamp, description: Light, usage_hint: JOB, should_escape: true}]
  shortcuts: [{name: Look, callback_id: look, type: message, description: Looks}]
  unfurl_domains: [lamp.example]
oauth_config: {scopes: {bot: [commands], bot_optional: ["chat:write"]}}
settings: {event_subscriptions: {bot_events: [app_mention]}}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.yml"
    path.write_text(TEXT)
    return path


def test_the_manifest_says_what_the_app_is(manifest: Path) -> None:
    app = application(manifest)
    assert (app.name, app.home_enabled, app.direct_read_only) == ("lamp", True, True)
    assert app.commands == (Command(command="/lamp", description="Light", usage_hint="JOB", should_escape=True),)
    assert [shortcut.callback_id for shortcut in app.shortcuts] == ["look"]
    assert (app.scopes, app.events) == ({"commands", "chat:write"}, {"app_mention"})
    assert app.unfurl_domains == ("lamp.example",)


def test_scopes_and_events_can_be_given_instead(manifest: Path) -> None:
    app = application(manifest, scopes=["im:write"], events=[])
    assert (app.scopes, app.events) == ({"im:write"}, frozenset())


def test_without_a_manifest_a_default_app_is_installed(tmp_path: Path) -> None:
    assert application(tmp_path / "none.yml") == DEFAULT
    assert application(None) == DEFAULT


def test_the_projects_own_manifest_names_its_command() -> None:
    assert application(MANIFEST).command("/joblogs") is not None


async def test_nobody_writes_to_an_app_whose_messages_tab_is_read_only(manifest: Path) -> None:
    space = Workspace(AheadClock(), manifest=manifest)
    direct = space.roster.direct(ADA)
    with pytest.raises(Misuse, match="turned off"):
        await space.person("ada").say(direct.id, "hello?")


def test_the_default_workspace_has_all_kinds_of_people_and_channels(clock: AheadClock) -> None:
    space = Workspace(clock, manifest=None)
    people = [user for user in space.users.values() if not user.is_bot]
    members = [user for user in people if not (user.is_restricted or user.is_stranger or user.deleted)]
    assert len({user.tz for user in members}) == 2
    assert sum(user.deleted for user in people) == 1
    assert sum(user.is_restricted for user in people) == 1
    assert sum(user.is_stranger and user.team_id != space.team_id for user in people) == 1
    channels = space.channels.values()
    assert {channel.name for channel in channels if channel.is_private} == {"ml-private"}
    assert {channel.name for channel in channels if channel.is_ext_shared} == {"partner-shared"}
    assert {channel.name for channel in channels if channel.is_archived} == {"old-project"}


def test_two_workspaces_of_one_seed_are_alike_and_others_differ(clock: AheadClock) -> None:
    one, same, other = (Workspace(clock, manifest=None, seed=seed) for seed in (1, 1, 2))
    assert one.bot_token == same.bot_token != other.bot_token
    assert Workspace(clock, manifest=None, empty=True).channels == {}
