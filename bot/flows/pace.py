"""Slack's pace: about one message a second in a channel, and about 45 edits a minute in a workspace."""

from collections import deque
from dataclasses import dataclass, field

from bot.times import Ms

POST_INTERVAL_MS = 1_000
EDITS_PER_MINUTE = 45
MINUTE_MS = 60_000


@dataclass(slots=True)
class Pace:
    """Gives each message its moment. A row that has to wait keeps the moment that it was given."""

    _next_post: dict[str, int] = field(default_factory=dict)
    _edits: deque[int] = field(default_factory=deque)
    _given: dict[str, int] = field(default_factory=dict)
    _held: dict[str, int] = field(default_factory=dict)
    _held_edits: int = 0

    def slot(self, key: str, channel: str, *, is_edit: bool, now_ms: Ms) -> Ms:
        """When the row `key` may be sent: `now_ms`, or later."""
        given = self._given.pop(key, None)
        held = self._held_edits if is_edit else self._held.get(channel, 0)
        if given is None or given < held > now_ms:
            given = self._edit_slot(now_ms) if is_edit else self._post_slot(channel, now_ms)
        if given > now_ms:
            self._given[key] = given
        return Ms(max(given, now_ms))

    def hold(self, channel: str, until_ms: int, *, is_edit: bool) -> None:
        """Slack asked for a pause: of posts in this channel, or of all edits."""
        if is_edit:
            self._held_edits = max(self._held_edits, until_ms)
        else:
            self._held[channel] = max(self._held.get(channel, 0), until_ms)
            self._next_post[channel] = max(self._next_post.get(channel, 0), until_ms)

    def _post_slot(self, channel: str, now_ms: Ms) -> int:
        slot = max(now_ms, self._next_post.get(channel, 0))
        self._next_post[channel] = slot + POST_INTERVAL_MS
        return slot

    def _edit_slot(self, now_ms: Ms) -> int:
        while self._edits and self._edits[0] <= now_ms - MINUTE_MS:
            self._edits.popleft()
        full = len(self._edits) >= EDITS_PER_MINUTE
        earliest = max(now_ms, self._held_edits)
        slot = max(earliest, self._edits[-EDITS_PER_MINUTE] + MINUTE_MS) if full else earliest
        self._edits.append(slot)
        return slot
