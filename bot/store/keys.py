"""Sealed keys of named accounts."""

from sqlalchemy import Connection, delete, select

from bot.flows.stored_keys import StoredKey
from bot.store.dialects import insert_into
from bot.store.tables import account_keys


class SqlKeys:
    """`flows.stored_keys.StoredKeys`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, key: StoredKey) -> bool:
        is_new = key.account not in {stored.account for stored in self.all()}
        row = {"account": key.account, "sealed": key.sealed, "changed_ms": key.changed_ms}
        insert = insert_into(self._connection, account_keys).values(row)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["account"], set_=row))
        return is_new

    def remove(self, account: str) -> bool:
        removed = self._connection.execute(delete(account_keys).where(account_keys.c.account == account))
        return removed.rowcount == 1

    def all(self) -> tuple[StoredKey, ...]:
        query = select(account_keys).order_by(account_keys.c.account).with_for_update()
        rows = self._connection.execute(query)
        return tuple(StoredKey(account=row.account, sealed=row.sealed, changed_ms=row.changed_ms) for row in rows)
