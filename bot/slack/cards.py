"""An incident as a message: functions from values to plain dicts, with no client and no clock.

The order of blocks stays the same over a card's life, because Slack refuses an edit that puts another
kind of block where a rich text block was (`block_mismatch`): rich text, then actions.
"""

from collections.abc import Sequence

from bot.flows.contents import AroundContent, CardContent
from bot.incidents.incident import Incident, Sighting, State
from bot.slack import ids, rich
from bot.slack.logview import log_text
from bot.slack.mrkdwn import Message, button, escape, shorten
from bot.slack.rich import Element
from bot.times import Ns, s_from_ms

EXCERPT_ROWS = 15
EXCERPT_CHARS = 2_600
TITLE_CHARS = 180
REPLICAS_NAMED = 6
CONSEQUENCES_NAMED = 5

_SIGNS = {
    State.OPEN: ("red_circle", "Open"),
    State.ACKNOWLEDGED: ("large_yellow_circle", "Acknowledged"),
    State.MUTED: ("no_bell", "Muted"),
    State.RESOLVED: ("white_check_mark", "Resolved"),
}


def incident_card(content: CardContent) -> Message:
    """The card in its present state; a resolved one folds to its title and one line."""
    incident = content.incident
    folded = incident.state is State.RESOLVED or content.cause is not None
    parts = _folded(content) if folded else _unresolved(content)
    body = rich.block(*parts, block_id=f"card.{incident.revision}")
    return {"text": _fallback(content), "blocks": [body, _actions(incident)]}


def around_message(content: AroundContent) -> Message:
    """The lines around the first one of an incident, which is marked, for the card's thread."""
    first = content.incident.facts.first_replica or "the platform"
    heading = rich.section(
        rich.text(f"Lines around the first one on {first}", bold=True),
        rich.text("" if content.complete else "  (the log did not return the line itself)"),
    )
    body = log_text(content.lines, marked=content.marked)
    return {
        "text": f"{len(content.lines)} log lines around the first one on {escape(first)}",
        "blocks": [rich.block(heading, rich.preformatted(body))],
    }


def _unresolved(content: CardContent) -> tuple[Element, ...]:
    facts = content.incident.facts
    excerpt = log_excerpt(facts.excerpt)
    return (
        rich.section(*_title(content.incident)),
        *_reason(facts.reason),
        rich.section(*_where(content), rich.text("\n"), *_when(content.incident)),
        *((rich.preformatted(excerpt, language=_language(facts.excerpt)),) if excerpt else ()),
        *_consequences(content.consequences),
        rich.section(*_state_line(content)),
    )


def _folded(content: CardContent) -> tuple[Element, ...]:
    return (
        rich.section(
            *_title(content.incident), rich.text("\n"), *_job(content), rich.text(" · "), *_state_line(content)
        ),
    )


def _title(incident: Incident) -> tuple[Element, ...]:
    sign, _ = _SIGNS[incident.state]
    return rich.emoji(sign), rich.text("  "), rich.text(shorten(incident.facts.title, TITLE_CHARS), bold=True)


def _where(content: CardContent) -> tuple[Element, ...]:
    facts = content.incident.facts
    return (
        *_job(content),
        rich.text(" · "),
        *_replicas(facts.sightings, content.job.node_count if content.job else None, facts.first_replica),
    )


def _job(content: CardContent) -> tuple[Element, ...]:
    job = content.job
    if job is None:
        return (rich.text(content.incident.job_id),)
    return rich.link(job.dashboard_url, job.title, bold=True), rich.text(f" in {job.project_name}")


def _replicas(sightings: Sequence[Sighting], node_count: int | None, leader: str | None) -> tuple[Element, ...]:
    """Such as ``3 of 8 replicas: g02r0 (rank 13) first, then g00r0, g01r0``; no leader, no first one."""
    named = [seen for seen in sightings if seen.replica]
    if not named:
        return (rich.text("written by the platform, not by a replica"),)
    first, *others = named
    rank = f" (rank {first.rank})" if first.rank is not None else ""
    of = f" of {node_count}" if node_count and node_count >= len(named) else ""
    rest = [str(seen.replica) for seen in others[:REPLICAS_NAMED]]
    more = len(others) - len(rest)
    tail = f", then {', '.join(rest)}" + (f" and {more} more" if more else "") if rest else ""
    count = f"{len(named)}{of} replicas: " if others or (node_count or 0) > 1 else "replica "
    if leader is None and others:
        rest = sorted(str(seen.replica) for seen in named)[:REPLICAS_NAMED]
        more = len(named) - len(rest)
        return (rich.text(f"{count}{', '.join(rest)}" + (f" and {more} more" if more else "")),)
    return (
        rich.text(count),
        rich.text(f"{first.replica}{rank}", bold=True),
        rich.text((" first" + tail) if rest else ""),
    )


def _when(incident: Incident) -> tuple[Element, ...]:
    facts = incident.facts
    first = (rich.text("first "), *rich.exact_date(facts.first_ns))
    if incident.count <= 1:
        return (rich.text("at "), *rich.exact_date(facts.first_ns))
    last = () if facts.last_ns == facts.first_ns else (rich.text(" · last "), *rich.exact_date(facts.last_ns))
    return (rich.text(f"{incident.count:,} times · ", bold=True), *first, *last)


