"""What the director's panel offers and refuses, without a bot."""

import asyncio
import json

import aiohttp
import pytest

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import Workspace
from bot.times import SharedClock, SystemClock

HOUR_NS = 3600 * 10**9


async def session_of(panel):
    async with panel.session.get(f"{panel.url}/page/session") as answer:
        return await answer.json()


async def test_the_panel_tells_what_there_is(panel):
    told = await panel.get()
    assert {"oom-one-rank", "three-at-once", "stuck-pending"} <= {one["name"] for one in told["scenarios"]}
    assert all(one["title"] and one["about"] for one in told["scenarios"])
    assert {one["service"] for one in told["kinds"]} == {"slack", "baseten"}
    assert (told["speed"], told["ahead_s"], told["jobs"], told["troubles"]) == (1.0, 0, [], [])
    assert (told["bot"]["state"], told["bot"]["pid"], told["bot"]["restarts"]) == ("stopped", None, 0)


async def test_the_session_says_whether_there_is_a_director_and_what_time_it_is(panel):
    told = await session_of(panel)
    assert told["director"] is True
    await panel.does("ahead", seconds=86_400)
    assert (await session_of(panel))["now_ms"] - told["now_ms"] >= 86_400_000
    async with SlackServer(Workspace(SystemClock())) as plain, aiohttp.ClientSession() as session:
        async with session.get(f"{plain.url}/page/session") as answer:
            assert (await answer.json())["director"] is False
        async with session.get(f"{plain.url}/page/director") as answer:
            assert answer.status == 404


async def test_a_scenario_starts_as_a_new_job_with_a_name_of_its_own(panel):
    first = await panel.does("play", scenario="stuck-pending")
    second = await panel.does("play", scenario="stuck-pending")
    assert [one["jobs"][0]["name"] for one in (first, second)] == ["deepseek-r1-sft", "deepseek-r1-sft-2"]
    jobs = (await panel.get())["jobs"]
    assert {job["id"] for job in jobs} == {first["jobs"][0]["id"], second["jobs"][0]["id"]}
    assert [(job["project"], job["scenario"], job["status"], job["ended"]) for job in jobs] == [
        ("llama-ft", "stuck-pending", "PENDING", False)
    ] * 2


async def test_several_runs_that_belong_together_start_as_several_jobs(panel):
    played = await panel.does("play", scenario="three-at-once")
    assert len(played["jobs"]) == 3
    assert {job["name"] for job in played["jobs"]} == {"sd3-finetune", "llama-8b-lora", "mixtral-sft"}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("play", {"scenario": "oom-one-rnk"}, "oom-one-rank"),
        ("play", {}, "scenario"),
        ("speed", {"factor": 0}, "between 0.1 and 100"),
        ("speed", {"factor": "fast"}, "factor"),
        ("ahead", {"seconds": -1}, "never back"),
        ("ahead", {"seconds": 10**9}, "up to a month"),
        ("ahead", {"seconds": True}, "a number"),
        ("trouble", {"service": "slack", "kind": "earthquake", "seconds": 5}, "earthquake"),
        ("trouble", {"service": "slack", "kind": "500", "seconds": 0}, "week"),
        ("calm", {"id": 7}, "over already"),
        ("bot", {"do": "dance"}, "kill, stop, start or restart"),
        ("burst", {"lines": 10, "seconds": 1}, "start one first"),
        ("burst", {"lines": 10**6, "seconds": 1}, "20,000 lines"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_one_sentence(panel, path, body, words):
    status, answer = await panel.post(path, **body)
    assert (status, answer["ok"]) == (400, False)
    assert words in answer["message"]
    assert answer["error"]


async def test_a_request_that_is_no_json_is_refused(panel):
    async with panel.session.post(f"{panel.url}/page/director/speed", data="{") as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "invalid_json")


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 400), ("null", 400), (None, 200)])
async def test_no_other_page_of_the_browser_may_direct(panel, origin, status):
    headers = {"Origin": origin or panel.url}
    async with panel.session.post(
        f"{panel.url}/page/director/speed", json={"factor": 2}, headers=headers
    ) as answer:
        assert answer.status == status


async def test_the_clock_jumps_for_all_who_share_it(panel):
    clock = SharedClock(panel.director.clock.file)
    before_ns = clock.now_ns()
    assert (await panel.does("ahead", seconds=3600))["ahead_s"] == 3600
    assert (await panel.does("ahead", seconds=60))["ahead_s"] == 3660
    assert HOUR_NS <= clock.now_ns() - before_ns < 2 * HOUR_NS
    assert clock.ahead_ns == 3660 * 10**9


async def test_trouble_meets_every_call_until_it_is_calmed_or_its_time_is_over(panel):
    async def status(method):
        async with panel.session.post(f"{panel.url}/api/{method}") as answer:
            return answer.status

    trouble = await panel.does("trouble", service="slack", kind="500", seconds=600)
    told = (await panel.get())["troubles"]
    assert [(one["id"], one["service"], one["kind"]) for one in told] == [(trouble["id"], "slack", "500")]
    assert [await status("auth.test") for _ in range(3)] == [500, 500, 500]
    await panel.does("calm", id=trouble["id"])
    assert await status("auth.test") == 200
    await panel.does("trouble", service="slack", kind="500", seconds=600)
    await panel.does("ahead", seconds=599)
    assert await status("auth.test") == 500
    await panel.does("ahead", seconds=2)
    assert await status("auth.test") == 200
    assert (await panel.get())["troubles"] == []


async def test_two_troubles_of_one_service_end_each_on_its_own(panel):
    faults = panel.director.world.faults
    first = await panel.does("trouble", service="baseten", kind="500", seconds=600)
    await panel.does("trouble", service="baseten", kind="garbage", seconds=600)
    await panel.does("calm", id=first["id"])
    assert type(faults.take("logs", None)).__name__ == "Garbage"


async def test_every_kind_of_trouble_can_begin_and_end(panel):
    for kind in (await panel.get())["kinds"]:
        begun = await panel.does("trouble", service=kind["service"], kind=kind["kind"], seconds=60)
        await panel.does("calm", id=begun["id"])
    assert panel.director.world.faults.take("logs", None) is None
    assert panel.director.workspace.faults.take("chat.postMessage") is None


async def test_a_burst_writes_its_lines_on_the_job_that_runs(panel):
    await panel.does("play", scenario="healthy-for-ever")
    panel.director.jump(10)
    job = next(iter(panel.director.world.jobs.values()))
    assert (await panel.does("burst", lines=120, seconds=0.6))["job"] == job.id
    await asyncio.sleep(1.2)
    errors = [line for line in job.written if line.level == "ERROR"]
    assert len(errors) == 120
    assert {line.replica for line in errors} == set(job.replicas)


async def test_the_stream_says_when_something_of_it_changed(panel):
    async with panel.session.get(f"{panel.url}/page/stream", params={"as": "U0ADA00001"}) as stream:
        await stream.content.readuntil(b"\n\n")
        await panel.does("speed", factor=2)
        heard = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5)
    assert json.loads(heard.removeprefix(b"data: ")) == {"type": "director"}
