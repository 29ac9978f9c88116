"""Stopping and recreating a job: a window that names the job, its cost and its last checkpoint, and then asks."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import SlackRefused, TransientError
from bot.flows.answered import Refusal
from bot.flows.control import Deed, Done, NotDone, Prospect
from bot.slack import ids, rich
from bot.slack.desk import Desk, channel_of
from bot.slack.figures import dollars, duration
from bot.slack.gateway import translated
from bot.slack.members import Denied, Member
from bot.slack.mrkdwn import ID_CHARS, plain, shorten
from bot.slack.refusals import NO_WINDOW, OLD_BUTTON
from bot.slack.reply import reply
from bot.slack.rich import Element

log = structlog.get_logger(__name__)

ACK_BY_S = 1.5
"""An answer that is there by then is shown at once; a later update could be overtaken by the acknowledgement."""
_TITLES = {Deed.STOP: "Stop a job", Deed.RECREATE: "Make the job again"}
_LOOKING = "Looking at what it costs and what it has saved …"
_WORKING = "Asking Baseten …"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a window is about; opaque on its way through the client."""

    deed: Deed
    job_id: str
    channel: str | None

    def encode(self) -> str:
        return urlencode({"d": self.deed.value, "j": self.job_id, "c": self.channel or ""})

    @classmethod
    def decode(cls, value: str) -> "Errand | None":
        fields = dict(parse_qsl(value, keep_blank_values=True))
        try:
            return cls(Deed(fields["d"]), fields["j"], fields["c"] or None)
        except (KeyError, ValueError):
            return None


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the buttons "Stop…" and "Make it again…", and the window that they open."""

    async def pressed(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        deed = Deed.STOP if action["action_id"] == ids.STOP_JOB else Deed.RECREATE
        target = ids.TargetRef.decode(str(action.get("value") or ""))
        sentence = OLD_BUTTON
        if target is not None and target.job_id is not None:
            member = await desk.admit(body)
            errand = Errand(deed, target.job_id, channel_of(body))
            sentence = (
                member.sentence
                if isinstance(member, Denied)
                else await ask(desk, member, errand, str(body.get("trigger_id")))
            ) or ""
        if sentence:
            await reply(desk.client, respond, {"text": sentence})

    async def submitted(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        errand = Errand.decode(str(view.get("private_metadata") or ""))
        member = await desk.admit(body)
        if errand is None or isinstance(member, Denied):
            sentence = member.sentence if isinstance(member, Denied) else OLD_BUTTON
            await ack(response_action="update", view=_told("joblogs", sentence))
            return
        work = asyncio.create_task(_once(desk, member, errand, str(view["id"])), name="control")
        done, _ = await asyncio.wait({work}, timeout=ACK_BY_S)
        title = _TITLES[errand.deed]
        await ack(response_action="update", view=_told(title, await work if done else _WORKING))
        if not done:
            await _update(desk, str(view["id"]), _told(title, await work))

    for action_id in (ids.STOP_JOB, ids.RECREATE_JOB):
        app.action(action_id)(pressed)
    app.view(ids.CONTROL_WINDOW)(submitted)


async def ask(desk: Desk, member: Member, errand: Errand, trigger_id: str) -> str | None:
    """Opens the window at once, and fills it when the figures are there; the sentence when it cannot be opened."""
    if denied := await desk.rights.may(member.id, errand.deed.value, errand.channel):
        return denied.sentence
    if errand.deed not in desk.control.allowed:
        return f"Whoever runs joblogs has not allowed it to {errand.deed.value} jobs (JOBLOGS_JOB_CONTROL)."
    try:
        opened = await translated(
            desk.client.views_open(trigger_id=trigger_id, view=_told(_TITLES[errand.deed], _LOOKING))
        )
    except (SlackRefused, TransientError) as error:
        log.warning("no_window", reason=str(error))
        return NO_WINDOW
    prospect = await _prospect(desk, errand)
    shown = (
        _told(_TITLES[errand.deed], prospect.sentence)
        if isinstance(prospect, NotDone)
        else asking(prospect, errand)
    )
    await _update(desk, str(opened["view"]["id"]), shown)
    return None


async def _prospect(desk: Desk, errand: Errand) -> Prospect | NotDone:
    found = await desk.answer.find(errand.job_id)
    return (
        NotDone(found.sentence)
        if isinstance(found, Refusal)
        else await desk.control.prospect(errand.deed, found.job)
    )


async def _once(desk: Desk, member: Member, errand: Errand, view_id: str) -> str:
    if not await desk.first_time(f"control:{view_id}"):
        return "This was asked for already."
    return await _carried_out(desk, member, errand)


async def _carried_out(desk: Desk, member: Member, errand: Errand) -> str:
    if denied := await desk.rights.may(member.id, errand.deed.value, errand.channel):
        return denied.sentence
    found = await desk.answer.find(errand.job_id)
    if isinstance(found, Refusal):
        return found.sentence
    outcome = await desk.control.carry_out(errand.deed, found.job, actor=member.id, channel=errand.channel)
    match outcome:
        case NotDone(sentence=sentence):
            return sentence
        case Done(deed=Deed.STOP, job=job):
            return f"{job.title} is being stopped. Channels that watch it hear of its end."
        case Done(job=job):
            return f"{job.title} runs again as job {job.id}. A watch on its project takes it by itself."


async def _update(desk: Desk, view_id: str, view: Element) -> None:
    """A person may have closed the window meanwhile: then there is nobody to tell."""
    try:
        await translated(desk.client.views_update(view_id=view_id, view=view))
    except (SlackRefused, TransientError) as error:
        log.info("window_gone", reason=str(error))


def _told(title: str, sentence: str) -> Element:
    return {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain("Close", 24),
        "blocks": [rich.block(rich.section(rich.text(sentence)))],
    }


def asking(prospect: Prospect, errand: Errand) -> Element:
    job = prospect.job
    head = [
        rich.text("Stop " if prospect.deed is Deed.STOP else "Make a new job like "),
        rich.link(job.dashboard_url, shorten(job.title, 120), bold=True),
        rich.text(f" in {shorten(job.project_name, 120)}?"),
    ]
    facts = [rich.section(rich.text(fact)) for fact in _facts(prospect)]
    submit = "Stop the job" if prospect.deed is Deed.STOP else "Make it again"
    return {
        "type": "modal",
        "callback_id": ids.CONTROL_WINDOW,
        "private_metadata": shorten(errand.encode(), ID_CHARS * 4),
        "title": plain(_TITLES[prospect.deed], 24),
        "submit": plain(submit, 24),
        "close": plain("Leave it", 24),
        "blocks": [rich.block(rich.section(*head), rich.bullets(facts))],
    }


def _facts(prospect: Prospect) -> list[str]:
    job, balance = prospect.job, prospect.balance
    price = (
        f"about {dollars(prospect.usd_per_hour)} an hour" if prospect.usd_per_hour is not None else "price unknown"
    )
    facts = [f"It is {job.status.label}, on {job.node_count} × {shorten(job.instance.name, 60)}: {price}."]
    if balance.ran_ms is not None:
        cost = f", about {dollars(balance.cost_usd)}" if balance.cost_usd is not None else ""
        facts.append(f"It ran {duration(balance.ran_ms)}{cost}.")
    if prospect.deed is Deed.RECREATE:
        return [*facts, "The new job has the same configuration, and costs as much again."]
    return [*facts, _saved(prospect), "This cannot be undone."]


def _saved(prospect: Prospect) -> str:
    balance = prospect.balance
    if balance.checkpoints is None:
        return "Baseten does not tell now whether it saved a checkpoint."
    if balance.saved is None:
        return "It has saved no checkpoint: all of its work is lost."
    since = duration(prospect.job.updated_ms - balance.saved.created_ms)
    return f"Last checkpoint {shorten(balance.saved.id, 60)}, {since} ago: the work since then is lost."
