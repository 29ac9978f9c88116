"""What the app says back to an interaction: in its ack, or through response_url."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.slack.calls import Result
from bot.sandbox.slack.composing import authored, content, needs_words, without_empties
from bot.sandbox.slack.faults import STATUSES, Fault
from bot.sandbox.slack.methods.chat import pace
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.tickets import ResponseUrl
from bot.sandbox.slack.web_api import cut_short, drop, fails_late
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_NOT_FOUND = frozenset({"invalid_url", "expired_url", "used_url", "message_not_found"})


def say_back(space: "Workspace", user: str, channel: Channel, said: Json, *, paced: bool = False) -> Json:
    """A new message from an answer: for `user` alone unless ``response_type`` is ``in_channel``.

    One that all see counts toward the channel's message a second; `paced`: it is refused when that is used up.

    Raises:
        Refusal: as chat.postMessage would, but for the budget of all blocks, which does not hold here.
    """
    args = Args(said)
    body = without_empties(content(space, args, budget=False))
    needs_words(body)
    thread_ts = args.text("thread_ts")
    thread = {"thread_ts": thread_ts} if thread_ts in channel.messages else {}
    if args.text("response_type") == "in_channel":
        if paced:
            pace(space, channel)
        else:
            space.limits.wait_to_post(channel.id)
        return space.timeline.post(channel, authored(space) | body | thread)
    return space.timeline.whisper(user, channel, authored(space) | body | thread)


async def handle(space: "Workspace", request: web.Request) -> web.StreamResponse:
    """POST /response/TOKEN: "ok", or a status that is not 200 and a bare code."""
    watch = space.calls.begin()
    fault = space.faults.take("response_url")
    said: Json = {}
    wait_s = fault.seconds if fault is not None else 1
    try:
        said = _object(await request.text())
        result = _spoiled(fault) or _used(space, request.match_info["token"], said)
    except Refusal as refusal:
        result, wait_s = _refused(refusal), refusal.extra.get("retry_after", wait_s)
    if fault is not None and await fails_late(space.clock, request, fault):
        space.calls.add(watch, "response_url", "response_url", said, cut_short(fault))
        return drop(request)
    if fault is not None:
        result = replace(result, fault=fault.spelled)
    space.calls.add(watch, "response_url", "response_url", said, result)
    headers = {"Retry-After": str(round(wait_s))} if result.status == 429 else {}
    return web.Response(status=result.status, text=result.answer, headers=headers)


def _used(space: "Workspace", token: str, said: Json) -> Result:
    url = space.response_urls.use(token)
    try:
        _apply(space, url, said)
    except Refusal as refusal:
        url.uses -= refusal.code == "ratelimited"
        raise
    return Result(answer="ok")


def _spoiled(fault: Fault | None) -> Result | None:
    """The answer of a fault that keeps the URL from being used."""
    match fault:
        case Fault(kind="429"):
            return Result(status=429, answer="ratelimited", error="ratelimited")
        case Fault(kind=status) if status in STATUSES:
            return Result(status=int(status), answer="internal_error", error="internal_error")
        case Fault(kind="error", detail=code):
            return Result(status=400, answer=code, error=code)
        case Fault(kind="reset" | "timeout" as kind):
            return Result(status=0, error=kind)
        case _:
            return None


def _refused(refusal: Refusal) -> Result:
    code = refusal.code
    status = 404 if code in _NOT_FOUND else 429 if code == "ratelimited" else 400
    return Result(status=status, answer=code, error=code, pointers=refusal.pointers)


def _apply(space: "Workspace", url: ResponseUrl, said: Json) -> None:
    channel = space.roster.channels[url.channel]
    original = url.message
    args = Args(said)
    changes = args.flag("delete_original") or args.flag("replace_original")
    if original is not None and changes and original.get("bot_id") != space.bot_id:
        raise Refusal("message_not_found")  # what a person said is nobody else's to change
    if original is not None and args.flag("delete_original"):
        _delete(space, channel, original)
    elif original is not None and args.flag("replace_original"):
        _replace(space, channel, original, args)
    else:
        say_back(space, url.user, channel, said, paced=True)


def _delete(space: "Workspace", channel: Channel, original: Json) -> None:
    if original.get("is_ephemeral"):
        space.timeline.remove_whisper(original)
    else:
        space.timeline.delete(channel, original["ts"])


def _replace(space: "Workspace", channel: Channel, original: Json, args: Args) -> None:
    body = without_empties(content(space, args, budget=False))
    needs_words(body)
    fields = {"text": body["text"], "blocks": body.get("blocks"), "attachments": body.get("attachments")}
    if original.get("is_ephemeral"):
        space.timeline.change_whisper(original, **fields)
        return
    space.timeline.find(channel, original["ts"])
    space.timeline.change(channel, original["ts"], **fields)


def _object(text: str) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        raise Refusal("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refusal("invalid_payload")
    return body
