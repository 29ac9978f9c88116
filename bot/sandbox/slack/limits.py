"""Rate limits: a window of 60 s per method, and the pace of posting per channel.

Slack gives a floor per tier ("50+ per minute") and keeps its bursts secret; here the floor is the limit.
Where its sources disagree (apps.connections.open: tier 1 or 3; users.conversations: 2 or 3) the kinder one
holds, since the other would refuse two sockets at start. `Limits(rates={...})` changes any of them.
"""

import math
from collections import defaultdict, deque
from collections.abc import Mapping

from bot.times import Clock

T1, T2, T3, T4 = 1, 20, 50, 100
SPECIAL = 600

RATES: Mapping[str, int] = {
    "api.test": T4,
    "apps.connections.open": T3,
    "auth.test": SPECIAL,
    "blocks.validate": T4,
    "bots.info": T3,
    "chat.delete": T3,
    "chat.getPermalink": SPECIAL,
    "chat.postEphemeral": T4,
    "chat.postMessage": 300,
    "chat.unfurl": T3,
    "chat.update": T3,
    "conversations.history": T3,
    "conversations.info": T3,
    "conversations.join": T3,
    "conversations.list": T2,
    "conversations.members": T4,
    "conversations.open": T3,
    "conversations.replies": T3,
    "files.completeUploadExternal": T4,
    "files.getUploadURLExternal": T4,
    "files.info": T4,
    "reactions.add": T3,
    "reactions.remove": T2,
    "team.info": T3,
    "usergroups.list": T2,
    "usergroups.users.list": T2,
    "users.conversations": T3,
    "users.info": T4,
    "users.list": T2,
    "users.lookupByEmail": T3,
    "views.open": T4,
    "views.publish": T4,
    "views.push": T4,
    "views.update": T4,
}
"""Calls a minute. chat.postMessage: "several hundred" in the whole workspace, beside the pace per channel."""

WINDOW_S = 60.0
CHANNEL_BURST = 5
"""Messages that a rested channel takes at once; after that one a second."""


class Limits:
    """Counts calls; one that is refused costs nothing."""

    def __init__(self, clock: Clock, rates: Mapping[str, int] | None = None, burst: int = CHANNEL_BURST) -> None:
        self._clock = clock
        self._rates = {**RATES, **(rates or {})}
        self._burst = burst
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._paces: dict[str, tuple[float, float]] = {}

    def wait_for(self, method: str) -> int | None:
        """Counts a call of `method`; or the whole seconds of Retry-After when its minute is used up."""
        now_s = self._clock.monotonic_s()
        calls = self._calls[method]
        while calls and calls[0] <= now_s - WINDOW_S:
            calls.popleft()
        if len(calls) >= self._rates.get(method, T3):
            return max(1, math.ceil(calls[0] + WINDOW_S - now_s))
        calls.append(now_s)
        return None

    def wait_to_post(self, channel: str) -> int | None:
        """Counts a message in `channel`; or the whole seconds until it takes another one."""
        now_s = self._clock.monotonic_s()
        tokens, at_s = self._paces.get(channel, (float(self._burst), now_s))
        tokens = min(float(self._burst), tokens + now_s - at_s)
        if tokens < 1:
            self._paces[channel] = (tokens, now_s)
            return max(1, math.ceil(1 - tokens))
        self._paces[channel] = (tokens - 1, now_s)
        return None
