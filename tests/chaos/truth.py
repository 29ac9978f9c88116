"""What must be true when calm has returned, whatever happened before: a list of what is not."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import select

from bot.flows.keeping import AuditEntry
from bot.incidents.announce import has_a_card
from bot.incidents.incident import Card, HistoryEntry, Incident
from bot.store import tables
from bot.store.engine import make_engine
from tests.chaos.calamities import FAILURES, Press
from tests.chaos.theatre import CHANNEL, PEOPLE, Theatre

QUICK_S = 1.4
"""Who is told that a press arrived before the bot's own patience ran out can rely on it."""


@dataclass(frozen=True)
class State:
    """All that the database knows."""

    incidents: tuple[Incident, ...]
    history: tuple[HistoryEntry, ...]
    cards: tuple[Card, ...]
    audit: tuple[AuditEntry, ...]
    waiting: tuple[str, ...]


def state_of(url: str) -> State:
    engine = make_engine(url)
    try:
        with engine.begin() as connection:

            def all_of(table: Any) -> tuple[Any, ...]:
                return tuple(connection.execute(select(table.c.body)).scalars())

            ids = connection.execute(select(tables.incidents.c.id).order_by(tables.incidents.c.id)).scalars().all()
            bodies = connection.execute(select(tables.incidents.c.body).order_by(tables.incidents.c.id)).scalars()
            return State(
                incidents=tuple(_with_id(number, body) for number, body in zip(ids, bodies, strict=True)),
                history=all_of(tables.history),
                cards=all_of(tables.cards),
                audit=all_of(tables.audit),
                waiting=tuple(
                    f"{row.key} {row.error} {row.attempts} {row.parked}"
                    for row in connection.execute(select(tables.outbox))
                ),
            )
    finally:
        engine.dispose()


def _with_id(number: int, incident: Incident) -> Incident:
    return replace(incident, id=number)


def is_told(theatre: Theatre, state: State) -> bool:
    """All lines are counted, the ends of the jobs are told, and nothing waits to be said."""
    counted = sum(incident.count for incident in state.incidents)
    return (
        counted >= theatre.written().total() and not state.waiting and len(endings(theatre)) == len(theatre.jobs)
    )


def wrongs(theatre: Theatre, state: State, presses: list[Press]) -> list[str]:
    """Each sentence is a broken promise."""
    return [
        *_lines(theatre, state),
        *_cards(theatre, state),
        *_repeated(theatre),
        *_actions(theatre, state),
        *_presses(theatre, state, presses),
        *(f"the end of {name} is told {count} times" for name, count in endings(theatre).items() if count != 1),
    ]


def endings(theatre: Theatre) -> dict[str, int]:
    told = [one["text"] for one in theatre.messages() if " failed after " in one["text"]]
    return dict(Counter(text.partition(" in ")[0] for text in told))


def _lines(theatre: Theatre, state: State) -> list[str]:
    """Every ERROR line is in exactly one incident."""
    counts: Counter[tuple[str, str]] = Counter()
    for incident in state.incidents:
        [failure] = [failure for failure in FAILURES if failure in incident.facts.title]
        counts[incident.job_id, failure] += incident.count
    written = theatre.written()
    return [
        f"job {job}: {failure!r} was written {written[job, failure]} times and counted {counts[job, failure]} times"
        for job, failure in sorted(written | counts)
        if written[job, failure] != counts[job, failure]
    ]


def _cards(theatre: Theatre, state: State) -> list[str]:
    """Every incident has exactly one card, and the database knows which one."""
    shown: Counter[int] = Counter()
    roots = [
        one for one in theatre.workspace.messages(CHANNEL) if one.get("user") == theatre.workspace.bot_user_id
    ]
    for message in roots:
        if (incident := _shown_by(message)) is not None:
            shown[incident] += 1
    wanted = {incident.id for incident in state.incidents if has_a_card(incident)}
    known = {(card.incident_id, card.ts) for card in state.cards}
    posted = {(incident, one["ts"]) for one in roots if (incident := _shown_by(one)) is not None}
    return [
        *(f"incident {one} has {shown[one]} cards" for one in sorted(wanted | set(shown)) if shown[one] != 1),
        *(f"card {one} is unknown to the database" for one in sorted(posted - known)),
    ]


