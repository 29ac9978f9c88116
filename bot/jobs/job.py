"""A training job, its status and its price."""

from dataclasses import dataclass
from enum import StrEnum

from bot.times import Ms

STATUS_PREFIX = "TRAINING_JOB_"


class Phase(StrEnum):
    """What a status means for reading the log."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"


_PHASES = {
    "PENDING": Phase.WAITING,
    "CREATED": Phase.WAITING,
    "QUEUED": Phase.WAITING,
    "DEPLOYING": Phase.RUNNING,
    "RUNNING": Phase.RUNNING,
    "COMPLETED": Phase.ENDED,
    "FAILED": Phase.ENDED,
    "DEPLOY_FAILED": Phase.ENDED,
    "STOPPED": Phase.ENDED,
    "PREEMPTED": Phase.ENDED,
}
_FAILURES = frozenset({"FAILED", "DEPLOY_FAILED", "PREEMPTED"})


@dataclass(frozen=True, slots=True)
class Status:
    """A job's status: an open set, kept as the API spells it, so that a new one is shown, not lost."""

    raw: str

    @property
    def name(self) -> str:
        """Without the API's prefix: ``RUNNING``."""
        return self.raw.upper().removeprefix(STATUS_PREFIX)

    @property
    def label(self) -> str:
        """For people: ``deploy failed``."""
        return self.name.replace("_", " ").lower()

    @property
    def phase(self) -> Phase:
        return _PHASES.get(self.name, Phase.UNKNOWN)

    @property
    def has_ended(self) -> bool:
        """Only a status that is known to be final ends anything: an unknown one keeps the watch going."""
        return self.phase is Phase.ENDED

    @property
    def has_failed(self) -> bool:
        return self.name in _FAILURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """The machine that each node of a job runs on."""

    id: str
    name: str
    gpu_count: int = 0
    gpu_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project; `account` is set where projects of several accounts meet (`flows/catalog`)."""

    id: str
    name: str
    team_name: str | None = None
    latest_job_id: str | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A training job (`TrainingJobV1`), with the account whose key sees it."""

    account: str
    id: str
    project_id: str
    project_name: str
    name: str | None
    status: Status
    created_ms: Ms
    updated_ms: Ms
    instance: Instance
    node_count: int = 1
    error_message: str | None = None
    user_email: str | None = None
    availability: str | None = None
    checkpoint_sync: str | None = None
    priority: int = 0

    @property
    def title(self) -> str:
        """How people know it: its name, or its id when it has none."""
        return self.name or self.id

    @property
    def ended_ms(self) -> Ms | None:
        """None while it goes on."""
        return self.updated_ms if self.status.has_ended else None

    @property
    def dashboard_url(self) -> str:
        """The job's logs in Baseten's own web application."""
        return f"https://app.baseten.co/training/{self.project_id}/logs/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    id: str
    created_ms: Ms
    size_bytes: int
    type: str
    sync_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """GPU use of one node over the asked window, oldest first; `gpu` maps a GPU's rank to (ms, 0..1)."""

    node: str
    gpu: dict[str, tuple[tuple[Ms, float], ...]]