def _reason(reason: str) -> tuple[Element, ...]:
    return (rich.section(rich.text(_sentence(reason), italic=True)),) if reason else ()


def _consequences(others: Sequence[Incident]) -> tuple[Element, ...]:
    if not others:
        return ()
    shown = sorted(others, key=lambda other: other.facts.first_ns)[:CONSEQUENCES_NAMED]
    items = [rich.section(rich.text(f"{shorten(other.facts.title, 120)} — {_extent(other)}")) for other in shown]
    more = len(others) - len(shown)
    if more:
        items.append(rich.section(rich.text(f"and {more} more consequences", italic=True)))
    return rich.section(rich.text("then:", bold=True)), rich.bullets(items)


def _extent(incident: Incident) -> str:
    count, replicas = incident.count, len(incident.facts.replicas)
    times = f"{count:,} times" if count > 1 else "once"
    return f"{times} on {replicas} replicas" if replicas > 1 else times


def _state_line(content: CardContent) -> tuple[Element, ...]:
    incident = content.incident
    _, word = _SIGNS[incident.state]
    line: tuple[Element, ...] = (rich.text("Nobody has taken this yet."),)
    if incident.state is State.ACKNOWLEDGED and incident.holder:
        line = (rich.text("Acknowledged by "), rich.user(incident.holder))
    elif incident.state is State.RESOLVED and incident.actor is None:
        line = (rich.text("Closed by itself"),)
    elif incident.state is not State.OPEN and incident.actor:
        line = (rich.text(f"{word} by "), rich.user(incident.actor))
    elif incident.state is State.OPEN and incident.actor:
        line = (rich.text("Reopened by "), rich.user(incident.actor))
    if incident.changed_ms is not None:
        line = (*line, rich.text(", "), rich.date(incident.changed_ms, "{date_short_pretty} {time}"))
    if content.cause is not None:
        line = (*line, rich.text(f" · follows from: {shorten(content.cause.facts.title, 150)}"))
    if incident.note:
        line = (*line, rich.text(f": {shorten(incident.note, 300)}"))
    return (*line, *_before(content))


def _before(content: CardContent) -> tuple[Element, ...]:
    if content.previous is None:
        return ()
    earlier, _ = content.previous
    who: tuple[Element, ...] = (rich.text(" by "), rich.user(earlier.actor)) if earlier.actor else ()
    why = f": {shorten(earlier.note, 200)}" if earlier.note else ""
    return rich.text(" · it is back: resolved before"), *who, rich.text(why or " ")


def _actions(incident: Incident) -> Element:
    value = ids.IncidentRef(incident.id, incident.revision).encode()
    buttons = {
        State.OPEN: (("Acknowledge", ids.ACKNOWLEDGE, "primary"), ("Resolve", ids.RESOLVE, None)),
        State.MUTED: (("Acknowledge", ids.ACKNOWLEDGE, "primary"), ("Resolve", ids.RESOLVE, None)),
        State.ACKNOWLEDGED: (("Resolve", ids.RESOLVE, "primary"),),
        State.RESOLVED: (("Reopen", ids.REOPEN, None),),
    }[incident.state]
    return {
        "type": "actions",
        "block_id": f"actions.{incident.revision}",
        "elements": [button(label, action, value, style=style) for label, action, style in buttons],
    }


def _fallback(content: CardContent) -> str:
    """What a notification and a screen reader say; the only place where a mention notifies."""
    incident = content.incident
    facts = incident.facts
    job = content.job
    where = escape(f"{job.title} in {job.project_name}" if job else incident.job_id)
    first = f", {escape(facts.first_replica)} first" if facts.first_replica else ""
    count = len(facts.replicas)
    on = f"{count} replicas{first}" if count > 1 else escape(facts.first_replica or "the platform")
    mention = f"{content.mention} " if content.mention else ""
    _, word = _SIGNS[incident.state]
    when = f"<!date^{s_from_ms(facts.first_ns // 1_000_000)}^{{time_secs}}|{_utc(facts.first_ns)}>"
    return f"{mention}{word}: {escape(shorten(facts.title, TITLE_CHARS))} — {where}, {on}, {when}"


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith((".", "!", "?")) else ".")


def _language(lines: Sequence[str]) -> str | None:
    return "python" if any(line.lstrip().startswith(("Traceback (most", 'File "')) for line in lines) else None


def _utc(at_ns: Ns) -> str:
    return str(rich.date(at_ns // 1_000_000)["fallback"])


def log_excerpt(lines: Sequence[str]) -> str:
    """The head and the end of an event in at most `EXCERPT_ROWS` rows: the end of a traceback names the error."""
    if len(lines) > EXCERPT_ROWS:
        head = EXCERPT_ROWS // 3
        tail = EXCERPT_ROWS - head - 1
        lines = (*lines[:head], f"… {len(lines) - head - tail} more lines", *lines[-tail:])
    width = EXCERPT_CHARS // EXCERPT_ROWS * 2
    return shorten("\n".join(shorten(line, width) for line in lines), EXCERPT_CHARS)
