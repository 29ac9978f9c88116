"""The client over a real socket: what it asks, and what it makes of the answers."""

import asyncio
import logging
import traceback

import pytest

from bot.baseten.options import Account, Options, Scheme
from bot.errors import (
    ApiNotFound,
    ApiUnauthorized,
    ConfigurationError,
    JoblogsError,
)
from bot.flows.services import Priority
from bot.logs.line import Level
from bot.logs.pages import Direction, PageRequest
from bot.times import Ms

COMMAND, POLL = Priority.COMMAND, Priority.POLL
KEY = "sk-test.SECRET-0123456789"
WINDOW = PageRequest(start_ms=Ms(1_000), end_ms=Ms(2_000))
NO_LOGS = {"logs": []}
NO_JOBS = {"training_jobs": []}
LINE = {"timestamp": "1733000000123999999", "message": "hello\n", "replica": "g00r0", "level": "ERROR"}
RAW_JOB = {"id": "j1", "created_at": "2026-11-23T12:00:00Z", "training_project_id": "p1", "current_status": "X"}
JOB_PATH = "/v1/training_projects/p1/jobs/j1"


# --- every endpoint --------------------------------------------------------------------------------


async def test_a_page_is_asked_for_with_all_five_parameters(raw, new_api, job):
    raw.replies = [raw.reply(200, {"logs": [LINE]})]
    request = PageRequest(start_ms=Ms(1), end_ms=Ms(2), direction=Direction.DESC, limit=7, min_level=Level.WARNING)
    page = await new_api().log_page(job, request, POLL)
    (asked,) = raw.asked
    assert (asked.method, asked.path) == ("GET", JOB_PATH + "/logs")
    assert asked.query == {
        "start_epoch_millis": "1",
        "end_epoch_millis": "2",
        "direction": "desc",
        "limit": "7",
        "min_level": "WARNING",
    }
    assert [(line.message, line.level) for line in page.lines] == [("hello", Level.ERROR)]


async def test_without_a_level_none_is_sent_since_any_would_drop_lines(raw, new_api, job):
    raw.replies = [raw.reply(200, NO_LOGS)]
    await new_api().log_page(job, WINDOW, POLL)
    assert "min_level" not in raw.asked[0].query


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ({}, {}),
        ({"project_id": "p"}, {"project_id": "p"}),
        ({"job_id": "j", "statuses": ("A", "B")}, {"job_id": "j", "statuses": ["A", "B"]}),
    ],
)
async def test_a_search_sends_only_the_filters_that_are_set(raw, new_api, filters, sent):
    raw.replies = [raw.reply(200, {"training_jobs": [RAW_JOB]})]
    (found,) = await new_api("team-a").search_jobs(**filters, priority=POLL)
    assert (found.id, found.account) == ("j1", "team-a")
    assert (raw.asked[0].method, raw.asked[0].path) == ("POST", "/v1/training_jobs/search")
    assert raw.asked[0].json == sent | {"order_by": [{"field": "created_at", "order": "desc"}]}


async def test_each_other_endpoint_is_asked_where_it_lives(raw, new_api, job):
    api = new_api()
    calls = [
        (api.projects(POLL), {"training_projects": []}, "/v1/training_projects"),
        (api.project_jobs("p1", POLL), NO_JOBS, "/v1/training_projects/p1/jobs"),
        (api.job("p1", "j1", POLL), {"training_job": RAW_JOB}, JOB_PATH),
        (api.checkpoints(job, POLL), {"checkpoints": []}, JOB_PATH + "/checkpoints"),
        (api.metrics(job, Ms(1), Ms(2), POLL), {"per_node_metrics": []}, JOB_PATH + "/metrics"),
        (api.prices(POLL), {"instance_types": []}, "/v1/instance_type_prices"),
    ]
    for call, answer, path in calls:
        raw.replies = [raw.reply(200, answer)]
        await call
        assert (raw.asked[-1].method, raw.asked[-1].path) == ("GET", path)
    assert raw.asked[4].query == {"start_epoch_millis": "1", "end_epoch_millis": "2"}


