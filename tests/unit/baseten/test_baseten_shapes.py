"""Jobs, projects, checkpoints, metrics and prices out of bytes."""

import json

import pytest

from bot.baseten import shapes
from bot.baseten.lenient import Undecodable
from bot.jobs.job import Checkpoint, Instance, Job, Phase, Project, Status
from bot.times import Ms

JOB = {
    "id": "jfoo123",
    "created_at": "2026-11-23T12:00:00.250Z",
    "current_status": "TRAINING_JOB_RUNNING",
    "error_message": None,
    "instance_type": {
        "id": "H100:8x", "name": "8 H100", "memory_limit_mib": 1, "millicpu_limit": 1, "gpu_count": 8,
        "gpu_type": "H100", "gpu_memory_limit_mib": None,
    },
    "node_count": 4,
    "updated_at": "2026-11-23T12:30:00+00:00",
    "training_project_id": "p1",
    "training_project": {"id": "p1", "name": "llama"},
    "name": "sft-7",
    "checkpoint_sync_status": "SYNCING",
    "priority": 3,
    "availability_model": "spot",
    "user": {"email": "ada@example.com"},
}  # fmt: skip
NOON_MS = 1_795_435_200_000


def found(*jobs, **more):
    return shapes.jobs(json.dumps({"training_jobs": jobs, **more}).encode(), "default")


def test_a_documented_job_is_read_whole():
    assert found(JOB) == (
        Job(
            account="default",
            id="jfoo123",
            project_id="p1",
            project_name="llama",
            name="sft-7",
            status=Status("TRAINING_JOB_RUNNING"),
            created_ms=Ms(NOON_MS + 250),
            updated_ms=Ms(NOON_MS + 30 * 60_000),
            instance=Instance(id="H100:8x", name="8 H100", gpu_count=8, gpu_type="H100"),
            node_count=4,
            user_email="ada@example.com",
            availability="spot",
            checkpoint_sync="SYNCING",
            priority=3,
        ),
    )


def test_only_what_makes_it_a_job_is_needed():
    (job,) = found({"id": "j", "created_at": "2026-11-23T12:00:00Z", "training_project_id": "p"})
    assert (job.title, job.project_name, job.status.phase, job.node_count) == ("j", "p", Phase.UNKNOWN, 1)
    assert job.updated_ms == job.created_ms == NOON_MS


@pytest.mark.parametrize(
    "field", ["name", "node_count", "priority", "user", "instance_type", "error_message", "availability_model",
              "checkpoint_sync_status", "updated_at", "training_project", "current_status"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["null", "absent"])
def test_each_optional_field_may_be_null_or_absent(field, how):
    raw = {name: value for name, value in JOB.items() if name != field} | ({field: None} if how == "null" else {})
    (job,) = found(raw)
    assert job.id == "jfoo123"


def test_an_unknown_status_is_kept_as_it_is():
    (job,) = found(JOB | {"current_status": "TRAINING_JOB_HIBERNATING"})
    assert (job.status.label, job.status.has_ended) == ("hibernating", False)


def test_jobs_of_a_project_take_its_name_from_the_answer():
    raw = {name: value for name, value in JOB.items() if name not in {"training_project", "training_project_id"}}
    (job,) = found(raw, training_project={"id": "p9", "name": "qwen"})
    assert (job.project_id, job.project_name) == ("p9", "qwen")


def test_jobs_come_newest_first_whatever_the_servers_order():
    days = [JOB | {"id": f"j{n}", "created_at": f"2026-11-{n}T12:00:00Z"} for n in (21, 23, 22)]
    assert [job.id for job in found(*days)] == ["j23", "j22", "j21"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        {},
        JOB | {"id": None},
        JOB | {"created_at": "once"},
        JOB | {"created_at": None},
        JOB | {"user": "ada"},
    ],
)
def test_a_job_that_cannot_be_read_does_not_hide_the_others(bad):
    assert [job.id for job in found(bad, JOB)] == ["jfoo123"]


