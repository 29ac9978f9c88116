"""What the flows need of the training API and of Slack; `baseten/` and `slack/` fit these shapes."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Protocol

from bot.flows.contents import Content
from bot.jobs.job import Checkpoint, Job, Metrics, Project
from bot.logs.pages import Page, PageRequest
from bot.times import Ms


class Priority(IntEnum):
    """Who asks: a person's command goes before a poll, and has a reserve of the budget."""

    COMMAND = 0
    POLL = 1


class TrainingApi(Protocol):
    """One account's view of the training API. Every method raises `ApiRefused` or a `TransientError`."""

    @property
    def account(self) -> str: ...

    async def log_page(self, job: Job, request: PageRequest, priority: Priority) -> Page: ...

    async def search_jobs(
        self,
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        statuses: Sequence[str] = (),
        priority: Priority,
    ) -> tuple[Job, ...]:
        """Jobs of the whole account, newest first. One call covers the statuses of all of them."""
        ...

    async def projects(self, priority: Priority) -> tuple[Project, ...]: ...

    async def project_jobs(self, project_id: str, priority: Priority) -> tuple[Job, ...]: ...

    async def job(self, project_id: str, job_id: str, priority: Priority) -> Job: ...

    async def checkpoints(self, job: Job, priority: Priority) -> tuple[Checkpoint, ...]: ...

    async def metrics(self, job: Job, start_ms: Ms, end_ms: Ms, priority: Priority) -> tuple[Metrics, ...]: ...

    async def prices(self, priority: Priority) -> Mapping[str, float]:
        """USD per minute by instance type id."""
        ...

    async def stop(self, job: Job) -> Job:
        """Ends a job for good; the job as it is then."""
        ...

    async def recreate(self, job: Job) -> Job:
        """A new job with the same configuration; tried once, since a second try could make a second job."""
        ...


class Meter(Protocol):
    """Counts what an operator wants to see."""

    def polled(self, account: str, *, outcome: str, lines: int = 0, gaps: int = 0) -> None:
        """One poll: `outcome` is ``ok``, ``again`` (the API was away or refused) or ``failed``."""
        ...


class Messenger(Protocol):
    """Says things in Slack. Raises `SlackRefused`, or a `TransientError` of Slack's."""

    async def post(
        self, channel: str, content: Content, *, thread_ts: str | None, delivery_id: str, late_ms: int = 0
    ) -> str:
        """Posts it and returns its ts. `SlackUnclear` when it may have been posted without an answer.

        `late_ms` above 0 is said: so long ago it happened.
        """
        ...

    async def edit(self, channel: str, ts: str, content: Content, *, late_ms: int = 0) -> None: ...

    async def permalink(self, channel: str, ts: str) -> str | None:
        """The address of a message; None when Slack does not tell it now."""
        ...

    async def find(self, channel: str, *, thread_ts: str | None, delivery_id: str, since_ms: Ms) -> str | None:
        """The ts of the message that carries `delivery_id`, if it was posted after `since_ms`."""
        ...
