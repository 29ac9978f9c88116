"""The environment as frozen settings; every problem is reported at once.

The first eight names are an interface that others rely on; everything else starts with ``JOBLOGS_`` and
has a default that suits most.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from bot.errors import ConfigurationError

Role = Literal["all", "web", "worker"]
DEFAULT_ACCOUNT = "default"
DEFAULT_PORT = 3000


def default_database_url() -> str:
    """A file in the platform's folder for application data, made on first use."""
    return f"sqlite:///{user_data_path('joblogs', appauthor=False) / 'joblogs.sqlite3'}"


class Settings(BaseSettings):
    """All settings, frozen. Secrets print as asterisks."""

    model_config = SettingsConfigDict(
        env_prefix="JOBLOGS_", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    baseten_api_key: SecretStr | None = Field(None, validation_alias="BASETEN_API_KEY")
    baseten_api_url: str = Field("https://api.baseten.co", validation_alias="BASETEN_API_URL")
    database_url: str = Field(default_factory=default_database_url, validation_alias="DATABASE_URL")
    port: int | None = Field(None, validation_alias="PORT", ge=0, le=65535)

    host: str | None = None
    accounts: dict[str, SecretStr] = Field(default_factory=dict)
    auth_scheme: Literal["bearer", "api-key"] = "bearer"
    requests_per_second: int = Field(95, ge=1, le=100)
    command_reserve: int = Field(15, ge=0, le=50)
    worst_lag_s: int = Field(600, ge=60, le=3600)
    look_back_h: int = Field(24, ge=1, le=24 * 30)
    answer_deadline_s: float = Field(20, gt=0, le=120)
    sockets: int = Field(2, ge=1, le=10)
    edit_interval_s: float = Field(10, ge=0, le=300)
    allow_guests: bool = False
    allowed_channels: Annotated[frozenset[str], NoDecode] = frozenset()
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
        if value and value.get_secret_value().startswith(wrong):
            raise ValueError(f"holds another kind of token: {right} is needed")
        return value

    @field_validator("allowed_channels", "allowed_users", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

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
            (self.keys, "BASETEN_API_KEY is not set: a key of the workspace whose jobs are to be read."),
        )
        return tuple(sentence for value, sentence in wanted if not value)


def load() -> Settings:
    """Reads the environment.

    Raises:
        ConfigurationError: naming every variable that is wrong, a line each.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = (f"{_variable(item['loc'])}: {_plain(item['msg'])}" for item in error.errors())
        raise ConfigurationError("\n".join(problems)) from None
    except SettingsError as error:
        raise ConfigurationError(f'{error}: JOBLOGS_ACCOUNTS takes JSON: {{"team-a": "its key"}}') from None


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
