"""What a question for log lines is answered with, and what is said when it is not all there."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC

import pytest

from bot.errors import ApiForbidden, ApiNotFound, ApiRateLimited, ApiUnavailable
from bot.flows.answer import Answer, AnswerOptions, Form, LogAnswer, Refusal
from bot.flows.catalog import Catalog
from bot.flows.services import Priority
from bot.logs.line import Level, Line
from bot.logs.query import LogQuery, parse_query
from bot.logs.question import Take
from bot.slack import ids
from bot.slack.render.logview import answer_message
from bot.times import NS_PER_MS
from tests.slack_limits import problems_of_message
from tests.unit.flows.answer_world import Account, HandClock, job, line
from tests.unit.logs.tail_model import DAY, HOUR, MINUTE, NOW, SECOND, Direct, End, ModelServer, Traits


class World:
    def __init__(self, *, deadline_s: float = 20.0, traits: Traits | None = None) -> None:
        self.clock = HandClock()
        self.account = Account(self.clock, jobs=[job()], server=ModelServer(traits or Traits()))
        apis = {"default": self.account}
        self.flow = Answer(Catalog(apis, self.clock), apis, self.clock, AnswerOptions(deadline_s=deadline_s))

    def write(self, *lines: Line) -> None:
        self.account.server.write(*lines)

    async def ask(self, text: str) -> LogAnswer:
        found = await self.refused_or(text)
        assert isinstance(found, LogAnswer), found
        return found

    async def refused_or(self, text: str) -> LogAnswer | Refusal:
        query = parse_query(text, now_ns=self.clock.now_ns(), tz=UTC)
        assert isinstance(query, LogQuery), query
        return await self.flow.answer(query)


def assert_same_lines(seen: list[Line], traits: Traits) -> None:
    """All lines once, in the server's order; one that shows ties upside down always does."""
    expected = crowded()
    assert Counter(seen) == Counter(expected)
    if traits.direct is not Direct.ALWAYS_DESC:
        assert seen == expected


def messages(found: LogAnswer) -> list[str]:
    return [one.message for one in found.lines]


async def test_without_modifiers_the_newest_lines_are_shown_oldest_first():
    world = World()
    world.write(*(line(NOW - MINUTE + n, f"n{n}") for n in range(120)))
    found = await world.ask("run-1")
    assert messages(found) == [f"n{n}" for n in range(70, 120)]
    assert found.complete
    assert found.has_older
    assert found.query.job == "j1"
    assert {priority for _, priority in world.account.requests} == {Priority.COMMAND}


async def test_a_job_that_ended_long_ago_still_shows_its_last_lines():
    world = World()
    ended = NOW - 40 * DAY
    world.account.jobs = [job(status="FAILED", created_ms=ended - 20 * DAY, updated_ms=ended)]
    world.write(line(ended - 15 * DAY, "early"), line(ended - SECOND, "the end"), line(ended + MINUTE, "late"))
    found = await world.ask("run-1")
    assert messages(found) == ["early", "the end", "late"]
    assert found.complete
    assert (found.has_older, found.has_newer) == (False, False)
    assert (found.start_ms, found.end_ms) == (ended - 20 * DAY, ended + MINUTE + 1)


