"""The lines around one line as a message: the line marked, what is missing said, and how to see more."""

from collections.abc import Iterable
from datetime import UTC, tzinfo

from bot.flows.contents import AroundContent
from bot.logs.question import MAX_COUNT, LogQuery
from bot.slack import rich
from bot.slack.mrkdwn import Message, clean, escape, shorten
from bot.slack.render.figures import duration
from bot.slack.render.logview import LogText, fit, fit_around, further, gaps_told, hidden_told, zone_told
from bot.times import ms_floor

NAME_CHARS = 60


def around_message(content: AroundContent, *, tz: tzinfo = UTC) -> Message:
    """For one reader in zone `tz`, or for all of a thread."""
    shown = _fitted(content, tz)
    what = _what(content)
    extent = _extent(content, shown)
    remarks = " ".join(_remarks(content, shown, tz))
    heading = rich.section(
        rich.text(what, bold=True),
        rich.text(" · "),
        rich.link(content.job.dashboard_url, shorten(content.job.title, NAME_CHARS)),
        rich.text(f" · {extent}\n"),
        rich.text(remarks, italic=True),
    )
    body = rich.block(heading, rich.preformatted(shown.text or "no lines"))
    text = f"{what}, {content.job.title}: {extent}. {remarks}"
    return {"text": escape(text, 1_000), "blocks": [body, *_buttons(content)]}


def _fitted(content: AroundContent, tz: tzinfo) -> LogText:
    if content.marked is None:
        return fit(content.lines, tz=tz)
    return fit_around(content.lines, marked=content.marked, tz=tz)


def _what(content: AroundContent) -> str:
    """Such as ``Lines around the first one on g02r0``."""
    incident = content.incident
    if incident is None:
        return f"Lines around one on {_source(content)}"
    if incident.generation > 1:
        return "Lines around its return"
    first = shorten(clean(incident.facts.first_replica or "the platform"), NAME_CHARS)
    return f"Lines around the first one on {first}"


def _source(content: AroundContent) -> str:
    line = content.lines[content.marked] if content.marked is not None else None
    return shorten(clean((line.replica if line else None) or "the platform"), NAME_CHARS)


def _extent(content: AroundContent, shown: LogText) -> str:
    count = len(content.lines)
    lines = f"{count:,} line{'' if count == 1 else 's'}"
    visible = shown.last - shown.first + 1
    if visible < count:
        lines = f"showing {visible:,} of {lines}, Download has all"
    whole = content.why_not is None and not content.gaps
    return f"{lines} · {'complete' if whole else 'incomplete'}"


def _remarks(content: AroundContent, shown: LogText, tz: tzinfo) -> Iterable[str]:
    """Sentences about what was left out, is missing or hidden."""
    if content.marked is None:
        yield "The log did not return the line itself."
    if content.why_not:
        yield content.why_not
    elif side := _short_side(content):
        so_far = " so far" if content.short_after and not content.job.status.has_ended else ""
        yield f"The log has nothing more within {duration(content.far_ms)} {side} it{so_far}."
    yield from gaps_told(content.gaps)
    if content.replica:
        yield f"Only lines of {shorten(clean(content.replica), NAME_CHARS)}, beside the marked one."
    yield from hidden_told(shown)
    if content.lines:
        yield zone_told(tz, ms_floor(content.lines[-1].timestamp_ns))


def _short_side(content: AroundContent) -> str:
    if content.short_before and content.short_after:
        return "before or after"
    return "before" if content.short_before else "after" if content.short_after else ""


def _buttons(content: AroundContent) -> tuple[rich.Element, ...]:
    if not content.lines:
        return ()
    query = LogQuery(
        job=content.job.id,
        replica=content.replica,
        newer_than=content.newer_than,
        older_than=content.older_than,
        count=min(len(content.lines), MAX_COUNT),
    )
    return further(query, query)
