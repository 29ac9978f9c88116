"""The environment as settings: defaults, and one sentence for each thing that is wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import secretfiles
from bot.errors import ConfigurationError
from bot.keys import new_encryption_key
from bot.settings import SECRETS, Settings, load


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("SLACK_", "BASETEN_", "JOBLOGS_", "DATABASE_", "PORT", "CREDENTIALS_DIRECTORY")
    for name in [name for name in os.environ if name.startswith(ours)]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A", "another kind of token"),
        ("SLACK_APP_TOKEN", "xoxb-1", "another kind of token"),
        ("SLACK_BOT_TOKEN", "xoxb-1\n2", "copy it again"),
        ("SLACK_APP_TOKEN", "xapp-1 2", "copy it again"),
        ("SLACK_API_URL", "slack.example", "http:// or https://"),
        ("SLACK_API_URL", "https://slack.example/", "must end in /api/"),
        ("BASETEN_API_URL", "ftp://x", "http:// or https://"),
        ("PORT", "eighty", "integer"),
        ("PORT", "70000", "65535"),
        ("JOBLOGS_SOCKETS", "11", "10"),
        ("JOBLOGS_ACCOUNTS", "team-a=key", "takes JSON"),
        ("JOBLOGS_ACCOUNTS", '["key"]', "takes JSON"),
        ("JOBLOGS_ACCOUNTS", '{"team-a": 1}', "takes JSON"),
        ("JOBLOGS_ACCOUNTS", '{"team-a": ""}', "takes JSON"),
        ("JOBLOGS_LOG_LEVEL", "LOUD", "'DEBUG'"),
        ("JOBLOGS_PERMISSIONS", "resolve=U0ADA", "takes JSON"),
        ("JOBLOGS_PERMISSIONS", '{"fix": ["U0ADA"]}', "knows no action 'fix'"),
        ("JOBLOGS_PERMISSIONS", '{"resolve": ["@ada"]}', "not '@ada'"),
        ("JOBLOGS_JOB_CONTROL", "destroy", "'stop'"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_wrong(monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as caught:
        load()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("password", "hidden"),
    [("s3cret", {"s3cret"}), ("s[e]c:r@t", {"s[e]c:r@t"}), ("a%40b", {"a%40b", "a@b"}), ("p#?/w", {"p#?/w"})],
)
def test_a_password_is_hidden_whatever_it_is_made_of(monkeypatch, password, hidden):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{password}@db.example/x")
    assert hidden <= set(load().secrets)


def test_every_problem_is_reported_at_once(monkeypatch):
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("JOBLOGS_SOCKETS", "x")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert len(str(caught.value).splitlines()) == 2


def test_without_an_environment_everything_but_the_secrets_has_a_default():
    settings = load()
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url.startswith("sqlite:////")
    assert len(settings.missing()) == 3


def test_the_slack_address_may_lack_its_last_slash(monkeypatch):
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api")
    assert load().slack_api_url == "http://127.0.0.1:1/api/"


def test_secrets_do_not_print(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")
    monkeypatch.setenv("BASETEN_API_KEY", "key-very-secret")
    monkeypatch.setenv("JOBLOGS_ACCOUNTS", '{"team-a": "other-very-secret"}')
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:very-secret@db/joblogs")
    settings = load()
    assert "very-secret" not in f"{settings!r} {settings}"
    assert {name: key.get_secret_value() for name, key in settings.keys.items()} == {
        "default": "key-very-secret",
        "team-a": "other-very-secret",
    }


@pytest.mark.parametrize(
    ("environment", "listen"),
    [
        ({"SLACK_APP_TOKEN": "xapp-1"}, None),
        ({"SLACK_APP_TOKEN": "xapp-1", "PORT": "8080"}, ("127.0.0.1", 8080)),
        ({"SLACK_SIGNING_SECRET": "s"}, ("0.0.0.0", 3000)),
        ({"SLACK_SIGNING_SECRET": "s", "PORT": "8080", "JOBLOGS_HOST": "127.0.0.1"}, ("127.0.0.1", 8080)),
    ],
)
def test_it_listens_only_where_somebody_has_to_reach_it(monkeypatch, environment, listen):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load().listen == listen


# --- secrets in files ------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file with a secret, by default readable for its owner alone."""

    def write(name: str, content: bytes = b"xoxb-from-file\n", mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return write


def token(settings: Settings) -> str | None:
    return settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None


def test_a_secret_may_lie_in_a_file(monkeypatch, secret):
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(secret("token")))
    assert token(load()) == "xoxb-from-file"


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "slack_bot_token"])
@pytest.mark.parametrize("variable", ["JOBLOGS_SECRETS_DIR", "CREDENTIALS_DIRECTORY"])
def test_a_secret_may_lie_in_a_folder_of_secrets(monkeypatch, secret, name, variable):
    monkeypatch.setenv(variable, str(secret(name).parent))
    assert token(load()) == "xoxb-from-file"


