"""Composition objects: texts, options, confirm dialogs, filters. Limits: Block Kit reference."""

from collections.abc import Iterator

from bot.sandbox.slack.blocks.schema import (
    Flag,
    Many,
    Problem,
    Record,
    Spec,
    String,
    Typed,
    at_least_one,
    exactly_one,
    typed,
)
from bot.sandbox.slack.wire import Json

BLOCK_ID = String(255, least=0)
ACTION_ID = String(255, least=0)
WEB_URL = String(3000, starts=("http://", "https://"))
LINK = String(3000, starts=("http://", "https://", "mailto:", "slack://", "tel:"))


def plain(most: int, least: int = 1) -> Record:
    """A text object that must be plain_text."""
    return typed("plain_text", {"text": String(most, least)}, {"emoji": Flag()})


def mrkdwn(most: int) -> Record:
    return typed("mrkdwn", {"text": String(most)}, {"verbatim": Flag()})


def any_text(most: int) -> Spec:
    """A text object of either kind."""
    kinds: dict[str, Spec] = {"plain_text": plain(most), "mrkdwn": mrkdwn(most)}
    return Typed(lambda: kinds)


PLACEHOLDER = plain(150)

CONFIRM = Record(
    {"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": String(choices=frozenset({"primary", "danger"}))},
)

DISPATCH_CONFIG = Record(
    {},
    {"trigger_actions_on": Many(String(choices=frozenset({"on_enter_pressed", "on_character_entered"})), 2)},
)

CONVERSATION_FILTER = Record(
    {},
    {
        "include": Many(String(choices=frozenset({"im", "mpim", "private", "public"})), 4),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    },
    (at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),),
)

SLACK_FILE = Record({}, {"id": String(), "url": WEB_URL}, (exactly_one("id", "url"),))

IMAGE_FIELDS: dict[str, Spec] = {"image_url": WEB_URL, "slack_file": SLACK_FILE}

IMAGE_ELEMENT = typed("image", {"alt_text": String(2000)}, IMAGE_FIELDS, exactly_one("image_url", "slack_file"))

SLACK_ICON = typed("icon", {"name": String(64)}, {})


def option(*, mrkdwn_allowed: bool = False, url_allowed: bool = False) -> Record:
    """An option of a menu, or of checkboxes and radio buttons, where mrkdwn is allowed."""
    text = any_text(75) if mrkdwn_allowed else plain(75)
    optional: dict[str, Spec] = {"description": any_text(75) if mrkdwn_allowed else plain(75)}
    if url_allowed:
        optional["url"] = LINK
    return Record({"text": text, "value": String(150)}, optional)


OPTION = option()
OPTION_GROUP = Record({"label": plain(75), "options": Many(OPTION, 100)})


def initial_among_options(value: Json, at: str) -> Iterator[Problem]:
    """An initial option must be one of the options, letter for letter."""
    groups = value.get("option_groups") or [{"options": value.get("options") or []}]
    known = [_essence(choice) for group in groups for choice in group["options"]]
    one, several = value.get("initial_option"), value.get("initial_options") or []
    for chosen in ([one] if one else []) + several:
        if _essence(chosen) not in known:
            yield Problem(at, "initial_option must exactly match an option", "initial_option")


def distinct_values(value: Json, at: str) -> Iterator[Problem]:
    values = [choice["value"] for choice in value.get("options") or []]
    if len(values) != len(set(values)):
        yield Problem(f"{at}/options", "option values must be unique", "unique")


def _essence(choice: Json) -> tuple[str, str]:
    return choice["value"], choice["text"]["text"]
