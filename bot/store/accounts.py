"""Accounts, the leases on them, and the workers that share them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, update

from bot.errors import LeaseLost
from bot.flows.ports import Lease
from bot.store.dialects import database_now, insert_into
from bot.store.shares import shares
from bot.store.tables import accounts, workers
from bot.times import Ms

_FREE = {"owner": None, "until_ms": 0}


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
        until = now + ttl_ms
        renewed = self._renew(owner, until)
        self._live(owner, now, until, only)
        share = {account for account, reader in self._plan().items() if reader == owner}
        return _leases([*renewed, *self._take(owner, now, until, share)])

    def surplus(self, owner: str) -> frozenset[str]:
        """By the workers that the last `claim` of anybody found living."""
        plan = self._plan()
        mine = self._connection.execute(select(accounts.c.name).where(accounts.c.owner == owner)).scalars()
        return frozenset(account for account in mine if plan.get(account, owner) != owner)

    def give(self, leases: Collection[Lease]) -> None:
        for lease in leases:
            self._connection.execute(update(accounts).where(_is(lease)).values(_FREE))

    def release(self, owner: str) -> None:
        self._connection.execute(update(accounts).where(accounts.c.owner == owner).values(_FREE))
        self._connection.execute(delete(workers).where(workers.c.owner == owner))

    def check(self, lease: Lease) -> None:
        row = self._connection.execute(
            select(accounts.c.owner, accounts.c.epoch).where(accounts.c.name == lease.account).with_for_update()
        ).one_or_none()
        if row is None or (row.owner, row.epoch) != (lease.owner, lease.epoch):
            raise LeaseLost(f"account {lease.account} is no longer read by this worker")

    def all(self) -> tuple[Lease, ...]:
        """Every account; the owner of one that nobody holds is ''."""
        return _leases(self._connection.execute(select(accounts)))

    def _live(
        self, owner: str, now: ColumnElement[int], until: ColumnElement[int], only: Collection[str] | None
    ) -> None:
        """The owner is among the living, and nobody who has not been heard of for too long."""
        names = self._connection.execute(select(accounts.c.name)).scalars() if only is None else only
        alive = {"until_ms": until, "accounts": tuple(sorted(names))}
        self._connection.execute(
            insert_into(self._connection, workers)
            .values(owner=owner, **alive)
            .on_conflict_do_update(index_elements=[workers.c.owner], set_=alive)
        )
        self._connection.execute(delete(workers).where(workers.c.until_ms < now, workers.c.owner != owner))

    def _plan(self) -> dict[str, str]:
        """Who is to read what. A worker's row runs out together with its leases."""
        able = {row.owner: row.accounts for row in self._connection.execute(select(workers))}
        rows = self._connection.execute(select(accounts.c.name, accounts.c.owner))
        return shares(able, {row.name: row.owner for row in rows})

    def _renew(self, owner: str, until: ColumnElement[int]) -> list[Row[Any]]:
        """Waits for rows that a commit of this owner has locked: they are its own and must not be left out."""
        mine = accounts.c.owner == owner
        rows = select(accounts.c.name).where(mine).order_by(accounts.c.name).with_for_update().cte("rows")
        return list(
            self._connection.execute(
                update(accounts)
                .where(accounts.c.name.in_(select(rows.c.name)), mine)
                .values(until_ms=until)
                .returning(accounts)
            )
        )

    def _take(
        self, owner: str, now: ColumnElement[int], until: ColumnElement[int], share: Collection[str]
    ) -> Iterable[Row[Any]]:
        """Skips rows that someone has locked: whoever commits under a lease keeps it until then.

        The guard stands in the outer WHERE again, since the inner one may judge an older version of a row.
        """
        others = or_(accounts.c.owner.is_(None), accounts.c.owner != owner)
        free = and_(others, accounts.c.until_ms < now, accounts.c.name.in_(share))
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
            .values(owner=owner, until_ms=until, epoch=accounts.c.epoch + 1)
            .returning(accounts)
        )


def _is(lease: Lease) -> ColumnElement[bool]:
    return and_(accounts.c.name == lease.account, accounts.c.owner == lease.owner, accounts.c.epoch == lease.epoch)


def _leases(rows: Iterable[Row[Any]]) -> tuple[Lease, ...]:
    leases = (
        Lease(account=row.name, owner=row.owner or "", epoch=row.epoch, until_ms=Ms(row.until_ms)) for row in rows
    )
    return tuple(sorted(leases, key=lambda lease: lease.account))
