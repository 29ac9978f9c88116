"""What the bot answers in a thread: who has the error, who did what, what can be said, and where."""

from collections.abc import Iterable, Sequence

from bot.incidents.attendance import Attendance
from bot.incidents.incident import Card, HistoryEntry, Incident, Sighting
from bot.incidents.steps import Action
from bot.slack import rich
from bot.slack.mrkdwn import Message, clean, escape, section, shorten
from bot.slack.render.card_parts import state_line, to_card
from bot.slack.rich import Element

REPLICAS_SHOWN = 40
NAMED = 20
NAME_CHARS = 30
TITLE_CHARS = 100
ENTRIES_SHOWN = 30
DETAIL_CHARS = 150
CARDS_SHOWN = 5
DAY_AND_MINUTE = "{date_short_pretty} {time}"


# --- replicas ------------------------------------------------------------------------------------


def replicas_message(incident: Incident, found: Attendance) -> Message:
    """Who has the error, how often, first and last; who has not, and who is silent."""
    named = [seen for seen in found.touched if seen.replica]
    head = f"{_counted(len(named), 'replica')} {'has' if len(named) == 1 else 'have'} this error"
    if not named:
        head = "The platform wrote this error, no replica did"
    head = f"{head}, {incident.facts.count:,} time{'s' if incident.facts.count != 1 else ''} in all"
    shown = found.touched[:REPLICAS_SHOWN]
    rows = [rich.section(*_sighting(seen, at == 0)) for at, seen in enumerate(shown)]
    if more := found.touched[REPLICAS_SHOWN:]:
        events = sum(seen.count for seen in more)
        rows.append(rich.section(rich.text(f"and {len(more)} more, {events:,} times", italic=True)))
    listed = [rich.bullets(rows)] if rows else []
    rest = [rich.section(*line) for line in _rest(found)]
    said = ". ".join([head, *_rest_text(found)])
    return {
        "text": escape(f"{said}.", 2_000),
        "blocks": [rich.block(rich.section(rich.text(head, bold=True)), *listed, *rest)],
    }


def _sighting(seen: Sighting, is_first: bool) -> Iterable[Element]:
    rank = f" (rank {seen.rank})" if seen.rank is not None else ""
    times = f"{seen.count:,} time{'s' if seen.count != 1 else ''}"
    yield rich.text(f"{_name(seen.replica)}{rank}", bold=is_first)
    yield rich.text(f": {times}, {'first of all ' if is_first else 'first '}")
    yield from rich.exact_date(seen.first_ns)
    if seen.last_ns != seen.first_ns:
        yield rich.text(", last ")
        yield from rich.exact_date(seen.last_ns)


def _rest(found: Attendance) -> Iterable[list[Element]]:
    if found.others:
        yield [rich.text(_without(found.others))]
    if found.silent:
        line: list[Element] = [rich.text("Silent while others write: ")]
        for at, (name, since_ns) in enumerate(found.silent[:NAMED]):
            line += [rich.text(f"{', ' if at else ''}{_name(name)} since "), *rich.exact_date(since_ns)]
        more = len(found.silent) - NAMED
        yield [*line, rich.text(f" and {more} more." if more > 0 else ".")]
    if found.unheard:
        yield [rich.text(f"{_counted(found.unheard, 'replica')} never wrote a line.")]


def _rest_text(found: Attendance) -> Iterable[str]:
    if found.touched:
        yield ", ".join(f"{_name(seen.replica)} {seen.count:,}" for seen in found.touched[:NAMED])
    if found.others:
        yield _without(found.others).rstrip(".")
    if found.silent:
        yield f"Silent while others write: {_some([name for name, _ in found.silent])}"


def _without(names: Sequence[str]) -> str:
    return f"Without it: {_some(names)}."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(_name(name) for name in names[:NAMED]) + more


def _name(replica: str | None) -> str:
    return shorten(clean(replica or "the platform"), NAME_CHARS)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# --- who did what --------------------------------------------------------------------------------


def history_message(incident: Incident, entries: Sequence[HistoryEntry]) -> Message:
    """Whose it is now, and who did what when; the newest steps where there are too many."""
    shown = entries[-ENTRIES_SHOWN:]
    rows = [rich.section(*_entry(entry)) for entry in shown]
    older = len(entries) - len(shown)
    head = [rich.section(*state_line(incident))]
    if older:
        head.append(rich.section(rich.text(f"{_counted(older, 'earlier step')} left out:", italic=True)))
    listed = [rich.bullets(rows)] if rows else [rich.section(rich.text("Nobody has done anything to it."))]
    text = f"{_counted(len(entries), 'step')} so far; it is {incident.state.value}."
    return {"text": text, "blocks": [rich.block(*head, *listed)]}


_DID: dict[str, str] = {
    Action.ACKNOWLEDGE: "acknowledged it",
    Action.ASSIGN: "assigned it to ",
    Action.MUTE: "muted it until ",
    Action.UNMUTE: "ended the mute",
    Action.RESOLVE: "resolved it",
    Action.DISMISS: "said that it is not an error",
    Action.REOPEN: "opened it again",
}
_BY_ITSELF = {
    Action.UNMUTE.value: "the mute ended",
    "gap": "some lines of about its time could not be read",
    "closed": "closed by itself",
}


def _entry(entry: HistoryEntry) -> Iterable[Element]:
    yield rich.date(entry.at_ms, DAY_AND_MINUTE)
    if entry.actor is None:
        yield rich.text(f" · {_BY_ITSELF.get(entry.action, entry.action)}{_why(entry)}")
        return
    yield rich.text(" · ")
    yield rich.user(entry.actor)
    yield rich.text(f" {_DID.get(entry.action, entry.action)}")
    if entry.action == Action.ASSIGN and entry.to:
        yield rich.user(entry.to)
    elif entry.action == Action.MUTE:
        ends = entry.until_ms
        yield rich.text("the job ends") if ends is None else rich.date(ends, DAY_AND_MINUTE)
    elif entry.action == Action.RESOLVE and entry.detail:
        yield rich.text(_why(entry))


def _why(entry: HistoryEntry) -> str:
    return f": {shorten(' '.join(clean(entry.detail).split()), DETAIL_CHARS)}" if entry.detail else ""


# --- what can be said, and where -----------------------------------------------------------------


def unclear_message(sentence: str) -> Message:
    """`sentence` may hold what a person wrote."""
    return _sentence(escape(sentence, 1_000))


def elsewhere_message(name: str, cards: Sequence[tuple[Incident, Card]], *, in_list: bool) -> Message:
    """A word for a card, written where there is none: which threads there are for it."""
    if in_list:
        where = "This is a list. Choose the error from its menu: it gets a card, and the card's thread takes"
    else:
        where = "It belongs in the thread of a card:"
    head = f"{where} `{name}`." if in_list else f"`{name}` needs an error. {where} write it there."
    if not cards:
        return _sentence(head)
    rows = [
        rich.section(to_card(card, shorten(incident.facts.title, TITLE_CHARS)))
        for incident, card in cards[:CARDS_SHOWN]
    ]
    more = len(cards) - len(rows)
    if more:
        rows.append(rich.section(rich.text(f"and {more} more", italic=True)))
    message = _sentence(f"{head} Open in this channel:")
    message["blocks"].append(rich.block(rich.bullets(rows)))
    return message


def _sentence(text: str) -> Message:
    return {"text": text, "blocks": [section(text)]}
