"""Trouble for a while: which kinds there are, what makes them, and when they are over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.baseten.world import World
from bot.sandbox.slack.workspace import Workspace
from bot.times import MS_PER_S, Ms, now_ms

Service = Literal["baseten", "slack"]
SOCKETS = "sockets"
REFUSALS = 1_000_000


@dataclass(frozen=True, slots=True)
class TroubleKind:
    """`fault` is what the service's own faults call it; it meets every request."""

    service: Service
    kind: str
    label: str
    fault: str


KINDS = (
    TroubleKind("baseten", "500", "Baseten answers every request with HTTP 503", "status:503"),
    TroubleKind("baseten", "429", "Baseten asks to slow down (HTTP 429)", "429:retry_after=5"),
    TroubleKind("baseten", "timeout", "Baseten does not answer at all", "timeout"),
    TroubleKind("baseten", "slow", "Baseten takes 5 s for each answer", "slow:5"),
    TroubleKind("baseten", "reset", "Baseten's connections are cut", "reset"),
    TroubleKind("baseten", "garbage", "Baseten answers with something that is not JSON", "garbage"),
    TroubleKind("slack", "500", "Slack answers every call with HTTP 500", "500"),
    TroubleKind("slack", "429", "Slack asks to slow down (HTTP 429)", "429:retry_after=5"),
    TroubleKind("slack", "lost", "Slack does what it is asked, and its answers get lost", "lost"),
    TroubleKind("slack", "slow", "Slack takes 5 s for each answer", "slow:5"),
    TroubleKind("slack", "reset", "Slack's connections are cut", "reset"),
    TroubleKind("slack", SOCKETS, "Slack cuts every socket and lets none connect", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    id: int
    what: TroubleKind
    until_ms: Ms


class Troubles:
    """What goes wrong now. The end of each is a time of the shared clock, so that a jump ends it too."""

    def __init__(self, world: World, workspace: Workspace) -> None:
        self._world = world
        self._workspace = workspace
        self._last_id = 0
        self._ended_ms = Ms(0)
        self.now: tuple[Trouble, ...] = ()

    @property
    def ended_ms(self) -> Ms:
        """When the last one was over; 0 before the first."""
        return self._ended_ms

    def begin(self, service: str, kind: str, seconds: float) -> Trouble:
        """Raises KeyError when there is no such kind."""
        what = next((one for one in KINDS if (one.service, one.kind) == (service, kind)), None)
        if what is None:
            raise KeyError(kind)
        self._last_id += 1
        until_ms = Ms(now_ms(self._world.clock) + round(seconds * MS_PER_S))
        trouble = Trouble(id=self._last_id, what=what, until_ms=until_ms)
        self._change(lambda now: (*now, trouble))
        return trouble

    def calm(self, trouble_id: int) -> bool:
        """Ends one; whether it was there."""
        found = any(one.id == trouble_id for one in self.now)
        self._change(lambda now: tuple(one for one in now if one.id != trouble_id))
        return found

    def pass_time(self) -> bool:
        """Ends what is over by now; whether anything was."""
        at_ms = now_ms(self._world.clock)
        if all(one.until_ms > at_ms for one in self.now):
            return False
        self._change(lambda now: tuple(one for one in now if one.until_ms > at_ms))
        return True

    def _change(self, changed: Callable[[tuple[Trouble, ...]], tuple[Trouble, ...]]) -> None:
        before, self.now = self.now, changed(self.now)
        if len(self.now) < len(before):
            self._ended_ms = now_ms(self._world.clock)
        self._world.faults.clear()
        self._workspace.faults.clear()
        for one in self.now:
            if one.what.service == "baseten":
                self._world.faults.add(kind=one.what.fault)
            elif one.what.fault:
                self._workspace.faults.add("*", one.what.fault, times=None)
        self._sockets(_refuses(before), _refuses(self.now))

    def _sockets(self, before: bool, now: bool) -> None:
        if now and not before:
            self._workspace.refuse_sockets(REFUSALS)
            self._workspace.drop_sockets()
        elif before and not now:
            self._workspace.refuse_sockets(-REFUSALS)


def _refuses(troubles: tuple[Trouble, ...]) -> bool:
    return any(one.what.kind == SOCKETS for one in troubles)
