"""Who an incident can be given to: a person of the workspace, who may use the bot and is still there."""

from typing import Any

from bot.errors import SlackRefused, TransientError
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.members import Member
from bot.slack.turned_away import Denied


async def assignee(desk: Desk, user_id: str) -> Member | Denied:
    """The member with that Slack user id, or the sentence for whoever wants to give them something."""
    if user_id == desk.members.identity.bot_user_id:
        return Denied("I cannot take it; choose a person.")
    try:
        answer = await translated(desk.client.users_info(user=user_id))
    except SlackRefused:
        return Denied("Slack does not know this person; choose somebody else.")
    except TransientError:
        return Denied("Slack does not say who that is right now; try again in a minute.")
    if reason := _obstacle(desk, answer.get("user") or {}):
        return Denied(reason)
    member = await desk.members.judge(user_id=user_id, team_id=None, channel=None)
    if isinstance(member, Denied):
        return Denied("They may not use joblogs here; choose somebody else.")
    return member


def _obstacle(desk: Desk, user: dict[str, Any]) -> str | None:
    if user.get("deleted"):
        return "Their account is deactivated; choose somebody else."
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return "A bot cannot take it; choose a person."
    if user.get("is_stranger") or user.get("team_id") not in (None, desk.members.identity.team_id):
        return "They are of another organisation; choose somebody of this workspace."
    guest = user.get("is_restricted") or user.get("is_ultra_restricted")
    if guest and not desk.members.policy.allow_guests:
        return "Guests cannot use joblogs in this workspace; choose a member."
    return None
