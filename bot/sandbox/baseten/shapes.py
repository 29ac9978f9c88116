"""The JSON of the answers, field by field as the API description has it."""

from functools import lru_cache
from typing import Any

from bot.sandbox.baseten.job import SimCheckpoint, SimJob, SimProject
from bot.sandbox.baseten.lines import SimLine
from bot.sandbox.baseten.machines import Machine
from bot.sandbox.baseten.traits import Traits
from bot.times import NS_PER_S, ns_from_ms, utc

Json = dict[str, Any]


@lru_cache(maxsize=10_000)
def iso(ms: int) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return f"{utc(ns_from_ms(ms)):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def project_json(project: SimProject, latest: SimJob | None) -> Json:
    return {
        "id": project.id,
        "name": project.name,
        "created_at": iso(project.created_ms),
        "updated_at": iso(max(project.created_ms, latest.created_ms if latest else 0)),
        "team_name": project.team,
        "latest_job": job_json(latest) if latest else None,
    }


def job_json(job: SimJob) -> Json:
    return {
        "id": job.id,
        "created_at": iso(job.created_ms),
        "current_status": job.status,
        "error_message": job.error_message,
        "instance_type": machine_json(job.spec.machine),
        "node_count": job.spec.node_count,
        "updated_at": iso(job.updated_ms),
        "training_project_id": job.project.id,
        "training_project": {"id": job.project.id, "name": job.project.name},
        "name": job.spec.name,
        "checkpoint_sync_status": job.checkpoint_sync,
        "priority": job.spec.priority,
        "availability_model": job.spec.availability,
        "user": {"email": job.spec.user_email} if job.spec.user_email else None,
    }


def machine_json(machine: Machine) -> Json:
    return {
        "id": machine.id,
        "name": machine.name,
        "memory_limit_mib": machine.memory_gib * 1024,
        "millicpu_limit": machine.cpus * 1000,
        "gpu_count": machine.gpu_count,
        "gpu_type": machine.gpu_type,
        "gpu_memory_limit_mib": machine.gpu_memory_gib * 1024 if machine.gpu_memory_gib else None,
    }


def price_json(machine: Machine) -> Json:
    return {"instance_type": machine_json(machine), "price": machine.price}


def checkpoint_json(checkpoint: SimCheckpoint, job: SimJob) -> Json:
    return {
        "checkpoint_id": checkpoint.id,
        "created_at": iso(checkpoint.created_ms),
        "checkpoint_type": checkpoint.type,
        "base_model": checkpoint.base_model,
        "lora_adapter_config": checkpoint.lora_config,
        "size_bytes": checkpoint.size_bytes,
        "sync_status": checkpoint.sync_status,
        "training_job_id": job.id,
    }


def line_json(line: SimLine, traits: Traits) -> Json:
    fields: Json = {
        "timestamp": _stamp(line.timestamp_ns, traits),
        "message": line.message,
        "replica": line.replica,
        "request_id": line.request_id,
        "level": line.level,
    }
    for name in traits.drops_fields:
        fields.pop(name, None)
    return fields


def _stamp(ns: int, traits: Traits) -> str | int:
    match traits.stamp:
        case "ns_string":
            return str(ns)
        case "ns_int":
            return ns
        case "rfc3339":
            return f"{utc(ns):%Y-%m-%dT%H:%M:%S}.{ns % NS_PER_S:09d}Z"
