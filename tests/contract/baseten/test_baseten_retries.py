"""What is asked again, what is held back, and what is told at once."""

import asyncio
import json

import pytest

from bot.errors import ApiForbidden, ApiNotFound, ApiRateLimited, ApiRefused, ApiUnavailable
from bot.flows.services import Priority
from bot.logs.pages import PageRequest
from bot.times import Ms

COMMAND, POLL = Priority.COMMAND, Priority.POLL
WINDOW = PageRequest(start_ms=Ms(1_000), end_ms=Ms(2_000))
NO_JOBS = {"training_jobs": []}
LINE = {"timestamp": "1733000000123999999", "message": "hello\n", "replica": "g00r0", "level": "ERROR"}


# --- again, or not ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"), [(400, ApiRefused), (403, ApiForbidden), (404, ApiNotFound), (422, ApiRefused)]
)
async def test_a_refusal_is_not_asked_again(raw, new_api, status, kind):
    raw.otherwise = lambda asked: raw.reply(status, {"message": "window too wide"})
    with pytest.raises(kind, match="window too wide") as caught:
        await new_api().search_jobs(priority=POLL)
    assert caught.value.status == status
    assert len(raw.asked) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_what_passes_is_asked_again(raw, new_api, status):
    raw.replies = [raw.reply(status), raw.reply(status), raw.reply(200, NO_JOBS)]
    assert await new_api().search_jobs(priority=POLL) == ()


async def test_what_does_not_pass_is_told_after_the_last_attempt(raw, new_api):
    raw.otherwise = lambda asked: raw.reply(503, {"message": "maintenance"})
    with pytest.raises(ApiUnavailable, match=r"a search of jobs \(503\): maintenance"):
        await new_api(attempts=3).search_jobs(priority=POLL)
    assert len(raw.asked) == 3


@pytest.mark.parametrize("body", [b"<html>welcome to the hotel</html>", b"", b"[]", b'{"training_jobs": 1}'])
async def test_a_200_that_is_not_the_api_is_asked_again(raw, new_api, body):
    raw.replies = [raw.reply(200, body), raw.reply(200, NO_JOBS)]
    assert await new_api().search_jobs(priority=POLL) == ()
    raw.otherwise = lambda asked: raw.reply(200, body)
    with pytest.raises(ApiUnavailable, match="not Baseten's API"):
        await new_api(attempts=1).search_jobs(priority=POLL)


async def test_a_redirect_is_told_and_the_key_goes_nowhere(raw, new_api):
    raw.otherwise = lambda asked: raw.reply(301, location=raw.url + "/other")
    with pytest.raises(ApiUnavailable, match="redirect"):
        await new_api(attempts=1).projects(POLL)
    assert [asked.path for asked in raw.asked] == ["/v1/training_projects"]


async def test_a_503_that_says_when_is_not_asked_before(raw, new_api):
    raw.replies = [raw.reply(503, retry_after="3600")]
    with pytest.raises(ApiUnavailable) as caught:
        await new_api().search_jobs(priority=POLL)
    assert caught.value.retry_after_s == 3600
    assert len(raw.asked) == 1


# --- the budget ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limited",
    [
        {"body": {"error": "slow", "retry_after": 0.2}},
        {"body": b"slow", "retry_after": "0.2"},
    ],
    ids=["the body says when", "the header says when"],
)
async def test_a_429_holds_everyone_of_the_account_on_that_endpoint(raw, new_api, limited):
    raw.replies = [raw.reply(429, **limited)]
    raw.otherwise = lambda asked: raw.reply(200, NO_JOBS | {"training_projects": []})
    api, other = new_api(), new_api("other")
    first = asyncio.create_task(api.search_jobs(priority=POLL))
    await raw.has_been_asked(1)
    await asyncio.sleep(0.05)
    second = asyncio.create_task(api.search_jobs(priority=COMMAND))
    await asyncio.sleep(0.05)
    assert len(raw.asked) == 1
    await api.projects(POLL)  # another endpoint is counted apart
    await other.search_jobs(priority=POLL)  # and so is another key
    assert not first.done()
    assert not second.done()
    assert await asyncio.gather(first, second) == [(), ()]


async def test_a_429_without_a_word_is_waited_out(raw, new_api):
    raw.replies = [raw.reply(429, b"")]
    raw.otherwise = lambda asked: raw.reply(200, NO_JOBS)
    assert await new_api().search_jobs(priority=POLL) == ()


async def test_a_429_beyond_the_deadline_is_told_at_once_to_all(raw, new_api):
    raw.replies = [raw.reply(429, {"error": "Rate limit exceeded", "retry_after": 37})]
    api = new_api()
    with pytest.raises(ApiRateLimited, match="Rate limit exceeded") as caught:
        await api.search_jobs(priority=POLL)
    assert caught.value.retry_after_s == pytest.approx(37, abs=1)
    with pytest.raises(ApiRateLimited, match="must wait") as caught:
        await api.search_jobs(priority=COMMAND)
    assert caught.value.retry_after_s == pytest.approx(37, abs=1)
    assert len(raw.asked) == 1


async def test_the_server_never_sees_more_than_the_limit_and_repeats_count_too(raw, new_api):
    raw.replies = [raw.reply(500)] * 5
    raw.otherwise = lambda asked: raw.reply(200, NO_JOBS)
    api = new_api(limit=10, reserve=0, window_s=0.3, attempts=6)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await asyncio.gather(*(api.search_jobs(priority=POLL) for _ in range(15)))
    windows = int((loop.time() - began_s) / 0.3) + 1
    assert len(raw.asked) == 20
    assert len(raw.asked) <= 10 * windows


async def test_no_free_slot_until_the_deadline_is_told_as_what_it_is(raw, new_api):
    raw.otherwise = lambda asked: raw.reply(200, NO_JOBS)
    api = new_api(limit=1, reserve=0, window_s=60.0, deadline_s=0.2)
    await api.search_jobs(priority=POLL)
    with pytest.raises(ApiRateLimited, match="no free slot"):
        await api.search_jobs(priority=POLL)


async def test_a_listener_hears_of_each_attempt(raw, new_api):
    heard = []
    raw.replies = [raw.reply(503), b"", raw.reply(200, NO_JOBS)]
    await new_api(listener=lambda *attempt: heard.append(attempt)).search_jobs(priority=POLL)
    assert [(endpoint, outcome) for endpoint, outcome, _ in heard] == [
        ("search", "503"),
        ("search", "protocol"),
        ("search", "200"),
    ]
    assert all(seconds >= 0 for _, _, seconds in heard)


async def test_one_bad_line_on_the_wire_does_not_cost_the_page(raw, new_api, job):
    lines = [json.dumps(LINE), '{"timestamp": "1", "message": "\\x"}', json.dumps(LINE | {"message": None})]
    raw.replies = [raw.reply(200, f'{{"logs": [{",".join(lines)}]}}'.encode())]
    page = await new_api().log_page(job, WINDOW, POLL)
    assert ([line.message for line in page.lines], page.skipped) == (["hello", ""], 1)
