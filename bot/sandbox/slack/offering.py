"""What an external select offers: the app's options, checked, and kept to choose from."""

from bot.sandbox.slack.blocks.objects import OPTION, OPTION_GROUP
from bot.sandbox.slack.blocks.schema import Many
from bot.sandbox.slack.wire import Json, Misuse

SHORTEST_QUERY = 3
"""Slack's default of ``min_query_length``: below it the client does not ask."""

_OPTIONS = Many(OPTION, 100, least=0)
_GROUPS = Many(OPTION_GROUP, 100)
_Place = tuple[str, str, str]


class Offers:
    """What was shown to whom; nobody can choose an option that the app did not offer."""

    def __init__(self) -> None:
        self._shown: dict[_Place, dict[str, Json]] = {}

    def remember(self, user: str, where: str, action_id: str, answer: Json) -> None:
        """`where` is the id of a view or the ts of a message."""
        shown = self._shown.setdefault((user, where, action_id), {})
        shown |= {one["value"]: one for one in options_of(answer)}

    def shown(self, user: str, where: str, action_id: str) -> dict[str, Json]:
        """The options by value."""
        return self._shown.get((user, where, action_id), {})


def options_of(answer: Json) -> list[Json]:
    """All options of an answer or an element, those of its groups included."""
    grouped = [one for group in answer.get("option_groups") or () for one in group["options"]]
    return [*(answer.get("options") or ()), *grouped]


def long_enough(element: Json, query: str) -> None:
    """Raises `Misuse` when Slack's client would not ask yet."""
    if element["type"] not in {"external_select", "multi_external_select"}:
        raise Misuse("no_suggestions", f"{element['action_id']} asks nobody for its options.")
    least = element.get("min_query_length", SHORTEST_QUERY)
    if len(query) < least:
        raise Misuse("query_too_short", f"Type at least {least} characters.")


def offered(payload: Json | None) -> Json:
    """The options of an answer to a suggestion. Raises `Misuse` when they are not well formed."""
    answer = payload or {}
    options, groups = answer.get("options"), answer.get("option_groups")
    if groups is not None and options is not None:
        raise Misuse("invalid_options", "No result: the app offered both options and option_groups.")
    if groups is not None:
        problems = list(_GROUPS.problems(groups, "/option_groups"))
    else:
        problems = list(_OPTIONS.problems(options, "/options"))
    if problems:
        what = problems[0].spoken()
        raise Misuse("invalid_options", f"No result: the app offered options that do not fit ({what}).")
    return {"options": options} if groups is None else {"option_groups": groups}
