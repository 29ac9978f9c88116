"""The buttons of cards that act at once, which is one short transaction; `windows` has those that ask first."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.incidents.steps import Acknowledge, Reopen, Step, Unmute
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.render.refusals import GONE
from bot.slack.stepping import take_step
from bot.slack.turned_away import Denied
from bot.slack.windows.sight import LARGEST_ID
from bot.slack.windows.window import tell

ACK_BY_S = 1.5
"""A press is acknowledged when it is committed: who is killed before that leaves nobody in the belief that it was.
Slack waits for three seconds, so that it is acknowledged after this time at the latest."""

_STEPS: dict[str, Step] = {
    ids.ACKNOWLEDGE: Acknowledge(),
    ids.REOPEN: Reopen(),
    ids.UNMUTE: Unmute(),
}


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the listeners of the card's immediate buttons."""

    async def triage(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        work = asyncio.create_task(_triage(desk, body, action), name="triage")
        await asyncio.wait({work}, timeout=ACK_BY_S)
        await ack()
        sentence = await work
        if sentence:
            await tell(desk, respond, body, sentence)

    for action_id in _STEPS:
        app.action(action_id)(triage)
    app.action(ids.OPEN_LINK)(_opened)


async def _opened(ack: AsyncAck) -> None:
    """A button that opens a page in the browser; the press arrives here as well."""
    await ack()


async def _triage(desk: Desk, body: dict[str, Any], action: dict[str, Any]) -> str | None:
    """What to tell the person alone; None when the card and its thread tell it all."""
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return member.sentence
    ref = ids.IncidentRef.decode(str(action.get("value") or ""))
    if ref is None or not 0 < ref.incident_id <= LARGEST_ID:
        return GONE
    return await take_step(
        desk,
        member,
        _STEPS[action["action_id"]],
        incident_id=ref.incident_id,
        known_ms=ref.known_ms,
        channel=channel_of(body),
        once=f"action:{member.id}:{action.get('action_ts')}:{action['action_id']}",
    )
