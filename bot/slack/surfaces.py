"""What somebody was looking at when they pressed a button, other than a card: it is drawn anew after their step.

Lists and Home have the very buttons of a card, and the windows that these open are the card's as well. None of
those knows where the button stood; it is remembered here, in memory alone: whoever finds an old list asks again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.errors import SlackRefused, TransientError
from bot.times import Clock

log = structlog.get_logger(__name__)

KEEP_S = 1_740.0
"""A response_url works for half an hour."""

Redraw = Callable[[], Awaitable[None]]
"""Shows the surface as it is now."""


@dataclass(slots=True)
class Surfaces:
    """One for each person: the last one that they pressed a button on."""

    clock: Clock
    _seen: dict[str, tuple[float, Redraw]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def looks_at(self, person: str, redraw: Redraw | None) -> None:
        """None is a card, or anything else that needs no redrawing."""
        now = self.clock.monotonic_s()
        self._seen = {who: one for who, one in self._seen.items() if now - one[0] < KEEP_S and who != person}
        if redraw is not None:
            self._seen[person] = (now, redraw)

    def stepped(self, person: str) -> None:
        """They did something to an incident, or were told that it has changed; nobody waits for the redrawing."""
        found = self._seen.get(person)
        if found is None or self.clock.monotonic_s() - found[0] >= KEEP_S:
            return
        task = asyncio.create_task(_drawn(found[1]), name=f"redraw for {person}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)


async def _drawn(redraw: Redraw) -> None:
    try:
        await redraw()
    except (SlackRefused, TransientError) as error:
        log.info("not_redrawn", reason=str(error))
    except Exception:
        # The door of a task that nobody waits for.
        log.exception("redraw_failed")
