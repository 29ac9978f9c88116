"""The environment as frozen settings; every problem is reported at once.

The first eight names are an interface that others rely on; everything else starts with ``JOBLOGS_`` and
has a default that suits most.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import secretfiles
from bot.errors import ConfigurationError
from bot.flows.control import Deed
from bot.incidents.steps import Action
from bot.keys import Sealing

Role = Literal["all", "web", "worker"]
DEFAULT_ACCOUNT = "default"
DEFAULT_PORT = 3000
SECRETS: Mapping[str, str] = {
    "SLACK_BOT_TOKEN": "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN": "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET": "SLACK_SIGNING_SECRET",
    "BASETEN_API_KEY": "BASETEN_API_KEY",
    "DATABASE_URL": "DATABASE_URL",
    "JOBLOGS_ACCOUNTS": "accounts",
    "JOBLOGS_ENCRYPTION_KEYS": "encryption_keys",
}
"""Variables whose value may lie in a file (`secretfiles`), with the names that `Settings` takes."""


RIGHTS = frozenset({"*", "logs", "watch", *Deed, *Action})
"""What permissions can be given for: every step of triage, and what else people ask of the bot."""
_SLACK_ID = re.compile(r"[UWSCGD][A-Z0-9]{2,}")


def default_database_url() -> str:
    """A file in the platform's folder for application data, made on first use."""
    return f"sqlite:///{user_data_path('joblogs', appauthor=False) / 'joblogs.sqlite3'}"


