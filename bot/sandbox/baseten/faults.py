"""Faults on command: what goes wrong on the way, or on the other side."""

from dataclasses import dataclass

from bot.times import Clock


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answers with an HTTP status and a short message."""

    status: int


@dataclass(frozen=True, slots=True)
class TooMany:
    """429; without `retry_after_s` the body names no time."""

    retry_after_s: int | None


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """No answer, and the connection stays open."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before an answer."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """200 with something that is not JSON."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The right answer, cut in the middle of its body."""


Kind = Refuse | TooMany | Slow | Hold | Reset | Garbage | Truncate

ENDPOINTS = frozenset(
    {
        "projects",
        "project",
        "jobs",
        "job",
        "logs",
        "metrics",
        "checkpoints",
        "stop",
        "recreate",
        "search",
        "prices",
    }
)


class Faults:
    """The faults that are waiting for their request; the first one that fits is taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[_Fault] = []

    def add(
        self,
        endpoint: str = "*",
        *,
        kind: str,
        times: int | None = None,
        after: int = 0,
        duration_s: float | None = None,
        job_id: str | None = None,
    ) -> None:
        """Lets matching requests fail: the first `after` ones pass, the next `times` fail.

        Args:
            endpoint: one of `ENDPOINTS`, or ``*`` for any.
            kind: ``status:500`` (any status) · ``401`` · ``403`` · ``404`` · ``429`` · ``429:retry_after=2`` ·
                ``timeout`` · ``slow:1.5`` · ``reset`` · ``garbage`` · ``truncate``.
            times: None goes on until `clear`, or until `duration_s` has passed.
            after: how many matching requests pass before the first fails.
            duration_s: the fault ends this long from now.
            job_id: only requests about this job.

        Raises:
            ValueError: for an endpoint or a kind that does not exist.
        """
        if endpoint != "*" and endpoint not in ENDPOINTS:
            raise ValueError(f"unknown endpoint {endpoint!r}: one of {', '.join(sorted(ENDPOINTS))} or *")
        until_s = None if duration_s is None else self._clock.monotonic_s() + duration_s
        self._waiting.append(_Fault(endpoint, parsed_kind(kind), times, after, until_s, job_id))

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, endpoint: str, job_id: str | None) -> Kind | None:
        """The fault that this request meets, or None."""
        now_s = self._clock.monotonic_s()
        self._waiting = [fault for fault in self._waiting if not fault.is_over(now_s)]
        for fault in self._waiting:
            if fault.fits(endpoint, job_id) and fault.strikes():
                return fault.kind
        return None


def parsed_kind(text: str) -> Kind:
    if text in _PLAIN:
        return _PLAIN[text]
    match text.split(":"):
        case ["slow", seconds]:
            return Slow(float(seconds))
        case ["429", wait] if wait.startswith("retry_after="):
            return TooMany(int(wait.removeprefix("retry_after=")))
        case ["status", status] if 400 <= int(status) <= 599:
            return Refuse(int(status))
    raise ValueError(f"unknown kind of fault: {text!r}")


_PLAIN: dict[str, Kind] = {
    "401": Refuse(401),
    "403": Refuse(403),
    "404": Refuse(404),
    "429": TooMany(None),
    "timeout": Hold(),
    "reset": Reset(),
    "garbage": Garbage(),
    "truncate": Truncate(),
}


@dataclass(slots=True)
class _Fault:
    endpoint: str
    kind: Kind
    times: int | None
    after: int
    until_s: float | None
    job_id: str | None

    def is_over(self, now_s: float) -> bool:
        return self.times == 0 or (self.until_s is not None and now_s >= self.until_s)

    def fits(self, endpoint: str, job_id: str | None) -> bool:
        return self.endpoint in {"*", endpoint} and self.job_id in {None, job_id}

    def strikes(self) -> bool:
        """Counts one matching request; whether it fails."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True
