"""Failures on command: what the network and Slack do on bad days."""

from dataclasses import dataclass

from bot.times import Clock

KINDS = frozenset({"429", "500", "lost", "reset", "slow", "error", "garbage"})


@dataclass(slots=True, kw_only=True)
class Fault:
    """One planned failure.

    Attributes:
        kind: "429", "500", "reset" and "error" have no effect; "lost", "slow" and "garbage" take effect first:
            then the connection drops, the answer comes late, or it is not JSON.
        detail: seconds of Retry-After ("429:retry_after=3") or of delay ("slow:5"), or the code ("error:code").
        left: how many more times; None: until `until_s` (monotonic seconds).
    """

    method: str
    kind: str
    detail: str
    left: int | None
    until_s: float | None

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

    def add(self, method: str, kind: str, times: int | None = 1, duration_s: float | None = None) -> None:
        """Plans a failure of `method` ("*": any; "response_url" and "upload" count as methods).

        With `duration_s` it holds for that long, however often.

        Raises:
            ValueError: an unknown kind.
        """
        name, _, detail = kind.partition(":")
        if name not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(sorted(KINDS))}")
        until_s = None if duration_s is None else self._clock.monotonic_s() + duration_s
        left = times if duration_s is None else None
        self._planned.append(Fault(method=method, kind=name, detail=detail, left=left, until_s=until_s))

    def clear(self) -> None:
        self._planned.clear()

    def take(self, method: str) -> Fault | None:
        """The failure that this call meets, if any; uses it up by one."""
        now_s = self._clock.monotonic_s()
        self._planned = [fault for fault in self._planned if fault.until_s is None or fault.until_s > now_s]
        for fault in self._planned:
            if fault.method not in {"*", method}:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    self._planned.remove(fault)
            return fault
        return None
