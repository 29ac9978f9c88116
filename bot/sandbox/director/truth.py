"""What the jobs really wrote against what the channels show; one verdict for each job, and the proof behind it."""

import asyncio
from typing import Any, Literal

from bot.sandbox.baseten.job import PREFIX, SimJob
from bot.sandbox.director.compare import Case, Gap
from bot.sandbox.director.director import Director
from bot.sandbox.director.ledger import Account, Ledger, Told
from bot.sandbox.director.shown import Shown, Sight, look
from bot.times import ms_ceil, ms_from_s, now_ms

Json = dict[str, Any]
Verdict = Literal["complete", "behind", "missing"]

MADE_UP_MS = ms_from_s(180)
"""After trouble, a jump of the clock or a start of the bot it may take so long until everything is made up for."""


class Truth:
    def __init__(self, director: Director) -> None:
        self._director = director
        self._ledger = Ledger(director.clock)
        self._one_at_a_time = asyncio.Lock()

    async def told(self) -> Json:
        """The jobs that a channel hears of, the newest first, as the page gets them.

        `twice`: how many messages stand in a channel that were posted before under the same mark.
        """
        world = self._director.world
        names = {job.id: job.spec.name or job.id for job in world.jobs.values()}
        sight = look(self._director.workspace, names)
        jobs = sorted((job for job in world.jobs.values() if self._is_watched(job, sight)), key=_newest_first)
        async with self._one_at_a_time:  # two pages that ask at once need one account
            told = await asyncio.gather(*(self._ledger.account(job) for job in jobs))
        # Explaining takes a moment, in which the channels may have moved on.
        sight = look(self._director.workspace, names)
        judged = [
            self._judged(Case(job, *books, sight, self._director.began_ms))
            for job, books in zip(jobs, told, strict=True)
        ]
        return {"jobs": judged, "twice": len(sight.twice)}

    def _is_watched(self, job: SimJob, sight: Sight) -> bool:
        """A job that had ended before the channel began to watch is nobody's news."""
        director = self._director
        ended_before = job.ended_ns is not None and ms_ceil(job.ended_ns) < director.began_ms
        return (job.project is director.home and not ended_before) or bool(sight.of(job.id))

    def _judged(self, case: Case) -> Json:
        gaps = case.gaps()
        late = [gap for gap in gaps if now_ms(self._director.clock) >= max(gap.settled_ms, self._made_up_ms())]
        excuse = self._excuse()
        verdict: Verdict = "complete" if not gaps else "behind" if excuse or not late else "missing"
        told = late if verdict == "missing" else gaps
        job, log = case.job, case.log
        return {
            "id": job.id,
            "name": job.spec.name,
            "status": job.status.removeprefix(PREFIX),
            "lines": log.lines,
            "errors": log.errors,
            "by_replica": [
                {"replica": name or None, "lines": lines, "errors": errors}
                for name, (lines, errors) in log.by_replica.items()
            ],
            "events": [_event(each, case.account) for each in case.account.incidents],
            "shown": [_line(one) for one in case.shown],
            "missing": [gap.sentence for gap in told],
            "verdict": verdict,
            "sentence": _sentence(case, verdict, told, excuse),
        }

    def _excuse(self) -> str | None:
        director = self._director
        if director.bot.state != "running":
            return f"The bot is {director.bot.state}; it will make up for this when it runs."
        if director.troubles.now:
            return f"{director.troubles.now[0].what.label}; the bot will make up for this afterwards."
        return None

    def _made_up_ms(self) -> int:
        """Until when the bot is busy with what it could not do before."""
        director = self._director
        return MADE_UP_MS + max(director.jumped_ms, director.bot.since_ms, director.troubles.ended_ms)


def _event(told: Told, account: Account) -> Json:
    return {
        "title": told.title,
        "role": told.role,
        "count": told.count,
        "replicas": told.replicas,
        "first_ms": told.first_ms,
        "cause": None if told.cause is None else account.incidents[told.cause].title,
    }


def _line(one: Shown) -> Json:
    return {
        "title": one.title,
        "kind": one.kind,
        "count": one.count,
        "replicas": one.replicas,
        "channel": one.channel,
        "ts": one.ts,
    }


def _sentence(case: Case, verdict: Verdict, gaps: list[Gap], excuse: str | None) -> str:
    if verdict == "missing":
        return f"Not as it should be: {'; '.join(gap.sentence for gap in gaps[:3])}."
    if verdict == "behind":
        return f"Not yet shown: {gaps[0].sentence}. {excuse or 'It is on its way.'}"
    account, newer = case.account, case.log.lines - case.account.lines
    rest = f" {newer:,} newer ones are being read." if newer else ""
    if not account.incidents:
        return f"{account.lines:,} lines and nothing wrong in them.{rest}"
    roles = [each.role for each in account.incidents]
    kinds = (("root", "cause"), ("cascade", "consequence"), ("noise", "harmless error"))
    listed = ", ".join(_some(roles.count(role), noun) for role, noun in kinds if role in roles)
    errors = _some(account.errors, "ERROR line")
    return f"{account.lines:,} lines, {errors} among them, all accounted for: {listed}.{rest}"


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _newest_first(job: SimJob) -> int:
    return -job.created_ms
