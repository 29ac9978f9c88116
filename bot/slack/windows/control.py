"""Stopping and recreating a job: a window that names the job, its cost and its last checkpoint, and then asks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.flows.answered import Refusal
from bot.flows.control import Deed, Done, NotDone, Prospect
from bot.slack import ids, rich
from bot.slack.desk import Desk, channel_of
from bot.slack.members import Member
from bot.slack.mrkdwn import escape, shorten
from bot.slack.render.figures import dollars, duration
from bot.slack.render.refusals import OLD_BUTTON
from bot.slack.rich import Element
from bot.slack.turned_away import Denied
from bot.slack.windows.window import Show, modal, once, settle, show_work, tell, told

NAME_CHARS = 120
_TITLES = {Deed.STOP: "Stop a job", Deed.RECREATE: "Make the job again"}


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
        sentence = await _pressed(desk, body, action)
        if sentence:
            await tell(desk, respond, body, sentence)

    async def submitted(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        await settle(desk, ack, view, _submitted(desk, body, view))

    for action_id in (ids.STOP_JOB, ids.RECREATE_JOB):
        app.action(action_id)(pressed)
    app.view(ids.CONTROL_WINDOW)(submitted)


async def ask(desk: Desk, member: Member, errand: Errand, body: dict[str, Any]) -> str | None:
    """Opens the window at once, and fills it when the figures are there; the sentence when it cannot be opened."""
    if denied := await desk.rights.may(member.id, errand.deed.value, errand.channel):
        return denied.sentence
    if errand.deed not in desk.control.allowed:
        return f"Whoever runs joblogs has not allowed it to {errand.deed.value} jobs (JOBLOGS_JOB_CONTROL)."
    return await show_work(desk, body, _TITLES[errand.deed], _drawn(desk, errand))


async def _pressed(desk: Desk, body: dict[str, Any], action: dict[str, Any]) -> str | None:
    target = ids.TargetRef.decode(str(action.get("value") or ""))
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return member.sentence
    if target is None or target.job_id is None:
        return OLD_BUTTON
    deed = Deed.STOP if action["action_id"] == ids.STOP_JOB else Deed.RECREATE
    return await ask(desk, member, Errand(deed, target.job_id, channel_of(body)), body)


async def _drawn(desk: Desk, errand: Errand) -> Element:
    prospect = await _prospect(desk, errand)
    if isinstance(prospect, NotDone):
        return told(_TITLES[errand.deed], prospect.sentence)
    return asking(prospect, errand)


async def _submitted(desk: Desk, body: dict[str, Any], view: dict[str, Any]) -> Show:
    errand = Errand.decode(str(view.get("private_metadata") or ""))
    member = await desk.admit(body)
    if isinstance(member, Denied):
        return Show(told("joblogs", member.sentence))
    if errand is None:
        return Show(told("joblogs", OLD_BUTTON))
    if not await desk.first_time(once(view)):
        return Show(told(_TITLES[errand.deed], "This was asked for already."))
    return Show(told(_TITLES[errand.deed], await _carried_out(desk, member, errand)))


async def _prospect(desk: Desk, errand: Errand) -> Prospect | NotDone:
    found = await desk.answer.find(errand.job_id)
    return (
        NotDone(found.sentence)
        if isinstance(found, Refusal)
        else await desk.control.prospect(errand.deed, found.job)
    )


async def _carried_out(desk: Desk, member: Member, errand: Errand) -> str:
    if denied := await desk.rights.may(member.id, errand.deed.value, errand.channel):
        return denied.sentence
    found = await desk.answer.find(errand.job_id)
    if isinstance(found, Refusal):
        return found.sentence
    outcome = await desk.control.carry_out(errand.deed, found.job, actor=member.id, channel=errand.channel)
    name = escape(shorten(found.job.title, NAME_CHARS))
    match outcome:
        case NotDone(sentence=sentence):
            return sentence
        case Done(deed=Deed.STOP):
            return f"{name} is being stopped. Channels that watch it hear of its end."
        case Done(job=job):
            return f"{name} runs again as job {escape(job.id)}. A watch on its project takes it by itself."


def asking(prospect: Prospect, errand: Errand) -> Element:
    job = prospect.job
    head = [
        rich.text("Stop " if prospect.deed is Deed.STOP else "Make a new job like "),
        rich.link(job.dashboard_url, shorten(job.title, NAME_CHARS), bold=True),
        rich.text(f" in {shorten(job.project_name, NAME_CHARS)}?"),
    ]
    facts = [rich.section(rich.text(fact)) for fact in _facts(prospect)]
    submit = "Stop the job" if prospect.deed is Deed.STOP else "Make it again"
    return modal(
        _TITLES[prospect.deed],
        [rich.block(rich.section(*head), rich.bullets(facts))],
        callback=ids.CONTROL_WINDOW,
        submit=submit,
        data=errand.encode(),
    )


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
        return [*facts, *_left(prospect), "The new job has the same configuration, and costs as much again."]
    return [*facts, _saved(prospect), "This cannot be undone."]


def _left(prospect: Prospect) -> list[str]:
    """What the job left that a new one may go on from; nothing where that is not known."""
    saved = prospect.balance.saved
    if saved is None:
        return ["It saved no checkpoint: the new job begins anew."] if prospect.balance.checkpoints == 0 else []
    name = shorten(saved.id, 60)
    return [f"Its last checkpoint is {name}: whether the new job goes on from it is up to its configuration."]


def _saved(prospect: Prospect) -> str:
    balance = prospect.balance
    if balance.checkpoints is None:
        return "Baseten does not tell now whether it saved a checkpoint."
    if balance.saved is None:
        return "It has saved no checkpoint: all of its work is lost."
    since = duration(prospect.job.updated_ms - balance.saved.created_ms)
    return f"Last checkpoint {shorten(balance.saved.id, 60)}, {since} ago: the work since then is lost."
