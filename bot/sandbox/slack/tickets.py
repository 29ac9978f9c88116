"""Things that are handed out and run out: ids, timestamps, trigger ids, response URLs."""

import random
import string
from dataclasses import dataclass, field

from bot.sandbox.slack.wire import Json, Refusal
from bot.times import NS_PER_S, Clock

TRIGGER_S = 3.0
RESPONSE_URL_S = 30 * 60.0
RESPONSE_URL_USES = 5
_LETTERS = string.ascii_uppercase + string.digits


class Mint:
    """New ids and timestamps; `seed` makes them the same in every run."""

    def __init__(self, clock: Clock, seed: int | None) -> None:
        self.random = random.Random(seed)
        self._clock = clock
        self._last_us = 0

    def id(self, prefix: str, length: int = 10) -> str:
        return prefix + "".join(self.random.choices(_LETTERS, k=length))

    def token(self, length: int = 24) -> str:
        return "".join(self.random.choices(string.ascii_letters + string.digits, k=length))

    def ts(self) -> str:
        """A message timestamp "epoch.micro", later than every one before it."""
        self._last_us = max(self._clock.now_ns() // 1000, self._last_us + 100)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def epoch_s(self) -> int:
        return self._clock.now_ns() // NS_PER_S


@dataclass(slots=True)
class Trigger:
    """What a person did a moment ago; `view_id` when it was done in a modal, `channel` when in a conversation."""

    id: str
    user: str
    born_s: float
    view_id: str | None = None
    channel: str | None = None
    used: bool = False


class Triggers:
    """Trigger ids: single use, within three seconds."""

    def __init__(self, clock: Clock, mint: Mint) -> None:
        self._clock = clock
        self._mint = mint
        self._triggers: dict[str, Trigger] = {}

    def new(self, user: str, view_id: str | None = None, *, channel: str | None = None) -> str:
        numbers = self._mint.random
        trigger_id = f"{numbers.randrange(10**12)}.{numbers.randrange(10**10)}.{self._mint.token(32).lower()}"
        self._triggers[trigger_id] = Trigger(trigger_id, user, self._clock.monotonic_s(), view_id, channel)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Raises `Refusal` when it is unknown, too old or already used."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self._clock.monotonic_s() - trigger.born_s > TRIGGER_S:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """Where the app may answer one interaction. `message` is what was interacted with; None for commands."""

    token: str
    user: str
    channel: str
    born_s: float
    message: Json | None = None
    uses: int = 0


@dataclass(slots=True)
class ResponseUrls:
    clock: Clock
    mint: Mint
    _urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def new(self, user: str, channel: str, message: Json | None = None) -> str:
        """The token of a new URL: the last part of its path."""
        token = self.mint.token(32)
        self._urls[token] = ResponseUrl(
            token=token, user=user, channel=channel, born_s=self.clock.monotonic_s(), message=message
        )
        return token

    def use(self, token: str) -> ResponseUrl:
        """Counts one use. Raises `Refusal` when it is unknown, older than 30 minutes or used five times."""
        url = self._urls.get(token)
        if url is None:
            raise Refusal("invalid_url")
        if self.clock.monotonic_s() - url.born_s > RESPONSE_URL_S:
            raise Refusal("expired_url")
        if url.uses >= RESPONSE_URL_USES:
            raise Refusal("used_url")
        url.uses += 1
        return url
