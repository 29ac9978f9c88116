"""A burst of ERROR lines on a running job."""

from collections.abc import Iterator

from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.words import Dice
from bot.times import NS_PER_S, Clock

MOST_LINES = 20_000
LONGEST_S = 600.0
WAVES_A_SECOND = 5


async def burst(job: SimJob, lines: int, seconds: float, clock: Clock) -> None:
    """Writes so many lines over so many seconds, the replicas in turn; ends early when the job does."""
    waves = max(1, round(seconds * WAVES_A_SECOND))
    said = _lines(job, Dice(f"{job.id}/{len(job.written)}"), lines)
    written = 0
    for wave in range(1, waves + 1):
        if job.has_ended:
            return
        while written < lines * wave // waves:
            replica, message = next(said)
            job.write(message, replica=replica, level="ERROR", visible_ns=clock.now_ns() + NS_PER_S // 2)
            written += 1
        await clock.sleep(seconds / waves)


def _lines(job: SimJob, dice: Dice, count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        replica = job.replicas[number % len(job.replicas)]
        shard, attempt = int(dice.roll("shard", number) * 4_000), 1 + int(dice.roll("attempt", number) * 5)
        yield (
            replica,
            (
                f"ERROR data.reader: shard-{shard:05d}.tar cannot be read from the cache, attempt {attempt}: "
                "ConnectionResetError: [Errno 104] Connection reset by peer"
            ),
        )
