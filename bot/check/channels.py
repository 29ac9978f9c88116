"""The channels that watches post to: whether the bot is in them, and may post."""

from collections import defaultdict
from collections.abc import Iterable

from slack_sdk.web.async_client import AsyncWebClient

from bot.check.finding import AGAIN, Finding, fault, ok
from bot.errors import SlackRateLimited, SlackRefused, TransientError
from bot.jobs.watch import Watch
from bot.slack.gateway import translated
from bot.times import Clock

SUBJECT = "channels of the watches"
LONGEST_WAIT_S = 60.0


async def look(client: AsyncWebClient, watches: Iterable[Watch], clock: Clock) -> list[Finding]:
    """One finding for each channel where something is wrong, or one for all of them."""
    titles = defaultdict[str, list[str]](list)
    for watch in watches:
        titles[watch.channel].append(watch.title)
    findings = [await _channel(client, channel, titles[channel], clock) for channel in sorted(titles)]
    wrong = [finding for finding in findings if finding]
    if not titles:
        return [ok(SUBJECT, "there is no watch yet: /joblogs watch PROJECT in a channel makes one")]
    return wrong or [ok(SUBJECT, f"the bot is in all {len(titles)}")]


async def _channel(client: AsyncWebClient, channel: str, titles: list[str], clock: Clock) -> Finding | None:
    watched = f"watched there: {', '.join(titles[:3])}" + (", …" if len(titles) > 3 else "")
    try:
        info = await _info(client, channel, clock)
    except SlackRefused as error:
        told = f"{channel} cannot be seen ({error.code}); {watched}"
        return fault(
            SUBJECT, told, "In Slack, invite the bot there again: /invite @joblogs. A deleted channel stays away."
        )
    except TransientError as error:
        return fault(SUBJECT, f"{channel}: {error}", AGAIN)
    name = f"#{info.get('name') or channel}"
    if info.get("is_archived"):
        told = f"{name} is archived; {watched}"
        return fault(SUBJECT, told, "Unarchive it, or watch from another channel: /joblogs watch in:#channel.")
    if info.get("is_member") is False:
        return fault(SUBJECT, f"the bot is not in {name}; {watched}", "Type /invite @joblogs in that channel.")
    if info.get("is_ext_shared"):
        told = f"{name} is shared with another organisation, which reads what the bot posts; {watched}"
        return fault(SUBJECT, told, "Type /joblogs unwatch there, and watch from an internal channel.")
    return None


async def _info(client: AsyncWebClient, channel: str, clock: Clock) -> dict[str, object]:
    """Slack allows some fifty of these questions a minute: one that is limited is asked once more."""
    try:
        answer = await translated(client.conversations_info(channel=channel))
    except SlackRateLimited as error:
        await clock.sleep(min(error.retry_after_s or 1.0, LONGEST_WAIT_S))
        answer = await translated(client.conversations_info(channel=channel))
    found: dict[str, object] = answer["channel"]
    return found
