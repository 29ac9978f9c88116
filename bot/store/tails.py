"""Tails: how far each watched job has been read."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, false, select, update

from bot.flows.ports import Tail
from bot.jobs.job import Job
from bot.store.dialects import insert_into
from bot.store.tables import tail_chunks, tails

_Key = tuple[str, str]

# Built once: this is what a poll without news costs.
_SAVE = (
    update(tails)
    .where(tails.c.account == bindparam("the_account"), tails.c.job_id == bindparam("the_job"))
    .values({name: bindparam(name) for name in ("cursor", "engine", "progress", "paused", "closed")})
)


class SqlTails:
    """`flows.ports.Tails`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def track(self, job: Job) -> bool:
        begun = self._connection.execute(
            insert_into(self._connection, tails)
            .values(account=job.account, job_id=job.id, **_columns(Tail(job=job, chunks={}, progress={})))
            .on_conflict_do_nothing()
            .returning(tails.c.job_id)
        ).one_or_none()
        if begun is None:
            self._connection.execute(update(tails).where(*_is(tails, job)).values(job=job))
        return begun is not None

    def open(self, account: str, *, except_for: Collection[str] = ()) -> tuple[Tail, ...]:
        still_read = (
            tails.c.account == account,
            tails.c.closed == false(),
            tails.c.job_id.not_in(sorted(except_for)),
        )
        rows = self._connection.execute(select(tails).where(*still_read).order_by(tails.c.job_id)).all()
        chunks = self._connection.execute(
            select(tail_chunks)
            .join(tails, (tails.c.account == tail_chunks.c.account) & (tails.c.job_id == tail_chunks.c.job_id))
            .where(*still_read)
        )
        by_job = _by_job(chunks)
        return tuple(_tail(row, by_job[row.account, row.job_id]) for row in rows)

    def jobs(self, account: str, *, with_closed: bool = False) -> dict[str, Job]:
        query = select(tails.c.job_id, tails.c.job).where(tails.c.account == account)
        rows = self._connection.execute(query if with_closed else query.where(tails.c.closed == false()))
        return {row.job_id: row.job for row in rows}

    def get(self, account: str, job_id: str) -> Tail | None:
        row = self._connection.execute(
            select(tails).where(tails.c.account == account, tails.c.job_id == job_id).with_for_update()
        ).one_or_none()
        if row is None:
            return None
        chunks = self._connection.execute(
            select(tail_chunks).where(tail_chunks.c.account == account, tail_chunks.c.job_id == job_id)
        )
        return _tail(row, _by_job(chunks)[account, job_id])

    def save(self, tail: Tail, changed_chunks: Mapping[int, bytes | None]) -> None:
        """A tail that is not tracked yet is from now on."""
        key = {"the_account": tail.job.account, "the_job": tail.job.id}
        written = _columns(tail)
        del written["job"]
        if self._connection.execute(_SAVE, key | written).rowcount == 0:
            self.track(tail.job)
            self._connection.execute(_SAVE, key | written)
        if changed_chunks:
            self._save_chunks(tail.job, changed_chunks)

    def _save_chunks(self, job: Job, changed: Mapping[int, bytes | None]) -> None:
        gone = [number for number, data in changed.items() if data is None]
        if gone:
            self._connection.execute(
                delete(tail_chunks).where(*_is(tail_chunks, job), tail_chunks.c.number.in_(gone))
            )
        kept = [
            {"account": job.account, "job_id": job.id, "number": number, "data": data}
            for number, data in sorted(changed.items())
            if data is not None
        ]
        if kept:
            upsert = insert_into(self._connection, tail_chunks)
            self._connection.execute(
                upsert.on_conflict_do_update(
                    index_elements=list(tail_chunks.primary_key), set_={"data": upsert.excluded.data}
                ),
                kept,
            )


def _is(table: Any, job: Job) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.account == job.account, table.c.job_id == job.id


def _columns(tail: Tail) -> dict[str, Any]:
    return {
        "job": tail.job,
        "cursor": tail.cursor,
        "engine": tail.engine,
        "progress": tail.progress,
        "paused": tail.paused,
        "closed": tail.closed,
    }


def _by_job(rows: Iterable[Row[Any]]) -> Mapping[_Key, dict[int, bytes]]:
    chunks: defaultdict[_Key, dict[int, bytes]] = defaultdict(dict)
    for row in rows:
        chunks[row.account, row.job_id][row.number] = row.data
    return chunks


def _tail(row: Row[Any], chunks: dict[int, bytes]) -> Tail:
    return Tail(
        job=row.job,
        cursor=row.cursor,
        engine=row.engine,
        chunks=chunks,
        progress=row.progress,
        paused=row.paused,
        closed=row.closed,
    )
