"""`/joblogs …`: acknowledge at once, then answer through the response_url, for the asker's eyes."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.answered import Refusal
from bot.flows.control import Deed
from bot.flows.subscribe import Declined
from bot.jobs.reference import Found
from bot.logs.query import BadQuery, parse_query
from bot.slack import digesting, listing
from bot.slack.desk import Desk
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render import words
from bot.slack.render.logview import answer_message
from bot.slack.render.refusals import STORE_AWAY, UNKNOWN_COMMAND
from bot.slack.reply import reply
from bot.slack.turned_away import Denied
from bot.slack.windows.control import Errand, ask
from bot.slack.windows.picker import open_picker
from bot.slack.windows.watching import open_watch

log = structlog.get_logger(__name__)

COMMAND = "/joblogs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of the command: by whom, where, and what was written after the sub-command."""

    desk: Desk
    member: Member
    channel: str
    text: str
    trigger_id: str


def register(app: AsyncApp, desk: Desk) -> None:
    async def joblogs(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        await ack()
        message = await _answer(desk, body)
        if message is not None:
            await reply(desk.client, respond, message)

    app.command(COMMAND)(joblogs)


def register_last(app: AsyncApp) -> None:
    """The catch-all for a command that the manifest has and this version has not."""

    async def unknown(ack: AsyncAck, command: dict[str, Any]) -> None:
        log.warning("unknown_command", command=command.get("command"))
        await ack(UNKNOWN_COMMAND)

    app.command(re.compile(".*"))(unknown)


async def _answer(desk: Desk, body: dict[str, Any]) -> Message | None:
    """What to say; None when this very command was answered before."""
    try:
        if not await desk.first_time(f"command:{body['trigger_id']}"):
            return None
        member = await desk.admit(body)
        if isinstance(member, Denied):
            return {"text": member.sentence}
        text = str(body.get("text") or "").strip()
        channel, trigger_id = str(body["channel_id"]), str(body["trigger_id"])
        call = Call(desk=desk, member=member, channel=channel, text=text, trigger_id=trigger_id)
        return await _dispatch(call)
    except TransientError as error:
        log.warning("command_failed", reason=str(error))
        return {"text": STORE_AWAY}


async def _dispatch(call: Call) -> Message | None:
    word, _, rest = call.text.partition(" ")
    name = word.lower()
    handler = _SUBCOMMANDS.get(name)
    log.info("command", name=name if handler else "logs", user=call.member.id, channel=call.channel)
    if denied := await call.desk.rights.may(call.member.id, _RIGHTS.get(name, "logs"), call.channel):
        return {"text": denied.sentence}
    return await (handler(replace(call, text=rest.strip())) if handler else logs(call))


async def logs(call: Call) -> Message:
    """`/joblogs JOB [modifiers] [words]`."""
    query = parse_query(call.text, now_ns=call.desk.clock.now_ns(), tz=call.member.zone)
    if isinstance(query, BadQuery):
        return words.bad_query(query)
    answer = await call.desk.answer.answer(query)
    if isinstance(answer, Refusal):
        return words.refusal(answer)
    return answer_message(answer, tz=call.member.zone)


async def _help(call: Call) -> Message:
    return words.help_message(call.text)


async def _jobs(call: Call) -> Message:
    return words.jobs_message(await call.desk.answer.catalog.listing(), call.desk.clock.now_ns())


async def _status(call: Call) -> Message:
    found = await call.desk.answer.find(call.text)
    if isinstance(found, Found):
        return words.status_message(found.job, note=found.note, deeds=call.desk.control.allowed)
    return words.refusal(found)


async def _pick(call: Call) -> Message | None:
    """The picker; help where it cannot be opened."""
    return await _help(call) if await open_picker(call.desk, call.trigger_id, call.channel) else None


async def _watch(call: Call) -> Message | None:
    if not call.text:
        sentence = await open_watch(call.desk, call.trigger_id, call.channel)
        return words.help_message("watch") if sentence else None
    made = await call.desk.subscribe.watch(
        call.text, channel=call.channel, user=call.member.id, allowed=call.desk.members.policy.channels
    )
    return words.declined(made) if isinstance(made, Declined) else words.watching_message(made)


async def _unwatch(call: Call) -> Message:
    ended = await call.desk.subscribe.unwatch(call.text, channel=call.channel, user=call.member.id)
    return words.declined(ended) if isinstance(ended, Declined) else words.unwatched_message(ended)


async def _watches(call: Call) -> Message:
    watches = await call.desk.subscribe.of_channel(call.channel)
    mutes = await call.desk.overview.mutes([call.channel]) if watches else 0
    return words.watches_message(watches, mutes=mutes, digest=await call.desk.overview.digest(call.channel))


async def _incidents(call: Call) -> Message:
    return await listing.incidents(call.desk, call.member.id, call.channel, call.text)


async def _mutes(call: Call) -> Message:
    return await listing.mutes(call.desk, call.member.id, call.channel)


async def _digest(call: Call) -> Message:
    return await digesting.digest(call.desk, call.member, call.channel, call.text)


async def _stop(call: Call) -> Message | None:
    return await _control(call, Deed.STOP)


async def _recreate(call: Call) -> Message | None:
    return await _control(call, Deed.RECREATE)


async def _control(call: Call, deed: Deed) -> Message | None:
    """None: a window asks for the rest."""
    found = await call.desk.answer.find(call.text)
    if not isinstance(found, Found):
        return words.refusal(found)
    errand = Errand(deed, found.job.id, call.channel)
    sentence = await ask(call.desk, call.member, errand, {"trigger_id": call.trigger_id})
    return {"text": sentence} if sentence else None


_RIGHTS = {"watch": "watch", "unwatch": "watch", "stop": "stop", "recreate": "recreate"}
"""By sub-command, what its permission is called; all else is `logs`."""

_SUBCOMMANDS: dict[str, Callable[[Call], Awaitable[Message | None]]] = {
    "": _pick,
    "digest": _digest,
    "help": _help,
    "incidents": _incidents,
    "jobs": _jobs,
    "logs": logs,
    "mutes": _mutes,
    "recreate": _recreate,
    "status": _status,
    "stop": _stop,
    "unwatch": _unwatch,
    "watch": _watch,
    "watches": _watches,
}
