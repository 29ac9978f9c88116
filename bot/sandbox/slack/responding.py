"""What the app says back to an interaction: in its ack, or through response_url."""

import json
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.slack.calls import Result
from bot.sandbox.slack.composing import authored, content, needs_words, without_empties
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.tickets import ResponseUrl
from bot.sandbox.slack.web_api import drop
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_NOT_FOUND = frozenset({"invalid_url", "expired_url", "used_url"})


def say_back(space: "Workspace", user: str, channel: Channel, said: Json) -> Json:
    """A new message from an answer: for `user` alone unless ``response_type`` is ``in_channel``.

    Raises:
        Refusal: as chat.postMessage would, but for the budget of all blocks, which does not hold here.
    """
    args = Args(said)
    body = without_empties(content(space, args, budget=False))
    needs_words(body)
    thread_ts = args.text("thread_ts")
    thread = {"thread_ts": thread_ts} if thread_ts in channel.messages else {}
    if args.text("response_type") == "in_channel":
        return space.timeline.post(channel, authored(space) | body | thread)
    return space.timeline.whisper(user, channel, authored(space) | body | thread)


async def handle(space: "Workspace", request: web.Request) -> web.StreamResponse:
    """POST /response/TOKEN: "ok", or a status that is not 200 and a bare code."""
    watch = space.calls.begin()
    fault = space.faults.take("response_url")
    spelled = fault.spelled if fault else None
    said: Json = {}
    error: str | None = None
    if fault is not None and fault.kind in {"429", "500", "error", "reset"}:
        error = fault.detail or {"429": "ratelimited", "500": "internal_error"}.get(fault.kind, "reset")
    else:
        try:
            said = _object(await request.text())
            _apply(space, space.response_urls.use(request.match_info["token"]), said)
        except Refusal as refusal:
            error = refusal.code
            pointers = refusal.pointers
            space.calls.add(
                watch,
                "response_url",
                "response_url",
                said,
                Result(status=_status(error), error=error, answer=error, pointers=pointers),
            )
            return web.Response(status=_status(error), text=error)
    if fault is not None and fault.kind == "slow":
        await space.clock.sleep(fault.seconds)
    status = 429 if fault and fault.kind == "429" else 500 if error else 200
    space.calls.add(
        watch,
        "response_url",
        "response_url",
        said,
        Result(status=status, error=error, answer=error or "ok", fault=spelled),
    )
    if fault is not None and fault.kind in {"lost", "reset"}:
        return drop(request)
    return web.Response(status=status, text=error or "ok")


def _apply(space: "Workspace", url: ResponseUrl, said: Json) -> None:
    channel = space.roster.channels[url.channel]
    original = url.message
    args = Args(said)
    if original is not None and args.flag("delete_original"):
        _delete(space, channel, original)
    elif original is not None and args.flag("replace_original"):
        _replace(space, channel, original, args)
    else:
        say_back(space, url.user, channel, said)


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


def _status(code: str) -> int:
    return 404 if code in _NOT_FOUND or code == "message_not_found" else 400