class Settings(BaseSettings):
    """All settings, frozen. Secrets print as asterisks."""

    model_config = SettingsConfigDict(
        env_prefix="JOBLOGS_",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    baseten_api_key: SecretStr | None = Field(None, validation_alias="BASETEN_API_KEY")
    baseten_api_url: str = Field("https://api.baseten.co", validation_alias="BASETEN_API_URL")
    database_url: str = Field(default_factory=default_database_url, validation_alias="DATABASE_URL", repr=False)
    port: int | None = Field(None, validation_alias="PORT", ge=0, le=65535)

    host: str | None = None
    accounts: Annotated[dict[str, SecretStr], NoDecode] = Field(default_factory=dict)
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    auth_scheme: Literal["bearer", "api-key"] = "bearer"
    requests_per_second: int = Field(95, ge=1, le=100)
    command_reserve: int = Field(15, ge=0, le=50)
    worst_lag_s: int = Field(600, ge=60, le=3600)
    look_back_h: int = Field(24, ge=1, le=24 * 30)
    answer_deadline_s: float = Field(20, gt=0, le=120)
    sockets: int = Field(2, ge=1, le=10)
    edit_interval_s: float = Field(10, ge=0, le=300)
    remind_after_min: int = Field(30, ge=0, le=24 * 60)
    keep_excerpts_d: int = Field(30, ge=1, le=3650)
    keep_incidents_d: int = Field(365, ge=1, le=3650)
    keep_audit_d: int = Field(365, ge=1, le=3650)
    keep_unsent_d: int = Field(7, ge=1, le=365)
    allow_guests: bool = False
    allowed_channels: Annotated[frozenset[str], NoDecode] = frozenset()
    permissions: Annotated[dict[str, frozenset[str]], NoDecode] = Field(default_factory=dict)
    job_control: Annotated[frozenset[Deed], NoDecode] = frozenset()
    allowed_users: Annotated[frozenset[str], NoDecode] = frozenset()
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("slack_api_url", "baseten_api_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be an http:// or https:// address")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_api(cls, value: str) -> str:
        slashed = value.rstrip("/") + "/"
        if not slashed.endswith("/api/"):
            raise ValueError("must end in /api/")
        return slashed

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _is_the_right_token(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        wrong, right = _TOKENS[str(info.field_name)]
        token = value.get_secret_value() if value else ""
        if token.startswith(wrong):
            raise ValueError(f"holds another kind of token: {right} is needed")
        if not all("!" <= letter <= "~" for letter in token):
            raise ValueError("holds blanks or letters that no token has: copy it again")
        return value

    @field_validator("accounts", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            read = json.loads(value)
        except ValueError:
            read = None
        if not isinstance(read, dict) or not all(isinstance(key, str) and key for key in read.values()):
            raise ValueError('takes JSON: {"team-a": "its key"}') from None
        return read

    @field_validator("encryption_keys")
    @classmethod
    def _are_encryption_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        Sealing.of(key.get_secret_value() for key in value)
        return value

    @field_validator("encryption_keys", "allowed_channels", "allowed_users", "job_control", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("permissions", mode="before")
    @classmethod
    def _rules(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            read = json.loads(value)
        except ValueError:
            read = None
        if not isinstance(read, dict) or not all(isinstance(ids, list) for ids in read.values()):
            raise ValueError('takes JSON: {"resolve": ["S0ONCALL", "U0ADA"]}') from None
        return read

    @field_validator("permissions")
    @classmethod
    def _rules_of_known_actions(cls, value: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        if unknown := sorted(value.keys() - RIGHTS):
            raise ValueError(f"knows no action {unknown[0]!r}; there are {', '.join(sorted(RIGHTS))}")
        for wrong in (one for ids in value.values() for one in ids if not _SLACK_ID.fullmatch(one)):
            raise ValueError(f"takes ids of people (U…), groups (S…) and channels (C…), not {wrong!r}")
        return value

    @model_validator(mode="after")
    def _accounts_have_names(self) -> "Settings":
        if DEFAULT_ACCOUNT in self.accounts and self.baseten_api_key:
            raise ValueError(
                f"JOBLOGS_ACCOUNTS: the name {DEFAULT_ACCOUNT!r} belongs to BASETEN_API_KEY; choose another"
            )
        return self

    @property
    def keys(self) -> Mapping[str, SecretStr]:
        """Every Baseten key by the name of its account."""
        default = {DEFAULT_ACCOUNT: self.baseten_api_key} if self.baseten_api_key else {}
        return default | self.accounts

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret as it is, for the places that hide them."""
        single = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        values = (*single, *self.keys.values(), *self.encryption_keys)
        return (*(value.get_secret_value() for value in values if value), *_passwords(self.database_url))

    @property
    def sealing(self) -> Sealing:
        """What opens the keys that are stored in the database."""
        return Sealing.of(key.get_secret_value() for key in self.encryption_keys)

    @property
    def uses_sockets(self) -> bool:
        """Socket Mode when there is an app token, else HTTP with the signing secret."""
        return self.slack_app_token is not None

    @property
    def listen(self) -> tuple[str, int] | None:
        """Where to serve health, and Slack in HTTP mode; None is nowhere (Socket Mode without PORT)."""
        if self.uses_sockets:
            return None if self.port is None else (self.host or "127.0.0.1", self.port)
        return self.host or "0.0.0.0", DEFAULT_PORT if self.port is None else self.port  # noqa: S104 - a server behind a load balancer

    @property
    def sqlite_path(self) -> Path | None:
        prefix = "sqlite:///"
        return Path(self.database_url[len(prefix) :]) if self.database_url.startswith(prefix) else None

    def missing(self) -> tuple[str, ...]:
        """What `joblogs run` needs and has not, one sentence each."""
        wanted = (
            (self.slack_bot_token, "SLACK_BOT_TOKEN is not set: the bot token (xoxb-…) of the installed app."),
            (
                self.slack_app_token or self.slack_signing_secret,
                "Set SLACK_APP_TOKEN (xapp-…, Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode).",
            ),
            (
                self.keys or self.encryption_keys,  # with these, accounts may be stored in the database
                "BASETEN_API_KEY is not set: a key of the workspace whose jobs are to be read.",
            ),
        )
        return tuple(sentence for value, sentence in wanted if not value)


def load() -> Settings:
    """Reads the environment, and of the secrets what lies in files.

    Raises:
        ConfigurationError: naming every variable that is wrong, a line each.
    """
    found = secretfiles.read(os.environ, SECRETS)
    problems = list(found.problems)
    given: dict[str, Any] = dict(found.values)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems += [f"{_variable(item['loc'])}: {_plain(item['msg'])}" for item in error.errors()]
    else:
        if not problems:
            return settings
    raise ConfigurationError("\n".join(problems))


def _passwords(database_url: str) -> tuple[str, ...]:
    """The one of the address, as it is written there and as it is meant, whatever characters it has."""
    found = [match[1] for form in _PASSWORD if (match := re.search(form, database_url))]
    return tuple(dict.fromkeys(part for one in found for part in (one, unquote(one))))


_PASSWORD = (r"://[^:/@]*:(.+)@", r"://[^:/@]*:([^@/?#]+)@")
"""Up to the last @ that there is, and up to the first one: either may end it."""
_TOKENS = {
    "slack_bot_token": (("xapp-", "xoxp-"), "a bot token (xoxb-…)"),
    "slack_app_token": (("xoxb-", "xoxp-"), "an app-level token (xapp-…)"),
}


def _variable(location: tuple[str | int, ...]) -> str:
    """The environment variable's name: aliases are already upper case, the others lack the prefix."""
    name = str(location[0]) if location else "settings"
    return name if name.isupper() else f"JOBLOGS_{name.upper()}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
