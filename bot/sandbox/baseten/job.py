"""A simulated training job and its project: state only, changed by tests, by scenarios and by stop requests."""

from dataclasses import dataclass, field, replace
from itertools import repeat

from bot.sandbox.baseten.levels import RANKS
from bot.sandbox.baseten.lines import LineArchive, SimLine
from bot.sandbox.baseten.machines import Machine
from bot.times import Clock, Ms, Ns, ms_floor, ns_from_ms

PREFIX = "TRAINING_JOB_"
FINAL = frozenset({PREFIX + end for end in ("COMPLETED", "FAILED", "DEPLOY_FAILED", "STOPPED")})
"""Nothing follows on these. Whether a preempted job resumes under its id is not documented: here it may."""

BUSY = 0.94
"""GPU utilisation of a running job that was not told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimProject:
    """`team` None: every key sees it; else only keys of that team do."""

    id: str
    name: str
    created_ms: Ms
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimCheckpoint:
    id: str
    created_ms: Ms
    type: str
    size_bytes: int
    base_model: str | None
    lora_config: dict[str, object] | None
    sync_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What a job was asked for, and what a recreated one gets again."""

    name: str | None
    node_count: int
    machine: Machine
    user_email: str | None = None
    priority: int = 0
    availability: str = "dedicated"


@dataclass(frozen=True, slots=True)
class Load:
    """From `at_ns` on GPUs are `gpu` busy (0..1)."""

    at_ns: int
    gpu: float


@dataclass(slots=True, kw_only=True, eq=False)
class SimJob:
    """A job. Whatever is not given a time happens now."""

    id: str
    project: SimProject
    spec: JobSpec
    clock: Clock
    created_ms: Ms
    status: str
    updated_ms: Ms
    error_message: str | None = None
    checkpoint_sync: str | None = None
    started_ns: int | None = None
    ended_ns: int | None = None
    checkpoints: list[SimCheckpoint] = field(default_factory=list)
    loads: dict[str, list[Load]] = field(default_factory=dict)
    archive: LineArchive = field(default_factory=LineArchive)

    @property
    def written(self) -> list[SimLine]:
        """The truth: every line that the job ever wrote, in the order of writing."""
        return self.archive.written

    @property
    def replicas(self) -> tuple[str, ...]:
        """Names of the nodes in the log: group and replica, as the platform numbers them."""
        return tuple(f"g{node:02d}r0" for node in range(self.spec.node_count))

    @property
    def has_ended(self) -> bool:
        return self.status in FINAL or self.status == PREFIX + "PREEMPTED"

    def write(
        self,
        message: str,
        *,
        replica: str | None = "g00r0",
        level: str | None = None,
        at_ns: int | None = None,
        visible_ns: int | None = None,
        count: int = 1,
        request_id: str | None = None,
    ) -> None:
        """Writes `count` equal lines, stamped `at_ns` and readable from `visible_ns` on (now, where not given)."""
        if level is not None and level not in RANKS:
            raise ValueError(f"no such level: {level!r}")
        now_ns = self.clock.now_ns()
        for _ in repeat(None, count):
            line = SimLine(
                timestamp_ns=now_ns if at_ns is None else at_ns,
                message=message,
                replica=replica,
                level=level,
                request_id=request_id,
                visible_ns=now_ns if visible_ns is None else visible_ns,
                number=len(self.archive.written),
            )
            self.archive.add(line, now_ns)

    def set_status(self, status: str, *, error_message: str | None = None, at_ns: int | None = None) -> None:
        """Moves the job on. Names outside the known ones are allowed: the API's set is open.

        Raises:
            ValueError: if the name lacks the API's prefix, or the job has ended for good.
        """
        if not status.startswith(PREFIX):
            raise ValueError(f"the API spells it {PREFIX}{status}")
        if self.status in FINAL:
            raise ValueError(f"job {self.id} is {self.status} for good, it cannot become {status}")
        at = self.clock.now_ns() if at_ns is None else Ns(at_ns)
        self.status, self.updated_ms = status, ms_floor(at)
        self.error_message = error_message
        self._note_life(at)

    def add_checkpoint(
        self,
        checkpoint_id: str | None = None,
        *,
        size_bytes: int = 16_060_556_376,
        type: str = "full",  # noqa: A002 - the API's word
        base_model: str | None = None,
        lora_config: dict[str, object] | None = None,
        sync_status: str | None = "COMPLETE",
        at_ns: int | None = None,
    ) -> SimCheckpoint:
        """A new one; or, with the id of one that is there, news of it (its upload is through)."""
        name = checkpoint_id or f"checkpoint-{len(self.checkpoints) + 1}"
        checkpoint = SimCheckpoint(
            id=name,
            created_ms=ms_floor(self.clock.now_ns() if at_ns is None else at_ns),
            type=type,
            size_bytes=size_bytes,
            base_model=base_model,
            lora_config=lora_config,
            sync_status=sync_status,
        )
        before = next((place for place, one in enumerate(self.checkpoints) if one.id == name), None)
        if before is None:
            self.checkpoints.append(checkpoint)
        else:
            self.checkpoints[before] = replace(checkpoint, created_ms=self.checkpoints[before].created_ms)
        self.checkpoint_sync = (
            "SYNCING" if any(one.sync_status == "SYNCING" for one in self.checkpoints) else "COMPLETED"
        )
        return checkpoint

    def set_gpu(self, load: float, *, replicas: tuple[str, ...] | None = None, at_ns: int | None = None) -> None:
        """From now on the GPUs of these replicas (default: all) are busy by this fraction."""
        at = self.clock.now_ns() if at_ns is None else at_ns
        for replica in replicas or self.replicas:
            self.loads.setdefault(replica, []).append(Load(at, load))

    def gpu_at(self, replica: str, at_ns: int) -> float:
        """How busy the replica's GPUs were then: idle until the job runs, and `BUSY` unless it was set."""
        told = [load for load in self.loads.get(replica, ()) if load.at_ns <= at_ns]
        if told:
            return max(reversed(told), key=lambda load: load.at_ns).gpu
        return BUSY if self.started_ns is not None and at_ns >= self.started_ns else 0.0

    def _note_life(self, at_ns: int) -> None:
        if self.status == PREFIX + "RUNNING" and self.started_ns is None:
            self.started_ns = at_ns
        self.ended_ns = at_ns if self.has_ended else None


def new_job(*, id: str, project: SimProject, spec: JobSpec, clock: Clock, created_ms: Ms, status: str) -> SimJob:  # noqa: A002 - the API's word
    """A job that came to `status` as soon as it was created."""
    job = SimJob(
        id=id,
        project=project,
        spec=spec,
        clock=clock,
        created_ms=created_ms,
        status=PREFIX + "PENDING",
        updated_ms=created_ms,
    )
    if status != job.status:
        job.set_status(status, at_ns=ns_from_ms(created_ms))
    return job
