"""The parts of an incident's card, top to bottom, as rich text: each says one thing, or nothing at all."""

from collections.abc import Sequence

from bot.flows.contents import CardContent
from bot.incidents.excerpt import CARD_ROWS, ROW_CHARS, is_cut
from bot.incidents.incident import EXCERPT_LINES, Card, Confidence, Incident, Muted, Role, Sighting, State
from bot.jobs.job import Job
from bot.slack import rich
from bot.slack.mrkdwn import clean, shorten
from bot.slack.rich import Element
from bot.times import Ns, ns_from_ms

EXCERPT_CHARS = 2_600
TITLE_CHARS = 140
NAME_CHARS = 120
REPLICA_CHARS = 24
REASON_CHARS = 600
NOTE_CHARS = 300
REPLICAS_NAMED = 6
CONSEQUENCES_NAMED = 5

SIGNS = {
    State.OPEN: ("red_circle", "Open"),
    State.ASSIGNED: ("large_orange_circle", "Assigned"),
    State.ACKNOWLEDGED: ("large_yellow_circle", "Acknowledged"),
    State.MUTED: ("no_bell", "Muted"),
    State.RESOLVED: ("white_check_mark", "Resolved"),
}


def title(incident: Incident) -> tuple[Element, ...]:
    sign = SIGNS[incident.state][0]
    if incident.facts.role is Role.CASCADE:
        sign = "link"
    elif incident.facts.role is Role.NOISE:
        sign = "no_bell"
    return rich.emoji(sign), rich.text("  "), rich.text(shorten(incident.facts.title, TITLE_CHARS), bold=True)


def reason(incident: Incident) -> tuple[Element, ...]:
    """Why this is the cause, in words, and that it is a guess when it is one."""
    facts = incident.facts
    guess = "The cause is a guess." if facts.confidence is Confidence.GUESS else ""
    said = " ".join(part for part in (sentence(shorten(facts.reason, REASON_CHARS)), guess) if part)
    return (rich.section(rich.text(said, italic=True)),) if said else ()


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "!", "?")) else ".")


def job_name(job: Job | None, job_id: str) -> tuple[Element, ...]:
    if job is None:
        return (rich.text(job_id),)
    name = shorten(job.title, NAME_CHARS)
    return rich.link(job.dashboard_url, name, bold=True), rich.text(f" in {shorten(job.project_name, NAME_CHARS)}")


def where(content: CardContent) -> tuple[Element, ...]:
    facts, job = content.incident.facts, content.job
    nodes = job.node_count if job else None
    sightings, leader = facts.sightings, facts.first_replica
    back_ns = _back_since(content)
    if back_ns is not None:
        sightings = tuple(seen for seen in facts.sightings if seen.last_ns > back_ns) or sightings
        leader = sightings[0].replica if len(sightings) == 1 else None
    return (
        *job_name(job, content.incident.job_id),
        rich.text(" · "),
        *replicas(sightings, nodes, leader),
    )


def replicas(sightings: Sequence[Sighting], node_count: int | None, leader: str | None) -> tuple[Element, ...]:
    """Such as ``3 of 8 replicas: g02r0 (rank 13) first, then g00r0, g01r0``; no leader, no first one."""
    seen = {shorten(one.replica, REPLICA_CHARS): one.rank for one in sightings if one.replica}
    if not seen:
        return (rich.text("written by the platform, not by a replica"),)
    of = f" of {node_count}" if node_count and node_count >= len(seen) else ""
    count = f"{len(seen)}{of} replicas: " if len(seen) > 1 or (node_count or 0) > 1 else "replica "
    if count.startswith("1 "):
        count = f"1{of} replicas: "
    first = shorten(leader, REPLICA_CHARS) if leader else None
    if first is None and len(seen) > 1:
        return (rich.text(count + _some(sorted(seen))),)
    if first is not None and first not in seen:
        # The one to blame wrote nothing of this kind itself.
        return rich.text(f"{count}{_some(sorted(seen))} · it began on "), rich.text(first, bold=True)
    first = first or next(iter(seen))
    rank = f" (rank {seen[first]})" if seen[first] is not None else ""
    others = [name for name in seen if name != first]
    tail = f" first, then {_some(others)}" if others else ""
    return rich.text(count), rich.text(first + rank, bold=True), *((rich.text(tail),) if tail else ())


