"""Who may do what: allow-lists of people, user groups and channels, for each action or for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused, TransientError
from bot.slack.gateway import translated
from bot.slack.members import Member
from bot.slack.turned_away import Denied, TurnedAway
from bot.times import Clock

KEEP_S = 300.0
"""So long the members of a user group are remembered."""
EVERYTHING = "*"
GROUPS_NOT_TOLD = "Slack does not tell now who is in the groups that may do this; try again in a minute."

Rule = frozenset[str]
"""Ids as Slack has them: of people (U…, W…), of user groups (S…), of channels (C…, G…, D…)."""


@dataclass(slots=True)
class Rights:
    """`rules` by the name of an action; what stands under `*` holds for all actions beside their own rule.

    A rule that names people or groups allows only those; one that names channels allows only there.
    """

    client: AsyncWebClient
    clock: Clock
    rules: Mapping[str, Rule]
    turned_away: TurnedAway
    _groups: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    async def of(self, member: Member, action: str, channel: str | None) -> Member | Denied:
        """`member`, when they may."""
        return await self.may(member.id, action, channel) or member

    async def may(self, user_id: str, action: str, channel: str | None) -> Denied | None:
        """Why this person may not do this here, which is noted; None when they may."""
        denied = await self.judge(user_id, action, channel)
        if denied is not None:
            await self.turned_away.note(user_id, action, channel, denied)
        return denied

    async def judge(self, user_id: str, action: str, channel: str | None) -> Denied | None:
        """As `may`, of somebody who asks for nothing."""
        for name in (EVERYTHING, action):
            if (rule := self.rules.get(name)) and (denied := await self._denied(rule, user_id, action, channel)):
                return denied
        return None

    async def _denied(self, rule: Rule, user_id: str, action: str, channel: str | None) -> Denied | None:
        channels = {one for one in rule if one.startswith(("C", "G", "D"))}
        if channels and channel is not None and channel not in channels:
            return Denied(f"Nobody may {_words(action)} in this channel; whoever runs joblogs can allow it here.")
        who = rule - channels
        if not who or user_id in who:
            return None
        groups = sorted(one for one in who if one.startswith("S"))
        try:
            if any([user_id in await self._members(group) for group in groups]):
                return None
        except (SlackRefused, TransientError):
            return Denied(GROUPS_NOT_TOLD, for_now=True)
        named = ", ".join(f"<!subteam^{group}>" for group in groups) or "those that whoever runs joblogs has named"
        return Denied(f"Only {named} may {_words(action)} here.")

    async def _members(self, group: str) -> frozenset[str]:
        now = self.clock.monotonic_s()
        known = self._groups.get(group)
        if known and now - known[0] < KEEP_S:
            return known[1]
        try:
            answer = await translated(self.client.usergroups_users_list(usergroup=group))
        except TransientError:
            if known:
                return known[1]
            raise
        members = frozenset(str(user) for user in answer.get("users") or ())
        self._groups[group] = (now, members)
        return members


def _words(action: str) -> str:
    return {"logs": "read logs", "dismiss": "dismiss errors", EVERYTHING: "do this"}.get(action, action)