def test_every_secret_may_lie_in_a_folder(monkeypatch, secret):
    encryption_key = new_encryption_key()
    written = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_SIGNING_SECRET": "0123",
        "BASETEN_API_KEY": "key-1",
        "DATABASE_URL": "postgresql://me:word@db/joblogs",
        "JOBLOGS_ACCOUNTS": '{"team-a": "key-2"}',
        "JOBLOGS_ENCRYPTION_KEYS": encryption_key,
    }
    assert written.keys() == SECRETS.keys()
    for name, value in written.items():
        monkeypatch.setenv("JOBLOGS_SECRETS_DIR", str(secret(name, value.encode()).parent))
    settings = load()
    assert settings.database_url == "postgresql://me:word@db/joblogs"
    assert set(settings.secrets) == {"xoxb-1", "xapp-1", "0123", "key-1", "key-2", encryption_key, "word"}


def test_the_environment_goes_before_the_folder(monkeypatch, secret):
    monkeypatch.setenv("JOBLOGS_SECRETS_DIR", str(secret("SLACK_BOT_TOKEN").parent))
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-from-environment")
    assert token(load()) == "xoxb-from-environment"


def test_a_file_goes_before_the_folder(monkeypatch, secret):
    monkeypatch.setenv("JOBLOGS_SECRETS_DIR", str(secret("SLACK_BOT_TOKEN").parent))
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(secret("other", b"xoxb-from-other")))
    assert token(load()) == "xoxb-from-other"


def test_a_folder_without_the_file_is_no_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("JOBLOGS_SECRETS_DIR", str(tmp_path))
    assert token(load()) is None


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (b"", 0o600, "is empty"),
        (b" \n", 0o600, "is empty"),
        (b"xoxb-secret\n", 0o644, "every user of this machine can read"),
        (b"\xff\xfexoxb-secret", 0o600, "is not text"),
        (b"xoxb-secret" * 10_000, 0o600, "too large"),
        (b"xapp-1-secret", 0o600, "another kind of token"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_quoted(monkeypatch, secret, content, mode, says):
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(secret("token", content, mode)))
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value).startswith("SLACK_BOT_TOKEN: ")
    assert says in str(caught.value)
    assert "secret" not in str(caught.value).replace("too large for a secret", "")


def test_a_file_that_is_not_there_or_is_a_folder_is_named(monkeypatch, tmp_path):
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(path))
        with pytest.raises(ConfigurationError, match=f"SLACK_BOT_TOKEN: the file {path} cannot be read: {why}"):
            load()


def test_a_file_of_somebody_else_is_named(secret):
    """Root reads everything, so that somebody else has to try."""
    path = secret("token", mode=0o000)
    path.parent.chmod(0o755)
    become = ""
    if os.geteuid() == 0:
        become = "os.setgroups([]); os.setgid(65534); os.setuid(65534)"
        path.chmod(0o400)
    open_up(path)
    code = f"import os, pathlib, sys; from bot import secretfiles; {become}; secretfiles.content(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert f"the file {path} cannot be read: Permission denied" in done.stderr


def open_up(path: Path) -> None:
    """Lets everybody enter the folders above, that only the file itself refuses."""
    for folder in path.parents:
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o711)


def test_a_variable_and_its_file_together_are_a_mistake(monkeypatch, secret):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(secret("token")))
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN: SLACK_BOT_TOKEN_FILE is set too"):
        load()


def test_a_folder_of_secrets_that_is_none_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JOBLOGS_SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match=r"JOBLOGS_SECRETS_DIR: .*none is no folder"):
        load()


def test_problems_of_files_and_of_variables_are_told_together(monkeypatch, tmp_path):
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("PORT", "x")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["SLACK_BOT_TOKEN", "PORT"]


def test_what_a_container_engine_mounted_may_be_readable_for_all(monkeypatch, secret):
    path = secret("token", mode=0o444)
    monkeypatch.setattr(secretfiles, "ENGINE_FOLDER", path.parent)
    assert secretfiles.content(path) == "xoxb-from-file"


# --- encryption keys -------------------------------------------------------------------------------


def test_encryption_keys_stand_one_after_another(monkeypatch):
    first, second = new_encryption_key(), new_encryption_key()
    monkeypatch.setenv("JOBLOGS_ENCRYPTION_KEYS", f"{first}, {second}")
    assert [key.get_secret_value() for key in load().encryption_keys] == [first, second]


def test_a_wrong_encryption_key_is_told_by_its_place(monkeypatch):
    monkeypatch.setenv("JOBLOGS_ENCRYPTION_KEYS", f"{new_encryption_key()},nonsense-of-mine")
    with pytest.raises(
        ConfigurationError, match="JOBLOGS_ENCRYPTION_KEYS: number 2 is no encryption key"
    ) as caught:
        load()
    assert "nonsense" not in str(caught.value)


def test_with_an_encryption_key_the_accounts_may_all_be_stored(monkeypatch):
    assert any("BASETEN_API_KEY" in sentence for sentence in load().missing())
    monkeypatch.setenv("JOBLOGS_ENCRYPTION_KEYS", new_encryption_key())
    assert not any("BASETEN_API_KEY" in sentence for sentence in load().missing())
