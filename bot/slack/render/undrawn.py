"""What is added to a message that comes late, and what is said of one that could not be drawn."""

from typing import assert_never

from bot.flows.contents import (
    AroundContent,
    CardContent,
    Content,
    DigestContent,
    DirectContent,
    LostContent,
    NoticeContent,
    ReplyContent,
    RollContent,
)
from bot.slack import rich
from bot.slack.mrkdwn import INSTEAD, Message, context, escape
from bot.slack.rich import Element
from bot.times import MS_PER_S

TITLE_CHARS = 200
WHY = "I could not show it as I should; my log says why."
_MINUTE_S, _HOUR_S = 60, 3600


def told_late(message: Message, late_ms: int) -> Message:
    """`message` with a last line that says how long ago it happened; as it is when `late_ms` is 0."""
    if late_ms <= 0:
        return message
    line = f"Told {_span(late_ms)} late."
    changed = message | {"text": f"{message['text']} ({line.rstrip('.').lower()})"}
    for key in ("blocks", INSTEAD):
        if message.get(key):
            changed[key] = _with_line(message[key], line)
    return changed


def undrawn(content: Content) -> Message:
    """In words alone, and of as little of `content` as can be."""
    return {"text": f"{_about(content)} {WHY}"}


def _span(ms: int) -> str:
    """``14 min``, ``2 h 5 min``: nobody needs the seconds."""
    hours, minutes = divmod(ms // MS_PER_S // _MINUTE_S, _HOUR_S // _MINUTE_S)
    told = [f"{hours:,} h"] if hours else []
    return " ".join([*told, f"{minutes} min"] if minutes or not told else told)


def _with_line(blocks: list[Element], line: str) -> list[Element]:
    """In the first block where that is rich text: the number and kinds of blocks stay the same for later edits."""
    first, *rest = blocks
    if first["type"] != "rich_text":
        return [*blocks, context(line)]
    return [{**first, "elements": [*first["elements"], rich.section(rich.text(line, italic=True))]}, *rest]


def _about(content: Content) -> str:
    match content:
        case CardContent() | ReplyContent():
            said = f"Incident {content.incident.id}: {escape(content.incident.facts.title, TITLE_CHARS)}."
        case NoticeContent() | AroundContent():
            said = f"There is news of {escape(content.job.title, TITLE_CHARS)}."
        case RollContent():
            said = f"There is a list of {len(content.entries)} errors."
        case DirectContent():
            said = "There is news for you."
        case DigestContent():
            said = "There is a summary of this channel."
        case LostContent():
            about = f" of incident {content.incident_id}" if content.incident_id else ""
            said = f"There was something to say here{about} ({content.kind.value})."
        case _:
            assert_never(content)
    return said
