"""Channels that take no messages."""

from sqlalchemy import Connection, delete, select

from bot.store.dialects import insert_into
from bot.store.tables import shut
from bot.times import Ms


class SqlShut:
    """`flows.ports.Shut`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(self, channel: str, code: str, now_ms: Ms) -> bool:
        row = insert_into(self._connection, shut).values(
            channel=channel, code=code, since_ms=now_ms, tried_ms=now_ms
        )
        seen = self._connection.execute(
            row.on_conflict_do_update(
                index_elements=[shut.c.channel], set_={"code": code, "tried_ms": now_ms}
            ).returning(shut.c.since_ms)
        )
        return int(seen.scalar_one()) == now_ms

    def code_since(self, channel: str, after_ms: Ms) -> str | None:
        query = select(shut.c.code).where(shut.c.channel == channel, shut.c.tried_ms > after_ms)
        return self._connection.execute(query).scalar_one_or_none()

    def by(self, code: str) -> frozenset[str]:
        return frozenset(self._connection.execute(select(shut.c.channel).where(shut.c.code == code)).scalars())

    def due(self, before_ms: Ms) -> tuple[str, ...]:
        query = select(shut.c.channel).where(shut.c.tried_ms <= before_ms).order_by(shut.c.channel)
        return tuple(self._connection.execute(query).scalars())

    def open(self, channel: str) -> bool:
        return self._connection.execute(delete(shut).where(shut.c.channel == channel)).rowcount > 0