def test_an_error_message_that_utf8_cannot_hold_does_not_cost_the_search():
    raw = json.dumps({"training_jobs": [JOB | {"error_message": "lost \ud83d"}]}).encode()
    assert shapes.jobs(raw, "default")[0].error_message == "lost \ufffd"
    broken = json.dumps({"training_jobs": [JOB | {"error_message": "@"}]}).encode().replace(b"@", b"\xff")
    assert shapes.jobs(broken, "default")[0].error_message == "\ufffd"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"{}", b'{"training_jobs": 7}', b'{"message": "ok"}']
)
def test_what_is_no_list_of_jobs_is_refused(body):
    with pytest.raises(Undecodable):
        shapes.jobs(body, "default")


@pytest.mark.parametrize("body", [b"{}", b'{"training_job": null}', b'{"training_job": {"id": "x"}}', b"garbage"])
def test_what_is_no_job_is_refused(body):
    with pytest.raises(Undecodable):
        shapes.job(body, "default")


def test_a_single_job_is_read():
    raw = json.dumps({"training_job": JOB, "training_project": {"id": "p1", "name": "llama"}}).encode()
    assert shapes.job(raw, "default").title == "sft-7"


def test_projects_are_read_with_their_latest_job():
    raw = {"training_projects": [
        {"id": "p1", "name": "llama", "team_name": "research", "latest_job": JOB},
        {"id": "p2", "name": "qwen", "created_at": "x", "latest_job": None},
    ]}  # fmt: skip
    assert shapes.projects(json.dumps(raw).encode()) == (
        Project(id="p1", name="llama", team_name="research", latest_job_id="jfoo123"),
        Project(id="p2", name="qwen"),
    )


def test_checkpoints_are_read():
    raw = {"training_job": JOB, "checkpoints": [
        {"checkpoint_id": "c-1", "created_at": "2026-11-23T12:00:00Z", "checkpoint_type": "lora",
         "base_model": None, "lora_adapter_config": {"r": 8}, "size_bytes": 10, "sync_status": "COMPLETE",
         "training_job_id": "jfoo123"},
        {"checkpoint_id": "c-2", "created_at": "2026-11-23T12:00:00Z", "size_bytes": None},
    ]}  # fmt: skip
    assert shapes.checkpoints(json.dumps(raw).encode()) == (
        Checkpoint(id="c-1", created_ms=Ms(NOON_MS), size_bytes=10, type="lora", sync_status="COMPLETE"),
        Checkpoint(id="c-2", created_ms=Ms(NOON_MS), size_bytes=0, type="unknown"),
    )


def sample(minute, value):
    return {"timestamp": f"2026-11-23T12:{minute:02}:00Z", "value": value}


def test_metrics_are_read_by_node_oldest_first():
    raw = {"per_node_metrics": [
        {"node_id": "n0", "metrics": {"gpu_utilization": {"0": [sample(2, 0.5), sample(1, 1), sample(3, None)]}}},
        {"node_id": "n1", "metrics": {"gpu_utilization": {}}},
    ], "gpu_utilization": {"0": [sample(9, 0.1)]}}  # fmt: skip
    first, second = shapes.metrics(json.dumps(raw).encode())
    assert (first.node, first.gpu) == ("n0", {"0": ((NOON_MS + 60_000, 1.0), (NOON_MS + 120_000, 0.5))})
    assert (second.node, second.gpu) == ("n1", {})


def test_the_leaders_metrics_stand_in_when_no_nodes_are_listed():
    (leader,) = shapes.metrics(json.dumps({"gpu_utilization": {"3": [sample(0, 0.25)]}}).encode())
    assert (leader.node, leader.gpu) == ("leader", {"3": ((NOON_MS, 0.25),)})
    assert shapes.metrics(b"{}") == ()


def test_prices_are_read_by_instance_type():
    raw = {"instance_types": [
        {"instance_type": {"id": "H100:8x", "name": "8 H100"}, "price": 1.6},
        {"instance_type": {"id": "A10G"}, "price": "0.02"},
        {"instance_type": {"id": "broken"}},
    ]}  # fmt: skip
    assert shapes.prices(json.dumps(raw).encode()) == {"H100:8x": 1.6, "A10G": 0.02}