async def test_an_id_stays_one_segment_whatever_it_holds(raw, new_api):
    raw.replies = [raw.reply(200, {"training_job": RAW_JOB})]
    await new_api().job("p/../x", "a?b#c d%2Fé", POLL)
    assert raw.asked[0].target == "/v1/training_projects/p%2F..%2Fx/jobs/a%3Fb%23c%20d%252F%C3%A9"


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_an_id_that_no_path_can_hold_is_unknown_without_asking(raw, new_api, name):
    with pytest.raises(ApiNotFound):
        await new_api().job("p1", name, POLL)
    assert raw.asked == []


# --- GET, or the older POST ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 405])
async def test_a_host_that_knows_only_post_is_asked_by_post_and_this_is_remembered(raw, new_api, job, status):
    raw.otherwise = lambda asked: raw.reply(200, NO_LOGS) if asked.method == "POST" else raw.reply(status)
    api = new_api()
    request = PageRequest(start_ms=Ms(1), end_ms=Ms(2), min_level=Level.ERROR)
    for _ in range(3):
        await api.log_page(job, request, POLL)
    assert [asked.method for asked in raw.asked] == ["GET", "POST", "POST", "POST"]
    assert raw.asked[1].json == {
        "start_epoch_millis": 1,
        "end_epoch_millis": 2,
        "direction": "asc",
        "limit": 1000,
        "min_level": "ERROR",
    }


async def test_once_get_has_answered_an_unknown_job_costs_one_request(raw, new_api, job):
    raw.replies = [raw.reply(200, NO_LOGS)]
    raw.otherwise = lambda asked: raw.reply(404, {"message": "no such job"})
    api = new_api()
    await api.log_page(job, WINDOW, POLL)
    for _ in range(2):
        with pytest.raises(ApiNotFound, match=r"does not know the logs of job j1 .*no such job"):
            await api.log_page(job, WINDOW, POLL)
    assert [asked.method for asked in raw.asked] == ["GET"] * 3


async def test_a_host_without_post_is_known_after_one_unknown_job(raw, new_api, job):
    raw.otherwise = lambda asked: raw.reply(404 if asked.method == "GET" else 405)
    api = new_api()
    for _ in range(3):
        with pytest.raises(ApiNotFound):
            await api.log_page(job, WINDOW, POLL)
    assert [asked.method for asked in raw.asked] == ["GET", "POST", "GET", "GET"]


async def test_an_unknown_job_on_a_host_with_only_post_is_unknown_and_others_are_still_read(raw, new_api, job):
    raw.otherwise = lambda asked: raw.reply(405 if asked.method == "GET" else 404, {"message": "no job"})
    api = new_api()
    with pytest.raises(ApiNotFound, match="no job"):
        await api.log_page(job, WINDOW, POLL)
    raw.otherwise = lambda asked: raw.reply(200, NO_LOGS) if asked.method == "POST" else raw.reply(405)
    await api.log_page(job, WINDOW, POLL)


async def test_a_host_that_learns_get_is_asked_by_get_again(raw, new_api, job):
    raw.otherwise = lambda asked: raw.reply(200, NO_LOGS) if asked.method == "POST" else raw.reply(405)
    api = new_api()
    await api.log_page(job, WINDOW, POLL)
    raw.otherwise = lambda asked: raw.reply(200, NO_LOGS) if asked.method == "GET" else raw.reply(405)
    for _ in range(2):
        await api.log_page(job, WINDOW, POLL)
    assert [asked.method for asked in raw.asked] == ["GET", "POST", "POST", "GET", "GET"]


async def test_each_endpoint_learns_for_itself(raw, new_api, job):
    raw.otherwise = lambda asked: raw.reply(200, {}) if asked.method == "POST" else raw.reply(405)
    api = new_api()
    assert await api.metrics(job, Ms(1), Ms(2), POLL) == ()
    assert raw.asked[1].json == {"start_epoch_millis": 1, "end_epoch_millis": 2}
    raw.otherwise = lambda asked: raw.reply(200, NO_LOGS)
    await api.log_page(job, WINDOW, POLL)
    assert raw.asked[-1].method == "GET"


# --- the key ---------------------------------------------------------------------------------------


