"""What a person may choose in an element, and how Slack tells the app of it."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks.check import interactive
from bot.sandbox.slack.blocks.objects import OPTION, OPTION_GROUP
from bot.sandbox.slack.blocks.schema import Many
from bot.sandbox.slack.views import state_name
from bot.sandbox.slack.wire import Json, Misuse

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

Ids = tuple[str | None, str]
"""A block id (None: any block) and an action id."""

_PATTERNS = {"selected_date": r"\d{4}-\d\d-\d\d", "selected_time": r"([01]\d|2[0-3]):[0-5]\d"}
_TOLD = ("text", "value", "style", "url", "placeholder", "initial_option", "confirm")
_OPTIONS = Many(OPTION, 100, least=0)
_GROUPS = Many(OPTION_GROUP, 100)


def find(blocks: Iterable[Json], ids: Ids) -> tuple[Json, Json]:
    """The block and the element. Raises `Misuse` when there is none."""
    block_id, action_id = ids
    for block in blocks:
        for holder in (block, *(block.get("child_blocks") or ())):
            if block_id not in {None, holder["block_id"]}:
                continue
            for element in interactive(holder):
                if element.get("action_id") == action_id:
                    return holder, element
    raise Misuse("no_such_element", f"There is nothing to use called {action_id}.")


def chosen(space: "Workspace", element: Json, patch: Json | None) -> Json:
    """The part of ``state.values`` that follows from `patch`. Raises `Misuse` for what nobody could choose."""
    name = state_name(element) or ("selected_option" if element["type"] == "overflow" else None)
    if name is None:
        return {}
    if not patch or name not in patch:
        raise Misuse("nothing_chosen", f"Choose something for {element['action_id']}.")
    value = patch[name]
    if value is None:
        return {"type": element["type"], name: None}
    return {"type": element["type"], name: _checked(space, element, name, value)}


def action(element: Json, block_id: str, choice: Json, action_ts: str) -> Json:
    """One entry of ``actions`` in a block_actions payload."""
    told = {name: element[name] for name in _TOLD if name in element}
    return {
        "action_id": element["action_id"],
        "block_id": block_id,
        **told,
        **choice,
        "type": element["type"],
        "action_ts": action_ts,
    }


def offered(payload: Json | None) -> Json:
    """The options that an app offered for a suggestion. Raises `Misuse` when they are not well formed."""
    answer = payload or {}
    options, groups = answer.get("options"), answer.get("option_groups")
    problems = list(
        (_GROUPS.problems(groups, "/option_groups")) if groups else _OPTIONS.problems(options, "/options")
    )
    if problems:
        raise Misuse(
            "invalid_options", f"No result: the app offered options that do not fit ({problems[0].spoken()})."
        )
    return {"option_groups": groups} if groups else {"options": options}


def _checked(space: "Workspace", element: Json, name: str, value: Any) -> Any:
    external = element["type"] in {"external_select", "multi_external_select"}
    match name:
        case "selected_option" if not external:
            return _option(element, value)
        case "selected_options" if not external:
            return [_option(element, one) for one in _several(element, value)]
        case "selected_option" | "selected_options":
            offered({"options": value if isinstance(value, list) else [value]})
        case "selected_user" | "selected_users":
            _known(space.users, value, element)
        case "selected_channel" | "selected_channels" | "selected_conversation" | "selected_conversations":
            _known(space.channels, value, element)
        case _:
            _well_formed(name, value)
    return value


def _well_formed(name: str, value: Any) -> None:
    """Dates, times and typed text."""
    if name in _PATTERNS and not (isinstance(value, str) and re.fullmatch(_PATTERNS[name], value)):
        raise Misuse("bad_value", f"{value} is not a {name.removeprefix('selected_')}.")
    if name == "selected_date_time" and not isinstance(value, int):
        raise Misuse("bad_value", "A date and time is a whole number of seconds.")
    if name == "value" and not isinstance(value, str):
        raise Misuse("bad_value", "What is typed is text.")


def _option(element: Json, value: Any) -> Json:
    """The element's own option with this value: a client cannot invent one."""
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    wanted = value.get("value") if isinstance(value, dict) else value
    for group in groups:
        for one in group["options"]:
            if one["value"] == wanted:
                found: Json = one
                return found
    raise Misuse("no_such_option", f"{element['action_id']} has no option {wanted}.")


def _several(element: Json, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Misuse("bad_value", f"{element['action_id']} takes a list of options.")
    most = element.get("max_selected_items")
    if most is not None and len(value) > most:
        raise Misuse("too_many", f"Choose at most {most}.")
    return value


def _known(table: dict[str, Any], value: Any, element: Json) -> None:
    for one in value if isinstance(value, list) else [value]:
        if one not in table:
            raise Misuse("bad_value", f"{element['action_id']} does not offer {one}.")
