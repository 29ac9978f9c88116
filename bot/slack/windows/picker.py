"""The picker: `/joblogs` alone, and the shortcut "Read training logs"."""

from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import SlackRefused, TransientError
from bot.flows.answered import LogAnswer, Refusal
from bot.slack import ids
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render import words
from bot.slack.render.logview import answer_message, share_message
from bot.slack.render.refusals import STORE_AWAY
from bot.slack.reply import reply
from bot.slack.rooms import outsiders
from bot.slack.saying import Spot, Voice
from bot.slack.turned_away import Denied
from bot.slack.windows.fields import Entered
from bot.slack.windows.picker_view import TITLE, WHERE, Picked, picked, picker_window
from bot.slack.windows.place import Place
from bot.slack.windows.sight import admitted
from bot.slack.windows.window import (
    Close,
    Show,
    Verdict,
    Wrong,
    once,
    open_window,
    settle,
    tell,
    told,
    update_window,
)

log = structlog.get_logger(__name__)


async def open_picker(desk: Desk, trigger_id: object, channel: str | None) -> str | None:
    """Opens it; the sentence for the person when Slack does not."""
    return await open_window(desk, trigger_id, picker_window(Place(channel)))


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the global shortcut, the choice of a project and the submission."""

    async def called(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        await ack()
        member = await desk.admit(body)
        denied = member if isinstance(member, Denied) else await desk.rights.may(member.id, "logs", None)
        sentence = denied.sentence if denied else await open_picker(desk, body.get("trigger_id"), None)
        if sentence:
            await tell(desk, respond, body, sentence)

    async def project_chosen(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        place = Place.decode(body["view"].get("private_metadata"))
        project_id = (action.get("selected_option") or {}).get("value") or None
        await update_window(desk, body["view"], picker_window(replace(place, project_id=project_id)))

    async def submitted(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], view: dict[str, Any]) -> None:
        await settle(desk, ack, view, _submitted(desk, respond, body, view))

    app.global_shortcut(ids.PICKER_SHORTCUT)(called)
    app.action(ids.PROJECT_CHOICE)(project_chosen)
    app.view(ids.PICKER_WINDOW)(submitted)


async def _submitted(desk: Desk, respond: AsyncRespond, body: dict[str, Any], view: dict[str, Any]) -> Verdict:
    """The window closes on a question that can be asked; its answer may take longer than Slack waits."""
    place, entered = Place.decode(view.get("private_metadata")), Entered(view)
    channel = entered.conversation(WHERE)
    member = await admitted(desk, body, channel)
    denied = member if isinstance(member, Denied) else await desk.rights.may(member.id, "logs", channel)
    if denied or isinstance(member, Denied):
        return Show(told(TITLE, denied.sentence)) if denied else Close()
    asked = picked(entered, place, now_ns=desk.clock.now_ns(), tz=member.zone)
    if isinstance(asked, Wrong):
        return asked
    if asked.to_all and asked.channel and (obstacle := await outsiders(desk.client, asked.channel)):
        return Wrong({WHERE: obstacle})
    return Close(after=partial(_answer, desk, respond, member, asked, once(view)))


async def _answer(desk: Desk, respond: AsyncRespond, member: Member, asked: Picked, key: str) -> None:
    """Shows the lines, or says why there are none; a second delivery of the same submission shows nothing."""
    try:
        if not await desk.first_time(key):
            return
        answer = await desk.answer.answer(asked.query)
        found = not isinstance(answer, Refusal)
        message = words.refusal(answer) if isinstance(answer, Refusal) else _message(answer, member, asked)
    except TransientError as error:
        log.warning("picker_failed", reason=str(error))
        found, message = False, {"text": STORE_AWAY}
    if asked.channel is not None and respond.response_url:
        await reply(desk.client, respond, message, to_channel=asked.to_all and found)
    else:
        await _in_direct_message(desk, member, message)


def _message(answer: LogAnswer, member: Member, asked: Picked) -> Message:
    if asked.to_all:
        return share_message(answer, member.id, tz=member.zone)
    return answer_message(answer, tz=member.zone)


async def _in_direct_message(desk: Desk, member: Member, message: Message) -> None:
    try:
        opened = await translated(desk.client.conversations_open(users=member.id))
        spot = Spot(channel=str(opened["channel"]["id"]), thread_ts=None)
        await Voice(desk.client, desk.clock).say(message, spot)
    except (SlackRefused, TransientError) as error:
        log.warning("picker_unanswered", reason=str(error))
