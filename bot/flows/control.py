"""Stopping and recreating a job: off unless the operator turned it on, and told to a person before it is done."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

import structlog

from bot.errors import ApiRefused, TransientError
from bot.flows.aftermath import balance_of
from bot.flows.catalog import trouble
from bot.flows.keeping import AuditEntry
from bot.flows.ports import Database
from bot.flows.services import Priority, TrainingApi
from bot.jobs.balance import Balance
from bot.jobs.job import Job
from bot.times import Clock, now_ms

log = structlog.get_logger(__name__)

UNCLEAR = "Baseten did not answer, so it may have been done. Look at `/joblogs jobs` before you try again."


class Deed(StrEnum):
    STOP = "stop"
    RECREATE = "recreate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a person should know before: `usd_per_hour` None where no price is known; `balance` up to now."""

    deed: Deed
    job: Job
    usd_per_hour: float | None
    balance: Balance


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; `job` is the stopped job, or the new one."""

    deed: Deed
    job: Job


@dataclass(frozen=True, slots=True)
class NotDone:
    """It was not done, or nobody knows: the sentence says which, and what to do."""

    sentence: str


class Control:
    """`allowed`: what the operator turned on."""

    def __init__(
        self, *, db: Database, apis: Mapping[str, TrainingApi], clock: Clock, allowed: frozenset[Deed]
    ) -> None:
        self._db = db
        self._apis = apis
        self._clock = clock
        self.allowed = allowed

    def obstacle(self, deed: Deed, job: Job) -> str | None:
        """Why it cannot be done, as a sentence; None when it can."""
        if deed not in self.allowed:
            return f"Whoever runs joblogs has not allowed it to {deed.value} jobs (JOBLOGS_JOB_CONTROL)."
        if deed is Deed.STOP and job.status.has_ended:
            return f"The job has ended already: it is {job.status.label}."
        if deed is Deed.RECREATE and not job.status.has_ended:
            return "The job is still alive; a second one like it can be made when it has ended."
        return None

    async def prospect(self, deed: Deed, job: Job) -> Prospect | NotDone:
        """What it would mean, read anew; a figure that the API does not tell is left out."""
        if obstacle := self.obstacle(deed, job):
            return NotDone(obstacle)
        api = self._apis.get(job.account)
        if api is None:
            return NotDone("The key of this job's account is gone.")
        until_now = job if job.status.has_ended else replace(job, updated_ms=now_ms(self._clock))
        price, balance = await asyncio.gather(self._usd_per_hour(api, job), balance_of(self._apis, until_now))
        return Prospect(deed=deed, job=until_now, usd_per_hour=price, balance=balance)

    async def carry_out(self, deed: Deed, job: Job, *, actor: str, channel: str | None) -> Done | NotDone:
        """Does it, and writes down who asked for it: before, so that nothing is done unseen, and how it went."""
        if obstacle := self.obstacle(deed, job):
            return NotDone(obstacle)
        await self._audit(deed, job, actor, channel, "asked")
        outcome = await self._done(deed, job)
        told = "done" if isinstance(outcome, Done) else "not done"
        log.info("job_control", deed=deed.value, job=job.id, actor=actor, outcome=told)
        await self._audit(deed, job, actor, channel, told)
        return outcome

    async def _done(self, deed: Deed, job: Job) -> Done | NotDone:
        api = self._apis.get(job.account)
        if api is None:
            return NotDone("The key of this job's account is gone.")
        try:
            match deed:
                case Deed.STOP:
                    return Done(deed, await api.stop(job))
                case Deed.RECREATE:
                    return Done(deed, await api.recreate(job))
                case _:
                    assert_never(deed)
        except ApiRefused as error:
            return NotDone(trouble(error))
        except TransientError as error:
            log.warning("job_control_unclear", deed=deed.value, job=job.id, reason=str(error))
            return NotDone(UNCLEAR)

    async def _usd_per_hour(self, api: TrainingApi, job: Job) -> float | None:
        try:
            prices = await api.prices(Priority.COMMAND)
        except (ApiRefused, TransientError):
            return None
        price = prices.get(job.instance.id)
        return None if price is None else job.node_count * price * 60

    async def _audit(self, deed: Deed, job: Job, actor: str, channel: str | None, outcome: str) -> None:
        entry = AuditEntry(
            at_ms=now_ms(self._clock),
            actor=actor,
            channel=channel,
            action=deed.value,
            target=f"job:{job.id}",
            outcome=outcome,
            detail=f"{job.project_name}/{job.title}",
        )
        await self._db.run(lambda tx: tx.audit.add(entry))
