"""Projects, jobs, search, metrics, checkpoints, prices and actions of the simulated API."""

import pytest

from bot.sandbox.baseten.traits import Traits
from bot.times import ns_from_ms

from .conftest import NOON_MS, NOON_NS, path_of

SEARCH = "/v1/training_jobs/search"


def names(body):
    return [job["name"] for job in body["training_jobs"]]


async def test_a_job_tells_what_it_was_asked_for_and_how_it_is(client, job):
    job.set_status("TRAINING_JOB_FAILED", error_message="exit code 1")
    _, body = await client.get(path_of(job))
    told = body["training_job"]
    assert (told["current_status"], told["error_message"]) == ("TRAINING_JOB_FAILED", "exit code 1")
    assert (told["name"], told["node_count"], told["instance_type"]["gpu_count"]) == ("oom-run", 2, 8)
    assert told["created_at"] == "2025-11-25T12:00:00.000Z"
    assert body["training_project"]["latest_job"]["id"] == job.id


async def test_a_job_walks_from_waiting_to_its_end_and_stays_there(world, clock, project):
    job = world.add_job(project, "walker")
    for status in ("DEPLOYING", "RUNNING", "SOMETHING_NEW", "PREEMPTED", "PENDING", "RUNNING", "COMPLETED"):
        clock.turn(1)
        job.set_status("TRAINING_JOB_" + status)
    assert job.updated_ms == NOON_MS + 7000
    with pytest.raises(ValueError, match="for good"):
        job.set_status("TRAINING_JOB_RUNNING")
    with pytest.raises(ValueError, match="TRAINING_JOB_"):
        world.add_job(project, "odd", status="RUNNING")


@pytest.fixture
def three_jobs(world, clock, project):
    other = world.add_project("other")
    jobs = []
    for name, where, status in (("a", project, "RUNNING"), ("b", other, "FAILED"), ("c", project, "COMPLETED")):
        jobs.append(world.add_job(where, name, status="TRAINING_JOB_" + status))
        clock.turn(1)
    return jobs


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({}, ["c", "b", "a"]),
        ({"order_by": [{"field": "created_at", "order": "asc"}]}, ["a", "b", "c"]),
        ({"statuses": ["TRAINING_JOB_RUNNING", "TRAINING_JOB_FAILED"]}, ["b", "a"]),
        ({"statuses": []}, ["c", "b", "a"]),
        ({"statuses": ["RUNNING"]}, []),
        ({"project_id": "{project}"}, ["c", "a"]),
        ({"project_id": "{project}", "statuses": ["TRAINING_JOB_COMPLETED"]}, ["c"]),
        ({"project_id": "nope"}, []),
        ({"job_id": "{job}"}, ["b"]),
        ({"job_id": "{job}", "project_id": "{project}"}, []),
        ({"project_id": None, "job_id": None, "statuses": None}, ["c", "b", "a"]),
    ],
)
async def test_a_search_covers_all_projects_and_every_filter_narrows_it(client, three_jobs, question, found):
    ids = {"{project}": three_jobs[0].project.id, "{job}": three_jobs[1].id}
    asked = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in question.items()}
    status, body = await client.post(SEARCH, asked)
    assert (status, names(body)) == (200, found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"order_by": [{"field": "name", "order": "asc"}]}, 422),
        ({"order_by": [{"field": "created_at", "order": "up"}]}, 422),
        ({"order_by": [{"field": "created_at"}]}, 422),
        ({"statuses": "TRAINING_JOB_RUNNING"}, 422),
        ({"status": []}, 422),
        (None, 400),
    ],
)
async def test_a_doubtful_search_is_refused(client, body, status):
    got, refusal = await client.post(SEARCH, body)
    assert (got, "message" in refusal) == (status, True)


async def test_jobs_of_a_project_come_newest_first_and_none_of_another(client, three_jobs):
    _, body = await client.get(f"/v1/training_projects/{three_jobs[0].project.id}/jobs")
    assert names(body) == ["c", "a"]


async def test_stopping_ends_a_job_once_and_needs_a_body(client, job):
    assert (await client.post(path_of(job) + "/stop"))[0] == 400
    status, body = await client.post(path_of(job) + "/stop", {})
    assert (status, body["training_job"]["current_status"]) == (200, "TRAINING_JOB_STOPPED")
    assert (await client.post(path_of(job) + "/stop", {}))[0] == 400


async def test_a_stopped_job_says_so_frees_its_gpus_and_writes_its_last_lines(client, world, clock, job):
    clock.turn(30)
    await client.post(path_of(job) + "/stop", {})
    said = [(line.replica, line.message, line.level) for line in job.written]
    assert said == [
        (None, "Training job stopped: it was asked for through the API", None),
        ("g00r0", "Received SIGTERM, shutting down", None),
        ("g01r0", "Received SIGTERM, shutting down", None),
    ]
    assert job.ended_ns == clock.ns
    assert job.gpu_at("g01r0", clock.ns) == 0.0


async def test_a_job_that_waits_can_be_stopped_and_no_replica_says_a_word(client, world, project):
    job = world.add_job(project, "waits")
    assert (await client.post(path_of(job) + "/stop", {}))[0] == 200
    assert [line.replica for line in job.written] == [None]