def when(incident: Incident) -> tuple[Element, ...]:
    facts = incident.facts
    hidden = facts.hidden_values
    masked = (rich.text(f" · {hidden} value{'s' if hidden > 1 else ''} hidden"),) if hidden else ()
    if incident.generation > 1:
        times = f"{times_of(incident)} since it came back · last "
        return rich.text(times, bold=True), *rich.exact_date(facts.last_ns), *masked
    if incident.count <= 1:
        return rich.text("at "), *rich.exact_date(facts.first_ns), *masked
    last = () if facts.last_ns == facts.first_ns else (rich.text(" · last "), *rich.exact_date(facts.last_ns))
    times = f"{times_of(incident)} · "
    return rich.text(times, bold=True), rich.text("first "), *rich.exact_date(facts.first_ns), *last, *masked


def times_of(incident: Incident) -> str:
    return f"{incident.count:,} times" if incident.count > 1 else "once"


def excerpt(lines: Sequence[str]) -> tuple[Element, ...]:
    """The head and the end of an event in at most `CARD_ROWS` rows: the end of a traceback names the error."""
    clear = [clean(line) for line in lines]
    if not any(line.strip() for line in clear):
        return ()
    shown = rich.preformatted(_cut(clear), language=language(clear))
    if not is_cut(lines):
        return (shown,)
    return shown, rich.section(rich.text("The whole of it is in the thread.", italic=True))


def language(lines: Sequence[str]) -> str | None:
    return "python" if any(line.lstrip().startswith(("Traceback (most", 'File "')) for line in lines) else None


def consequences(others: Sequence[Incident]) -> tuple[Element, ...]:
    """What followed, as "then:" and a list with counts."""
    if not others:
        return ()
    shown = sorted(others, key=lambda other: other.facts.first_ns)[:CONSEQUENCES_NAMED]
    items = [rich.section(rich.text(f"{shorten(other.facts.title, 120)} — {extent(other)}")) for other in shown]
    more = len(others) - len(shown)
    if more:
        items.append(rich.section(rich.text(f"and {more} more consequence{'s' if more > 1 else ''}", italic=True)))
    return rich.section(rich.text("then:", bold=True)), rich.bullets(items)


def extent(incident: Incident) -> str:
    """Such as ``12 times on 3 replicas``."""
    count = len(incident.facts.replicas)
    return f"{times_of(incident)} on {count} replicas" if count > 1 else times_of(incident)


def memory(content: CardContent) -> tuple[Element, ...]:
    """What happened the last time: in this job, or in earlier jobs of the project."""
    told = [*_return(content), *_earlier(content)]
    return tuple(rich.section(*line) for line in told)


def state_line(incident: Incident) -> tuple[Element, ...]:
    """Who has it, since when and why: ``Acknowledged by @ada, today at 14:02: bad driver``."""
    word = SIGNS[incident.state][1]
    line: tuple[Element, ...] = (rich.text("Nobody has taken this yet."),)
    if incident.muted is not None:
        return _muted_line(incident.muted, incident.holder)
    if incident.state is State.ACKNOWLEDGED and incident.holder:
        line = (rich.text("Acknowledged by "), rich.user(incident.holder))
    elif incident.state is State.ASSIGNED and incident.holder and incident.actor:
        line = (
            rich.text("Assigned to "),
            rich.user(incident.holder),
            rich.text(" by "),
            rich.user(incident.actor),
        )
    elif incident.state is State.RESOLVED and incident.actor is None:
        line = (rich.text("Closed by itself"),)
    elif incident.state is not State.OPEN and incident.actor:
        line = (rich.text(f"{word} by "), rich.user(incident.actor))
    elif incident.state is State.OPEN and incident.actor:
        line = (rich.text("Opened again by "), rich.user(incident.actor))
    if incident.since_ms is not None:
        line = (*line, rich.text(", "), rich.date(incident.since_ms, "{date_short_pretty} {time}"))
    return (*line, rich.text(f": {note(incident.note)}")) if incident.note else line


