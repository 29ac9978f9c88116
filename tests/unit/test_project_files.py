"""Files that stand beside the code and have to agree with it."""

import json
import re
from pathlib import Path

import click
import jsonschema
import pytest
import yaml
from pydantic.fields import FieldInfo

from bot.__main__ import main
from bot.settings import SECRETS, Settings
from bot.slack import ids
from bot.slack.commands import COMMAND
from bot.slack.scopes import SCOPES

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "reference" / "slack-manifest.schema.json"
README = (ROOT / "README.md").read_text()
TABLE = re.findall(r"^\| `([A-Z_]+)` \| (.*?) ?\|", README, re.MULTILINE)
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's manifest schema is not at hand")
def test_the_manifest_is_valid_by_slacks_schema():
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(MANIFEST)


def test_the_manifest_asks_for_just_the_scopes_that_the_bot_uses():
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_the_manifest_declares_the_command():
    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == [COMMAND]


def test_the_manifest_has_the_shortcut_that_shows_lines_around():
    shortcuts = {one["callback_id"]: one for one in MANIFEST["features"]["shortcuts"]}
    assert shortcuts[ids.SHOW_AROUND]["type"] == "message"
    assert shortcuts[ids.SHOW_AROUND]["name"] == "Show lines around"


def test_the_manifest_asks_for_mentions():
    assert "app_mention" in MANIFEST["settings"]["event_subscriptions"]["bot_events"]


def test_the_lock_file_names_no_address():
    assert not re.search(r"https?://", (ROOT / "requirements.lock").read_text())


def test_the_table_of_settings_has_a_row_for_each_and_for_nothing_else():
    rows = [name for name, _ in TABLE]
    assert sorted(rows) == sorted([*_variables(), "JOBLOGS_SECRETS_DIR"])


def test_the_table_of_settings_begins_with_what_others_rely_on():
    assert [name for name, _ in TABLE][:8] == [name for name in _variables() if not name.startswith("JOBLOGS_")]


@pytest.mark.parametrize(("name", "told"), TABLE, ids=[name for name, _ in TABLE])
def test_the_default_in_the_table_is_the_one_of_the_code(name: str, told: str):
    """Plain values are compared; what is told in words stands for nothing, for everything or for a choice of ours."""
    default = {_variable(key, field): field.default for key, field in Settings.model_fields.items()}.get(name)
    if isinstance(default, str | int | float):
        assert told == f"`{str(default).lower() if isinstance(default, bool) else default:}`".replace(".0`", "`")
    else:
        assert not re.fullmatch(r"`[\w.:/]+`", told)


def test_the_readme_names_every_variable_that_may_lie_in_a_file():
    text = README.partition("## Settings")[2].partition("| Variable")[0]
    assert set(re.findall(r"`([A-Z_]+)`", text)) == {*SECRETS, "JOBLOGS_SECRETS_DIR", "NAME_FILE", "NAME"}


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md"])
def test_a_document_names_no_setting_and_no_file_that_there_is_not(document: str):
    text = (ROOT / document).read_text()
    named = set(re.findall(r"\b(JOBLOGS_[A-Z_]+)\b", text))
    assert named <= {*_variables(), "JOBLOGS_SECRETS_DIR", "JOBLOGS_TEST_DATABASE_URL"}
    files = re.findall(r"`((?:bot|tests|deploy|docs)/[\w./*-]+)`|\]\(([\w./-]+)\)", text)
    assert [name for pair in files for name in pair if name and not list(ROOT.glob(name))] == []


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md"])
def test_a_document_names_no_command_that_there_is_not(document: str):
    text = (ROOT / document).read_text()
    for words in re.findall(
        r"joblogs ((?:[a-z][a-z-]+ ?)+)",
        " ".join(re.findall(r"`[^`]+`|^ *(?:\.venv/bin/)?joblogs .*$", text, re.MULTILINE)),
    ):
        name, *rest = words.split()
        command = main.commands.get(name)
        assert command is not None, words
        if isinstance(command, click.Group) and rest:
            assert rest[0] in command.commands, words


def test_the_first_screen_has_the_two_commands():
    assert {"make demo", "make test"} <= set(
        re.findall(r"^(make \w+)", "\n".join(README.splitlines()[:20]), re.MULTILINE)
    )


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()


def _variables() -> list[str]:
    return [_variable(name, field) for name, field in Settings.model_fields.items()]


def _variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"JOBLOGS_{name.upper()}")
