"""What happened: the audit log, and the inbox of events that were already seen."""

from sqlalchemy import Connection, delete, insert, select

from bot.flows.keeping import AuditEntry
from bot.store.dialects import insert_into
from bot.store.tables import audit, inbox
from bot.times import Ms


class SqlAudit:
    """`flows.ports.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entry: AuditEntry) -> None:
        self._connection.execute(insert(audit).values(at_ms=entry.at_ms, body=entry))

    def recent(self, limit: int, *, since_ms: Ms | None = None) -> tuple[AuditEntry, ...]:
        query = select(audit.c.body).order_by(audit.c.id.desc()).limit(limit)
        if since_ms is not None:
            query = query.where(audit.c.at_ms >= since_ms)
        return tuple(self._connection.execute(query).scalars())


class SqlInbox:
    """`flows.ports.Inbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first_time(self, key: str, now_ms: Ms) -> bool:
        remembered = self._connection.execute(
            insert_into(self._connection, inbox)
            .values(key=key, seen_ms=now_ms)
            .on_conflict_do_nothing()
            .returning(inbox.c.key)
        )
        return remembered.one_or_none() is not None

    def trim(self, before_ms: Ms) -> int:
        return self._connection.execute(delete(inbox).where(inbox.c.seen_ms < before_ms)).rowcount
