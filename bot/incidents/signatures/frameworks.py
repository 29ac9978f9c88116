"""Ray, JAX, vLLM and other frameworks that have their own words for a lost worker."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="ray-worker-died",
        stage=Stage.SYMPTOM,
        says="a Ray worker process died without an exception of its own",
        words=("the actor died", "actordiederror", "rayactorerror", "the actor is dead because", "worker died or was killed", "workercrashederror", "worker unexpectedly exits", "worker exit type: system_error", "a worker died", "worker crashed unexpectedly"),
        source="ray/exceptions.py, raylet node_manager.cc",
        plain=True,
    ),
    Signature(
        name="ray-node-died",
        stage=Stage.SYMPTOM,
        says="a Ray node died or lost its connection to the head",
        words=("has been marked dead", "nodediederror", "the node died", "missed too many heartbeats", "raylet has lagging heartbeats", "health check failed due to", "lost contact with node"),
        source="ray gcs_health_check_manager.cc, raylet",
        plain=True,
        quiet=True,
    ),
    Signature(
        name="ray-object-lost",
        stage=Stage.EFFECT,
        says="what a dead Ray worker owned is gone",
        words=("ownerdiederror", "objectlosterror", "actorunavailableerror", "the actor is temporarily unavailable", "objectfetchtimedout", "objectreconstructionfailed", "raylet client is disconnected", "the raylet died"),
        source="ray/exceptions.py",
        plain=True,
    ),
    Signature(
        name="jax-peer-gone",
        stage=Stage.EFFECT,
        says="JAX processes lost a task, or the coordinator",
        words=("coordination service", "coordinationservice", "coordination_service", "jax distributed service detected fatal errors", "barrier timed out", "task(s) not at the barrier", "the following tasks are unhealthy", "heartbeat timeout", "leader task was preempted", "shutdown barrier", "polled an error from coordination", "unavailable: connection reset", "deadline_exceeded: barrier", "the tasks have crashed", "gloo all-reduce failed", "collective permute", "failed to send rpc to coordination"),
        source="xla/tsl/distributed_runtime/coordination, jax/_src/distributed.py, xla/pjrt/distributed/client.cc",
        plain=True,
    ),
    Signature(
        name="serving-memory",
        stage=Stage.CAUSE,
        says="the model and its cache do not fit the GPU",
        words=("no available memory for the cache blocks", "larger than the maximum number of tokens that can be stored in kv cache", "free memory on device", "to serve at least one request"),
        source="vllm/v1/core/kv_cache_utils.py, worker.py",
    ),
    Signature(
        name="engine-died",
        stage=Stage.EFFECT,
        says="the inference engine stopped because one of its processes had failed",
        words=("enginedeaderror", "engine core proc", "asyncenginedeaderror", "engine process failed to start", "engine core initialization failed", "workerproc initialization failed", "died unexpectedly, shutting down", "see stack trace (above) for the root cause", "see root cause above", "background loop has errored", "mqenginedeaderror", "output_handler failed"),
        source="vllm/v1/engine/core_client.py, async_llm.py, executor/multiproc_executor.py",
        plain=True,
    ),
    Signature(
        name="compile-failed",
        stage=Stage.CAUSE,
        says="a graph could not be compiled",
        words=("torch._dynamo.exc", "torch._inductor.exc", "backendcompilerfailed", "inductorerror", "loweringexception"),
        source="torch/_dynamo/exc.py, torch/_inductor/exc.py",
    ),
    Signature(
        name="preempted",
        stage=Stage.CAUSE,
        says="the machine was taken away",
        words=("preemption sync", "sigterm caught. preparing", "requeueing slurm job", "handling auto-requeue"),
        pattern=re.compile(r"(?i)preemption|requeue"),
        source="JAX preemption_sync_manager.cc; Lightning SLURM auto-requeue",
        quiet=True,
    ),
)  # fmt: skip