def only_with(raw, scheme):
    return lambda asked: raw.reply(
        200 if asked.headers["authorization"] == f"{scheme} {KEY}" else 401, NO_JOBS | {"message": "bad key"}
    )


@pytest.mark.parametrize("accepted", list(Scheme))
@pytest.mark.parametrize("first", list(Scheme))
async def test_either_scheme_is_found_and_remembered(raw, new_api, accepted, first):
    raw.otherwise = only_with(raw, accepted)
    api = new_api(scheme=first)
    for _ in range(3):
        await api.search_jobs(priority=POLL)
    assert len(raw.asked) == (3 if accepted is first else 4)


async def test_a_question_that_was_on_its_way_when_the_scheme_was_found_takes_it(raw, new_api):
    found = asyncio.Event()

    async def refuses_late(writer) -> None:
        await found.wait()
        writer.write(raw.reply(401))
        await writer.drain()

    raw.replies = [refuses_late]
    raw.otherwise = only_with(raw, Scheme.API_KEY)
    api = new_api()
    early = asyncio.create_task(api.search_jobs(priority=POLL))
    await raw.has_been_asked(1)
    await api.search_jobs(priority=POLL)
    found.set()
    assert await early == ()
    assert [asked.headers["authorization"].split()[0] for asked in raw.asked] == [
        "Bearer",
        "Bearer",
        "Api-Key",
        "Api-Key",
    ]


async def test_a_key_that_no_scheme_makes_good_is_told_after_two_requests(raw, new_api):
    raw.otherwise = lambda asked: raw.reply(401, {"message": "bad key"})
    with pytest.raises(ApiUnauthorized, match=r"does not accept the API key .*bad key"):
        await new_api().search_jobs(priority=POLL)
    assert len(raw.asked) == 2


async def test_a_key_that_was_good_and_is_revoked_costs_one_request(raw, new_api):
    raw.replies = [raw.reply(200, NO_JOBS)]
    raw.otherwise = lambda asked: raw.reply(401)
    api = new_api()
    await api.search_jobs(priority=POLL)
    with pytest.raises(ApiUnauthorized):
        await api.search_jobs(priority=POLL)
    assert len(raw.asked) == 2


def everything_that_is_shown(error: BaseException) -> str:
    """What any logger could print of `error` and of all that hangs on it."""
    shown = "".join(traceback.format_exception(error))
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            shown += repr(one) + str(one) + repr(vars(one))
            todo += [one.__cause__, one.__context__]
    return shown


@pytest.mark.parametrize("trouble", ["echoed", "garbage", "closed", "silence", "drip", "not json", "limited"])
async def test_the_key_is_in_no_exception_repr_or_log(raw, new_api, caplog, trouble):
    async def silence(writer) -> None:
        await asyncio.sleep(30)

    async def drip(writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        await asyncio.sleep(30)

    async def garbage(writer) -> None:
        writer.write(f"NOPE {KEY}\r\n\r\n".encode())
        await writer.drain()

    said = {
        "echoed": raw.reply(400, {"message": f"the key {KEY} is odd"}),
        "garbage": garbage,
        "closed": b"",
        "silence": silence,
        "drip": drip,
        "not json": raw.reply(200, f"Bearer {KEY}".encode()),
        "limited": raw.reply(429, {"error": KEY, "retry_after": 99}),
    }[trouble]
    raw.otherwise = lambda asked: said
    api = new_api(read_s=0.1 if trouble == "silence" else 1.0, deadline_s=0.3, attempts=1)
    with caplog.at_level(logging.DEBUG), pytest.raises(JoblogsError) as caught:
        await api.search_jobs(priority=POLL)
    assert raw.asked[0].headers["authorization"] == f"Bearer {KEY}"
    shown = everything_that_is_shown(caught.value) + caplog.text + repr(api) + repr(api.__dict__)
    assert KEY not in shown
    assert KEY not in repr(Account(name="a", key=KEY))


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "snow☃man", "tail\r"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key):
    with pytest.raises(ConfigurationError, match="account 'team-a'") as caught:
        Account(name="team-a", key=key)
    assert not key.strip() or key.strip() not in str(caught.value)


def test_a_base_url_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="https://"):
        Options(base_url="api.baseten.co")
