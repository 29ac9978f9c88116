"""The tree of failures.

Callers ask one question: again, or not? Refusals that a person can cause are values, not exceptions::

    JoblogsError
    ├── ConfigurationError       the operator has to change something
    ├── TransientError           again, later (`retry_after_s` when the other side said when)
    │   ├── ApiUnavailable           Baseten: timeout, connection, 5xx, garbage
    │   ├── ApiRateLimited           Baseten: 429
    │   ├── SlackUnavailable         Slack: certain that nothing was done
    │   ├── SlackRateLimited         Slack: 429
    │   ├── SlackUnclear             Slack: it may or may not have been done; look before saying it again
    │   └── StoreUnavailable         the database is away
    ├── PermanentError           again would fail the same way
    │   ├── ApiRefused               Baseten: 4xx; `status` is the HTTP status
    │   │   ├── ApiUnauthorized          401
    │   │   ├── ApiForbidden             403
    │   │   └── ApiNotFound              404
    │   └── SlackRefused             Slack: `code` is its error code, `pointers` name the bad fields
    └── LeaseLost                another worker holds the account now; this one stops reading it

Messages are for people and never hold a key, a token or a whole response body.
"""


class JoblogsError(Exception):
    """Base of everything that joblogs raises on purpose."""


class ConfigurationError(JoblogsError):
    """A setting is missing or wrong; the message says which, and how to mend it."""


class TransientError(JoblogsError):
    """Worth another try, not before `retry_after_s` when that is known."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ApiUnavailable(TransientError):
    """Baseten did not answer, or answered with 5xx or with something that is not its API."""


class ApiRateLimited(TransientError):
    """Baseten answered 429."""


class SlackUnavailable(TransientError):
    """Slack could not be reached, and nothing was done there."""


class SlackRateLimited(TransientError):
    """Slack answered 429; `retry_after_s` holds for the method in the whole workspace."""


class SlackUnclear(TransientError):
    """The request went out and no answer came back: it may have taken effect."""


class StoreUnavailable(TransientError):
    """The database could not be reached or is locked."""


class PermanentError(JoblogsError):
    """Trying again would fail the same way."""


class ApiRefused(PermanentError):
    """Baseten refused the request; `status` is the HTTP status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ApiUnauthorized(ApiRefused):
    """401: the key is not accepted."""


class ApiForbidden(ApiRefused):
    """403: the key may not see this."""


class ApiNotFound(ApiRefused):
    """404: no such project or job, or not yet."""


class SlackRefused(PermanentError):
    """Slack answered ``ok: false``; `code` is its error code, `pointers` its hints at the bad fields."""

    def __init__(self, code: str, *, pointers: tuple[str, ...] = ()) -> None:
        super().__init__(f"Slack refused: {code}" + (f" ({'; '.join(pointers)})" if pointers else ""))
        self.code = code
        self.pointers = pointers


class LeaseLost(JoblogsError):
    """The account is now read by another worker: what was read here must not be committed."""
