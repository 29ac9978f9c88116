"""Accounts and the leases on them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from bot.errors import LeaseLost
from bot.flows.ports import Lease
from bot.store.dialects import database_now, insert_into
from bot.store.tables import accounts
from bot.times import Ms


class SqlAccounts:
    """`flows.ports.Accounts`.

    An owner's name has to belong to one process for as long as that runs: the epoch grows when the owner
    changes, so two processes of one name would not keep each other out.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def register(self, names: Sequence[str]) -> None:
        rows = [{"name": name, "epoch": 0, "until_ms": 0} for name in sorted(set(names))]
        if rows:
            self._connection.execute(insert_into(self._connection, accounts).on_conflict_do_nothing(), rows)

    def claim(
        self, owner: str, now_ms: Ms, ttl_ms: int, *, only: Collection[str] | None = None
    ) -> tuple[Lease, ...]:
        now = database_now(self._connection, now_ms)
        held = {"owner": owner, "until_ms": now + ttl_ms}
        return _leases([*self._renew(owner, held), *self._take(owner, now, held, only)])

    def release(self, owner: str) -> None:
        self._connection.execute(update(accounts).where(accounts.c.owner == owner).values(owner=None, until_ms=0))

    def check(self, lease: Lease) -> None:
        row = self._connection.execute(
            select(accounts.c.owner, accounts.c.epoch).where(accounts.c.name == lease.account).with_for_update()
        ).one_or_none()
        if row is None or (row.owner, row.epoch) != (lease.owner, lease.epoch):
            raise LeaseLost(f"account {lease.account} is no longer read by this worker")

    def all(self) -> tuple[Lease, ...]:
        """Every account; the owner of one that nobody holds is ''."""
        return _leases(self._connection.execute(select(accounts)))

    def _renew(self, owner: str, held: dict[str, Any]) -> Iterable[Row[Any]]:
        """Waits for rows that a commit of this owner has locked: they are its own and must not be left out."""
        mine = accounts.c.owner == owner
        rows = select(accounts.c.name).where(mine).order_by(accounts.c.name).with_for_update().cte("rows")
        return self._connection.execute(
            update(accounts)
            .where(accounts.c.name.in_(select(rows.c.name)), mine)
            .values(**held)
            .returning(accounts)
        )

    def _take(
        self, owner: str, now: Any, held: dict[str, Any], only: Collection[str] | None
    ) -> Iterable[Row[Any]]:
        """Skips rows that someone has locked: whoever commits under a lease keeps it until then.

        The guard stands in the outer WHERE again, since the inner one may judge an older version of a row.
        """
        free = or_(accounts.c.owner.is_(None), accounts.c.owner != owner) & (accounts.c.until_ms < now)
        if only is not None:
            free &= accounts.c.name.in_(only)
        rows = (
            select(accounts.c.name)
            .where(free)
            .order_by(accounts.c.name)
            .with_for_update(skip_locked=True)
            .cte("rows")
        )
        return self._connection.execute(
            update(accounts)
            .where(accounts.c.name.in_(select(rows.c.name)), free)
            .values(**held, epoch=accounts.c.epoch + 1)
            .returning(accounts)
        )


def _leases(rows: Iterable[Row[Any]]) -> tuple[Lease, ...]:
    leases = (
        Lease(account=row.name, owner=row.owner or "", epoch=row.epoch, until_ms=Ms(row.until_ms)) for row in rows
    )
    return tuple(sorted(leases, key=lambda lease: lease.account))
