"""When what may be said next."""

from collections.abc import Mapping

from sqlalchemy import Connection, case, delete, select

from bot.store.dialects import Turn, insert_into, take_turn
from bot.store.tables import pace
from bot.times import Ms


class SqlPace:
    """`flows.ports.Pace`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, now_ms: Ms) -> dict[str, int]:
        take_turn(self._connection, Turn.CLAIM_DELIVERIES)
        self._connection.execute(delete(pace).where(pace.c.next_ms <= now_ms))
        return {row.name: row.next_ms for row in self._connection.execute(select(pace))}

    def put(self, stamps: Mapping[str, int]) -> None:
        rows = [{"name": name, "next_ms": next_ms} for name, next_ms in sorted(stamps.items())]
        added = insert_into(self._connection, pace)
        new = added.excluded.next_ms
        later = case((new > pace.c.next_ms, new), else_=pace.c.next_ms)
        self._connection.execute(
            added.on_conflict_do_update(index_elements=[pace.c.name], set_={"next_ms": later}), rows
        )
