"""Which accounts this process reads: one worker reads one account, and all workers share them evenly."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from bot.errors import StoreUnavailable
from bot.flows.ports import Database, Lease, Tx
from bot.times import MS_PER_S, Clock, now_ms

log = structlog.get_logger(__name__)

TTL_MS = 15_000
"""Together with the beat of `tick` (5 s) it bounds how long nobody reads what a dead worker held."""


class Leases:
    """Held accounts by name; `tick` renews them, takes over those whose worker is gone, and hands on a surplus."""

    def __init__(self, *, db: Database, clock: Clock, owner: str, accounts: Sequence[str]) -> None:
        self._db = db
        self._clock = clock
        self._owner = owner
        self._accounts = tuple(accounts)
        self._registered = False
        self._renewed_s = clock.monotonic_s()
        self._held: dict[str, Lease] = {}
        self._giving: dict[str, Lease] = {}

    @property
    def held(self) -> Mapping[str, Lease]:
        """None once they have run out unrenewed: others may be reading by now, under the same rate limit."""
        return self._held if self._left_ms > 0 else {}

    async def tick(self) -> None:
        """Claims what is free, of the accounts whose key this process has, as far as its share goes.

        What is beyond that is not read any more, which lets the polls under way end, and is handed back with the
        next tick.

        Raises:
            StoreUnavailable: the database is away. What is held is held until it has run out, and no longer.
        """
        began_s = self._clock.monotonic_s()
        giving = tuple(self._giving.values())
        try:
            leases, surplus = await self._claim(giving)
        except StoreUnavailable:
            self._expire()
            raise
        self._renewed_s = began_s
        claimed = {lease.account: lease for lease in leases}
        self._giving = {account: claimed[account] for account in surplus}
        for account in self._giving:
            log.info("account_handed_on", account=account)
        self._change({account: lease for account, lease in claimed.items() if account not in surplus})

    async def inherit(self, is_gone: Callable[[str], bool]) -> None:
        """Frees at once what is held by owners of whom `is_gone` knows that they died."""
        for owner in await self._db.run(lambda tx: _freed(tx, is_gone)):
            log.info("accounts_inherited", owner=owner)

    def drop(self, account: str) -> None:
        """Another worker has it: stop reading until it is claimed again."""
        self._held.pop(account, None)

    async def release(self) -> None:
        """Hands everything back, so that another worker need not wait for the leases to run out."""
        self._held, self._giving = {}, {}
        try:
            await self._db.run(lambda tx: tx.accounts.release(self._owner))
        except StoreUnavailable as error:
            log.warning("accounts_not_handed_back", reason=str(error))

    async def _claim(self, giving: Sequence[Lease]) -> tuple[tuple[Lease, ...], frozenset[str]]:
        now = now_ms(self._clock)
        if not self._registered:
            await self._db.run(lambda tx: tx.accounts.register(self._accounts))
            self._registered = True

        def claim(tx: Tx) -> tuple[tuple[Lease, ...], frozenset[str]]:
            tx.accounts.give(giving)
            leases = tx.accounts.claim(self._owner, now, TTL_MS, only=self._accounts)
            return leases, tx.accounts.surplus(self._owner)

        return await self._db.run(claim)

    def _change(self, held: dict[str, Lease]) -> None:
        for account in held.keys() - self._held.keys():
            log.info("account_taken", account=account, epoch=held[account].epoch)
        for account in self._held.keys() - held.keys() - self._giving.keys():
            log.warning("account_lost", account=account)
        self._held = held

    @property
    def _left_ms(self) -> float:
        return TTL_MS - (self._clock.monotonic_s() - self._renewed_s) * MS_PER_S

    def _expire(self) -> None:
        if self._held and self._left_ms <= 0:
            log.warning("accounts_expired", accounts=sorted(self._held))
            self._held = {}


def _freed(tx: Tx, is_gone: Callable[[str], bool]) -> list[str]:
    gone = sorted({lease.owner for lease in tx.accounts.all() if lease.owner and is_gone(lease.owner)})
    for owner in gone:
        tx.accounts.release(owner)
    return gone
