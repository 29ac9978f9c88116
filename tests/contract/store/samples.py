"""Values to store, whole where a test says nothing else."""

from bot.flows.keeping import AuditEntry
from bot.flows.ports import Tail
from bot.incidents.delivery import Delivery, Kind, Urgency
from bot.incidents.incident import Card, Confidence, Facts, HistoryEntry, Incident, Role, Sighting, State
from bot.jobs.job import Instance, Job, Status
from bot.jobs.watch import Watch
from bot.logs.line import Level
from bot.times import Ms, Ns

NOW = Ms(1_733_000_000_123)
NOW_NS = Ns(1_733_000_000_123_999_999)

HOSTILE = "`rm` <!channel> \x00\ud83d \x1b[31m «Grüße» \U0001f525 " + "x" * 5_000
"""What a log may hold: NUL and a lone surrogate are what a database would refuse."""


def a_job(job_id: str = "j1", **changes: object) -> Job:
    values: dict[str, object] = {
        "account": "default",
        "project_id": "p1",
        "project_name": "llama",
        "name": "run 7",
        "status": Status("TRAINING_JOB_RUNNING"),
        "created_ms": NOW,
        "updated_ms": NOW,
        "instance": Instance(id="h100", name="H100", gpu_count=8, gpu_type="H100"),
        "node_count": 4,
    }
    return Job(id=job_id, **{**values, **changes})  # type: ignore[arg-type]  # a test's own mistake would show


def a_tail(job: Job | None = None, **changes: object) -> Tail:
    values: dict[str, object] = {"job": job or a_job(), "chunks": {}, "progress": {}}
    return Tail(**{**values, **changes})  # type: ignore[arg-type]


def a_watch(**changes: object) -> Watch:
    values: dict[str, object] = {
        "account": "default",
        "project_id": "p1",
        "job_id": "j1",
        "title": "llama/run 7",
        "channel": "C1",
        "created_by": "U1",
        "created_ms": NOW,
        "min_level": Level.ERROR,
        "mention": "<!subteam^S1>",
        "silence_s": 900,
        "pattern": "loss=nan",
    }
    return Watch(**{**values, **changes})  # type: ignore[arg-type]


def facts(key: str = "k1", **changes: object) -> Facts:
    values: dict[str, object] = {
        "fingerprint": "1:abcdef",
        "role": Role.ROOT,
        "title": "CUDA out of memory",
        "exception": "torch.OutOfMemoryError",
        "count": 64,
        "first_ns": NOW_NS,
        "last_ns": Ns(NOW_NS + 1),
        "sightings": (
            Sighting(replica="g02r0", rank=3, first_ns=NOW_NS, last_ns=NOW_NS, count=1),
            Sighting(replica=None, first_ns=NOW_NS, last_ns=NOW_NS, count=63),
        ),
        "first_replica": "g02r0",
        "excerpt": ("Traceback (most recent call last):", '  File "train.py", line 7'),
        "confidence": Confidence.CERTAIN,
    }
    return Facts(key=key, **{**values, **changes})  # type: ignore[arg-type]


def an_incident(key: str = "k1", **changes: object) -> Incident:
    values: dict[str, object] = {
        "account": "default",
        "project_id": "p1",
        "job_id": "j1",
        "facts": facts(key),
        "state": State.OPEN,
        "created_ms": NOW,
    }
    return Incident(**{**values, **changes})  # type: ignore[arg-type]


def a_card(incident_id: int, channel: str = "C1", **changes: object) -> Card:
    values: dict[str, object] = {"ts": "1733000000.000100", "shown_revision": 2, "said": ("10", "100")}
    return Card(incident_id=incident_id, channel=channel, **{**values, **changes})  # type: ignore[arg-type]


def a_note(incident_id: int, action: str = "acknowledged") -> HistoryEntry:
    return HistoryEntry(incident_id=incident_id, at_ms=NOW, action=action, actor="U1", detail="bad driver")


def a_delivery(key: str, lane: str = "C1/1", **changes: object) -> Delivery:
    values: dict[str, object] = {
        "delivery_id": f"id-{key}",
        "kind": Kind.CARD,
        "urgency": Urgency.EDIT,
        "channel": "C1",
        "incident_id": 7,
        "payload": {"text": "hello", "count": 3, "none": None},
        "created_ms": NOW,
        "due_ms": NOW,
    }
    return Delivery(key=key, lane=lane, **{**values, **changes})  # type: ignore[arg-type]


def an_audit_entry(action: str) -> AuditEntry:
    return AuditEntry(at_ms=NOW, actor="U1", channel=None, action=action, target="j1", outcome="done")
