"""Steps that ask for something first: what all such windows have in common, from the press to the step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.incidents.steps import Resolve, Step
from bot.incidents.triage import refusal
from bot.slack.desk import Desk
from bot.slack.members import Member
from bot.slack.mrkdwn import escape
from bot.slack.render.refusals import STORE_AWAY
from bot.slack.rich import Element
from bot.slack.stepping import take_step
from bot.slack.windows.fields import Entered
from bot.slack.windows.sight import Sight, look, look_again
from bot.slack.windows.window import Close, Show, Verdict, Wrong, away, once, settle, show, told

REASON_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The step that a person asked for; `to_name` is the name of whoever it is for."""

    step: Step
    to_name: str = ""


Read = Callable[[Desk, Sight, Entered], Awaitable[Asked | Wrong | Show]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One kind of window.

    Attributes:
        callback: names it in Slack's payloads.
        title: in its head.
        step: an example of what it leads to, by which it is known whether it can be taken at all.
        draw: the window, from values alone.
        read: what was entered, as a step; or what is wrong with it.
    """

    callback: str
    title: str
    step: Step
    draw: Callable[[Sight], Element]
    read: Read


async def open_form(
    desk: Desk, member: Member, body: dict[str, Any], form: Form, *, incident_id: int, channel: str | None
) -> str | None:
    """Opens it, or shows it in the window in which it was asked for; a sentence instead when it has no use.

    Raises:
        TransientError: the database is away.
    """
    sight = await look(desk, member, incident_id, channel, form.step)
    return sight if isinstance(sight, str) else await show(desk, body, form.draw(sight))


def register(app: AsyncApp, desk: Desk, form: Form) -> None:
    async def submitted(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        await settle(desk, ack, view, _submitted(desk, form, body, view))

    app.view(form.callback)(submitted)


async def _submitted(desk: Desk, form: Form, body: dict[str, Any], view: dict[str, Any]) -> Verdict:
    sight = await look_again(desk, body)
    if isinstance(sight, str):
        return Show(told(form.title, sight))
    asked = await form.read(desk, sight, Entered(view))
    if not isinstance(asked, Asked):
        return asked
    if sight.has_news_for(asked.step) and refusal(sight.incident, asked.step) is None:
        return Show(form.draw(sight.told_news()))
    sentence = await take_step(
        desk,
        sight.member,
        asked.step,
        incident_id=sight.incident.id,
        channel=sight.channel,
        once=once(view),
        known_ms=sight.incident.changed_ms or 0,
        to_name=asked.to_name,
    )
    if sentence == STORE_AWAY:
        return away(view)
    return Show(told(form.title, f"{sentence}{_unkept(asked.step)}")) if sentence else Close()


def _unkept(step: Step) -> str:
    """What somebody typed for nothing, so that they can say it in the thread."""
    reason = escape(step.reason, REASON_CHARS) if isinstance(step, Resolve) else ""
    return f"\nWhat you wrote was not kept: {reason}" if reason else ""
