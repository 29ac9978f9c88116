"""Keys, the rate limit, faults and compression of the simulated API."""

import asyncio

import aiohttp
import pytest

from bot.sandbox.baseten.server import BasetenServer
from bot.sandbox.baseten.traits import Traits

from .conftest import path_of

PRICES = "/v1/instance_type_prices"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer demo-key", 200),
        ("Api-Key demo-key", 200),
        ("Bearer wrong", 401),
        ("Api-Key ", 401),
        ("Basic demo-key", 401),
        ("demo-key", 401),
        (None, 401),
    ],
)
async def test_a_known_key_is_let_in_by_either_scheme_and_nothing_else_is(client, authorization, status):
    headers = {"Authorization": authorization} if authorization else {}
    async with client.session.get(client.url + PRICES, headers=headers) as response:
        assert response.status == status
        assert status == 200 or (await response.json())["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/users", 404),
        ("GET", PRICES + "/", 404),
        ("POST", PRICES, 405),
        ("GET", "/v1/training_jobs/search", 405),
        ("DELETE", "/v1/training_projects/p/jobs/j", 405),
        ("PATCH", "/v1/training_projects/p/jobs/j", 405),
        ("PUT", "/v1/training_projects/p/jobs/j/logs", 405),
    ],
)
async def test_nothing_is_answered_that_the_description_does_not_have(client, method, path, status):
    got, body = await client.answer(method, path)
    assert (got, "message" in body) == (status, True)


@pytest.mark.parametrize("tail", ["", "/logs", "/metrics", "/checkpoints"])
async def test_an_unknown_job_is_404_with_a_message_and_so_is_a_job_of_another_project(client, world, job, tail):
    elsewhere = world.add_project("elsewhere")
    for path in (
        f"/v1/training_projects/{job.project.id}/jobs/nope{tail}",
        f"/v1/training_projects/nope/jobs/{job.id}{tail}",
        f"/v1/training_projects/{elsewhere.id}/jobs/{job.id}{tail}",
    ):
        status, body = await client.get(path)
        assert (status, "not found" in body["message"]) == (404, True)


async def test_a_key_sees_the_projects_of_its_team_and_those_of_all(client, world, project):
    world.add_project("theirs", team="other")
    seen = {}
    for key in ("demo-key", "other-key"):
        _, body = await client.answer("GET", "/v1/training_projects", key=key)
        seen[key] = [found["name"] for found in body["training_projects"]]
    assert seen == {"demo-key": ["llama-ft"], "other-key": ["llama-ft", "theirs"]}


async def test_the_101st_request_within_a_second_is_429_and_says_when_to_come_again(client, job):
    for _ in range(100):
        assert (await client.logs(job))[0] == 200
    status, body = await client.logs(job)
    assert status == 429
    assert isinstance(body["error"], str)
    assert body["retry_after"] == 1


async def test_the_limit_slides_with_the_clock_instead_of_starting_over_each_second(client, world, clock, job):
    world.traits = Traits(rate_limit=4)

    async def ask(count):
        return [(await client.logs(job))[0] for _ in range(count)]

    clock.turn(0.9)
    assert await ask(4) == [200] * 4
    clock.turn(0.2)
    assert await ask(1) == [429], "a new second has begun, but the last four are 0.2 s old"
    clock.turn(0.81)
    assert await ask(5) == [200] * 4 + [429]


async def test_each_key_and_each_endpoint_has_its_own_limit_and_both_forms_of_one_path_share_it(
    client, world, job
):
    world.traits = Traits(rate_limit=2)
    path = path_of(job) + "/logs"
    assert [(await client.logs(job))[0], (await client.post(path, {}))[0]] == [200, 200]
    assert [(await client.logs(job))[0], (await client.post(path, {}))[0]] == [429, 429]
    assert (await client.answer("GET", path, key="other-key"))[0] == 200
    assert (await client.get(PRICES))[0] == 200