async def test_an_ended_job_can_be_recreated_and_stays_as_it_was(client, world, job):
    job.set_status("TRAINING_JOB_FAILED", error_message="exit code 1")
    _, body = await client.post(path_of(job) + "/recreate")
    new = world.jobs[body["training_job"]["id"]]
    assert (job.status, new.status, new.error_message) == ("TRAINING_JOB_FAILED", "TRAINING_JOB_PENDING", None)
    assert [line.message for line in new.written] == [f"Training job created with the configuration of {job.id}"]
    assert job.written == []


async def test_the_upload_of_a_checkpoint_can_be_followed(client, clock, job):
    job.add_checkpoint("step-10", sync_status="SYNCING")
    born_ms = job.checkpoints[0].created_ms
    _, body = await client.get(path_of(job) + "/checkpoints")
    assert body["training_job"]["checkpoint_sync_status"] == "SYNCING"
    clock.turn(60)
    job.add_checkpoint("step-10")
    _, body = await client.get(path_of(job) + "/checkpoints")
    assert body["training_job"]["checkpoint_sync_status"] == "COMPLETED"
    assert [one["sync_status"] for one in body["checkpoints"]] == ["COMPLETE"]
    assert job.checkpoints[0].created_ms == born_ms


async def test_a_recreated_job_is_a_new_one_of_the_same_make(client, world, job):
    status, body = await client.post(path_of(job) + "/recreate")
    new = body["training_job"]
    assert (status, new["current_status"], new["name"], new["node_count"]) == (
        200,
        "TRAINING_JOB_PENDING",
        "oom-run",
        2,
    )
    assert new["id"] != job.id
    assert new["id"] in world.jobs
    assert job.status == "TRAINING_JOB_RUNNING"


async def test_checkpoints_and_prices_are_told(client, job):
    job.add_checkpoint("step-10", size_bytes=123, base_model="m", sync_status="SYNCING")
    _, body = await client.get(path_of(job) + "/checkpoints")
    told = body["checkpoints"][0]
    assert (told["checkpoint_id"], told["size_bytes"], told["sync_status"]) == ("step-10", 123, "SYNCING")
    assert told["training_job_id"] == job.id
    _, prices = await client.get("/v1/instance_type_prices")
    by_id = {entry["instance_type"]["id"]: entry["price"] for entry in prices["instance_types"]}
    assert by_id[job.spec.machine.id] == 0.86664


async def test_gpu_utilisation_of_each_node_fits_what_the_job_did(client, clock, job):
    clock.turn(60)
    job.set_gpu(1.0)
    job.set_gpu(0.0, replicas=("g01r0",))
    clock.turn(60)
    _, body = await client.get(path_of(job) + "/metrics", step_seconds=10)
    nodes = {node["node_id"][-1]: node["metrics"]["gpu_utilization"] for node in body["per_node_metrics"]}
    assert set(nodes) == {"0", "1"}
    assert set(nodes["0"]) == set("01234567")
    assert body["gpu_utilization"] == nodes["0"], "the leader stands at the top"
    leader = [sample["value"] for sample in nodes["0"]["3"]]
    broken = [sample["value"] for sample in nodes["1"]["3"]]
    assert len(leader) == 13
    assert all(0.85 < value <= 1 for value in leader)
    assert min(leader[6:]) > 0.96
    assert all(value > 0.85 for value in broken[:6])
    assert set(broken[6:]) == {0}


async def test_metrics_begin_when_the_job_runs_and_end_with_it(client, world, clock, project):
    job = world.add_job(project, "short")
    _, body = await client.get(path_of(job) + "/metrics")
    assert body["cpu_usage"] == []
    clock.turn(30)
    job.set_status("TRAINING_JOB_RUNNING")
    clock.turn(30)
    job.set_status("TRAINING_JOB_COMPLETED")
    clock.turn(300)
    query = {"start_epoch_millis": NOON_MS, "step_seconds": 15}
    _, body = await client.get(path_of(job) + "/metrics", **query)
    assert [sample["timestamp"][14:19] for sample in body["cpu_usage"]] == ["00:30", "00:45", "01:00"]
    assert await client.post(path_of(job) + "/metrics", query) == (200, body)


async def test_without_a_step_a_large_window_has_few_samples_and_traits_may_shuffle_them(
    client, world, clock, job
):
    clock.turn(3600)
    _, body = await client.get(path_of(job) + "/metrics")
    stamps = [sample["timestamp"] for sample in body["cpu_usage"]]
    assert 60 < len(stamps) <= 121
    assert stamps == sorted(stamps)
    world.traits = Traits(shuffles_metrics=True)
    _, body = await client.get(path_of(job) + "/metrics")
    shuffled = [sample["timestamp"] for sample in body["cpu_usage"]]
    assert shuffled != stamps
    assert sorted(shuffled) == stamps


@pytest.mark.parametrize("query", [{"step_seconds": 0}, {"step_seconds": "fast"}, {"from": 1}])
async def test_a_doubtful_question_for_metrics_is_refused(client, job, query):
    assert (await client.get(path_of(job) + "/metrics", **query))[0] == 422


def test_the_same_seed_makes_the_same_ids_and_never_two_alike(world):
    ids = [world.add_project(str(n)).id for n in range(300)]
    assert len(set(ids)) == 300
    assert all(len(found) == 7 and found.isalnum() for found in ids)


def test_times_of_a_job_may_lie_in_the_past(world, project):
    job = world.add_job(project, created_ms=NOON_MS - 1000, status="TRAINING_JOB_RUNNING")
    assert job.started_ns == ns_from_ms(NOON_MS - 1000) == NOON_NS - 1_000_000_000
