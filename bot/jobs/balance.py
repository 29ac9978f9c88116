"""What a job that has ended cost, and what is left of its work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.jobs.job import Checkpoint, Job
from bot.times import Ms

MS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What could not be found out is None, and left unsaid.

    Attributes:
        ran_ms: from the first line of a replica to the end.
        cost_usd: nodes × price a minute × minutes that it ran.
        checkpoints: how many were kept.
        saved: the newest checkpoint.
        lost_ms: work after the newest checkpoint, or all of it without one; only where the job was cut short.
    """

    ran_ms: int | None = None
    cost_usd: float | None = None
    checkpoints: int | None = None
    saved: Checkpoint | None = None
    lost_ms: int | None = None


def balance(
    job: Job,
    *,
    first_line_ms: Ms | None,
    prices: Mapping[str, float] | None,
    checkpoints: Sequence[Checkpoint] | None,
) -> Balance:
    """The balance of `job`; None for each part that is not known."""
    ran_ms = max(0, job.updated_ms - first_line_ms) if first_line_ms is not None else None
    price = (prices or {}).get(job.instance.id)
    cost = job.node_count * price * ran_ms / MS_PER_MINUTE if price is not None and ran_ms is not None else None
    saved = max(checkpoints, key=lambda checkpoint: checkpoint.created_ms) if checkpoints else None
    return Balance(
        ran_ms=ran_ms,
        cost_usd=cost,
        checkpoints=len(checkpoints) if checkpoints is not None else None,
        saved=saved,
        lost_ms=_lost(job, ran_ms, saved) if checkpoints is not None else None,
    )


def _lost(job: Job, ran_ms: int | None, saved: Checkpoint | None) -> int | None:
    if not job.status.has_failed:
        return None
    return ran_ms if saved is None else max(0, job.updated_ms - saved.created_ms)
