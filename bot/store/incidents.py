"""Incidents, their history and their cards.

Rows that are read are locked until the commit (on SQLite the whole transaction is alone): a poll and a
pressed button both read an incident, change their half and put it back, and neither may undo the other.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, union, update

from bot.flows.contents import Earlier
from bot.incidents.incident import Card, HistoryEntry, Incident, State
from bot.store.dialects import insert_into
from bot.store.tables import cards, history, incidents, outbox
from bot.times import Ms, ms_floor


class SqlIncidents:
    """`flows.ports.Incidents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, incident_id: int) -> Incident | None:
        return next(iter(self._select(incidents.c.id == incident_id)), None)

    def newest(self, account: str, job_id: str) -> dict[str, Incident]:
        found = self._select(incidents.c.account == account, incidents.c.job_id == job_id)
        by_generation = sorted(found, key=lambda incident: incident.generation)
        return {incident.facts.key: incident for incident in by_generation}

    def put(self, incident: Incident) -> Incident:
        """Raises LookupError when there is no incident of that number."""
        columns = _columns(incident)
        if incident.id == 0:
            statement = insert(incidents).values(columns).returning(incidents.c.id)
            return replace(incident, id=self._connection.execute(statement).scalar_one())
        replaced = self._connection.execute(update(incidents).where(incidents.c.id == incident.id).values(columns))
        if replaced.rowcount == 0:
            raise LookupError(f"there is no incident {incident.id}")
        return incident

    def unresolved(self, *, channel: str | None = None, job_id: str | None = None) -> tuple[Incident, ...]:
        """The oldest first; `channel` keeps those with a card there."""
        which = [incidents.c.state != State.RESOLVED.value]
        if channel is not None:
            which.append(incidents.c.id.in_(select(cards.c.incident_id).where(cards.c.channel == channel)))
        if job_id is not None:
            which.append(incidents.c.job_id == job_id)
        return self._select(*which)

    def listed(self, ids: Collection[int]) -> tuple[Incident, ...]:
        """In the order of their numbers; they are not locked."""
        return self._select(incidents.c.id.in_(ids), locked=False)

    def count(self) -> dict[str, int]:
        query = select(incidents.c.state, func.count()).group_by(incidents.c.state)
        found = {state: int(count) for state, count in self._connection.execute(query)}
        return {state.value: found.get(state.value, 0) for state in State}

    def muted(self) -> tuple[Incident, ...]:
        return self._select(incidents.c.state == State.MUTED.value)

    def waiting(self, since_ms: Ms) -> tuple[Incident, ...]:
        # Most incidents are OPEN for ever: the index of states would be the wrong one, and `coalesce` hides it.
        state = func.coalesce(incidents.c.state, "")
        untaken = state.in_([State.OPEN.value, State.ASSIGNED.value])
        return self._select(untaken, incidents.c.touched_ms >= since_ms, locked=False)

    def successor(self, incident: Incident) -> Incident | None:
        query = (
            select(incidents.c.id, incidents.c.body)
            .where(
                incidents.c.account == incident.account,
                incidents.c.job_id == incident.job_id,
                incidents.c.key == incident.facts.key,
                incidents.c.generation > incident.generation,
            )
            .order_by(incidents.c.generation.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return replace(row.body, id=row.id) if row else None

    def earlier(self, incident: Incident) -> Earlier | None:
        """Of incidents with a smaller number, where this one has a number yet; they are not locked."""
        same = (
            incidents.c.account == incident.account,
            incidents.c.project_id == incident.project_id,
            incidents.c.fingerprint == incident.facts.fingerprint,
            incidents.c.job_id != incident.job_id,
            *((incidents.c.id < incident.id,) if incident.id else ()),
        )
        jobs = self._connection.execute(
            select(func.count(incidents.c.job_id.distinct())).where(*same)
        ).scalar_one()
        if not jobs:
            return None
        resolved = incidents.c.state == State.RESOLVED.value
        last = (
            select(incidents.c.id, incidents.c.body).where(*same).order_by(resolved.desc(), incidents.c.id.desc())
        )
        row = self._connection.execute(last.limit(1)).one()
        return Earlier(jobs=jobs, last=replace(row.body, id=row.id))

    def note(self, entry: HistoryEntry) -> None:
        self._connection.execute(
            insert(history).values(incident_id=entry.incident_id, at_ms=entry.at_ms, body=entry)
        )

    def history(self, incident_id: int) -> tuple[HistoryEntry, ...]:
        query = select(history.c.body).where(history.c.incident_id == incident_id).order_by(history.c.id)
        return tuple(self._connection.execute(query).scalars())

    def move_history(self, incident_id: int, to_id: int) -> None:
        for number, entry in self._connection.execute(
            select(history.c.id, history.c.body).where(history.c.incident_id == incident_id)
        ).all():
            moved = {"incident_id": to_id, "body": replace(entry, incident_id=to_id)}
            self._connection.execute(update(history).where(history.c.id == number).values(moved))

    def _select(self, *which: ColumnElement[bool], locked: bool = True) -> tuple[Incident, ...]:
        query = select(incidents.c.id, incidents.c.body).where(*which).order_by(incidents.c.id)
        rows = self._connection.execute(_locking(query) if locked else query)
        return tuple(replace(row.body, id=row.id) for row in rows)


class SqlCards:
    """`flows.ports.Cards`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, incident_id: int, channel: str) -> Card | None:
        return next(iter(self._select(cards.c.incident_id == incident_id, cards.c.channel == channel)), None)

    def of(self, incident_id: int) -> tuple[Card, ...]:
        return self._select(cards.c.incident_id == incident_id)

    def channels(self, incident_id: int) -> tuple[str, ...]:
        posted = select(cards.c.channel).where(cards.c.incident_id == incident_id)
        is_card = outbox.c.key.startswith(f"card:{incident_id}:", autoescape=True)
        found = self._connection.execute(union(posted, select(outbox.c.channel).where(is_card))).scalars()
        return tuple(sorted(found))

    def put(self, card: Card) -> None:
        upsert = insert_into(self._connection, cards).values(
            incident_id=card.incident_id, channel=card.channel, ts=card.ts, body=card
        )
        self._connection.execute(
            upsert.on_conflict_do_update(
                index_elements=list(cards.primary_key),
                set_={"ts": upsert.excluded.ts, "body": upsert.excluded.body},
            )
        )

    def move(self, card: Card, incident_id: int) -> None:
        self._connection.execute(
            delete(cards).where(cards.c.incident_id == card.incident_id, cards.c.channel == card.channel)
        )
        self.put(replace(card, incident_id=incident_id))

    def at(self, channel: str, ts: str) -> Card | None:
        """Where several incidents share a message: the card of the oldest."""
        return next(iter(self._select(cards.c.channel == channel, cards.c.ts == ts)), None)

    def _select(self, *which: ColumnElement[bool]) -> tuple[Card, ...]:
        query = select(cards.c.body).where(*which).order_by(cards.c.incident_id, cards.c.channel)
        return tuple(self._connection.execute(_locking(query)).scalars())


def _locking(query: Select[Any]) -> Select[Any]:
    """`key_share` lets rows that refer to these (history, cards) be added meanwhile."""
    return query.with_for_update(key_share=True)


def _columns(incident: Incident) -> dict[str, Any]:
    return {
        "account": incident.account,
        "job_id": incident.job_id,
        "key": incident.facts.key,
        "generation": incident.generation,
        "state": incident.state.value,
        "body": incident,
        "project_id": incident.project_id,
        "fingerprint": incident.facts.fingerprint,
        "created_ms": incident.created_ms,
        "touched_ms": max(incident.created_ms, incident.changed_ms or 0, ms_floor(incident.facts.last_ns)),
    }
