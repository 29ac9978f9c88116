"""Accounts with jobs and logs in memory, behind the port that the flows know, and a clock turned by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import JoblogsError
from bot.flows.services import Priority
from bot.jobs.job import Checkpoint, Instance, Job, Metrics, Project, Status
from bot.logs.line import Level, Line
from bot.logs.pages import Page, PageRequest
from bot.times import NS_PER_MS, Ms, Ns
from tests.unit.logs.tail_model import MINUTE, NOW, ModelServer


@dataclass(slots=True)
class HandClock:
    """Stands still until it is turned."""

    now_ms: int = NOW
    mono_s: float = 1_000.0

    def now_ns(self) -> Ns:
        return Ns(self.now_ms * NS_PER_MS)

    def monotonic_s(self) -> float:
        return self.mono_s

    async def sleep(self, seconds: float) -> None:
        self.mono_s += seconds

    def turn(self, seconds: float) -> None:
        self.mono_s += seconds


def job(name: str | None = "run-1", *, job_id: str = "j1", status: str = "RUNNING", **changes) -> Job:
    fields = {
        "account": "default",
        "project_id": "p1",
        "project_name": "llama",
        "created_ms": Ms(NOW - 60 * MINUTE),
        "updated_ms": Ms(NOW - MINUTE),
        "instance": Instance(id="H100:8", name="H100"),
    } | changes
    return Job(id=job_id, name=name, status=Status(f"TRAINING_JOB_{status}"), **fields)


def line(
    at_ms: int, message: str = "x", replica: str | None = "r0", level: Level | None = Level.INFO, ns: int = 0
):
    return Line(Ns(at_ms * NS_PER_MS + ns), message, replica, level)


@dataclass(slots=True)
class Account:
    """`TrainingApi` over a model of the server. `failures` are raised once each, in order; `down` always.

    `page_s` is how long a page takes on the hand-turned clock.
    """

    clock: HandClock
    account: str = "default"
    jobs: list[Job] = field(default_factory=list)
    hidden: list[Job] = field(default_factory=list)
    known: list[Project] = field(default_factory=lambda: [Project(id="p1", name="llama")])
    server: ModelServer = field(default_factory=ModelServer)
    requests: list[tuple[PageRequest, Priority]] = field(default_factory=list)
    failures: list[JoblogsError | None] = field(default_factory=list)
    down: JoblogsError | None = None
    lists: int = 0
    page_s: float = 0.0

    async def log_page(self, job: Job, request: PageRequest, priority: Priority) -> Page:
        self.requests.append((request, priority))
        self.clock.turn(self.page_s)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return self.server.page(request)

    async def search_jobs(
        self,
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        statuses: Sequence[str] = (),
        priority: Priority,
    ) -> tuple[Job, ...]:
        if self.down:
            raise self.down
        if job_id is not None:
            return tuple(job for job in (*self.jobs, *self.hidden) if job.id == job_id)
        self.lists += 1
        return tuple(self.jobs)

    async def projects(self, priority: Priority) -> tuple[Project, ...]:
        if self.down:
            raise self.down
        return tuple(self.known)

    async def project_jobs(self, project_id: str, priority: Priority) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.project_id == project_id)

    async def job(self, project_id: str, job_id: str, priority: Priority) -> Job:
        return next(job for job in self.jobs if job.id == job_id)

    async def checkpoints(self, job: Job, priority: Priority) -> tuple[Checkpoint, ...]:
        return ()

    async def metrics(self, job: Job, start_ms: Ms, end_ms: Ms, priority: Priority) -> tuple[Metrics, ...]:
        return ()

    async def prices(self, priority: Priority) -> Mapping[str, float]:
        return {}
