"""api.test, auth.test, apps.connections.open, blocks.validate."""

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks.check import message_problems, view_problems
from bot.sandbox.slack.blocks.schema import Problem
from bot.sandbox.slack.methods.method import Method
from bot.sandbox.slack.wire import Args, Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


def api_test(space: "Workspace", args: Args) -> Json:  # noqa: ARG001 - every method has the same shape
    error = args.text("error")
    if error:
        raise Refusal(error, args=args.values)
    return {"args": args.values}


def auth_test(space: "Workspace", args: Args) -> Json:  # noqa: ARG001 - every method has the same shape
    return {
        "url": f"https://{space.domain}.slack.com/",
        "team": space.team_name,
        "team_id": space.team_id,
        "user": space.users[space.bot_user_id].name,
        "user_id": space.bot_user_id,
        "bot_id": space.bot_id,
        "app_id": space.app_id,
        "is_enterprise_install": False,
    }


def connections_open(space: "Workspace", args: Args) -> Json:  # noqa: ARG001 - every method has the same shape
    if not space.base_url:
        raise Refusal("internal_error")
    return {"url": space.sockets.url(space.base_url, space.app_id)}


def blocks_validate(space: "Workspace", args: Args) -> Json:  # noqa: ARG001 - every method has the same shape
    """Exactly one of `blocks`, `message`, `view`; the faults come as `errors` of an answer that is ok."""
    given = [name for name in ("blocks", "message", "view") if args.has(name)]
    if len(given) != 1:
        raise Refusal("invalid_arguments", pointers=("provide exactly one of blocks, message, view",))
    value = args.parsed(given[0], "invalid_blocks_format")
    problems = _problems(given[0], value)
    return {"valid": not problems, "errors": [_told(problem) for problem in problems]}


def _problems(kind: str, value: Any) -> list[Problem]:
    if kind == "view":
        return view_problems(value)
    blocks = value.get("blocks", []) if kind == "message" and isinstance(value, dict) else value
    if not isinstance(blocks, list):
        return [Problem(f"/{kind}", "must be an array", "type")]
    return message_problems(blocks, "/blocks" if kind == "blocks" else "/message/blocks")


def _told(problem: Problem) -> Json:
    return {"pointer": problem.at, "code": problem.code, "message": problem.message, "constraint": problem.code}


METHODS = {
    "api.test": Method(api_test, token="none"),  # noqa: S106 - a kind of token, not one
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, token="app"),  # noqa: S106 - a kind of token, not one
    "blocks.validate": Method(blocks_validate, token="none"),  # noqa: S106 - a kind of token, not one
}
