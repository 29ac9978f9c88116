"""`/joblogs incidents` and `/joblogs mutes`, and what happens on their messages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.overview import Row, What
from bot.jobs.job import Project
from bot.jobs.reference import Ambiguous, Found, FoundProject, find_target
from bot.slack import ids
from bot.slack.desk import Desk, channel_of, sender
from bot.slack.mrkdwn import Message, escape, shorten
from bot.slack.render.lists import ListRef, incidents_message, quiet_message, unknown_target
from bot.slack.render.refusals import OLD_BUTTON, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.surfaces import Redraw
from bot.slack.turned_away import Denied

log = structlog.get_logger(__name__)

NO_CHANNELS = "Slack does not tell right now which channels you are in; try again in a minute."
NAME_CHARS = 80


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the buttons that turn a list's pages, and lets steps that are taken in a list draw it anew."""

    async def turned(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        message, replaces = await _turned(desk, body, action)
        await reply(desk.client, respond, message, replace=replaces)

    async def looking(body: dict[str, Any], respond: AsyncRespond, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - Bolt's name
        if body.get("type") == "block_actions":
            desk.surfaces.looks_at(sender(body)[0], _redraw(desk, body, respond))
        await next()

    app.use(looking)
    for action_id in (ids.LIST_AGAIN, ids.LIST_BACK, ids.LIST_ON):
        app.action(action_id)(turned)


async def incidents(desk: Desk, person: str, channel: str, text: str) -> Message:
    """What `/joblogs incidents [open|mine|all] [JOB|PROJECT]` answers."""
    word, _, rest = text.strip().partition(" ")
    what = What(word.lower()) if word.lower() in list(What) else None
    target = (rest if what else text).strip().strip("`")
    chosen = what or (What.MINE if _is_direct(channel) else What.OPEN)
    rows = await _rows(desk, person, channel, chosen)
    if rows is None:
        return {"text": NO_CHANNELS}
    ref = ListRef(what=chosen)
    if not target:
        return await _message(desk, channel, rows, ref)
    jobs = [row.job for row in rows if row.job]
    projects = {job.project_id: Project(id=job.project_id, name=job.project_name) for job in jobs}
    found = find_target(target, jobs, tuple(projects.values()))
    match found:
        case Found(job=job):
            return await _message(desk, channel, rows, replace(ref, target=job.id))
        case FoundProject(project=project):
            return await _message(desk, channel, rows, replace(ref, target=project.id))
        case Ambiguous(reason=reason):
            return {"text": f"{escape(reason)} Use its id, as `/joblogs status JOB` shows it."}
        case _:
            return unknown_target(target)


async def drawn(desk: Desk, person: str, channel: str, ref: ListRef) -> Message:
    """A list as it is now."""
    if ref.what is None:
        channels = await _channels(desk, person, channel)
        if channels is None:
            return {"text": NO_CHANNELS}
        quiet = await desk.overview.quiet(channels)
        return quiet_message(quiet, ref, everywhere=_is_direct(channel))
    rows = await _rows(desk, person, channel, ref.what)
    return {"text": NO_CHANNELS} if rows is None else await _message(desk, channel, rows, ref)


async def mutes(desk: Desk, person: str, channel: str) -> Message:
    """What `/joblogs mutes` answers."""
    return await drawn(desk, person, channel, ListRef(what=None))


async def _message(desk: Desk, channel: str, rows: Sequence[Row], ref: ListRef) -> Message:
    shown = [row for row in rows if not ref.target or ref.target in (row.incident.job_id, row.incident.project_id)]
    watches = bool(rows) or _is_direct(channel) or bool(await desk.subscribe.of_channel(channel))
    return incidents_message(
        shown, ref, everywhere=_is_direct(channel), watches=watches, about=_name(shown, ref.target)
    )


def _name(rows: Sequence[Row], target: str) -> str:
    """Of the job or project with that id, as people know it."""
    job = next((row.job for row in rows if row.job), None)
    if not target or job is None:
        return f"`{escape(target)}`" if target else ""
    return escape(shorten(job.title if target == job.id else job.project_name, NAME_CHARS))


async def _rows(desk: Desk, person: str, channel: str, what: What) -> tuple[Row, ...] | None:
    channels = await _channels(desk, person, channel)
    if channels is None and what is not What.MINE:
        return None
    return await desk.overview.incidents(what, channels or (), person)


async def _channels(desk: Desk, person: str, channel: str) -> frozenset[str] | None:
    """The channel itself; in a direct message all that the person is in."""
    return await desk.memberships.of(person) if _is_direct(channel) else frozenset((channel,))


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


async def _turned(desk: Desk, body: dict[str, Any], action: dict[str, Any]) -> tuple[Message, bool]:
    """The page that was asked for, which takes the place of the one that was there; or why not, beside it."""
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return {"text": member.sentence}, False
    ref, channel = ListRef.decode(str(action.get("value") or "")), channel_of(body)
    if ref is None or channel is None:
        return {"text": OLD_BUTTON}, False
    if denied := await desk.rights.may(member.id, "logs", channel):
        return {"text": denied.sentence}, False
    try:
        return await drawn(desk, member.id, channel, ref), True
    except TransientError as error:
        log.warning("list_failed", reason=str(error))
        return {"text": STORE_AWAY}, False


def _redraw(desk: Desk, body: dict[str, Any], respond: AsyncRespond) -> Redraw | None:
    """Draws the list anew on which a button was pressed; None where that was no list."""
    pressed: dict[str, Any] = next(iter(body.get("actions") or ()), {})
    ref, channel = ListRef.of_block(str(pressed.get("block_id") or "")), channel_of(body)
    if ref is None or channel is None:
        return None
    person = sender(body)[0]

    async def redraw() -> None:
        message = await drawn(desk, person, channel, ref)
        await reply(desk.client, respond, message, replace=True)

    return redraw
