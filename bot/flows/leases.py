"""Which accounts this process reads: one worker reads one account."""

from collections.abc import Callable, Sequence

import structlog

from bot.errors import StoreUnavailable
from bot.flows.ports import Database, Lease, Tx
from bot.times import MS_PER_S, Clock, now_ms

log = structlog.get_logger(__name__)

TTL_MS = 20_000


class Leases:
    """Held accounts by name; `tick` renews them and takes over those whose worker is gone."""

    def __init__(self, *, db: Database, clock: Clock, owner: str, accounts: Sequence[str]) -> None:
        self._db = db
        self._clock = clock
        self._owner = owner
        self._accounts = tuple(accounts)
        self._registered = False
        self._renewed_s = clock.monotonic_s()
        self.held: dict[str, Lease] = {}

    async def tick(self) -> None:
        """Claims what is free, of the accounts whose key this process has.

        Raises:
            StoreUnavailable: the database is away. What is held is held until it has run out, and no longer.
        """
        began_s = self._clock.monotonic_s()
        try:
            leases = await self._claim()
        except StoreUnavailable:
            self._expire()
            raise
        self._renewed_s = began_s
        held = {lease.account: lease for lease in leases}
        for account in held.keys() - self.held.keys():
            log.info("account_taken", account=account, epoch=held[account].epoch)
        for account in self.held.keys() - held.keys():
            log.warning("account_lost", account=account)
        self.held = held

    async def inherit(self, is_gone: Callable[[str], bool]) -> None:
        """Frees at once what is held by owners of whom `is_gone` knows that they died."""
        for owner in await self._db.run(lambda tx: _freed(tx, is_gone)):
            log.info("accounts_inherited", owner=owner)

    def drop(self, account: str) -> None:
        """Another worker has it: stop reading until it is claimed again."""
        self.held.pop(account, None)

    async def release(self) -> None:
        """Hands everything back, so that another worker need not wait for the lease to run out."""
        self.held = {}
        await self._db.run(lambda tx: tx.accounts.release(self._owner))

    async def _claim(self) -> tuple[Lease, ...]:
        now = now_ms(self._clock)
        if not self._registered:
            await self._db.run(lambda tx: tx.accounts.register(self._accounts))
            self._registered = True
        return await self._db.run(lambda tx: tx.accounts.claim(self._owner, now, TTL_MS, only=self._accounts))

    def _expire(self) -> None:
        """Another worker may be reading by now: two of them would break the rate limit of the key."""
        if self.held and (self._clock.monotonic_s() - self._renewed_s) * MS_PER_S >= TTL_MS:
            log.warning("accounts_expired", accounts=sorted(self.held))
            self.held = {}


def _freed(tx: Tx, is_gone: Callable[[str], bool]) -> list[str]:
    gone = sorted({lease.owner for lease in tx.accounts.all() if lease.owner and is_gone(lease.owner)})
    for owner in gone:
        tx.accounts.release(owner)
    return gone
