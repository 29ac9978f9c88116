"""What a person may choose in an element, and how Slack tells the app of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks.check import interactive
from bot.sandbox.slack.blocks.rich_text import RICH_TEXT
from bot.sandbox.slack.offering import options_of
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.states import state_name
from bot.sandbox.slack.wire import Json, Misuse

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

Ids = tuple[str | None, str]
"""A block id (None: any block) and an action id."""

_EXTERNAL = frozenset({"external_select", "multi_external_select"})
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TOLD = ("text", "value", "style", "url", "placeholder", "initial_option", "confirm")
_KINDS = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Who chooses, and where: the id of a view or the ts of a message."""

    space: "Workspace"
    user: str
    where: str

    def choice(self, element: Json, patch: Any) -> Json:
        """The part of ``state.values`` that follows from `patch`.

        `patch` is Slack's part of the action (``{"selected_option": {…}}``), or the bare value: text, a date,
        the value of an option, the id or name of a person or a channel, a list of those. {} for buttons.

        Raises:
            Misuse: nobody could choose that.
        """
        name = state_name(element) or ("selected_option" if element["type"] == "overflow" else None)
        if name is None:
            return {}
        value = patch[name] if isinstance(patch, dict) and name in patch else _bare(element, patch)
        if value is None or value == "":
            return {"type": element["type"], name: [] if name in _PLURAL else None}
        return {"type": element["type"], name: self._checked(element, name, value)}

    def _checked(self, element: Json, name: str, value: Any) -> Any:
        if name in _PLURAL:
            return [self._one(element, _PLURAL[name], one) for one in _several(element, value)]
        return self._one(element, name, value)

    def _one(self, element: Json, name: str, value: Any) -> Any:
        match name:
            case "selected_option":
                return self._option(element, value)
            case "selected_user":
                return self._user(element, value)
            case "selected_channel" | "selected_conversation":
                return self._conversation(element, value)
            case "rich_text_value":
                return _rich_text(value)
            case "files":
                raise Misuse("no_uploads", "This workspace takes no files in modals; choose another way.")
            case _:
                return _well_formed(name, value)

    def _option(self, element: Json, value: Any) -> Json:
        """The element's own option with this value, or one that the app has offered: a client invents none."""
        wanted = value.get("value") if isinstance(value, dict) else value
        known = {one["value"]: one for one in options_of(element)}
        if element["type"] in _EXTERNAL:
            initial = [element.get("initial_option"), *(element.get("initial_options") or ())]
            known = {one["value"]: one for one in initial if one}
            known |= self.space.offers.shown(self.user, self.where, element["action_id"])
        if not isinstance(wanted, str) or wanted not in known:
            raise Misuse("no_such_option", f"{element['action_id']} has no option {wanted}.")
        return known[wanted]

    def _user(self, element: Json, value: Any) -> str:
        for user in self.space.users.values():
            if value in (user.id, user.name) and not user.deleted:
                return user.id
        raise Misuse("bad_value", f"{element['action_id']} does not offer {value}.")

    def _conversation(self, element: Json, value: Any) -> str:
        channel = self.space.roster.find_channel(value) if isinstance(value, str) else None
        if channel is None or not self._offers(element, channel):
            raise Misuse("bad_value", f"{element['action_id']} does not offer {value}.")
        return channel.id

    def _offers(self, element: Json, channel: Channel) -> bool:
        if channel.is_archived or (self.user not in channel.members and channel.kind != "channel"):
            return False
        if "channels_select" in element["type"] and channel.kind != "channel":
            return False
        only = element.get("filter") or {}
        included = {_KINDS[kind] for kind in only.get("include") or _KINDS}
        foreign = channel.is_ext_shared and only.get("exclude_external_shared_channels")
        automatic = channel.is_im and only.get("exclude_bot_users")
        return channel.kind in included and not foreign and not automatic


_PLURAL = {
    "selected_options": "selected_option",
    "selected_users": "selected_user",
    "selected_channels": "selected_channel",
    "selected_conversations": "selected_conversation",
    "files": "files",
}


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


def _bare(element: Json, value: Any) -> Any:
    if value is None or value == {} or (isinstance(value, dict) and element["type"] != "rich_text_input"):
        raise Misuse("nothing_chosen", f"Choose something for {element['action_id']}.")
    return value


def _several(element: Json, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Misuse("bad_value", f"{element['action_id']} takes a list.")
    most = element.get("max_selected_items")
    if most is not None and len(value) > most:
        raise Misuse("too_many", f"Choose at most {most}.")
    return value


def _rich_text(value: Any) -> Json:
    if isinstance(value, str):
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
        return {"type": "rich_text", "elements": [section]}
    problems = list(RICH_TEXT.problems(value, "/rich_text_value"))
    if problems:
        raise Misuse("bad_value", f"This is no rich text: {problems[0].spoken()}.")
    return dict(value)


def _well_formed(name: str, value: Any) -> Any:
    """Dates, times and typed text."""
    if name == "selected_date" and not _is_date(value):
        raise Misuse("bad_value", f"{value} is not a date.")
    if name == "selected_time" and not (isinstance(value, str) and _TIME.fullmatch(value)):
        raise Misuse("bad_value", f"{value} is not a time.")
    if name == "selected_date_time" and not isinstance(value, int):
        raise Misuse("bad_value", "A date and time is a whole number of seconds.")
    if name == "value" and not isinstance(value, str):
        raise Misuse("bad_value", "What is typed is text.")
    return value


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
