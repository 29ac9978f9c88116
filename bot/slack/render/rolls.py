"""Several incidents in one message: the list of a storm, and that of a job's harmless errors."""

from collections.abc import Callable, Sequence

from bot.flows.contents import Entry, RollContent
from bot.incidents.incident import State
from bot.incidents.roll import RollKind
from bot.slack import ids, rich
from bot.slack.mrkdwn import (
    MESSAGE_CHARS,
    OPTION_CHARS,
    Message,
    escape,
    plain,
    section,
    shorten,
    size,
)
from bot.slack.render.card_parts import SIGNS, extent, job_name, sentence, to_card
from bot.slack.rich import Element

LIST_CHARS = 6_000
MENU_CHARS = MESSAGE_CHARS - LIST_CHARS - 1_000
TITLE_CHARS = 120
REASON_CHARS = 100
JOB_CHARS = 60
HARMLESS_CHARS = 80
DISMISSED = "Somebody said of it before that it is not an error."


def roll_message(content: RollContent) -> Message:
    """The list as it is now."""
    if content.roll.kind is RollKind.STORM:
        return _storm(content)
    return _harmless(content)


def _storm(content: RollContent) -> Message:
    count = len(content.entries)
    what = f"{count} more new error{'s' if count != 1 else ''}"
    jobs = len({entry.incident.job_id for entry in content.entries})
    where = f" in {jobs} jobs" if jobs > 1 else ""
    head = rich.section(
        rich.emoji("rotating_light"),
        rich.text("  "),
        rich.text(f"{what}{where}, too many at once for a card each", bold=True),
        rich.text("\nSince "),
        rich.date(content.roll.began_ms, "{date_short_pretty} {time}"),
        rich.text(". One that is seen again when it is calm gets a card by itself."),
    )
    text = f"{what}{where}, too many at once for a card each: {_titles(content.entries)}"
    return {
        "text": text,
        "blocks": [rich.block(head, *_list(content.entries, _storm_line)), *_menu(content.entries)],
    }


def _harmless(content: RollContent) -> Message:
    entries = content.entries
    if not entries:
        text = "What stood here turned out not to be harmless: see its card."
        return {"text": text, "blocks": [rich.block(rich.section(rich.text(text)))]}
    kinds = f"{len(entries)} kinds of errors that need" if len(entries) > 1 else "one kind of error that needs"
    head = rich.section(
        rich.emoji("no_bell"),
        rich.text("  "),
        *job_name(entries[0].job, entries[0].incident.job_id),
        rich.text(f": {kinds} nobody"),
    )
    job = entries[0].job
    where = escape(job.title if job else entries[0].incident.job_id, JOB_CHARS)
    text = f"{where}: {kinds} nobody: {_titles(entries)}"
    return {"text": text, "blocks": [rich.block(head, *_list(entries, _harmless_line))]}


def _list(entries: Sequence[Entry], line: Callable[[Entry], tuple[Element, ...]]) -> tuple[Element, ...]:
    """As many as one message holds, and how many more there are."""
    items: list[Element] = []
    room = LIST_CHARS
    for entry in entries:
        parts = line(entry)
        room -= sum(size(part.get("text", "")) for part in parts)
        if room < 0:
            break
        items.append(rich.section(*parts))
    more = len(entries) - len(items)
    if more:
        items.append(rich.section(rich.text(f"and {more} more", italic=True)))
    return (rich.bullets(items),) if items else ()


def _menu(entries: Sequence[Entry]) -> tuple[Element, ...]:
    """For those that have no card yet."""
    options = [_option(entry) for entry in entries if entry.card is None][: MENU_CHARS // OPTION_CHARS]
    if not options:
        return ()
    select = {
        "type": "static_select",
        "action_id": ids.OWN_CARD,
        "placeholder": plain("Choose one"),
        "options": options,
    }
    return (section("Take one up: it gets a card of its own.") | {"accessory": select},)


def _option(entry: Entry) -> Element:
    incident, job = entry.incident, entry.job
    name = shorten(job.title if job else incident.job_id, 30)
    text = plain(f"{name}: {incident.facts.title}", OPTION_CHARS)
    return {"text": text, "value": str(incident.id)}


def _storm_line(entry: Entry) -> tuple[Element, ...]:
    incident, job = entry.incident, entry.job
    name = shorten(job.title if job else incident.job_id, JOB_CHARS)
    first = incident.facts.first_replica
    on = f", {shorten(first, 24)} first" if first else ""
    title = shorten(incident.facts.title, TITLE_CHARS)
    shown = to_card(entry.card, title) if entry.card else rich.text(title, bold=True)
    return shown, rich.text(f" — {name} · {extent(incident)}{on}"), *_who(entry)


def _who(entry: Entry) -> tuple[Element, ...]:
    incident = entry.incident
    if incident.state is State.OPEN or not incident.actor:
        return ()
    if incident.state is State.ASSIGNED and incident.holder:
        return rich.text(" · assigned to "), rich.user(incident.holder)
    return rich.text(f" · {SIGNS[incident.state][1].lower()} by "), rich.user(incident.actor)


def _harmless_line(entry: Entry) -> tuple[Element, ...]:
    facts = entry.incident.facts
    why = DISMISSED if entry.incident.unwanted else sentence(shorten(facts.reason, REASON_CHARS))
    title = shorten(facts.title, HARMLESS_CHARS)
    return rich.text(f"{title} — {extent(entry.incident)}. "), rich.text(why or " ", italic=True)


def _titles(entries: Sequence[Entry]) -> str:
    return escape("; ".join(shorten(entry.incident.facts.title, 80) for entry in entries[:5]), 600)
