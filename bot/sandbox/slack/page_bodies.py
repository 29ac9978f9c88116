"""The bodies of the page's requests, read with care: a browser may send anything."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack.wire import Json, Misuse


def ids(body: Json) -> tuple[str | None, str]:
    return maybe(body, "block_id"), text(body, "action_id")


def maybe(body: Json, name: str) -> str | None:
    return None if body.get(name) is None else text(body, name)


def patch(body: Json) -> Json | None:
    given = body.get("patch")
    if given is not None and not isinstance(given, dict):
        raise Misuse("bad_patch", "`patch` is an object.")
    return given


def values(body: Json) -> Json:
    """``state.values`` as far as the page knows them; elements without any are left out."""
    given = body.get("values") or {}
    if not isinstance(given, dict) or not all(
        isinstance(actions, dict) and all(isinstance(patch, dict) for patch in actions.values())
        for actions in given.values()
    ):
        raise Misuse("bad_values", "`values` maps block ids to action ids to what was entered.")
    return given


def text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Misuse("missing", f"The request lacks {name}.")
    return value


async def object_of(request: web.Request) -> Json:
    try:
        body: Any = json.loads(await request.text())
    except ValueError:
        raise Misuse("invalid_json", "The request is not JSON.") from None
    if not isinstance(body, dict):
        raise Misuse("invalid_json", "The request is not a JSON object.")
    return body