async def test_the_oldest_lines_are_read_from_the_start_of_the_window():
    world = World()
    world.write(*(line(NOW - HOUR // 2 + n, f"n{n}") for n in range(120)))
    found = await world.ask("run-1 first:3")
    assert messages(found) == ["n0", "n1", "n2"]
    assert found.has_newer
    assert found.end_ms == NOW - HOUR // 2 + 3


async def test_more_than_a_page_and_more_than_a_week_are_read():
    world = World()
    world.account.jobs = [job(created_ms=NOW - 30 * DAY)]
    lines = [line(NOW - 20 * DAY + n * HOUR // 10, f"n{n}") for n in range(2_500)]
    world.write(*lines)
    found = await world.ask("run-1 since:25d last:5000")
    assert messages(found) == [f"n{n}" for n in range(2_500)]
    assert found.complete


async def test_a_word_is_searched_for_until_there_are_enough_hits():
    world = World()
    world.write(*(line(NOW - HOUR // 2 + n, "hit" if n % 500 == 0 else "miss") for n in range(3_000)))
    found = await world.ask("run-1 hit last:4")
    assert len(found.lines) == 4
    assert found.lines[0].timestamp_ns == (NOW - HOUR // 2 + 1_000) * NS_PER_MS
    assert found.start_ms <= NOW - HOUR // 2 + 1_000
    assert found.complete


async def test_a_search_that_runs_out_of_time_says_so_and_tells_how_far_it_came():
    world = World(deadline_s=20)
    world.account.page_s = 6.0
    world.write(*(line(NOW - HOUR // 2 + n, "hit" if n < 5 else "miss") for n in range(9_000)))
    found = await world.ask("run-1 hit")
    assert not found.complete
    assert "time for one answer" in (found.why_not or "")
    assert NOW - HOUR // 2 + 5_000 < found.start_ms < NOW - HOUR // 2 + 9_000
    assert found.has_older
    rest = await world.flow.answer(found.older(0))
    assert isinstance(rest, LogAnswer)
    assert rest.end_ms <= found.start_ms + 1


async def test_a_costly_match_stops_at_the_deadline_in_the_midst_of_a_page_without_losing_lines():
    world = World(deadline_s=5)

    class Costly(str):
        __slots__ = ()

        def casefold(self) -> str:
            world.clock.turn(0.01)
            return super().casefold()

    world.write(*(line(NOW - MINUTE + n, Costly("hit")) for n in range(900)))
    seen: list[int] = []
    found = await world.ask("run-1 hit last:5000")
    while found.lines:
        seen = [one.timestamp_ns for one in found.lines] + seen
        following = await world.flow.answer(found.older(0))
        assert isinstance(following, LogAnswer)
        found = following
    assert seen == [(NOW - MINUTE + n) * NS_PER_MS for n in range(900)]


async def test_a_level_is_filtered_by_the_server():
    world = World()
    world.write(line(NOW - 3, "i"), line(NOW - 2, "e", level=Level.ERROR), line(NOW - 1, "none", level=None))
    found = await world.ask("run-1 level:warning")
    assert messages(found) == ["e"]
    assert {request.min_level for request, _ in world.account.requests} == {Level.WARNING}


async def test_few_lines_are_asked_for_where_few_are_wanted():
    world = World()
    world.write(*(line(NOW - MINUTE + n) for n in range(900)))
    await world.ask("run-1 last:20")
    assert max(request.limit for request, _ in world.account.requests) == 100


async def test_a_second_answer_does_not_put_the_server_to_the_proof_again():
    world = World()
    world.write(*(line(NOW - MINUTE + n) for n in range(900)))
    await world.ask("run-1")
    first = len(world.account.requests)
    await world.ask("run-1")
    assert len(world.account.requests) - first < first


async def test_a_failure_in_the_midst_gives_what_was_read_and_the_reason():
    world = World()
    world.write(*(line(NOW - HOUR // 2 + n, "hit") for n in range(3_000)))
    world.account.failures = [None, None, ApiRateLimited("429", retry_after_s=30)]
    found = await world.ask("run-1 hit last:5000")
    assert 0 < len(found.lines) < 3_000
    assert "try again in 30 s" in (found.why_not or "")
    assert not found.complete


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (ApiForbidden("no", status=403), "An admin of the Baseten workspace can give it access"),
        (ApiUnavailable("away"), "does not answer right now"),
        (ApiRateLimited("429", retry_after_s=7), "try again in 7 s"),
        (ApiNotFound("gone", status=404), "no log of run-1 yet: it is running"),
    ],
)
async def test_nothing_at_all_is_a_refusal_that_says_who_can_help(failure, says):
    world = World()
    world.account.failures = [failure]
    found = await world.refused_or("run-1")
    assert isinstance(found, Refusal)
    assert says in found.sentence


async def test_a_deleted_job_has_no_log_any_more():
    world = World()
    world.account.jobs = [job(status="STOPPED")]
    world.account.failures = [ApiNotFound("gone", status=404)]
    found = await world.refused_or("run-1")
    assert isinstance(found, Refusal)
    assert "any more" in found.sentence


async def test_an_unknown_job_is_answered_by_the_nearest_names():
    found = await World().refused_or("rum-1")
    assert found == Refusal(sentence="I know no job called rum-1. Did you mean run-1?")


async def test_no_job_asks_which():
    found = await World().refused_or("level:error")
    assert isinstance(found, Refusal)
    assert found.sentence.startswith("Which job?")


async def test_several_jobs_are_offered():
    world = World()
    world.account.jobs = [job("run-1"), job("run-2", job_id="j2")]
    found = await world.refused_or("run")
    assert isinstance(found, Refusal)
    assert [choice.id for choice in found.choices] == ["j1", "j2"]


async def test_a_job_that_waits_says_that_it_has_not_started():
    world = World()
    world.account.jobs = [job(status="PENDING")]
    found = await world.ask("run-1")
    assert (found.lines, found.note) == ((), "It has not started yet: pending.")


async def test_a_window_before_the_job_is_said_to_be_empty():
    found = await World().ask("run-1 since:3h until:2h")
    assert "before the job was created" in (found.note or "")
    assert problems_of_message(answer_message(found, tz=UTC)) == []


async def test_lines_of_a_clock_that_is_ahead_are_shown():
    world = World()
    world.account.server.now_ms = NOW + HOUR
    world.write(line(NOW + 2 * MINUTE, "ahead"))
    found = await world.ask("run-1")
    assert messages(found) == ["ahead"]
    assert found.end_ms == NOW + 2 * MINUTE + 1


ORDERS = [
    Traits(),
    Traits(end=End.INCLUSIVE_MS),
    Traits(end=End.INCLUSIVE_NS),
    Traits(direct=Direct.ALWAYS_DESC),
    Traits(direct=Direct.ALWAYS_ASC),
    Traits(direct=Direct.NEWEST_SHOWN_ASC),
]


def crowded() -> list[Line]:
    """Lines with many stamps in common: in a nanosecond, in a millisecond, and identical ones."""
    base = NOW - 10 * MINUTE
    lines = [line(base, f"first {n}") for n in range(70)]
    lines += [line(base + 1, "same") for _ in range(30)]
    lines += [line(base + 2, f"ns {n}", ns=n % 7) for n in range(90)]
    lines += [line(base + 10 + n, f"ms {n}") for n in range(40)]
    return sorted(lines, key=lambda one: one.timestamp_ns)


@pytest.mark.parametrize("traits", ORDERS, ids=str)
@pytest.mark.parametrize("count", [23])
async def test_older_leads_through_the_whole_log_without_losing_or_repeating_a_line(traits, count):
    world = World(traits=traits)
    world.write(*crowded())
    found = await world.ask(f"run-1 last:{count}")
    pages = [found.lines]
    while found.has_older:
        following = await world.flow.answer(found.older(0))
        assert isinstance(following, LogAnswer)
        found = following
        pages.insert(0, found.lines)
    assert_same_lines([one for page in pages for one in page], traits)


@pytest.mark.parametrize("count", [23])
async def test_newer_leads_back_through_the_same_lines(count):
    world = World()
    world.write(*crowded())
    found = await world.ask(f"run-1 first:{count}")
    seen = list(found.lines)
    for _ in range(len(crowded()) // count + 1):
        following = await world.flow.answer(found.newer(len(found.lines) - 1))
        assert isinstance(following, LogAnswer)
        found = following
        if not found.lines:
            break
        seen += found.lines
    assert seen == crowded()


async def test_newer_lines_that_arrive_late_are_still_found_after_an_empty_page():
    world = World()
    world.write(line(NOW - MINUTE, "seen"))
    found = await world.ask("run-1")
    empty = await world.flow.answer(found.newer(0))
    assert isinstance(empty, LogAnswer)
    assert empty.lines == ()
    world.clock.now_ms = world.account.server.now_ms = NOW + MINUTE
    world.account.server.write(line(NOW - SECOND, "late"), visible_ms=NOW + SECOND)
    late = await world.flow.answer(empty.newer(-1))
    assert isinstance(late, LogAnswer)
    assert messages(late) == ["late"]


async def test_turning_back_in_the_midst_of_one_nanosecond_shows_the_page_before():
    world = World()
    world.write(*crowded())
    newest = await world.ask("run-1 last:200")
    middle = await world.flow.answer(newest.older(0))
    assert isinstance(middle, LogAnswer)
    again = await world.flow.answer(middle.newer(len(middle.lines) - 1))
    assert isinstance(again, LogAnswer)
    assert again.lines == newest.lines


async def test_buttons_lead_through_the_log_as_it_is_shown():
    """What does not fit into a message is on the next one: nothing is lost between two messages."""
    world = World()
    lines = [line(NOW - MINUTE + n // 3, f"n{n:03d} " + "x" * 400) for n in range(150)]
    world.write(*lines)
    query: LogQuery | None = LogQuery(job="run-1", count=100)
    rows: list[str] = []
    while query is not None:
        found = await world.flow.answer(query)
        assert isinstance(found, LogAnswer)
        message = answer_message(found, tz=UTC)
        shown = message["blocks"][0]["elements"][-1]["elements"][0]["text"].split("\n")
        rows = [row.partition("  n")[2][:3] for row in shown] + rows
        older = [one["value"] for one in message["blocks"][1]["elements"] if one["action_id"] == ids.OLDER]
        query = ids.query_of_value(older[0]) if older else None
        if "no lines" in shown:
            break
    assert [row for row in rows if row] == [f"{n:03d}" for n in range(150)]


async def test_what_is_shared_is_exactly_what_was_seen():
    world = World()
    world.write(*crowded())
    found = await world.ask("run-1 last:60")
    again = await world.flow.answer(found.exactly(3, 40))
    assert isinstance(again, LogAnswer)
    assert again.lines == found.lines[3:41]


async def test_errors_only_keeps_the_place():
    world = World()
    world.write(*(line(NOW - MINUTE + n, f"n{n}", level=Level.ERROR if n % 10 == 0 else None) for n in range(300)))
    newest = await world.ask("run-1")
    page = await world.flow.answer(newest.older(0))
    assert isinstance(page, LogAnswer)
    errors = await world.flow.answer(replace(page.errors_only(), count=3))
    assert isinstance(errors, LogAnswer)
    assert messages(errors) == ["n220", "n230", "n240"]


async def test_a_crowded_millisecond_that_cannot_be_read_is_a_gap_not_a_lie():
    world = World()
    world.write(*(line(NOW - MINUTE, f"n{n}") for n in range(5_000)))
    found = await world.ask("run-1 last:5000")
    assert len(found.lines) < 5_000
    assert not found.complete
    assert found.gaps
    assert "too many in one millisecond" in str(answer_message(found, tz=UTC))


async def test_a_download_has_every_line_and_says_that_it_is_complete():
    world = World()
    world.write(*(line(NOW - HOUR // 2 + n, f"n{n} password=hunter2hunter2") for n in range(2_500)))
    found = await world.flow.download(LogQuery(job="run-1", take=Take.LAST, count=5))
    assert not isinstance(found, Refusal)
    parts = [part async for part in found.parts()]
    rows = b"".join(data for data, _ in parts).decode().splitlines()
    assert len(rows) == 2_501
    assert rows[0].endswith("r0 INFO n0 password=[hidden]")
    assert rows[-1] == "# Complete: 2,500 lines, 2,500 values hidden."
    shares = [progress.share for _, progress in parts]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert parts[-1][1].statement == "Complete: 2,500 lines, 2,500 values hidden."
    assert found.filename == "run-1-20241130T194820Z.txt"


async def test_a_download_as_json_lines_has_the_names_of_the_api_and_nothing_else():
    world = World()
    one = replace(line(NOW - 5, "a\nb \ud83d", None, Level.ERROR, 7), request_id="q")
    world.write(one)
    found = await world.flow.download(LogQuery(job="run-1"), Form.JSON_LINES)
    assert not isinstance(found, Refusal)
    data = b"".join([data async for data, _ in found.parts()])
    assert [json.loads(row) for row in data.decode().splitlines()] == [
        {
            "timestamp": str((NOW - 5) * NS_PER_MS + 7),
            "message": "a\nb ?",
            "replica": None,
            "request_id": "q",
            "level": "ERROR",
        }
    ]


async def test_a_download_that_is_broken_off_says_where():
    world = World()
    world.write(*(line(NOW - HOUR // 2 + n) for n in range(3_000)))
    world.account.failures = [None, None, None, ApiUnavailable("away")]
    found = await world.flow.download(LogQuery(job="run-1"), Form.JSON_LINES)
    assert not isinstance(found, Refusal)
    parts = [part async for part in found.parts()]
    last = json.loads(parts[-1][0])
    assert last["joblogs"].startswith("Incomplete: ")
    assert "UTC on are missing" in last["joblogs"]
    assert parts[-1][1].share < 1.0
