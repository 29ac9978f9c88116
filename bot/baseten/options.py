"""An account of the training API: its key, and how it is spoken to."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import ConfigurationError


class Scheme(StrEnum):
    """How the key is presented. The API description names the first and still accepts the second."""

    BEARER = "Bearer"
    API_KEY = "Api-Key"

    @property
    def other(self) -> "Scheme":
        return Scheme.API_KEY if self is Scheme.BEARER else Scheme.BEARER


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an account is spoken to.

    Attributes:
        scheme: the one to try first; a 401 tries the other.
        limit: requests per `window_s` and endpoint. The API allows 100 per second and key, counted apart
            for each endpoint.
        slack_s: how much longer than another a request may be on its way; a slot stays used for as much
            longer. The server counts arrivals: without this, requests that were slowed down by opening
            their connections and those of a second later meet there, and it answers 429.
        reserve: how many of `limit` only a person's command may use.
        burst: how many may go at the same moment; the rest is spread evenly.
        connect_s: seconds for a connection, waiting for a free one included.
        read_s: seconds of silence in the middle of an answer.
        deadline_s: seconds for a whole call: queueing, attempts and pauses. What a slow drip of bytes,
            which passes every read timeout, ends at.
        attempts: how often a call may be tried.
        backoff_s: the first pause between attempts, doubled each time up to `backoff_max_s`, with jitter.
        hold_max_s: the longest that a 429 is believed.
    """

    base_url: str = "https://api.baseten.co"
    scheme: Scheme = Scheme.BEARER
    limit: int = 95
    window_s: float = 1.0
    slack_s: float = 0.1
    reserve: int = 15
    burst: int = 10
    connect_s: float = 5.0
    read_s: float = 15.0
    deadline_s: float = 30.0
    attempts: int = 4
    backoff_s: float = 0.25
    backoff_max_s: float = 8.0
    hold_max_s: float = 900.0

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("https://", "http://")):
            raise ConfigurationError(f"the base URL must begin with https://, not {self.base_url[:40]!r}")
        if not 0 <= self.reserve < self.limit:
            raise ConfigurationError(f"the reserve ({self.reserve}) must be below the limit ({self.limit})")
        if self.burst < 1:
            raise ConfigurationError(f"at least one request must go at a time, not {self.burst}")
        if self.attempts < 1:
            raise ConfigurationError(f"at least one attempt is needed, not {self.attempts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A named API key. The key is never part of a repr, a message or a log."""

    name: str
    key: str = field(repr=False)
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise ConfigurationError(
                f"the API key of account {self.name!r} must be one word of printable ASCII characters;"
                " look for a stray blank, quote or line break"
            )
