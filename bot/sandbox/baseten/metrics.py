"""Metrics of a simulated job: samples on a grid of time, which fit what the job does."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from zlib import crc32

from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.shapes import Json, iso, job_json
from bot.times import MS_PER_S, Ms, ms_floor, ns_from_ms

_GIB = 1 << 30
_DISK_BYTES = 1_900 * _GIB
_CACHE_BYTES = 8_000 * _GIB
_POINTS_WANTED = 120

Series = list[dict[str, Any]]


def metrics_json(job: SimJob, start_ms: int, end_ms: int, step_s: int | None, *, shuffled: bool) -> Json:
    """`GetTrainingJobMetricsResponseV1`. Without a step, one that gives about 120 points, at least 5 s apart."""
    step_ms = (step_s or max(5, (end_ms - start_ms) // MS_PER_S // _POINTS_WANTED)) * MS_PER_S
    times = list(_sample_times(job, start_ms, end_ms, step_ms))
    if shuffled:
        Random(job.id).shuffle(times)
    nodes = [_node(job, replica, times) for replica in job.replicas]
    return {
        **nodes[0],
        "training_job": job_json(job),
        "cache": _storage(times, _CACHE_BYTES, 0.21),
        "per_node_metrics": [
            {"node_id": f"training-job-{job.id}-multinode-0-{index}", "metrics": node}
            for index, node in enumerate(nodes)
        ],
    }


def _sample_times(job: SimJob, start_ms: int, end_ms: int, step_ms: int) -> Iterator[Ms]:
    """Multiples of the step within the window while the job's containers live; none of the future."""
    if job.started_ns is None:
        return
    first = max(start_ms, ms_floor(job.started_ns))
    last = min(end_ms, ms_floor(job.clock.now_ns() if job.ended_ns is None else job.ended_ns))
    for at in range(-(-first // step_ms) * step_ms, last + 1, step_ms):
        yield Ms(at)


def _node(job: SimJob, replica: str, times: list[Ms]) -> Json:
    machine = job.spec.machine
    ranks = [str(rank) for rank in range(machine.gpu_count)]
    gpu_bytes = (machine.gpu_memory_gib or 0) * _GIB
    busy = {at: job.gpu_at(replica, ns_from_ms(at)) for at in times}

    def wobble(rank: str, at: Ms) -> float:
        return crc32(f"{job.id}/{replica}/{rank}/{at}".encode()) / 2**32 - 0.5

    def utilization(rank: str) -> Callable[[Ms], float]:
        return lambda at: round(min(1.0, max(0.0, busy[at] * (1 + wobble(rank, at) / 15))), 4)

    def memory(rank: str) -> Callable[[Ms], float]:
        return lambda at: int(gpu_bytes * (0.78 + wobble(rank, at) / 50))

    return {
        "gpu_memory_usage_bytes": {rank: _series(times, memory(rank)) for rank in ranks},
        "gpu_utilization": {rank: _series(times, utilization(rank)) for rank in ranks},
        "cpu_usage": _series(times, lambda at: round(machine.cpus * (0.04 + 0.2 * busy[at]), 3)),
        "cpu_memory_usage_bytes": _series(times, lambda _: int(machine.memory_gib * _GIB * 0.31)),
        "ephemeral_storage": _storage(times, _DISK_BYTES, 0.34),
    }


def _storage(times: list[Ms], size: int, used: float) -> Json:
    return {
        "usage_bytes": _series(times, lambda _: int(size * used)),
        "utilization": _series(times, lambda _: used),
    }


def _series(times: list[Ms], value: Callable[[Ms], float]) -> Series:
    return [{"value": value(at), "timestamp": iso(at)} for at in times]
