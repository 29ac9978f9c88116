"""The shortcut "Triage this failure" on a card: one window with the present state and all that can be done now."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.ports import Tx
from bot.incidents.steps import Acknowledge, Action, Assign, Dismiss, Mute, Reopen, Resolve, Step, Unmute
from bot.incidents.triage import refusal
from bot.slack import ids, rich
from bot.slack.desk import Desk, channel_of
from bot.slack.looking import around_incident
from bot.slack.mrkdwn import actions, button
from bot.slack.render.card_parts import reason, state_line, when
from bot.slack.render.refusals import NO_CARD, STORE_AWAY
from bot.slack.rich import Element
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
from bot.slack.windows.sight import Sight, look, look_again
from bot.slack.windows.window import modal, show, show_work, tell

log = structlog.get_logger(__name__)

TITLE = "Triage"
AROUND, HISTORY = "around", "history"

_STEPS: dict[Action, tuple[str, Step]] = {
    Action.ACKNOWLEDGE: ("Acknowledge", Acknowledge()),
    Action.UNMUTE: ("Unmute", Unmute()),
    Action.RESOLVE: ("Resolve…", Resolve()),
    Action.ASSIGN: ("Assign to…", Assign("")),
    Action.MUTE: ("Mute…", Mute(None)),
    Action.DISMISS: ("Not an error", Dismiss()),
    Action.REOPEN: ("Reopen", Reopen()),
}
_FORMS: dict[Action, Form] = {Action.RESOLVE: RESOLVE, Action.ASSIGN: ASSIGN, Action.MUTE: MUTE}
_SHOWN = {AROUND: AROUND_TITLE, HISTORY: "Who did what"}
Body = dict[str, Any]


def triage_window(sight: Sight) -> Element:
    incident = sight.incident
    state = rich.block(rich.section(*when(incident)), *reason(incident), rich.section(*state_line(incident)))
    steps = [
        button(label, ids.STEP_IN_WINDOW + action.value)
        for action, (label, step) in _STEPS.items()
        if refusal(incident, step) is None and not (incident.muted and isinstance(step, Reopen))  # Unmute is there
    ]
    shown = [button(label, ids.STEP_IN_WINDOW + name) for name, label in _SHOWN.items()]
    blocks = [*sight.heading(), state, actions(*steps), actions(*shown)]
    return modal(TITLE, blocks, data=sight.spot.encode())


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the shortcut, and the buttons of its window."""

    async def called(ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        await ack()
        sentence = await _guarded(_called(desk, body))
        if sentence:
            await tell(desk, respond, body, sentence)

    async def pressed(ack: AsyncAck, respond: AsyncRespond, body: Body, action: dict[str, Any]) -> None:
        await ack()
        sentence = await _guarded(_pressed(desk, body, action))
        if sentence:
            await tell(desk, respond, body, sentence)

    app.message_shortcut(ids.TRIAGE_SHORTCUT)(called)
    for name in (*_STEPS, *_SHOWN):
        app.action(ids.STEP_IN_WINDOW + name)(pressed)


async def _guarded(work: Awaitable[str | None]) -> str | None:
    try:
        return await work
    except TransientError as error:
        log.warning("triage_window_failed", reason=str(error))
        return STORE_AWAY


async def _called(desk: Desk, body: Body) -> str | None:
    """What to tell the person alone; None when the window is open."""
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return member.sentence
    channel, message = channel_of(body), body.get("message") or {}
    if denied := await desk.rights.may(member.id, "logs", channel):
        return denied.sentence
    places = {str(message.get("ts") or body.get("message_ts") or ""), str(message.get("thread_ts") or "")} - {""}
    incident_id = await desk.db.run(lambda tx: _incident_at(tx, channel, places))
    if incident_id is None:
        return NO_CARD
    sight = await look(desk, member, incident_id, channel)
    return sight if isinstance(sight, str) else await show(desk, body, triage_window(sight))


def _incident_at(tx: Tx, channel: str | None, places: set[str]) -> int | None:
    """Of the card that is the message itself, or that its thread hangs on."""
    cards = (tx.cards.at(channel, ts) for ts in places) if channel else ()
    return next((card.incident_id for card in cards if card), None)


async def _pressed(desk: Desk, body: Body, action: dict[str, Any]) -> str | None:
    sight = await look_again(desk, body)
    if isinstance(sight, str):
        return sight
    name = str(action["action_id"]).removeprefix(ids.STEP_IN_WINDOW)
    if name == AROUND:
        said = around_incident(desk, sight.member, sight.incident.id, channel=sight.channel)
        return await show_work(desk, body, AROUND_TITLE, drawn(said))
    if name == HISTORY:
        return await show(desk, body, history_window(sight))
    if form := _FORMS.get(Action(name)):
        incident_id = sight.incident.id
        return await forms.open_form(
            desk, sight.member, body, form, incident_id=incident_id, channel=sight.channel
        )
    return await _stepped(desk, body, sight, action)


async def _stepped(desk: Desk, body: Body, sight: Sight, action: dict[str, Any]) -> str | None:
    """Takes the step; the window shows what came of it, and what can be done next."""
    member, incident_id = sight.member, sight.incident.id
    _, step = _STEPS[Action(str(action["action_id"]).removeprefix(ids.STEP_IN_WINDOW))]
    if sight.has_news_for(step) and refusal(sight.incident, step) is None:
        return await show(desk, body, triage_window(sight.told_news()))
    once = f"action:{member.id}:{action.get('action_ts')}:{action['action_id']}"
    known_ms = sight.incident.changed_ms or 0
    sentence = await take_step(
        desk, member, step, incident_id=incident_id, channel=sight.channel, once=once, known_ms=known_ms
    )
    now = await look(desk, member, incident_id, sight.channel)
    if isinstance(now, str):
        return sentence or now
    return await show(desk, body, triage_window(replace(now, notice=sentence or "")))
