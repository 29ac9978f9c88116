"""Channels, as far as posting to them goes."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused, TransientError
from bot.slack.gateway import translated

SHARED = "Another organisation reads along there, so the lines of a log are for you alone."
UNSEEN = "I cannot see who reads there, so the lines of a log are for you alone; `/invite @joblogs` changes that."
_UNSEEN = frozenset({"channel_not_found", "not_in_channel", "missing_scope"})


@dataclass(frozen=True, slots=True)
class Rooms:
    """Fits the port `flows.subscribe.Rooms`."""

    client: AsyncWebClient

    async def obstacle(self, channel: str) -> str | None:
        """Why the bot cannot post to `channel`, with what to do about it; None when it can."""
        if channel.startswith("D"):
            return "A direct message cannot watch: type the same in a channel that I am in."
        try:
            answer = await translated(self.client.conversations_info(channel=channel))
        except SlackRefused as error:
            return _INVITE if error.code in _UNSEEN else f"Slack refuses to show this channel ({error.code})."
        except TransientError:
            return "Slack does not answer right now; try again in a minute."
        return _obstacle(answer["channel"])

    async def is_shared(self, channel: str) -> bool | None:
        """Fits `flows.neighbours.Rooms`: of a channel that is not shown nothing is known."""
        try:
            answer = await translated(self.client.conversations_info(channel=channel))
        except SlackRefused:
            return None
        return bool(answer["channel"].get("is_ext_shared"))


async def outsiders(client: AsyncWebClient, channel: str) -> str | None:
    """Why a log is not shown to all of a channel, as a sentence; None when only this organisation reads there.

    Raises:
        TransientError: Slack does not answer.
    """
    try:
        answer = await translated(client.conversations_info(channel=channel))
    except SlackRefused:
        return UNSEEN
    return SHARED if answer["channel"].get("is_ext_shared") else None


def _obstacle(channel: dict[str, object]) -> str | None:
    if channel.get("is_archived"):
        return "This channel is archived."
    if channel.get("is_ext_shared"):
        return "This channel is shared with another organisation, which would read your logs; use an internal one."
    return _INVITE if channel.get("is_member") is False else None


_INVITE = "I am not in this channel: type `/invite @joblogs` here, then the same command again."
