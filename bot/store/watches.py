"""Watches."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from bot.errors import StoreUnavailable
from bot.jobs.watch import Watch
from bot.store.dialects import insert_into
from bot.store.tables import active_watch, watches
from bot.times import Ms

_ADD_TRIES = 3


class SqlWatches:
    """`flows.ports.Watches`. A removed watch stays in the table, and no method but SQL finds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, watch: Watch) -> tuple[Watch, bool]:
        """A second add keeps the watch's number and who made it when; all else is taken from `watch`."""
        for _ in range(_ADD_TRIES):
            if (existing := self._of_target(watch)) is not None:
                return self._change(existing, watch), False
            if (added := self._insert(watch)) is not None:
                return added, True
        raise StoreUnavailable("this watch is being added and removed by others at the same time")

    def remove(self, watch_id: int, now_ms: Ms) -> bool:
        removed = self._connection.execute(
            update(watches).where(watches.c.id == watch_id, active_watch).values(removed_ms=now_ms)
        )
        return removed.rowcount == 1

    def get(self, watch_id: int) -> Watch | None:
        return next(iter(self._select(watches.c.id == watch_id)), None)

    def of_channel(self, channel: str) -> tuple[Watch, ...]:
        return self._select(watches.c.channel == channel)

    def active(self, account: str | None = None) -> tuple[Watch, ...]:
        return self._select() if account is None else self._select(watches.c.account == account)

    def _select(self, *which: ColumnElement[bool]) -> tuple[Watch, ...]:
        query = select(watches.c.id, watches.c.body).where(active_watch, *which).order_by(watches.c.id)
        return tuple(replace(row.body, id=row.id) for row in self._connection.execute(query))

    def _of_target(self, watch: Watch) -> Watch | None:
        target = (watches.c[name] == value for name, value in _target(watch).items())
        query = select(watches.c.id, watches.c.body).where(active_watch, *target).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else replace(row.body, id=row.id)

    def _change(self, existing: Watch, wanted: Watch) -> Watch:
        changed = replace(wanted, id=existing.id, created_by=existing.created_by, created_ms=existing.created_ms)
        self._connection.execute(update(watches).where(watches.c.id == existing.id).values(body=changed))
        return changed

    def _insert(self, watch: Watch) -> Watch | None:
        """None if somebody else has added it since it was looked for."""
        inserted = self._connection.execute(
            insert_into(self._connection, watches)
            .values(**_target(watch), body=watch)
            .on_conflict_do_nothing()
            .returning(watches.c.id)
        ).scalar_one_or_none()
        return None if inserted is None else replace(watch, id=inserted)


def _target(watch: Watch) -> dict[str, Any]:
    return {
        "account": watch.account,
        "project_id": watch.project_id,
        "job_id": watch.job_id or "",
        "channel": watch.channel,
    }
