"""Which channels a person is in, of those that the bot can see: only of these it tells them."""

from dataclasses import dataclass, field

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused, TransientError
from bot.slack.gateway import translated
from bot.times import Clock

log = structlog.get_logger(__name__)

KEEP_S = 60.0
"""Who leaves a channel sees its incidents in Home no longer than this."""
PAGES = 20


@dataclass(slots=True)
class Memberships:
    """users.conversations: public channels, and private ones that the bot is in too."""

    client: AsyncWebClient
    clock: Clock
    _known: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    async def of(self, person: str) -> frozenset[str] | None:
        """Ids of the channels; None when Slack does not tell."""
        now = self.clock.monotonic_s()
        known = self._known.get(person)
        if known and now - known[0] < KEEP_S:
            return known[1]
        try:
            found = await self._asked(person)
        except (SlackRefused, TransientError) as error:
            log.warning("channels_unknown", person=person, reason=str(error))
            return None
        self._known[person] = (now, found)
        return found

    async def _asked(self, person: str) -> frozenset[str]:
        found: set[str] = set()
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await translated(
                self.client.users_conversations(
                    user=person,
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=999,
                    cursor=cursor,
                )
            )
            found.update(str(channel["id"]) for channel in answer.get("channels") or ())
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return frozenset(found)
