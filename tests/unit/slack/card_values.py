"""Incidents to draw: a plain one, and one whose every text is hostile."""

from typing import Any

from bot.incidents.incident import Card, Facts, Incident, Sighting, State
from bot.jobs.job import Instance, Job, Status
from bot.times import Ms, Ns

NOW = Ms(1_764_000_000_000)
NOW_NS = Ns(NOW * 1_000_000)
HOSTILE = (
    "<!channel> `rm` *b* _i_ &amp; <@U1> :fire: \x1b[31m\x00\u202e\ud83d «Grüße» \U0001f525 https://evil.example|x "
    * 40
)
LINK = "https://team.slack.com/archives/C1/p1764000000000100"


def a_job(**changes: Any) -> Job:
    values: dict[str, Any] = {
        "account": "default", "id": "j1", "project_id": "p1", "project_name": "llama-ft", "name": "run-7",
        "status": Status("TRAINING_JOB_RUNNING"), "created_ms": NOW, "updated_ms": NOW,
        "instance": Instance(id="h100", name="H100", gpu_count=8, gpu_type="H100"), "node_count": 64,
    }  # fmt: skip
    return Job(**{**values, **changes})


def seen(replica: str | None, count: int = 1, rank: int | None = None) -> Sighting:
    return Sighting(replica=replica, rank=rank, first_ns=NOW_NS, last_ns=NOW_NS, count=count)


def an_incident(*, count: int = 1, **changes: Any) -> Incident:
    """Keys that `Facts` has go into the facts, the others into the incident."""
    facts: dict[str, Any] = {
        "key": "k1", "fingerprint": "1:abc", "title": "torch.OutOfMemoryError: CUDA out of memory", "count": count,
        "first_ns": NOW_NS, "last_ns": NOW_NS, "sightings": (seen("g02r0", rank=13),), "first_replica": "g02r0",
        "excerpt": ("torch.OutOfMemoryError: CUDA out of memory",), "reason": "it was raised and not caught",
    }  # fmt: skip
    values: dict[str, Any] = {"id": 7, "account": "default", "project_id": "p1", "job_id": "j1", "created_ms": NOW}
    for name, value in changes.items():
        (facts if name in Facts.__dataclass_fields__ else values)[name] = value
    return Incident(facts=Facts(**facts), **values)


def a_hostile_incident(**changes: Any) -> Incident:
    values: dict[str, Any] = {
        "title": HOSTILE, "exception": HOSTILE, "excerpt": (HOSTILE,) * 60, "reason": HOSTILE, "note": HOSTILE,
        "sightings": tuple(seen(f"{HOSTILE}{at}", 3) for at in range(64)), "first_replica": HOSTILE + "0",
        "count": 200_000_000, "state": State.ACKNOWLEDGED, "holder": "U2", "actor": "U2", "changed_ms": NOW,
        "hidden_values": 12,
    }  # fmt: skip
    return an_incident(**{**values, **changes})


def a_resolved(**changes: Any) -> Incident:
    values = {"state": State.RESOLVED, "actor": "U9", "changed_ms": NOW, "note": "pin driver 550"}
    return an_incident(**{**values, **changes})


def a_card(**changes: Any) -> Card:
    values: dict[str, Any] = {"incident_id": 3, "channel": "C1", "ts": "1764000000.000100", "permalink": LINK}
    return Card(**{**values, **changes})


def text_of(node: Any) -> str:
    """All that a reader sees of blocks."""
    if isinstance(node, list):
        return "".join(text_of(item) for item in node)
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "user":
        return f"<@{node['user_id']}>"
    own = node["text"] if isinstance(node.get("text"), str) else text_of(node.get("text"))
    return own + "".join(text_of(node.get(key)) for key in ("elements", "fields", "blocks"))


def links_of(node: Any) -> list[str]:
    if isinstance(node, list):
        return [url for item in node for url in links_of(item)]
    if not isinstance(node, dict):
        return []
    own = [node["url"]] if node.get("type") == "link" else []
    return own + [url for child in node.values() for url in links_of(child)]
