"""The client and the simulated API: what one says, the other understands."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options, Scheme
from bot.errors import ApiNotFound, ApiUnauthorized, ApiUnavailable
from bot.flows.services import Priority
from bot.jobs.job import Phase
from bot.logs.line import Level
from bot.logs.pages import Direction, PageRequest
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.traits import Traits
from bot.sandbox.baseten.world import World
from bot.times import Ms, SystemClock, ns_from_ms

COMMAND, POLL = Priority.COMMAND, Priority.POLL
CLOCK = SystemClock()
NOW_MS = CLOCK.now_ns() // 1_000_000
BEGAN_MS = Ms(NOW_MS - 600_000)
ALL = PageRequest(start_ms=BEGAN_MS, end_ms=Ms(NOW_MS + 60_000))


@pytest.fixture
async def server() -> AsyncIterator[BasetenServer]:
    async with BasetenServer(World(CLOCK)) as running:
        yield running


@pytest.fixture
def told(server) -> SimJob:
    project = server.world.add_project("llama", created_ms=BEGAN_MS)
    told = server.world.add_job(project, "sft-7", node_count=2, created_ms=BEGAN_MS)
    told.set_status("TRAINING_JOB_RUNNING", at_ns=ns_from_ms(BEGAN_MS))
    for number, level in enumerate(("INFO", None, "WARNING", "ERROR")):
        told.write(f"  line {number}\n", level=level, at_ns=ns_from_ms(BEGAN_MS + 1_000 * number) + number)
    told.add_checkpoint(size_bytes=7, at_ns=ns_from_ms(BEGAN_MS))
    return told


@pytest.fixture
def api(server, http) -> BasetenApi:
    return account(server, http)


def account(server, http, key: str = "demo-key", **options) -> BasetenApi:
    given = {"base_url": server.url, "backoff_s": 0.01} | options
    return BasetenApi(Account(name="demo", key=key, options=Options(**given)), http, CLOCK)


async def test_every_endpoint_answers(api, told):
    (project,) = await api.projects(POLL)
    assert (project.id, project.name, project.latest_job_id) == (told.project.id, "llama", told.id)
    (listed,) = await api.project_jobs(project.id, POLL)
    (found,) = await api.search_jobs(job_id=told.id, statuses=["TRAINING_JOB_RUNNING"], priority=COMMAND)
    job = await api.job(project.id, told.id, COMMAND)
    assert job == listed == found
    assert (job.title, job.project_name, job.node_count, job.status.phase) == ("sft-7", "llama", 2, Phase.RUNNING)
    assert (job.created_ms, job.account) == (BEGAN_MS, "demo")
    (checkpoint,) = await api.checkpoints(job, POLL)
    assert (checkpoint.size_bytes, checkpoint.created_ms) == (7, BEGAN_MS)
    metrics = await api.metrics(job, BEGAN_MS, Ms(NOW_MS), POLL)
    assert len(metrics) == 2
    assert set(metrics[0].gpu) == {str(rank) for rank in range(job.instance.gpu_count)}
    assert all(0 <= use <= 1 for node in metrics for series in node.gpu.values() for _, use in series)
    assert (await api.prices(POLL))[job.instance.id] > 0
    assert await api.search_jobs(statuses=["TRAINING_JOB_FAILED"], priority=POLL) == ()


@pytest.mark.parametrize(
    "traits",
    [
        Traits(),
        Traits(stamp="ns_int"),
        Traits(stamp="rfc3339"),
        Traits(get_logs=False),
        Traits(drops_fields=("level", "request_id")),
    ],
    ids=["as documented", "integer stamps", "RFC 3339 stamps", "POST only", "older fields"],
)
async def test_a_page_survives_each_habit_of_the_server(server, api, told, traits):
    server.world.traits = traits
    job = await api.job(told.project.id, told.id, POLL)
    page = await api.log_page(job, ALL, POLL)
    assert [line.message for line in page.lines] == [f"  line {number}" for number in range(4)]
    assert [line.timestamp_ns for line in page.lines] == [ns_from_ms(BEGAN_MS + 1_000 * n) + n for n in range(4)]
    assert {line.replica for line in page.lines} == {"g00r0"}
    assert page.skipped == 0


async def test_each_parameter_of_the_logs_has_its_effect(api, told):
    job = await api.job(told.project.id, told.id, POLL)

    async def messages(**changes) -> list[str]:
        window = {"start_ms": ALL.start_ms, "end_ms": ALL.end_ms} | changes
        return [line.message.strip() for line in (await api.log_page(job, PageRequest(**window), POLL)).lines]

    assert await messages(limit=1) == ["line 0"]
    assert await messages(direction=Direction.DESC, limit=1) == ["line 3"]
    assert await messages(min_level=Level.WARNING) == ["line 2", "line 3"]
    assert await messages(start_ms=Ms(BEGAN_MS + 500), end_ms=Ms(BEGAN_MS + 1_500)) == ["line 1"]


@pytest.mark.parametrize(
    "kind", ["status:500", "status:503", "429", "429:retry_after=1", "reset", "garbage", "truncate"]
)
async def test_a_fault_that_passes_is_not_seen(server, api, told, kind):
    job = await api.job(told.project.id, told.id, POLL)
    server.world.faults.add("logs", kind=kind, times=1)
    assert len((await api.log_page(job, ALL, POLL)).lines) == 4


async def test_no_answer_at_all_ends_at_the_deadline(server, http, told):
    server.world.faults.add("search", kind="timeout")
    with pytest.raises(ApiUnavailable):
        await account(server, http, deadline_s=0.3).search_jobs(priority=POLL)


async def test_an_unknown_job_is_not_found_and_a_wrong_key_is_refused(server, http, api, told):
    with pytest.raises(ApiNotFound, match="nowhere"):
        await api.job(told.project.id, "nowhere", POLL)
    with pytest.raises(ApiUnauthorized):
        await account(server, http, key="wrong").projects(POLL)


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_both_schemes_are_understood(server, http, told, scheme):
    assert len(await account(server, http, scheme=scheme).projects(POLL)) == 1


async def test_two_hundred_questions_at_once_stay_below_the_limit(server, api, told):
    await asyncio.gather(*(api.search_jobs(priority=COMMAND) for _ in range(200)))
    assert server.world.requests.count("search") >= 200  # a connection may be lost on a busy machine
    assert server.world.requests.rate_limited == 0
