"""Jobs, projects, checkpoints, metrics and prices out of bytes.

Unknown fields are ignored and unknown words kept; what is optional may be absent or null. A member of a list
that lacks what makes it one (an id, a creation time) is left out and logged, not paid for by the others.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
import structlog

from bot.baseten.lenient import Undecodable, loads
from bot.jobs.job import Checkpoint, Instance, Job, Metrics, Project, Status
from bot.times import Ms, ms_floor, parse_stamp

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class _Instance(msgspec.Struct):
    id: str = ""
    name: str = ""
    gpu_count: int | None = 0
    gpu_type: str | None = None


class _ProjectName(msgspec.Struct):
    id: str = ""
    name: str | None = None


class _User(msgspec.Struct):
    email: str | None = None


class _Job(msgspec.Struct, kw_only=True):
    """`TrainingJobV1`."""

    id: str
    created_at: str | int
    updated_at: str | int | None = None
    current_status: str | None = None
    training_project_id: str | None = None
    training_project: _ProjectName | None = None
    name: str | None = None
    instance_type: _Instance | None = None
    node_count: int | None = 1
    error_message: str | None = None
    user: _User | None = None
    availability_model: str | None = None
    checkpoint_sync_status: str | None = None
    priority: int | None = 0


class _JobId(msgspec.Struct):
    id: str


class _Project(msgspec.Struct, kw_only=True):
    """`TrainingProjectV1`."""

    id: str
    name: str | None = None
    team_name: str | None = None
    latest_job: _JobId | None = None


class _Checkpoint(msgspec.Struct, kw_only=True):
    """`TrainingJobCheckpointV1`."""

    checkpoint_id: str
    created_at: str | int
    size_bytes: int | None = 0
    checkpoint_type: str | None = None
    sync_status: str | None = None


class _Sample(msgspec.Struct):
    timestamp: str | int
    value: float | None


class _NodeMetrics(msgspec.Struct):
    gpu_utilization: dict[str, list[_Sample]] | None = None


class _Node(msgspec.Struct):
    node_id: str
    metrics: _NodeMetrics


class _Priced(msgspec.Struct):
    instance_type: _Instance
    price: float


def jobs(body: bytes, account: str) -> tuple[Job, ...]:
    """The jobs of a search or of a project, newest first whatever the server's order."""
    answer = _answer(body)
    project = _convert(answer.get("training_project") or {}, _ProjectName)
    found = _members(answer, "training_jobs", lambda raw: _job(_convert(raw, _Job), account, project))
    return tuple(sorted(found, key=lambda job: job.created_ms, reverse=True))


def job(body: bytes, account: str) -> Job:
    answer = _answer(body)
    project = _convert(answer.get("training_project") or {}, _ProjectName)
    return _job(_convert(answer.get("training_job"), _Job), account, project)


def projects(body: bytes) -> tuple[Project, ...]:
    return _members(_answer(body), "training_projects", _project)


def checkpoints(body: bytes) -> tuple[Checkpoint, ...]:
    return _members(_answer(body), "checkpoints", _checkpoint)


def metrics(body: bytes) -> tuple[Metrics, ...]:
    """One for each node. The top level of the answer, which is the leader's, stands in when it lists no nodes."""
    answer = _answer(body)
    if answer.get("per_node_metrics"):
        return _members(answer, "per_node_metrics", _node)
    leader = _metrics("leader", _convert(answer, _NodeMetrics))
    return (leader,) if leader.gpu else ()


def prices(body: bytes) -> dict[str, float]:
    """USD per minute by instance type id."""
    return dict(_members(_answer(body), "instance_types", _price))


def _job(raw: _Job, account: str, project: _ProjectName) -> Job:
    own = raw.training_project or project
    project_id = raw.training_project_id or own.id
    if not project_id:
        raise Undecodable("a job without its project")
    created_ms = _ms(raw.created_at)
    machine = raw.instance_type or _Instance()
    return Job(
        account=account,
        id=raw.id,
        project_id=project_id,
        project_name=own.name or project_id,
        name=raw.name,
        status=Status(raw.current_status or "UNKNOWN"),
        created_ms=created_ms,
        updated_ms=created_ms if raw.updated_at is None else _ms(raw.updated_at),
        instance=Instance(
            id=machine.id, name=machine.name, gpu_count=machine.gpu_count or 0, gpu_type=machine.gpu_type
        ),
        node_count=raw.node_count or 1,
        error_message=raw.error_message,
        user_email=raw.user.email if raw.user else None,
        availability=raw.availability_model,
        checkpoint_sync=raw.checkpoint_sync_status,
        priority=raw.priority or 0,
    )


def _project(value: object) -> Project:
    raw = _convert(value, _Project)
    latest = raw.latest_job.id if raw.latest_job else None
    return Project(id=raw.id, name=raw.name or raw.id, team_name=raw.team_name, latest_job_id=latest)


def _checkpoint(value: object) -> Checkpoint:
    raw = _convert(value, _Checkpoint)
    return Checkpoint(
        id=raw.checkpoint_id,
        created_ms=_ms(raw.created_at),
        size_bytes=raw.size_bytes or 0,
        type=raw.checkpoint_type or "unknown",
        sync_status=raw.sync_status,
    )


def _node(value: object) -> Metrics:
    raw = _convert(value, _Node)
    return _metrics(raw.node_id, raw.metrics)


def _metrics(node: str, raw: _NodeMetrics) -> Metrics:
    return Metrics(
        node=node, gpu={rank: _series(samples) for rank, samples in (raw.gpu_utilization or {}).items()}
    )


def _series(samples: list[_Sample]) -> tuple[tuple[Ms, float], ...]:
    """Oldest first: the API may give them in any order, and gaps as null."""
    known = ((_ms(s.timestamp), s.value) for s in samples if s.value is not None and math.isfinite(s.value))
    return tuple(sorted(known))


def _price(value: object) -> tuple[str, float]:
    raw = _convert(value, _Priced)
    return raw.instance_type.id, raw.price


def _answer(body: bytes) -> Mapping[str, object]:
    value = loads(body)
    if not isinstance(value, dict):
        raise Undecodable("something that is no object")
    return value


def _members(answer: Mapping[str, object], name: str, read: Callable[[object], T]) -> tuple[T, ...]:
    values = answer.get(name)
    if name not in answer or not isinstance(values, list | None):
        raise Undecodable(f"no list of {name}")
    kept: list[T] = []
    for value in values or ():
        try:
            kept.append(read(value))
        except Undecodable as error:
            _log.warning("left out what could not be read", of=name, error=str(error)[:200])
    return tuple(kept)


def _convert(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind, strict=False)  # numbers may come as text
    except msgspec.ValidationError as error:
        raise Undecodable(f"something else ({error})") from None


def _ms(stamp: str | int) -> Ms:
    try:
        return ms_floor(parse_stamp(stamp))
    except ValueError:
        raise Undecodable(f"a time that is none: {str(stamp)[:40]!r}") from None
