"""The environment as settings: defaults, and one sentence for each thing that is wrong."""

import pytest

from bot.errors import ConfigurationError
from bot.settings import load


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [
        name for name in os.environ if name.startswith(("SLACK_", "BASETEN_", "JOBLOGS_", "DATABASE_", "PORT"))
    ]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A", "another kind of token"),
        ("SLACK_APP_TOKEN", "xoxb-1", "another kind of token"),
        ("SLACK_API_URL", "slack.example", "http:// or https://"),
        ("SLACK_API_URL", "https://slack.example/", "must end in /api/"),
        ("BASETEN_API_URL", "ftp://x", "http:// or https://"),
        ("PORT", "eighty", "integer"),
        ("PORT", "70000", "65535"),
        ("JOBLOGS_SOCKETS", "11", "10"),
        ("JOBLOGS_ACCOUNTS", "team-a=key", "takes JSON"),
        ("JOBLOGS_LOG_LEVEL", "LOUD", "'DEBUG'"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_wrong(monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as caught:
        load()
    assert says in str(caught.value)


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
