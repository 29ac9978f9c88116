"""How the process is doing: what /healthz, /readyz and /metrics answer from."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from bot.errors import StoreUnavailable
from bot.flows.leases import Leases
from bot.flows.ports import Lease, Tx
from bot.flows.watch import Watch
from bot.metrics import Metrics
from bot.schedule import Metronome
from bot.settings import Role
from bot.slack.measured import MeasuredClient
from bot.slack.sockets import Sockets
from bot.store.database import PATIENCE_S, SqlDatabase
from bot.times import MS_PER_S, Clock, Ms, now_ms

LATE_AFTER_S = 60.0
"""A beat that is over its interval by more than this is taken for stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """`sockets` None: Slack comes by HTTP, or not to this role."""

    role: Role
    db: SqlDatabase
    leases: Leases
    watch: Watch
    metronome: Metronome
    metrics: Metrics
    accounts: Collection[str]
    clock: Clock
    client: MeasuredClient
    sockets: Sockets | None

    async def beats(self) -> str | None:
        """Which beats do not run any more: the loop, the scheduler or a flow is stuck."""
        late = [name for name, lateness in self.metronome.lateness_s().items() if lateness > LATE_AFTER_S]
        return f"not run for too long: {', '.join(late)}" if late and self.role != "web" else None

    async def database(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.db.revision()
        except TimeoutError:
            return f"the database did not answer within {PATIENCE_S:g} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready", with the reason
            return str(error)
        return None

    async def slack(self) -> str | None:
        if self.sockets is not None and not self.sockets.connected:
            return "no socket to Slack is connected"
        silent_s = self.client.unanswered_s()
        return f"Slack has answered no call for {silent_s:.0f} s" if silent_s > LATE_AFTER_S else None

    async def lease(self) -> str | None:
        """Accounts that this process could read and that nobody does."""
        if self.role == "web":
            return None
        now = now_ms(self.clock)
        try:
            leases = await self.db.for_people.run(lambda tx: tx.accounts.all())
        except StoreUnavailable as error:
            return str(error)
        free = {lease.account for lease in leases if _is_free(lease, now)}
        unread = sorted(free & set(self.accounts) - self.leases.held.keys())
        return f"nobody reads: {', '.join(unread)}" if unread else None

    async def scrape(self) -> bytes:
        """The metrics, those of the database included while it answers."""
        now = now_ms(self.clock)
        held = set(self.leases.held)
        lags, jobs = dict.fromkeys(held, 0.0), dict.fromkeys(held, 0)
        for reader in self.watch.readers:
            if (account := reader.job.account) in held:
                lags[account] = max(lags[account], _lag_s(reader.late_since_ms, now))
                jobs[account] += 1
        self.metrics.set_reading(lags, jobs)
        self.metrics.set_process(
            beats_late_s=self.metronome.lateness_s(), sockets=self.sockets.connected if self.sockets else 0
        )
        try:
            incidents, (waiting, oldest_ms), parked = await self.db.for_people.run(lambda tx: _stored(tx, now))
        except StoreUnavailable:
            return self.metrics.text()
        self.metrics.set_stored(incidents=incidents, waiting=waiting, parked=parked, oldest_s=oldest_ms / MS_PER_S)
        return self.metrics.text()


def _is_free(lease: Lease, now: Ms) -> bool:
    return not lease.owner or lease.until_ms < now


def _lag_s(late_since_ms: Ms | None, now: Ms) -> float:
    return 0.0 if late_since_ms is None else (now - late_since_ms) / MS_PER_S


def _stored(tx: Tx, now: Ms) -> tuple[dict[str, int], tuple[int, int], int]:
    return tx.incidents.count(), tx.outbox.depth(now), tx.outbox.parked()
