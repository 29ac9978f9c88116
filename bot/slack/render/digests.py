"""A channel's daily summary as a message, and what is said of setting one."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.flows.contents import DigestContent, Entry
from bot.flows.digest import Set
from bot.incidents.incident import Incident, State
from bot.jobs.job import Job
from bot.slack import ids, rich
from bot.slack.mrkdwn import INSTEAD, Message, actions, button, date, escape, section, shorten
from bot.slack.render.card_parts import SIGNS, extent, to_card
from bot.slack.render.charts import chart, text_bars
from bot.slack.render.figures import duration
from bot.slack.render.words import JOB_SIGNS
from bot.slack.rich import Element
from bot.times import Ms, ns_from_ms, utc

JOBS_NAMED = 6
NAMED = 5
TITLE_CHARS = 110
JOB_CHARS = 50
REASON_CHARS = 140
DAY_AND_MINUTE = "{date_short_pretty} {time}"
DAY_MS = 86_400_000

T = TypeVar("T")


def digest_message(content: DigestContent) -> Message:
    """What happened, the newest of each kind named; the rest are counted."""
    known = {entry.incident.id for entry in content.opened}
    older = [entry for entry in content.unresolved if entry.incident.id not in known]
    head = rich.section(
        rich.emoji("bar_chart"),
        rich.text("  "),
        rich.text(_counts(content), bold=True),
        rich.text("\nSince "),
        rich.date(content.since_ms, DAY_AND_MINUTE),
    )
    parts = [
        head,
        *_list("Jobs", content.jobs, _job, JOBS_NAMED),
        *_list("New", content.opened, _opened, NAMED),
        *_list("Resolved", content.resolved, _resolved, NAMED),
        *_list("Open from before", older, _opened, NAMED),
        *_list("Seen most often", content.noisiest, _noisy, NAMED),
    ]
    blocks = [rich.block(*parts)]
    told = {"text": f"Since {date(content.since_ms, DAY_AND_MINUTE)}: {_counts(content)}.{_titles(content)}"}
    if not content.times:
        return {**told, "blocks": blocks}
    points = _points(content)
    drawn = rich.block(rich.section(rich.text("Errors over time")), rich.preformatted(text_bars(points)))
    zone = f"time in {content.zone.replace('_', ' ')}"
    return {**told, "blocks": [*blocks, chart("Errors over time", points, zone)], INSTEAD: [*blocks, drawn]}


def set_message(outcome: Set, *, watches: bool) -> Message:
    """What a channel's digest is now."""
    digest = outcome.digest
    if digest is None:
        text = "This channel gets no digest any more." if outcome.changed else "This channel gets no digest."
        text += " `/joblogs digest daily 09:00` asks for one."
        return {"text": text, "blocks": [section(text)]}
    text = (
        f"This channel gets a digest {escape(digest.words)}. The next one: {date(digest.next_ms, DAY_AND_MINUTE)}."
    )
    text += " When nothing happened there is none."
    if not watches:
        text += " Nothing is watched here yet, so there will be nothing in it: begin with `/joblogs watch JOB`."
    end = button("End the digest", ids.END_DIGEST, digest.channel)
    return {"text": text, "blocks": [section(text), actions(end)]}


def _counts(content: DigestContent) -> str:
    told = [
        _number(len(content.jobs), "job", " ran"),
        _number(len(content.opened), "new incident"),
        f"{len(content.resolved)} resolved",
        f"{len(content.unresolved)} open now",
    ]
    return ", ".join(told)


def _number(count: int, noun: str, verb: str = "") -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}{verb}"


def _list(title: str, things: Sequence[T], line: Callable[[T], Iterable[Element]], most: int) -> list[Element]:
    if not things:
        return []
    items = [rich.section(*line(thing)) for thing in things[:most]]
    if more := len(things) - most if len(things) > most else 0:
        items.append(rich.section(rich.text(f"and {more} more", italic=True)))
    return [rich.section(rich.text(f"\n{title}", bold=True)), rich.bullets(items)]


def _job(job: Job) -> Iterable[Element]:
    yield rich.emoji(JOB_SIGNS.get(job.status.name, "white_circle"))
    yield rich.text(" ")
    yield rich.link(job.dashboard_url, shorten(job.title, JOB_CHARS))
    yield rich.text(f" in {shorten(job.project_name, JOB_CHARS)}: {shorten(job.status.label, 40)}")
    if job.status.has_ended:
        yield rich.text(f" after {duration(job.updated_ms - job.created_ms)}")
    else:
        yield rich.text(", created ")
        yield rich.date(job.created_ms, DAY_AND_MINUTE)


def _opened(entry: Entry) -> Iterable[Element]:
    incident = entry.incident
    yield rich.emoji(SIGNS[incident.state][0])
    yield rich.text(" ")
    yield from _named(entry)
    yield rich.text(f" · {extent(incident)}")
    if incident.state is State.OPEN:
        yield rich.text(" · nobody has taken it")
    elif holder := _holder(incident):
        yield rich.text(f" · {SIGNS[incident.state][1].lower()}, ")
        yield rich.user(holder)


def _resolved(entry: Entry) -> Iterable[Element]:
    incident = entry.incident
    yield from _named(entry)
    if incident.actor is None:
        yield rich.text(" · closed by itself")
    else:
        yield rich.text(" · by ")
        yield rich.user(incident.actor)
    if incident.note:
        yield rich.text(f": {shorten(' '.join(incident.note.split()), REASON_CHARS)}")


def _noisy(counted: tuple[Entry, int]) -> Iterable[Element]:
    entry, count = counted
    yield from _named(entry)
    yield rich.text(f" · {count:,} times")


def _named(entry: Entry) -> Iterable[Element]:
    incident, job = entry.incident, entry.job
    yield to_card(entry.card, shorten(incident.facts.title, TITLE_CHARS) or " ")
    yield rich.text(f" — {shorten(job.title if job else incident.job_id, JOB_CHARS)}")


def _holder(incident: Incident) -> str | None:
    return incident.muted.by if incident.muted else incident.holder


def _titles(content: DigestContent) -> str:
    named = "; ".join(shorten(entry.incident.facts.title, 80) for entry in content.opened[:3])
    return f" New: {escape(named, 400)}" if named else ""


def _points(content: DigestContent) -> list[tuple[str, int]]:
    """Hours in the zone of whoever asked for the digest: a chart cannot name them for each reader."""
    zone = ZoneInfo(content.zone)
    long = content.until_ms - content.since_ms > DAY_MS + DAY_MS // 12
    points: dict[str, int] = {}
    for start, count in content.times:
        label = _hour(start, zone, "%a %H:%M" if long else "%H:%M")
        points[label] = points.get(label, 0) + count
    return list(points.items())


def _hour(at: Ms, zone: ZoneInfo, form: str) -> str:
    moment: datetime = utc(ns_from_ms(at)).astimezone(zone)
    return moment.strftime(form)
