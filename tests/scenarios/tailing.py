"""What the tail's scenarios have in common: a watched job, and the count of what became of its lines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.flows.ports import Tail, Tx
from bot.incidents.incident import Incident
from bot.sandbox.baseten.job import SimJob
from bot.store.database import SqlDatabase
from bot.times import NS_PER_S
from tests.stage import Stage, shown

T = TypeVar("T")

BOOM = "RuntimeError: boom"
S = NS_PER_S
MINUTE = 60 * S
HOUR = 60 * MINUTE


async def watch(stage: Stage, text: str = "llama-ft", *, channel: str = "ml-alerts") -> None:
    answer = await stage.command(f"watch {text}", channel=channel)
    assert "now watches" in shown(answer), answer


async def incidents(stage: Stage, job: SimJob) -> list[Incident]:
    """Those that were made of lines, the first one first."""
    found = await stage.bot.db.run(lambda tx: tx.incidents.newest("default", job.id))
    from_lines = [incident for key, incident in found.items() if key != "silence" and not key.startswith("ended")]
    return sorted(from_lines, key=lambda incident: incident.facts.first_ns)


async def counted(stage: Stage, job: SimJob) -> int:
    """Events of all incidents: what the bot made of the job's ERROR lines."""
    return sum(incident.facts.count for incident in await incidents(stage, job))


def errors(job: SimJob) -> int:
    return sum(line.level == "ERROR" for line in job.written)


async def is_exact(stage: Stage, job: SimJob) -> None:
    """Each ERROR line is in an incident, and in no other, as often as it was written."""
    found = [(i.facts.count, i.facts.role.value, i.facts.title) for i in await incidents(stage, job)]
    assert sum(count for count, _, _ in found) == errors(job), f"{errors(job)} were written, found {found}"


def notices(stage: Stage, *words: str, channel: str = "ml-alerts") -> list[str]:
    """Texts of the channel's messages that hold all of `words`."""
    texts = [message.get("text", "") for message in stage.channel(channel)]
    return [text for text in texts if all(word in text for word in words)]


@dataclass
class TappedDatabase:
    """The real database, with a tap: counts the tails that are saved, and fails on demand.

    `failures` transactions that save a tail do all their work and are then undone, as when the connection
    is lost before the commit; `away` refuses every transaction.
    """

    real: SqlDatabase
    failures: int = 0
    away: bool = False
    saves: int = 0

    async def run(self, work: Callable[[Tx], T]) -> T:
        if self.away:
            raise StoreUnavailable("the database is away")
        return await self.real.run(lambda tx: self._tapped(tx, work))

    def _tapped(self, tx: Tx, work: Callable[[Tx], T]) -> T:
        before, save = self.saves, tx.tails.save

        def saving(tail: Tail, chunks: dict[int, bytes | None]) -> None:
            self.saves += 1
            save(tail, chunks)

        tx.tails.save = saving  # type: ignore[method-assign] - the tap
        done = work(tx)
        if self.saves > before and self.failures:
            self.failures -= 1
            raise StoreUnavailable("the connection was lost before the commit")
        return done