def _shown_by(message: dict[str, Any]) -> int | None:
    for block in message.get("blocks") or ():
        if block["type"] == "actions":
            for element in block["elements"]:
                if number := dict(parse_qsl(str(element.get("value") or ""))).get("i"):
                    return int(number)
    return None


def _repeated(theatre: Theatre) -> list[str]:
    """Nothing is said twice: by the delivery's id anywhere, or by its words in one thread."""
    ids: Counter[str] = Counter()
    words: Counter[tuple[str, str]] = Counter()
    for one in theatre.messages():
        payload = (one.get("metadata") or {}).get("event_payload") or {}
        ids[payload.get("delivery_id", f"none in {one['text'][:60]!r}")] += 1
        if one.get("thread_ts") not in (None, one["ts"]) and not _may_repeat(one["text"]):
            words[one["thread_ts"], one["text"]] += 1
    return [
        *(f"delivery {name} is there {count} times" for name, count in ids.items() if count > 1),
        *(f"in thread {ts} it is said {count} times: {text}" for (ts, text), count in words.items() if count > 1),
    ]


def _actions(theatre: Theatre, state: State) -> list[str]:
    """What a person did stands once in the history, and once in a thread of the job.

    A consequence hands its card over to its cause, thread, history and all.
    """
    jobs = _jobs(state)
    people = {theatre.workspace.roster.user(name).id: name for name in PEOPLE}
    done = Counter(
        (_job_of(jobs, entry.target), entry.action, entry.actor)
        for entry in state.audit
        if entry.outcome == "changed"
    )
    noted = Counter((jobs[one.incident_id], one.action, one.actor) for one in state.history if one.actor)
    told = Counter(
        (jobs[incident], reply["text"].split(" ", 1)[0])
        for root in theatre.workspace.messages(CHANNEL)
        if (incident := _shown_by(root)) is not None
        for reply in theatre.workspace.messages(CHANNEL, root["ts"])[1:]
        if _is_an_action(reply["text"])
    )
    in_history = Counter((jobs[one.incident_id], people[one.actor]) for one in state.history if one.actor)
    return [
        *(
            f"{what}: done {done[what]} times, {noted[what]} times in the history"
            for what in done | noted
            if done[what] != noted[what]
        ),
        *(
            f"{one}: {in_history[one]} actions, {told[one]} in threads"
            for one in in_history | told
            if in_history[one] != told[one]
        ),
    ]


def _jobs(state: State) -> dict[int, str]:
    return {incident.id: incident.job_id for incident in state.incidents}


def _job_of(jobs: dict[int, str], target: str) -> str:
    """Of an audited step on an incident."""
    return jobs.get(int(target.partition(":")[2]), target) if target.startswith("incident:") else target


def _may_repeat(text: str) -> bool:
    """People do the same again; and a card that was handed over has lines around two first ones in its thread."""
    return _is_an_action(text) or text.startswith("Lines around")


def _is_an_action(text: str) -> bool:
    return text.split(" ", 1)[0] in PEOPLE


def _presses(theatre: Theatre, state: State, presses: list[Press]) -> list[str]:
    """A press that was acknowledged in good time was carried out or refused; none was carried out twice.

    A button that names a consequence may have meant its cause, so that jobs are compared.
    """
    jobs = _jobs(state)
    heard = Counter((_job_of(jobs, entry.target), entry.action, entry.actor) for entry in state.audit)
    sure: Counter[tuple[str, str, str]] = Counter()
    tried: Counter[tuple[str, str, str]] = Counter()
    for press in presses:
        what = jobs[press.incident], press.action, theatre.workspace.roster.user(press.person).id
        tried[what] += 1
        sure[what] += press.outcome.acked and press.calm and press.outcome.seconds < QUICK_S
    return [
        f"{what}: pressed {tried[what]} times, surely heard {sure[what]} times, carried out {heard[what]} times"
        for what in tried
        if not sure[what] <= heard[what] <= tried[what]
    ]
