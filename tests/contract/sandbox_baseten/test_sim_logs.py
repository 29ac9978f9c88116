"""The logs endpoint of the simulated API: windows, limits, levels, order, visibility, spellings."""

from dataclasses import replace

import pytest

from bot.sandbox.baseten.traits import Traits

from .conftest import NOON_MS, NOON_NS, path_of

MINUTE_NS = 60_000_000_000
WEEK_MS = 7 * 24 * 3600 * 1000


async def test_a_line_has_the_five_fields_and_a_stamp_in_nanoseconds_as_a_string(client, job):
    job.write("boom", replica="g01r0", level="ERROR", request_id="r-1")
    _, body = await client.logs(job, end_epoch_millis=NOON_MS + 1)
    assert body == {
        "logs": [
            {
                "timestamp": str(NOON_NS),
                "message": "boom",
                "replica": "g01r0",
                "request_id": "r-1",
                "level": "ERROR",
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ({"start_epoch_millis": NOON_MS - WEEK_MS, "end_epoch_millis": NOON_MS}, 200, ""),
        ({"start_epoch_millis": NOON_MS - WEEK_MS - 1, "end_epoch_millis": NOON_MS}, 400, "7 days"),
        ({"start_epoch_millis": NOON_MS - WEEK_MS - 1}, 400, "7 days"),
        ({"start_epoch_millis": NOON_MS + 1}, 400, "after"),
        ({"start_epoch_millis": "yesterday"}, 422, "start_epoch_millis"),
        ({"end_epoch_millis": "1.5"}, 422, "end_epoch_millis"),
        ({"limit": 1}, 200, ""),
        ({"limit": 1000}, 200, ""),
        ({"limit": 0}, 422, "limit"),
        ({"limit": 1001}, 422, "limit"),
        ({"limit": "null"}, 422, "limit"),
        ({"min_level": "error"}, 422, "min_level"),
        ({"min_level": "CRITICAL"}, 422, "min_level"),
        ({"direction": "ASC"}, 422, "direction"),
        ({"direction": ""}, 422, "direction"),
        ({"replica": "g00r0"}, 422, "replica"),
    ],
)
async def test_a_doubtful_question_is_refused_and_the_message_names_what_is_wrong(
    client, job, query, status, word
):
    got, body = await client.logs(job, **query)
    assert got == status
    assert status == 200 or word in body["message"]


async def test_without_a_start_the_window_is_the_30_minutes_before_its_end(client, job):
    for name, at_ns in (
        ("31 min ago", -31 * MINUTE_NS),
        ("30 min ago", -30 * MINUTE_NS),
        ("just now", -1_000_000),
    ):
        job.write(name, at_ns=NOON_NS + at_ns)
    assert await client.messages(job, direction="asc") == ["30 min ago", "just now"]
    assert await client.messages(job, end_epoch_millis=NOON_MS - MINUTE_NS // 1_000_000, direction="asc") == [
        "31 min ago",
        "30 min ago",
    ]


async def test_without_an_end_the_window_ends_now(client, job, clock):
    job.write("a moment later", at_ns=NOON_NS + 5_000_000, visible_ns=NOON_NS)
    assert await client.messages(job) == []
    clock.turn(0.006)
    assert await client.messages(job) == ["a moment later"]


async def test_without_a_limit_500_lines_come_and_never_more_than_asked_for(client, job):
    for number in range(1200):
        job.write(str(number), at_ns=NOON_NS - 1_200_000_000 + number * 1_000_000)
    newest = await client.messages(job)
    assert (len(newest), newest[0], newest[-1]) == (500, "1199", "700")
    assert len(await client.messages(job, limit=1000)) == 1000
    assert await client.messages(job, limit=2, direction="asc") == ["0", "1"]


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
async def test_a_minimal_level_keeps_lines_at_or_above_it_and_drops_those_without_one(client, job, level, seen):
    for name in ("none", "DEBUG", "INFO", "WARNING", "ERROR"):
        job.write(name, level=None if name == "none" else name, at_ns=NOON_NS - 1)
    assert await client.messages(job, min_level=level, direction="asc") == seen
    assert len(await client.messages(job)) == 5


async def test_descending_is_the_exact_reverse_even_within_one_nanosecond(client, job):
    for name in "abcd":
        job.write(name, at_ns=NOON_NS - 1)
    assert await client.messages(job, direction="asc") == list("abcd")
    assert await client.messages(job, direction="desc") == list("dcba")
    assert await client.messages(job, direction="desc", limit=1) == ["d"]


@pytest.mark.parametrize(("inclusive", "seen"), [(False, ["start"]), (True, ["start", "end"])])
async def test_the_end_of_the_window_belongs_to_it_only_by_trait_and_to_the_nanosecond(
    client, world, job, inclusive, seen
):
    world.traits = Traits(end_inclusive=inclusive, default_direction="asc")
    job.write("before", at_ns=NOON_NS - 2_000_001)
    job.write("start", at_ns=NOON_NS - 2_000_000)
    job.write("end", at_ns=NOON_NS - 1_000_000)
    job.write("after", at_ns=NOON_NS - 999_999)
    window = {"start_epoch_millis": NOON_MS - 2, "end_epoch_millis": NOON_MS - 1}
    assert await client.messages(job, **window) == seen


async def test_a_line_cannot_be_read_before_it_is_visible_and_then_stands_at_its_stamp(client, job, clock):
    job.write("late", at_ns=NOON_NS - 3_000_000, visible_ns=NOON_NS + 2_000_000_000)
    job.write("prompt", at_ns=NOON_NS - 2_000_000)
    assert await client.messages(job, direction="asc") == ["prompt"]
    clock.turn(1.999)
    assert await client.messages(job, direction="asc") == ["prompt"]
    clock.turn(0.001)
    assert await client.messages(job, direction="asc") == ["late", "prompt"]


async def test_identical_lines_are_all_there(client, job):
    job.write("again", at_ns=NOON_NS - 1, count=3)
    assert await client.messages(job) == ["again"] * 3
    assert [line.number for line in job.written] == [0, 1, 2]


@pytest.mark.parametrize(
    ("stamp", "spelling"),
    [("ns_string", str(NOON_NS - 1)), ("ns_int", NOON_NS - 1), ("rfc3339", "2025-11-25T11:59:59.999999999Z")],
)
async def test_a_stamp_is_spelled_as_the_trait_says(client, world, job, stamp, spelling):
    world.traits = Traits(stamp=stamp)
    job.write("x", at_ns=NOON_NS - 1)
    _, body = await client.logs(job)
    assert body["logs"][0]["timestamp"] == spelling


async def test_optional_fields_can_be_absent(client, world, job):
    world.traits = Traits(drops_fields=("level", "request_id"))
    job.write("x", at_ns=NOON_NS - 1)
    _, body = await client.logs(job)
    assert set(body["logs"][0]) == {"timestamp", "message", "replica"}


async def test_a_server_may_ignore_the_direction(client, world, job):
    world.traits = Traits(ignores_direction=True, default_direction="desc")
    job.write("old", at_ns=NOON_NS - 2)
    job.write("new", at_ns=NOON_NS - 1)
    assert await client.messages(job, direction="asc") == ["new", "old"]
    world.traits = replace(world.traits, default_direction="asc")
    assert await client.messages(job, direction="desc") == ["old", "new"]


async def test_the_deprecated_form_answers_the_same_and_is_all_there_is_when_get_is_missing(client, world, job):
    job.write("x", at_ns=NOON_NS - 1, level="ERROR")
    body = {"min_level": "ERROR", "limit": 5, "start_epoch_millis": None}
    assert await client.post(path_of(job) + "/logs", body) == await client.logs(job, min_level="ERROR", limit=5)
    world.traits = Traits(get_logs=False)
    status, refusal = await client.logs(job)
    assert (status, "message" in refusal) == (405, True)
    assert (await client.post(path_of(job) + "/logs", {}))[0] == 200


@pytest.mark.parametrize("body", [{"limit": 1001}, {"limit": "5"}, {"levels": []}, {"direction": "up"}, []])
async def test_the_deprecated_form_is_as_strict(client, job, body):
    status, refusal = await client.post(path_of(job) + "/logs", body)
    assert (status, "message" in refusal) == (422, True)
