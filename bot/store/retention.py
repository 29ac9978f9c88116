"""What is removed: after a time by itself, or of one job by an operator's word."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.sql.dml import Delete

from bot.flows.keeping import Forgotten
from bot.incidents.incident import Incident, State
from bot.store.dialects import insert_into
from bot.store.tables import (
    audit,
    cards,
    forgotten,
    history,
    incidents,
    outbox,
    rolls,
    tail_chunks,
    tails,
    watches,
)
from bot.times import Ms

BATCH = 500


class SqlRetention:
    """`flows.ports.Retention`. Each trim takes at most `BATCH` rows, so that no transaction is long."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def trim_excerpts(self, before_ms: Ms) -> int:
        """An excerpt goes when its incident needs nobody: the title and the counts stay."""
        old = and_(_is_old(before_ms), incidents.c.slim.is_(False), _is_over())
        query = select(incidents.c.id, incidents.c.body).where(old).order_by(incidents.c.id).limit(BATCH)
        rows = self._connection.execute(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            self._connection.execute(
                update(incidents).where(incidents.c.id == row.id).values(body=_slim(row.body), slim=True)
            )
        return len(rows)

    def trim_incidents(self, before_ms: Ms) -> int:
        """With their history and their cards; those that a newer one refers to stay as long as that one."""
        later = incidents.alias("later")
        referred = exists().where(
            later.c.account == incidents.c.account,
            later.c.job_id == incidents.c.job_id,
            later.c.key == incidents.c.key,
            later.c.generation > incidents.c.generation,
            later.c.touched_ms >= before_ms,
        )
        return self._delete(incidents, incidents.c.id, _is_old(before_ms), _is_over(), ~referred)

    def trim_tails(self, before_ms: Ms) -> int:
        """Of jobs that are read to the end only the snapshot stays: the rest was needed to read on."""
        heavy = or_(func.length(tails.c.cursor) > 0, func.length(tails.c.engine) > 0)
        old = and_(tails.c.closed == true(), heavy, ~_touched_since(before_ms))
        query = select(tails.c.account, tails.c.job_id, tails.c.job).where(old).limit(BATCH)
        due = [row for row in self._connection.execute(query) if row.job.updated_ms < before_ms]
        for row in due:
            of_job = (row.account, row.job_id)
            self._connection.execute(
                update(tails)
                .where(tails.c.account == of_job[0], tails.c.job_id == of_job[1])
                .values(cursor=b"", engine=b"")
            )
            self._connection.execute(
                delete(tail_chunks).where(tail_chunks.c.account == of_job[0], tail_chunks.c.job_id == of_job[1])
            )
        return len(due)

    def trim_audit(self, before_ms: Ms) -> int:
        return self._delete(audit, audit.c.id, audit.c.at_ms < before_ms)

    def trim_unsent(self, before_ms: Ms) -> int:
        """What waits for a channel that nobody mends: the whole of a lane that was stopped so long ago."""
        stopped = select(outbox.c.lane).where(outbox.c.parked == true(), outbox.c.created_ms < before_ms)
        return self._delete(outbox, outbox.c.id, outbox.c.created_ms < before_ms, outbox.c.lane.in_(stopped))

    def trim_watches(self, before_ms: Ms) -> int:
        return self._delete(watches, watches.c.id, watches.c.removed_ms < before_ms)

    def forget(self, job_id: str, now_ms: Ms) -> Forgotten:
        accounts = (
            self._connection.execute(select(tails.c.account).where(tails.c.job_id == job_id)).scalars().all()
        )
        mine = frozenset(
            self._connection.execute(select(incidents.c.id).where(incidents.c.job_id == job_id)).scalars()
        )
        shown = select(func.count()).select_from(cards).where(cards.c.incident_id.in_(mine))
        messages = self._connection.execute(shown).scalar_one()
        waiting = self._unsend(job_id, mine)
        harmless = and_(rolls.c.name.startswith("harmless:"), rolls.c.name.endswith(f":{job_id}", autoescape=True))
        for statement in (
            delete(history).where(history.c.incident_id.in_(mine)),
            delete(cards).where(cards.c.incident_id.in_(mine)),
            delete(incidents).where(incidents.c.id.in_(mine)),
            delete(watches).where(watches.c.job_id == job_id),
            delete(rolls).where(harmless),
            delete(tail_chunks).where(tail_chunks.c.job_id == job_id),
            delete(tails).where(tails.c.job_id == job_id),
        ):
            self._connection.execute(statement)
        self._silence({f"job:{job_id}", *(f"incident:{number}" for number in mine)})
        for account in accounts:
            row = insert_into(self._connection, forgotten).values(account=account, job_id=job_id, at_ms=now_ms)
            self._connection.execute(row.on_conflict_do_nothing())
        return Forgotten(known=bool(accounts), incidents=len(mine), messages=messages, waiting=waiting)

    def _silence(self, targets: set[str]) -> None:
        """Who did what to these stays in the audit; what they wrote about it does not."""
        for number, entry in self._connection.execute(select(audit.c.id, audit.c.body)).all():
            if entry.target in targets and entry.detail:
                silent = update(audit).where(audit.c.id == number).values(body=replace(entry, detail=""))
                self._connection.execute(silent)

    def _unsend(self, job_id: str, incident_ids: frozenset[int]) -> int:
        rows = self._connection.execute(select(outbox.c.id, outbox.c.body)).all()
        about = [
            row.id
            for row in rows
            if row.body.incident_id in incident_ids or row.body.payload.get("job_id") == job_id
        ]
        return self._connection.execute(delete(outbox).where(outbox.c.id.in_(about))).rowcount

    def forgotten(self, account: str) -> frozenset[str]:
        query = select(forgotten.c.job_id).where(forgotten.c.account == account)
        return frozenset(self._connection.execute(query).scalars())

    def _delete(self, table: object, number: ColumnElement[int], *which: ColumnElement[bool]) -> int:
        batch = select(number).where(*which).order_by(number).limit(BATCH)
        statement: Delete = delete(table).where(number.in_(batch))  # type: ignore[arg-type]  # a Table
        return self._connection.execute(statement).rowcount


def _is_old(before_ms: Ms) -> ColumnElement[bool]:
    """A 0 is no time: an older version of joblogs, still running beside this one, does not write it."""
    return incidents.c.touched_ms.between(1, before_ms - 1)


def _is_over() -> ColumnElement[bool]:
    """Resolved, or of a job that is read to the end: nothing is added to it any more."""
    ended = exists().where(
        tails.c.account == incidents.c.account, tails.c.job_id == incidents.c.job_id, tails.c.closed == true()
    )
    tracked = exists().where(tails.c.account == incidents.c.account, tails.c.job_id == incidents.c.job_id)
    return or_(incidents.c.state == State.RESOLVED.value, ended, ~tracked)


def _touched_since(before_ms: Ms) -> ColumnElement[bool]:
    return exists().where(
        incidents.c.account == tails.c.account,
        incidents.c.job_id == tails.c.job_id,
        incidents.c.touched_ms >= before_ms,
    )


def _slim(incident: Incident) -> Incident:
    return replace(incident, facts=replace(incident.facts, excerpt=()))
