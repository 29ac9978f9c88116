"""Failures on command: what the network and Slack do on bad days, for a number of calls or for a while."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.times import MS_PER_S, Clock, Ms, now_ms

SOCKETS = "sockets"
SOCKET_KINDS = frozenset({"down", "wedged", "deaf", "mute"})
PROXIED = frozenset({"403", "407", "502", "503", "504"})
"""What something on the way answers, with a page of its own."""
STATUSES = PROXIED | {"500"}
KINDS = frozenset({*STATUSES, "429", "lost", "reset", "slow", "timeout", "error", "garbage"})


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """One planned failure.

    Attributes:
        method: a method of the Web API, "response_url", "upload", "*" (any of these), or "sockets".
        kind: of calls: a status of `STATUSES`, "429", "reset", "timeout" and "error" have no effect; "lost",
            "slow" and "garbage" take effect first: then the connection drops, the answer comes late, or is not
            JSON. Of sockets: "down" (all are cut, none connects), "wedged" (all are cut, and the first connect to
            each new address fails and uses it up), "deaf" (open ones answer pings, and nothing is delivered),
            "mute" (nor are pings answered). A socket that is opened later hears again.
        detail: seconds of Retry-After ("429:retry_after=3") or of delay ("slow:5"), or the code ("error:code").
        left: how many more times; None: until `until_s` (monotonic seconds; None: until it is ended).
        until_ms: the end on the workspace's clock, for people to read.
    """

    method: str
    kind: str
    detail: str = ""
    left: int | None = None
    since_s: float = 0.0
    until_s: float | None = None
    until_ms: Ms | None = None

    @property
    def seconds(self) -> float:
        return float(self.detail.rpartition("=")[2] or 1)

    @property
    def spelled(self) -> str:
        return f"{self.kind}:{self.detail}" if self.detail else self.kind


class Faults:
    """Planned failures, taken in the order in which they were added."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._planned: list[Fault] = []
        self.on_sockets: Callable[[Fault], None] | None = None

    # --- for tests and the director ------------------------------------------------------------------

    def add(self, method: str, kind: str, times: int | None = 1, duration_s: float | None = None) -> Fault:
        """Plans a failure: `times` (None: until `end`), or with `duration_s` for that long, however often.

        Raises:
            ValueError: an unknown kind.
        """
        name, _, detail = kind.partition(":")
        known = SOCKET_KINDS if method == SOCKETS else KINDS
        if name not in known:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(sorted(known))}")
        fault = Fault(method=method, kind=name, detail=detail, left=times, since_s=self._clock.monotonic_s())
        if method == SOCKETS or duration_s is not None:
            fault.left = None
        if duration_s is not None:
            fault.until_s = fault.since_s + duration_s
            fault.until_ms = Ms(now_ms(self._clock) + round(duration_s * MS_PER_S))
        self._planned.append(fault)
        if method == SOCKETS and self.on_sockets is not None:
            self.on_sockets(fault)
        return fault

    def sockets(self, kind: str, duration_s: float | None = None) -> Fault:
        """Trouble of all sockets: "down", "wedged", "deaf" or "mute"; without a duration until `end`."""
        return self.add(SOCKETS, kind, duration_s=duration_s)

    def end(self, fault: Fault) -> None:
        """Ends it now; one that is over already stays over."""
        self._planned = [one for one in self._planned if one is not fault]

    def clear(self) -> None:
        self._planned.clear()

    @property
    def standing(self) -> tuple[Fault, ...]:
        """All that is planned or under way."""
        now_s = self._clock.monotonic_s()
        self._planned = [fault for fault in self._planned if fault.until_s is None or fault.until_s > now_s]
        return tuple(self._planned)

    # --- for the wires -------------------------------------------------------------------------------

    def take(self, method: str) -> Fault | None:
        """The failure that this call meets, if any; uses it up by one."""
        for fault in self.standing:
            if fault.method not in {"*", method}:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    self._planned.remove(fault)
            return fault
        return None

    def of_sockets(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.standing if fault.method == SOCKETS)
