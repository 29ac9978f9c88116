"""What lists, Home and digests look at: read in one go, never locked and never to be put back."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Text, case, false, func, or_, select, true, tuple_, type_coerce

from bot.flows.board import Followed, Stuck
from bot.incidents.incident import Card, Incident, State
from bot.jobs.job import Job
from bot.store.tables import cards, incidents, outbox, tails
from bot.times import Ms

_URGENT_FIRST = (State.OPEN, State.ASSIGNED, State.ACKNOWLEDGED, State.MUTED, State.RESOLVED)
_AT_ONCE = 500
"""Numbers in one statement: SQLite takes a limited number of parameters."""


class SqlBoard:
    """`flows.ports.Board`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unresolved(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], limit: int
    ) -> tuple[Incident, ...]:
        place = {state.value: at for at, state in enumerate(_URGENT_FIRST)}
        return self._incidents(
            [_shown(channels, projects), incidents.c.state != State.RESOLVED.value],
            [case(place, value=incidents.c.state), incidents.c.created_ms, incidents.c.id],
            limit,
        )

    def held_by(self, person: str, limit: int) -> tuple[Incident, ...]:
        return self._incidents(
            [incidents.c.state != State.RESOLVED.value, _says("holder", f'"{person}"')],
            [incidents.c.created_ms, incidents.c.id],
            limit,
        )

    def touched(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], since_ms: Ms, limit: int
    ) -> tuple[Incident, ...]:
        return self._incidents(
            [_shown(channels, projects), incidents.c.touched_ms >= since_ms],
            [incidents.c.touched_ms.desc(), incidents.c.id.desc()],
            limit,
        )

    def dismissed(
        self, channels: Collection[str], projects: Collection[tuple[str, str]], limit: int
    ) -> tuple[Incident, ...]:
        return self._incidents(
            [
                _shown(channels, projects),
                incidents.c.state == State.RESOLVED.value,
                _says("dismissed", "true"),
            ],
            [incidents.c.touched_ms.desc(), incidents.c.id.desc()],
            limit,
        )

    def cards(self, ids: Sequence[int]) -> dict[int, tuple[Card, ...]]:
        found: dict[int, tuple[Card, ...]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = cards.c.incident_id.in_(ids[start : start + _AT_ONCE])
            query = select(cards.c.body).where(some).order_by(cards.c.incident_id, cards.c.channel)
            for card in self._connection.execute(query).scalars():
                found[card.incident_id] = (*found.get(card.incident_id, ()), card)
        return found

    def jobs(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Job]:
        found: dict[tuple[str, str], Job] = {}
        wanted = sorted(keys)
        for start in range(0, len(wanted), _AT_ONCE):
            some = tuple_(tails.c.account, tails.c.job_id).in_(wanted[start : start + _AT_ONCE])
            for row in self._connection.execute(select(tails.c.account, tails.c.job_id, tails.c.job).where(some)):
                found[row.account, row.job_id] = row.job
        return found

    def followed(self) -> tuple[Followed, ...]:
        query = select(tails.c.account, tails.c.progress, tails.c.paused).where(tails.c.closed == false())
        return tuple(
            Followed(account=row.account, progress=row.progress, paused=row.paused)
            for row in self._connection.execute(query.order_by(tails.c.account, tails.c.job_id))
        )

    def stuck(self) -> tuple[Stuck, ...]:
        count, code = func.count(), func.max(outbox.c.error)
        query = select(outbox.c.channel, code.label("code"), count.label("rows")).where(outbox.c.parked == true())
        found = self._connection.execute(query.group_by(outbox.c.channel).order_by(outbox.c.channel))
        return tuple(Stuck(channel=row.channel, code=row.code or "", count=row.rows) for row in found)

    def late(self, now_ms: Ms) -> tuple[int, int]:
        is_late = or_(outbox.c.due_ms <= now_ms, outbox.c.error.is_not(None))
        query = select(func.count(), func.min(outbox.c.created_ms)).where(outbox.c.parked == false(), is_late)
        count, oldest_ms = self._connection.execute(query).one()
        return count, 0 if oldest_ms is None else max(0, now_ms - oldest_ms)

    def _incidents(
        self, which: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[object]], limit: int
    ) -> tuple[Incident, ...]:
        query = select(incidents.c.id, incidents.c.body).where(*which).order_by(*order).limit(limit)
        return tuple(replace(row.body, id=row.id) for row in self._connection.execute(query))


def _shown(channels: Collection[str], projects: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    """With a card in one of the channels, or of one of the projects (pairs of account and id)."""
    carded = incidents.c.id.in_(select(cards.c.incident_id).where(cards.c.channel.in_(sorted(channels))))
    of_project = tuple_(incidents.c.account, incidents.c.project_id).in_(sorted(projects))
    return or_(carded, of_project) if projects else carded


def _says(field: str, value: str) -> ColumnElement[bool]:
    """Looks into the body. Quotes of foreign text are escaped there, so that no text can pretend to be a field."""
    return type_coerce(incidents.c.body, Text).contains(f'"{field}":{value}', autoescape=True)
