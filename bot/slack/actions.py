"""Buttons of cards: act, which is one short transaction, and acknowledge."""

import asyncio
import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.incidents.steps import Acknowledge, Reopen, Resolve, Step, Unmute
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.members import Denied
from bot.slack.refusals import GONE, UNKNOWN_ACTION
from bot.slack.reply import reply
from bot.slack.stepping import take_step

log = structlog.get_logger(__name__)

ACK_BY_S = 1.5
"""A press is acknowledged when it is committed: who is killed before that leaves nobody in the belief that it was.
Slack waits for three seconds, so that it is acknowledged after this time at the latest."""
LARGEST_ID = 2**63 - 1

_STEPS: dict[str, Step] = {
    ids.ACKNOWLEDGE: Acknowledge(),
    ids.RESOLVE: Resolve(),
    ids.REOPEN: Reopen(),
    ids.UNMUTE: Unmute(),
}


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the listeners of the card's buttons, and one for every button that nobody knows."""

    async def triage(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        work = asyncio.create_task(_triage(desk, body, action), name="triage")
        await asyncio.wait({work}, timeout=ACK_BY_S)
        await ack()
        sentence = await work
        if sentence:
            await reply(desk.client, respond, {"text": sentence})

    for action_id in _STEPS:
        app.action(action_id)(triage)
    app.action(ids.OPEN_LINK)(_opened)


def register_last(app: AsyncApp, desk: Desk) -> None:
    """The catch-all; Bolt takes the first listener that matches, so that this one is registered last."""

    async def unknown(ack: AsyncAck, respond: AsyncRespond, action: dict[str, Any]) -> None:
        await ack()
        log.warning("unknown_action", action_id=action.get("action_id"))
        await reply(desk.client, respond, {"text": UNKNOWN_ACTION})

    app.action(re.compile(".*"))(unknown)


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
        channel=channel_of(body),
        once=f"action:{member.id}:{action.get('action_ts')}:{action['action_id']}",
    )
