"""What a job that has ended cost and kept, as a sentence for its channel. What is not known is not said."""

from bot.jobs.balance import Balance
from bot.jobs.job import Job

_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60
_UNITS = ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"), (1, "s"))


def figures(job: Job, found: Balance) -> str:
    """The sentence, of what is known.

    Such as ``It ran 26 min on 8 H100 (2 nodes), about $98.20. Last checkpoint step-400: the work of … is lost.``
    """
    return " ".join(part for part in (_run(job, found), _kept(found)) if part)


def duration(ms: int) -> str:
    """In the two largest units: ``2 d 4 h``, ``26 min 3 s``."""
    rest, told = max(0, ms) // 1000, []
    for size, unit in _UNITS:
        value, rest = divmod(rest, size)
        if value:
            told.append(f"{value} {unit}")
    return " ".join(told[:2]) or "0 s"


def dollars(amount: float) -> str:
    """Whole ones from a thousand on."""
    return f"${amount:,.0f}" if amount >= 1_000 else f"${amount:,.2f}"


def _run(job: Job, found: Balance) -> str:
    if found.ran_ms is None:
        return ""
    cost = f", about {dollars(found.cost_usd)}" if found.cost_usd is not None else ""
    return f"It ran {duration(found.ran_ms)} on {_machines(job)}{cost}."


def _machines(job: Job) -> str:
    nodes, machine = job.node_count, job.instance
    count = f"{nodes} node{'s' if nodes > 1 else ''}"
    if not machine.gpu_count:
        return count
    gpus = f"{nodes * machine.gpu_count} {machine.gpu_type or 'GPUs'}"
    return f"{gpus} ({count})" if nodes > 1 else gpus


def _kept(found: Balance) -> str:
    if found.saved is None:
        return "It kept no checkpoint." if found.checkpoints == 0 and found.lost_ms is not None else ""
    lost = f": the work of the last {duration(found.lost_ms)} is lost" if found.lost_ms is not None else ""
    return f"Last checkpoint {found.saved.id}{lost}."
