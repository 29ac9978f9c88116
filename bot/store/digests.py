"""Which channels want a daily summary, and when the next one is due."""

from sqlalchemy import Connection, delete, exists, literal, select

from bot.jobs.digest import Digest
from bot.store.dialects import insert_into
from bot.store.tables import digests, outbox
from bot.times import Ms


class SqlDigests:
    """`flows.ports.Digests`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, channel: str) -> Digest | None:
        query = select(digests.c.body).where(digests.c.channel == channel)
        return self._connection.execute(query).scalar_one_or_none()

    def channels(self) -> frozenset[str]:
        return frozenset(self._connection.execute(select(digests.c.channel)).scalars())

    def put(self, digest: Digest) -> None:
        values = {"next_ms": digest.next_ms, "body": digest}
        upsert = insert_into(self._connection, digests).values(channel=digest.channel, **values)
        self._connection.execute(upsert.on_conflict_do_update(index_elements=[digests.c.channel], set_=values))

    def remove(self, channel: str) -> bool:
        return self._connection.execute(delete(digests).where(digests.c.channel == channel)).rowcount == 1

    def due(self, now_ms: Ms) -> tuple[Digest, ...]:
        """Skips rows that another process has locked: it is just seeing to them."""
        lane = literal("digest:") + digests.c.channel
        waits = exists().where(outbox.c.lane == lane)
        query = select(digests.c.body).where(digests.c.next_ms <= now_ms, ~waits).order_by(digests.c.channel)
        return tuple(self._connection.execute(query.with_for_update(skip_locked=True, of=digests)).scalars())
