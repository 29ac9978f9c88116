"""What stands in a card's thread beside what people did: the whole event, counts, a chart."""

from collections.abc import Sequence

from bot.flows.contents import ReplyContent
from bot.incidents.delivery import Payload
from bot.incidents.excerpt import parts
from bot.incidents.incident import EXCERPT_LINES
from bot.slack import rich
from bot.slack.mrkdwn import INSTEAD, Message, clean, escape, shorten
from bot.slack.render.card_parts import language
from bot.slack.render.charts import bar_chart, bars
from bot.slack.rich import Element

NAME_CHARS = 60


def event_message(content: ReplyContent) -> Message:
    """The first event whole, or one part of it."""
    lines = content.incident.facts.excerpt
    part = int(content.payload.get("part") or 0)
    shown = [clean(line) for line in (parts(lines)[part : part + 1] or ((),))[0]]
    count = f"{len(lines)} line{'s' if len(lines) != 1 else ''}"
    extent = f"its first {count}" if len(lines) >= EXCERPT_LINES else count
    total = int(content.payload.get("parts") or 1)
    which = f", part {part + 1} of {total}" if total > 1 else ""
    heading = f"The whole first event: {extent}{which}"
    body = rich.preformatted("\n".join(shown), language=language(lines))
    return _message(f"{heading}.", [rich.text(heading, bold=True)], [body])


def chart_message(content: ReplyContent) -> Message:
    """Errors per replica, as a chart and for workspaces without one as bars of text."""
    facts = content.incident.facts
    nodes = content.job.node_count if content.job else 0
    touched = len(facts.replicas)
    of = f" of {nodes}" if nodes >= touched else ""
    text = f"Errors per replica: {content.incident.facts.count:,} on {touched}{of} replicas."
    heading = rich.section(rich.text(text))
    return {
        "text": text,
        "blocks": [rich.block(heading), bar_chart("Errors per replica", facts.sightings)],
        INSTEAD: [rich.block(heading, rich.preformatted(bars(facts.sightings)))],
    }


def grown_message(content: ReplyContent) -> Message:
    """Counts that passed a power of ten, replicas that joined late: one line."""
    text = " ".join(_growth(content.payload, content.job.node_count if content.job else 0))
    return _message(escape(text), [rich.text(text)])


def _growth(payload: Payload, nodes: int) -> list[str]:
    count = int(payload.get("count") or 0)
    said = [f"Seen {count:,} times now."] if count else []
    joined = int(payload.get("joined_count") or 0)
    if joined:
        names = shorten(str(payload.get("joined")), 400)
        more = joined - len(names.split(", "))
        total = int(payload.get("replicas") or 0)
        of = f" of {nodes}" if nodes >= total else ""
        tail = f" and {more} more" if more > 0 else ""
        said.append(f"{joined} more replica{'s' if joined > 1 else ''}: {names}{tail}. That makes {total}{of}.")
    return said or ["It happened again."]


def _message(text: str, line: Sequence[Element], more: Sequence[Element] = ()) -> Message:
    return {"text": text, "blocks": [rich.block(rich.section(*line), *more)]}
