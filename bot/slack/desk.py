"""What the listeners work with: who is asking, and the flows that answer."""

from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.flows.answer import Answer
from bot.flows.around import Around
from bot.flows.control import Control
from bot.flows.digest import Summarise
from bot.flows.overview import Overview
from bot.flows.ports import Database
from bot.flows.subscribe import Subscribe
from bot.flows.triage import Triage
from bot.slack.downloads import Downloads
from bot.slack.members import Member, Members
from bot.slack.memberships import Memberships
from bot.slack.rights import Rights
from bot.slack.surfaces import Surfaces
from bot.slack.turned_away import Denied
from bot.times import Clock, now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    db: Database
    client: AsyncWebClient
    members: Members
    rights: Rights
    answer: Answer
    around: Around
    triage: Triage
    subscribe: Subscribe
    control: Control
    overview: Overview
    summarise: Summarise
    memberships: Memberships
    surfaces: Surfaces
    downloads: Downloads
    clock: Clock

    async def admit(self, body: dict[str, Any]) -> Member | Denied:
        """The member who sent `body` (a command, an interaction or an event), or why they may not."""
        user_id, team_id = sender(body)
        return await self.members.admit(user_id=user_id, team_id=team_id, channel=channel_of(body))

    async def first_time(self, key: str) -> bool:
        """False when the same payload was delivered before: Slack repeats what it is not sure of."""
        now = now_ms(self.clock)
        return await self.db.run(lambda tx: tx.inbox.first_time(key, now))


def sender(body: dict[str, Any]) -> tuple[str, str | None]:
    """User and team of whoever sent `body`; team None where the payload does not tell."""
    user = body.get("user")
    if isinstance(user, dict):
        return str(user["id"]), user.get("team_id") or (body.get("team") or {}).get("id")
    event = body.get("event") or {}
    if event:
        return str(event.get("user") or ""), event.get("user_team") or event.get("team")
    return str(body.get("user_id") or ""), body.get("team_id")


def channel_of(body: dict[str, Any]) -> str | None:
    channel = body.get("channel") or (body.get("event") or {}).get("channel")
    if isinstance(channel, dict):
        return channel.get("id")
    container = (body.get("container") or {}).get("channel_id")
    return channel or container or body.get("channel_id")
