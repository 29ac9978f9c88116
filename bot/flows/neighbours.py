"""Channels that another organisation reads since somebody let them watch: they are shut until it has left."""

from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.flows import shut
from bot.flows.ports import Database, Tx
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

ASK_AGAIN_S = 600.0
ASKED_AT_ONCE = 5
"""Of each tick; Slack answers fifty such questions a minute, and people's come first."""


class Rooms(Protocol):
    async def is_shared(self, channel: str) -> bool:
        """Whether Slack says that another organisation reads it.

        Raises:
            TransientError: Slack does not answer.
        """
        ...


@dataclass(slots=True)
class Neighbours:
    """Ticks more often than a shut channel is tried again, so that one that is shared stays shut."""

    db: Database
    rooms: Rooms
    clock: Clock
    _asked_s: dict[str, float] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)

    async def tick(self) -> None:
        watched = {watch.channel for watch in await self.db.run(lambda tx: tx.watches.active())}
        self._shared &= watched
        for channel in (*sorted(self._shared), *self._due(watched)):
            self._asked_s[channel] = self.clock.monotonic_s()
            await self._look(channel)

    def _due(self, watched: set[str]) -> list[str]:
        """Those that were asked about longest ago."""
        before_s = self.clock.monotonic_s() - ASK_AGAIN_S
        self._asked_s = {channel: asked_s for channel, asked_s in self._asked_s.items() if channel in watched}
        due = [one for one in watched - self._shared if self._asked_s.get(one, before_s) <= before_s]
        return sorted(due, key=lambda one: self._asked_s.get(one, before_s))[:ASKED_AT_ONCE]

    async def _look(self, channel: str) -> None:
        now = now_ms(self.clock)
        if await self.rooms.is_shared(channel):
            self._shared.add(channel)
            await self.db.run(lambda tx: _close(tx, channel, now))
        elif channel in self._shared:
            self._shared.discard(channel)
            log.info("channel_internal_again", channel=channel)
            await self.db.run(lambda tx: shut.mended(tx, channel))


def _close(tx: Tx, channel: str, now: Ms) -> None:
    if shut.refuse(tx, channel, shut.SHARED, now):
        log.warning("channel_shared", channel=channel)
