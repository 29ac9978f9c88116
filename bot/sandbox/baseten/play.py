"""One scenario that is being played: how its time lies on the clock, and what happens next in it."""

from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.baseten.acts import MINUTE_NS, Act, Score
from bot.sandbox.baseten.job import SimJob, SimProject

MOST_AT_ONCE = 3_000
"""So many acts of what goes on for ever happen in a jump of the clock, however far it goes."""


@dataclass(slots=True, kw_only=True, eq=False)
class Play:
    """One scenario in one project from `start_ns` on. `job` is None until then.

    Durations of the scenario are divided by `speed`; the platform's own lag is not.

    Attributes:
        scenario: the name of its file, if it came from one.
        ended: the scenario itself has ended its job; what it still has to tell comes late.
        over: nothing more will happen.
    """

    score: Score
    project: SimProject
    name: str
    start_ns: int
    speed: float
    scenario: str | None = None
    job: SimJob | None = None
    ended: bool = False
    over: bool = False
    _done: int = 0
    _going_on: deque[Act] = field(default_factory=deque)
    _minute: int = 0
    _thin_until: int = 0
    _every_nth: int = 1

    @property
    def due_ns(self) -> int | None:
        """When its next act is due; None when it is over."""
        act = self._next()
        return None if act is None else self.at_ns(act.offset_ns)

    def at_ns(self, offset_ns: int) -> int:
        """When it is so late in the scenario."""
        return self.start_ns + int(offset_ns / self.speed)

    def take(self) -> Act | None:
        """Its next act, which counts as done from now on."""
        act = self._next()
        if act is None:
            return None
        if self._going_on and act is self._going_on[0]:
            self._going_on.popleft()
        else:
            self._done += 1
        return act

    def turn(self, speed: float, now_ns: int) -> None:
        """From now on it is played at another speed."""
        self.start_ns = now_ns - int((now_ns - self.start_ns) * self.speed / speed)
        self.speed = speed

    def hurry(self, ahead_ns: int, now_ns: int) -> None:
        """The clock has jumped to `now_ns`: of what goes on for ever only some happens in the time between."""
        lived_ns = int(ahead_ns * self.speed)
        self._every_nth = max(1, -(-self.score.loudness(lived_ns) // MOST_AT_ONCE))
        self._thin_until = int((now_ns - self.start_ns) * self.speed) // MINUTE_NS

    def _next(self) -> Act | None:
        if self.over:
            return None
        if self.score.goes_on and not self.ended:
            self._refill()
        once = self.score.acts[self._done] if self._done < len(self.score.acts) else None
        again = self._going_on[0] if self._going_on and not self.ended else None
        if once is None or again is None:
            return once or again
        return min(once, again, key=lambda act: act.offset_ns)

    def _refill(self) -> None:
        while not self._going_on:
            every_nth = self._every_nth if self._minute < self._thin_until else 1
            self._going_on.extend(self.score.minute(self._minute, every_nth))
            self._minute += 1
