"""What nobody needs any more is removed."""

import structlog

from bot.flows.ports import Database
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

INBOX_MS = 24 * 3600 * 1000
"""Slack repeats an event for some minutes at most."""


class Tidy:
    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def tick(self) -> None:
        before = Ms(now_ms(self._clock) - INBOX_MS)
        removed = await self._db.run(lambda tx: tx.inbox.trim(before))
        if removed:
            log.debug("inbox_trimmed", removed=removed)
