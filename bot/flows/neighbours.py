"""Channels that another organisation reads since somebody let them watch: they are shut until it has left."""

from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.errors import TransientError
from bot.flows import shut
from bot.flows.ports import Database, Tx
from bot.times import Clock, now_ms

log = structlog.get_logger(__name__)

ASK_AGAIN_S = 600.0
ASKED_AT_ONCE = 5
"""Of each tick; Slack answers fifty such questions a minute, and people's come first."""


class Rooms(Protocol):
    async def is_shared(self, channel: str) -> bool | None:
        """Whether Slack says that another organisation reads it; None when it does not tell.

        Raises:
            TransientError: Slack does not answer.
        """
        ...


@dataclass(slots=True)
class Neighbours:
    db: Database
    rooms: Rooms
    clock: Clock
    _asked_s: dict[str, float] = field(default_factory=dict)

    async def tick(self) -> None:
        told, shared = await self.db.run(_of_interest)
        for channel in self._due(told | shared):
            self._asked_s[channel] = self.clock.monotonic_s()
            try:
                await self._look(channel, is_shut=channel in shared)
            except TransientError as error:
                log.info("channel_not_looked_at", channel=channel, reason=str(error))

    def _due(self, channels: frozenset[str]) -> list[str]:
        """Those that were asked about longest ago."""
        before_s = self.clock.monotonic_s() - ASK_AGAIN_S
        self._asked_s = {channel: asked_s for channel, asked_s in self._asked_s.items() if channel in channels}
        due = [one for one in channels if self._asked_s.get(one, before_s) <= before_s]
        return sorted(due, key=lambda one: (self._asked_s.get(one, before_s), one))[:ASKED_AT_ONCE]

    async def _look(self, channel: str, *, is_shut: bool) -> None:
        now = now_ms(self.clock)
        is_shared = await self.rooms.is_shared(channel)
        if is_shared and not is_shut:
            log.warning("channel_shared", channel=channel)
            await self.db.run(lambda tx: shut.refuse(tx, channel, shut.SHARED, now))
        elif is_shared is False and is_shut:
            log.info("channel_internal_again", channel=channel)
            await self.db.run(lambda tx: shut.internal_again(tx, channel))


def _of_interest(tx: Tx) -> tuple[frozenset[str], frozenset[str]]:
    """Channels in which things are told of their own accord, and those that are shut because they are shared."""
    watched = frozenset(watch.channel for watch in tx.watches.active())
    return watched | tx.digests.channels(), tx.shut.by(shut.SHARED)
