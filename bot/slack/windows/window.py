"""Windows (Slack's modals): how one is opened, changed and answered, so that none is ever dead.

Slack allows three seconds from a press to `views.open` and from a submission to its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

import structlog
from slack_bolt.async_app import AsyncAck, AsyncRespond

from bot.errors import SlackRefused, TransientError
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.mrkdwn import (
    METADATA_CHARS,
    SECTION_CHARS,
    TITLE_CHARS,
    escape,
    plain,
    section,
    shorten,
    size,
)
from bot.slack.render.refusals import NO_WINDOW, STORE_AWAY
from bot.slack.reply import reply
from bot.slack.rich import Element

log = structlog.get_logger(__name__)

ANSWER_BY_S = 1.5
"""A submission is answered when its work is done, by this time at the latest: Slack waits for three seconds."""
WORKING = "One moment …"
DONE = "Done."


@dataclass(frozen=True, slots=True)
class Close:
    """All that was wanted is done, but for `after`, for which the window does not wait."""

    after: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """Another view takes the window's place."""

    view: Element


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong by the name of the input, in plain text: the window stays as it was filled in."""

    errors: Mapping[str, str]


Verdict = Close | Show | Wrong


def modal(title: str, blocks: list[Element], *, callback: str = "", submit: str = "", data: str = "") -> Element:
    """A window; without `submit` there is nothing to send."""
    view: Element = {"type": "modal", "title": plain(title, TITLE_CHARS), "blocks": blocks}
    if callback:
        view["callback_id"] = callback
    if data:
        view["private_metadata"] = data if size(data) <= METADATA_CHARS else ""
    close = "Cancel" if submit else "Close"
    return view | ({"submit": plain(submit, TITLE_CHARS)} if submit else {}) | {"close": plain(close, TITLE_CHARS)}


def told(title: str, sentence: str) -> Element:
    """A window that says one thing; `sentence` is mrkdwn whose foreign parts are escaped."""
    return modal(title, [section(shorten(sentence, SECTION_CHARS))])


async def open_window(desk: Desk, trigger_id: object, view: Element) -> str | None:
    """Opens `view`; the sentence for the person when Slack does not."""
    return NO_WINDOW if await _opened(desk, trigger_id, view) is None else None


async def update_window(desk: Desk, shown: Mapping[str, Any], view: Element) -> None:
    """Puts `view` in place of `shown`. Who has closed it meanwhile has nothing to be told."""
    try:
        await translated(desk.client.views_update(view_id=str(shown["id"]), view=view))
    except (SlackRefused, TransientError) as error:
        log.info("window_gone", reason=str(error))


async def show(desk: Desk, body: Mapping[str, Any], view: Element) -> str | None:
    """`view` in the window in which something was pressed, else in a new one; a sentence when Slack does not."""
    shown = body.get("view") or {}
    if shown.get("type") != "modal":
        return await open_window(desk, body.get("trigger_id"), view)
    await update_window(desk, shown, view)
    return None


async def show_work(desk: Desk, body: Mapping[str, Any], title: str, work: Awaitable[Element]) -> str | None:
    """Like `show`, for a view that takes its time: until then it is said that it is on its way."""
    shown = body.get("view") or {}
    if shown.get("type") == "modal":
        await update_window(desk, shown, told(title, WORKING))
    elif (opened := await _opened(desk, body.get("trigger_id"), told(title, WORKING))) is None:
        return NO_WINDOW
    else:
        shown = opened
    drawn = await work
    if shown:
        await update_window(desk, shown, drawn)
    return None


async def _opened(desk: Desk, trigger_id: object, view: Element) -> Mapping[str, Any] | None:
    """The view as Slack has it; nothing of it when the same press, delivered before, has opened it."""
    try:
        answer = await translated(desk.client.views_open(trigger_id=str(trigger_id or ""), view=view))
    except (SlackRefused, TransientError) as error:
        if isinstance(error, SlackRefused) and error.code == "exchanged_trigger_id":
            return {}
        log.warning("no_window", reason=str(error))
        return None
    opened: Mapping[str, Any] = answer["view"]
    return opened


async def tell(desk: Desk, respond: AsyncRespond, body: Mapping[str, Any], sentence: str) -> None:
    """Says it to whoever pressed something, alone, wherever that was: on a message, in a window, on Home."""
    if body.get("view") or not respond.response_url:
        await show(desk, body, told("joblogs", sentence))
    else:
        await reply(desk.client, respond, {"text": sentence})


def once(view: Mapping[str, Any]) -> str:
    """Names a submission: its redelivery has the same view in the same state."""
    return f"window:{view['id']}:{view.get('hash')}"


async def settle(desk: Desk, ack: AsyncAck, view: Element, work: Coroutine[Any, Any, Verdict]) -> None:
    """Answers a submission with what comes of `work`, in time; later, what comes of it is shown in the window."""
    task = asyncio.create_task(_guarded(view, work), name="submission")
    done, _ = await asyncio.wait({task}, timeout=ANSWER_BY_S)
    if done:
        verdict = await task
        await ack(**_answer(verdict))
    else:
        title = str(view["title"]["text"])
        await ack(response_action="update", view=told(title, WORKING))
        verdict = await task
        await update_window(desk, view, _shown_late(title, verdict))
    if isinstance(verdict, Close) and verdict.after is not None:
        await verdict.after()


async def _guarded(view: Element, work: Coroutine[Any, Any, Verdict]) -> Verdict:
    """While the database is away nothing that was typed is lost: the window stays."""
    try:
        return await work
    except TransientError as error:
        log.warning("submission_failed", reason=str(error))
        return away(view)


def away(view: Element) -> Verdict:
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    return Wrong({inputs[0]: STORE_AWAY}) if inputs else Show(told("joblogs", STORE_AWAY))


def _answer(verdict: Verdict) -> dict[str, Any]:
    match verdict:
        case Close():
            return {}
        case Show(view=view):
            return {"response_action": "update", "view": view}
        case Wrong(errors=errors):
            return {"response_action": "errors", "errors": dict(errors)}
        case _:
            assert_never(verdict)


def _shown_late(title: str, verdict: Verdict) -> Element:
    match verdict:
        case Close():
            return told(title, DONE)
        case Show(view=view):
            return view
        case Wrong(errors=errors):
            return told(title, escape(" ".join(errors.values())))
        case _:
            assert_never(verdict)