def note(reason: str) -> str:
    """In one line, as a folded card has room for; the thread has it as it was written."""
    return shorten(" ".join(reason.split()), NOTE_CHARS)


def _muted_line(mute: Muted, holder: str | None) -> tuple[Element, ...]:
    until: tuple[Element, ...] = (rich.text(" until the job ends"),)
    if mute.until_ms is not None:
        until = (rich.text(" until "), rich.date(mute.until_ms, "{date_short_pretty} {time}"))
    held = (rich.text(", held by "), rich.user(holder)) if holder else ()
    return rich.text("Muted by "), rich.user(mute.by), *until, *held


def to_card(card: Card | None, label: str) -> Element:
    """The name of another card, as a link to it where its address is known."""
    return rich.link(card.permalink, label) if card is not None and card.permalink else rich.text(label)


def _back_since(content: CardContent) -> Ns | None:
    """Since when an error that was resolved is back; None of one that is there for the first time."""
    before = content.previous[0] if content.previous else None
    return ns_from_ms(before.changed_ms) if before is not None and before.changed_ms is not None else None


def _return(content: CardContent) -> list[tuple[Element, ...]]:
    if content.previous is None:
        return []
    before, card = content.previous
    who: tuple[Element, ...] = (rich.user(before.actor), rich.text(" had resolved it")) if before.actor else ()
    line = (rich.emoji("repeat"), rich.text("  "), rich.text("It is back. ", bold=True))
    return [(*line, *(who or (rich.text("It had closed by itself"),)), *_when_and_why(before, card))]


def _earlier(content: CardContent) -> list[tuple[Element, ...]]:
    """Not beside the line of a return, which is nearer."""
    if content.earlier is None or content.previous is not None:
        return []
    earlier, card = content.earlier
    last = earlier.last
    jobs = f"{earlier.jobs} earlier job{'s' if earlier.jobs > 1 else ''}"
    line = (rich.emoji("bulb"), rich.text("  "), rich.text(f"Seen in {jobs}"))
    if last.state is not State.RESOLVED or last.actor is None:
        return [(*line, rich.text("; nobody resolved it there"), *_thread(card), rich.text("."))]
    return [(*line, rich.text("; last time "), rich.user(last.actor), *_when_and_why(last, card))]


def _when_and_why(before: Incident, card: Card | None) -> tuple[Element, ...]:
    line: tuple[Element, ...] = ()
    if before.note:
        line = (rich.text(": "), rich.text(note(before.note), bold=True))
    if before.changed_ms is not None:
        # A note ends as its author likes, often with a full stop.
        line = (
            *line,
            rich.text(" · " if before.note else ", "),
            rich.date(before.changed_ms, "{date_short_pretty} {time}"),
        )
    return (*line, *_thread(card), rich.text("."))


def _thread(card: Card | None) -> tuple[Element, ...]:
    return (rich.text(" ("), to_card(card, "its thread"), rich.text(")")) if card and card.permalink else ()


def _some(names: Sequence[str]) -> str:
    more = len(names) - REPLICAS_NAMED
    return ", ".join(names[:REPLICAS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _cut(lines: Sequence[str]) -> str:
    if len(lines) > CARD_ROWS:
        head = CARD_ROWS // 3
        tail = CARD_ROWS - head - 1
        missing = f"… {len(lines) - head - tail} more lines" + (" or more" if len(lines) >= EXCERPT_LINES else "")
        lines = (*lines[:head], missing, *lines[-tail:])
    return shorten("\n".join(shorten(line, ROW_CHARS) for line in lines), EXCERPT_CHARS)
