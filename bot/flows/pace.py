"""Slack's pace, which all processes keep together: it is kept in the database, and looked at in each claim.

A row that may not be sent yet is simply not claimed. So it stays what it was: the most urgent one goes first when
there is room again, whenever it came, and an edit that waits may still be brought forward by a press.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.ports import Room, Tx
from bot.incidents.delivery import Delivery
from bot.times import Ms

POSTS, EDITS = "posts", "edits"
"""Names of what the workspace has in common; all other names are channels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One each `interval_ms` in the long run, and at once as many as `burst` after a rest."""

    interval_ms: int
    burst: int = 1

    def free(self, next_ms: int, now: Ms) -> int:
        """How many may go now, where the next one is due at `next_ms` if they had kept their distance."""
        ahead = max(0, next_ms - now)
        return max(0, self.burst - -(-ahead // self.interval_ms))

    def after(self, next_ms: int, count: int, now: Ms) -> int:
        """`next_ms` when so many have gone now."""
        return max(next_ms, now) + count * self.interval_ms


RATES = {
    POSTS: Rate(interval_ms=250, burst=60),  # at most 300 in any minute: Slack speaks of several hundred
    EDITS: Rate(interval_ms=1_700, burst=8),  # at most 44 in any minute: Slack's tier 3 begins at 50
}
CHANNEL = Rate(interval_ms=1_000)
"""Slack: about one message a second in a channel."""


def claim(tx: Tx, owner: str, now: Ms, limit: int, ttl_ms: int) -> tuple[Delivery, ...]:
    """The heads of lanes that are due and may be sent now, most urgent first."""
    stamps = tx.pace.read(now)
    rows = tx.outbox.claim(owner, now, limit, ttl_ms, room=room(stamps, now))
    if rows:
        tx.pace.put(spent(stamps, rows, now))
    return rows


def room(stamps: Mapping[str, int], now: Ms) -> Room:
    """What may be sent now."""
    free = {name: rate.free(stamps.get(name, 0), now) for name, rate in RATES.items()}
    busy = frozenset(name for name, next_ms in stamps.items() if name not in RATES and next_ms > now)
    return Room(posts=free[POSTS], edits=free[EDITS], busy=busy)


def spent(stamps: Mapping[str, int], rows: Sequence[Delivery], now: Ms) -> dict[str, int]:
    """The stamps that change when `rows` are sent now."""
    posts = [row for row in rows if not row.is_edit]
    counts = {POSTS: len(posts), EDITS: len(rows) - len(posts)}
    changed = {name: RATES[name].after(stamps.get(name, 0), count, now) for name, count in counts.items() if count}
    return changed | {row.channel: CHANNEL.after(stamps.get(row.channel, 0), 1, now) for row in posts}


def held(row: Delivery, until_ms: Ms) -> dict[str, int]:
    """Slack asked for a pause after `row`: of all edits, or of posts in its channel."""
    if not row.is_edit:
        return {row.channel: until_ms}
    return {EDITS: RATES[EDITS].after(until_ms, RATES[EDITS].burst - 1, until_ms)}