async def test_requests_are_counted_by_key_and_endpoint_and_the_busiest_second_is_known(client, world, clock, job):
    world.traits = Traits(rate_limit=3)
    for wait_s in (0, 0.4, 0.4, 0.1, 5, 0.999):
        clock.turn(wait_s)
        await client.logs(job)
    await client.answer("GET", path_of(job) + "/logs", key="wrong")
    assert world.requests.counts == {("demo-key", "logs"): 6}
    assert world.requests.rate_limited == 1
    assert (world.busiest_second("logs"), world.busiest_second("search")) == (4, 0)
    assert world.requests.count("logs", "other-key") == 0


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("status:500", 500, {"message": "Simulated failure (500)"}),
        ("status:503", 503, {"message": "Simulated failure (503)"}),
        ("401", 401, {"message": "Invalid API key"}),
        ("403", 403, {"message": "You do not have permission to perform this action."}),
        ("404", 404, {"message": "Not found"}),
        ("429", 429, {"error": "Rate limit exceeded"}),
        ("429:retry_after=2", 429, {"error": "Rate limit exceeded", "retry_after": 2}),
    ],
)
async def test_a_fault_answers_in_place_of_the_endpoint(client, world, job, kind, status, body):
    world.faults.add("logs", kind=kind, times=1)
    assert await client.logs(job) == (status, body)
    assert (await client.logs(job))[0] == 200


async def test_a_fault_lets_the_first_pass_and_strikes_only_where_and_while_it_is_meant(client, world, clock, job):
    other = world.add_job(job.project, "other")
    world.faults.add("logs", kind="status:500", after=1, times=2, job_id=job.id)
    assert [(await client.logs(job))[0] for _ in range(4)] == [200, 500, 500, 200]
    world.faults.add(kind="404", duration_s=10, job_id=other.id)
    assert [(await client.logs(other))[0], (await client.logs(job))[0]] == [404, 200]
    assert (await client.get(path_of(other)))[0] == 404
    clock.turn(10)
    assert (await client.logs(other))[0] == 200
    world.faults.add("prices", kind="status:500")
    assert [(await client.get(PRICES))[0], (await client.logs(job))[0]] == [500, 200]
    world.faults.clear()
    assert (await client.get(PRICES))[0] == 200


@pytest.mark.parametrize("kind", ["", "500", "status:200", "status", "slow", "429:2", "flood"])
def test_a_fault_that_does_not_exist_is_refused(world, kind):
    with pytest.raises(ValueError, match=r"."):
        world.faults.add("logs", kind=kind)


def test_a_fault_of_an_endpoint_that_does_not_exist_is_refused(world):
    with pytest.raises(ValueError, match="unknown endpoint 'log'"):
        world.faults.add("log", kind="404")


async def test_garbage_is_a_good_status_with_something_that_is_not_json(client, world):
    world.faults.add("prices", kind="garbage")
    async with client.session.get(client.url + PRICES, headers={"Authorization": "Bearer demo-key"}) as response:
        assert (response.status, (await response.text())[:6]) == (200, "<html>")


async def test_a_truncated_answer_breaks_off_in_its_body(client, world, job):
    job.write("x" * 5000, count=20, at_ns=job.clock.now_ns() - 1)
    world.faults.add("logs", kind="truncate", times=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.logs(job)
    assert len(await client.messages(job)) == 20


async def test_a_reset_breaks_the_connection_before_an_answer(client, world):
    world.faults.add("search", kind="reset", times=1)
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await client.post("/v1/training_jobs/search", {})
    assert (await client.post("/v1/training_jobs/search", {}))[0] == 200


async def test_a_timeout_never_answers_and_does_not_keep_the_server_from_closing(world):
    async with aiohttp.ClientSession() as session:
        async with BasetenServer(world) as server:
            world.faults.add("prices", kind="timeout")
            held = asyncio.create_task(
                session.get(server.url + PRICES, headers={"Authorization": "Bearer demo-key"})
            )
            while not world.requests.count("prices"):  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)
            assert not held.done()
        with pytest.raises(aiohttp.ClientError):
            await held


async def test_a_slow_answer_is_the_right_one(client, world):
    world.faults.add("prices", kind="slow:0.01", times=1)
    assert (await client.get(PRICES))[0] == 200


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.8", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0.0, identity", None),
    ],
)
async def test_an_answer_is_compressed_only_for_who_asks(client, accepts, encoding):
    headers = {"Authorization": "Bearer demo-key", "Accept-Encoding": accepts}
    async with client.session.get(client.url + PRICES, headers=headers) as response:
        assert response.headers.get("Content-Encoding") == encoding
        assert (await response.json())["instance_types"]
