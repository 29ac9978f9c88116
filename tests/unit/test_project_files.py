"""Files that stand beside the code and have to agree with it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.settings import Settings
from bot.slack.commands import COMMAND
from bot.slack.scopes import SCOPES

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "reference" / "slack-manifest.schema.json"
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's manifest schema is not at hand")
def test_the_manifest_is_valid_by_slacks_schema():
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(MANIFEST)


def test_the_manifest_asks_for_just_the_scopes_that_the_bot_uses():
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_the_manifest_declares_the_command():
    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == [COMMAND]


def test_the_lock_file_names_no_address():
    assert not re.search(r"https?://", (ROOT / "requirements.lock").read_text())


def test_every_setting_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    missing = [name for name in _variables() if f"`{name}`" not in readme]
    assert missing == []


def test_the_readme_names_no_setting_that_there_is_not():
    named = set(re.findall(r"`(JOBLOGS_[A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert named <= set(_variables()) | {"JOBLOGS_TEST_DATABASE_URL"}


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()


def _variables() -> list[str]:
    return [
        str(field.validation_alias or f"JOBLOGS_{name.upper()}") for name, field in Settings.model_fields.items()
    ]
