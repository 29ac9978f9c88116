"""What a card offers beside its immediate buttons: Resolve…, and the entries of its menu."""

from typing import Any, assert_never

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.incidents.steps import Dismiss
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.looking import around_incident
from bot.slack.members import Member
from bot.slack.render.refusals import GONE, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.stepping import take_step
from bot.slack.turned_away import Denied
from bot.slack.windows import forms
from bot.slack.windows.around import TITLE as AROUND_TITLE
from bot.slack.windows.around import drawn
from bot.slack.windows.assign import ASSIGN
from bot.slack.windows.forms import Form
from bot.slack.windows.history import history_window
from bot.slack.windows.mute import MUTE
from bot.slack.windows.resolve import RESOLVE
from bot.slack.windows.sight import LARGEST_ID, look
from bot.slack.windows.window import show, show_work, tell

log = structlog.get_logger(__name__)

Body = dict[str, Any]


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the listeners of Resolve and of the menu, wherever a card's buttons stand."""

    async def pressed(ack: AsyncAck, respond: AsyncRespond, body: Body, action: dict[str, Any]) -> None:
        await ack()
        try:
            sentence = await _pressed(desk, respond, body, action)
        except TransientError as error:
            log.warning("press_failed", action=action.get("action_id"), reason=str(error))
            sentence = STORE_AWAY
        if sentence:
            await tell(desk, respond, body, sentence)

    app.action(ids.RESOLVE)(pressed)
    app.action(ids.MENU)(pressed)


async def _pressed(desk: Desk, respond: AsyncRespond, body: Body, action: dict[str, Any]) -> str | None:
    """What to tell the person alone; None when a window, the card or the lines tell it."""
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return member.sentence
    if action["action_id"] == ids.RESOLVE:
        ref = ids.IncidentRef.decode(str(action.get("value") or ""))
        return await _ask(desk, member, body, RESOLVE, ref) if ref else GONE
    picked = ids.PickRef.decode(str((action.get("selected_option") or {}).get("value") or ""))
    if picked is None or not 0 < picked.incident.incident_id <= LARGEST_ID:
        return GONE
    return await _picked(desk, respond, member, body, action, picked)


async def _picked(
    desk: Desk, respond: AsyncRespond, member: Member, body: Body, action: dict[str, Any], picked: ids.PickRef
) -> str | None:
    match picked.pick:
        case ids.Pick.ASSIGN:
            return await _ask(desk, member, body, ASSIGN, picked.incident)
        case ids.Pick.MUTE:
            return await _ask(desk, member, body, MUTE, picked.incident)
        case ids.Pick.DISMISS:
            return await _dismiss(desk, member, body, picked.incident, action)
        case ids.Pick.HISTORY:
            return await _history(desk, member, body, picked.incident)
        case ids.Pick.AROUND:
            return await _around(desk, respond, member, body, picked.incident)
        case _:
            assert_never(picked.pick)


async def _ask(desk: Desk, member: Member, body: Body, form: Form, ref: ids.IncidentRef) -> str | None:
    channel = channel_of(body)
    return await forms.open_form(desk, member, body, form, incident_id=ref.incident_id, channel=channel)


async def _dismiss(
    desk: Desk, member: Member, body: Body, ref: ids.IncidentRef, action: dict[str, Any]
) -> str | None:
    once = f"action:{member.id}:{action.get('action_ts')}:{ids.MENU}"
    channel = channel_of(body)
    return await take_step(
        desk, member, Dismiss(), incident_id=ref.incident_id, channel=channel, once=once, known_ms=ref.known_ms
    )


async def _history(desk: Desk, member: Member, body: Body, ref: ids.IncidentRef) -> str | None:
    if denied := await desk.rights.may(member.id, "logs", channel_of(body)):
        return denied.sentence
    sight = await look(desk, member, ref.incident_id, channel_of(body))
    return sight if isinstance(sight, str) else await show(desk, body, history_window(sight))


async def _around(
    desk: Desk, respond: AsyncRespond, member: Member, body: Body, ref: ids.IncidentRef
) -> str | None:
    """Under the card for the person alone; where there is no such place (Home), in a window."""
    said = around_incident(desk, member, ref.incident_id, channel=channel_of(body))
    if not respond.response_url:
        return await show_work(desk, body, AROUND_TITLE, drawn(said))
    await reply(desk.client, respond, (await said).message)
    return None
