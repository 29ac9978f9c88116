"""Who a person is: a member of the workspace whose time zone is known, or somebody who may not act here."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused, TransientError
from bot.slack.gateway import translated
from bot.slack.turned_away import USE, Denied, TurnedAway
from bot.times import Clock

KEEP_S = 600.0
UTC_ZONE = ZoneInfo("UTC")
NOT_TOLD = "Slack does not say who you are right now; try again in a minute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose bot it is: what `auth.test` said of the bot's token."""

    team_id: str
    bot_user_id: str
    bot_id: str | None
    team_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the workspace. `zone` is theirs, UTC where Slack did not tell; `name` may be empty."""

    id: str
    name: str = ""
    zone: ZoneInfo = UTC_ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may use the bot, beyond being of the workspace; empty sets allow everyone and everywhere."""

    allow_guests: bool = False
    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


@dataclass(slots=True)
class Members:
    """Looks people up and keeps what Slack said for `KEEP_S`."""

    client: AsyncWebClient
    identity: Identity
    policy: Policy
    clock: Clock
    turned_away: TurnedAway
    _known: dict[str, tuple[float, Member | Denied]] = field(default_factory=dict)

    async def admit(self, *, user_id: str, team_id: str | None, channel: str | None) -> Member | Denied:
        """The member behind a payload, or the sentence that refuses them, which is noted.

        `team_id` is the person's own team as the payload has it, which differs from ours for people of
        other organisations in shared channels.
        """
        verdict = await self.judge(user_id=user_id, team_id=team_id, channel=channel)
        if isinstance(verdict, Denied):
            await self.turned_away.note(user_id, USE, channel, verdict)
        return verdict

    async def judge(self, *, user_id: str, team_id: str | None, channel: str | None) -> Member | Denied:
        """As `admit`, of somebody who asks for nothing. Direct messages are on no list of channels."""
        if team_id not in (None, self.identity.team_id):
            return Denied("Only members of the workspace that installed joblogs can use it.")
        if self.policy.channels and channel and not is_direct(channel) and channel not in self.policy.channels:
            return Denied("joblogs is not enabled in this channel; ask whoever runs it to add the channel.")
        if self.policy.users and user_id not in self.policy.users:
            return Denied("You are not on the list of people who may use joblogs; ask whoever runs it.")
        return await self._known_or_asked(user_id)

    async def _known_or_asked(self, user_id: str) -> Member | Denied:
        now = self.clock.monotonic_s()
        if (known := self._known.get(user_id)) and now - known[0] < KEEP_S:
            return known[1]
        try:
            answer = await translated(self.client.users_info(user=user_id))
        except SlackRefused as error:
            return Denied(
                f"Slack does not say who you are ({error.code}), so joblogs cannot act for you.", for_now=True
            )
        except TransientError:
            return known[1] if known else Denied(NOT_TOLD, for_now=True)
        verdict = self._judge(user_id, answer.get("user") or {})
        self._known[user_id] = (now, verdict)
        return verdict

    def _judge(self, user_id: str, user: dict[str, Any]) -> Member | Denied:
        if user.get("deleted"):
            return Denied("This account is deactivated.")
        if user.get("is_stranger") or user.get("team_id") not in (None, self.identity.team_id):
            return Denied("Only members of the workspace that installed joblogs can use it.")
        if (user.get("is_restricted") or user.get("is_ultra_restricted")) and not self.policy.allow_guests:
            return Denied("Guests cannot use joblogs in this workspace; ask a member.")
        return Member(id=user_id, name=_name(user), zone=_zone(user.get("tz")))


def is_direct(channel: str) -> bool:
    """Whether it is the conversation of one person with the bot: no other channel's id begins so."""
    return channel.startswith("D")


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((str(name) for name in names if name), "")


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name)) if name else UTC_ZONE
    except (ZoneInfoNotFoundError, ValueError):
        return UTC_ZONE
