"""The lines around one: which are read, which is marked, and what is said of those that are not there."""

import pytest

from bot.errors import ApiRefused, ApiUnavailable
from bot.flows.answer import Answer
from bot.flows.around import FIRST_REACH_MS, PAGES, Around, Reach, Spot
from bot.flows.catalog import Catalog
from bot.incidents.incident import Facts, Incident, Sighting
from bot.logs.line import Level
from bot.logs.question import LogQuery
from bot.times import NS_PER_MS, Ms, Ns
from tests.unit.flows.answer_world import Account, HandClock, job, line
from tests.unit.logs.tail_model import MINUTE, NOW, Direct, Traits

AT = NOW - 30 * MINUTE
SECOND = 1_000


def account(*lines, **changes) -> Account:
    made = Account(HandClock(), **changes)
    made.server.write(*lines)
    return made


def steps(count: int = 40, *, every_ms: int = SECOND, replicas: int = 1):
    """Lines before and after `AT`, one of them there."""
    half = count // 2
    return [
        line(AT + at * every_ms, f"step {at}", replica=f"r{at % replicas}", level=Level.INFO)
        for at in range(-half, half + 1)
    ]


def incident(at_ms: int = AT, replica: str | None = "r0", **changes) -> Incident:
    stamp = Ns(at_ms * NS_PER_MS)
    values = {
        "key": "k", "fingerprint": "1:a", "title": "t", "count": 1, "first_ns": stamp, "last_ns": stamp,
        "first_replica": replica,
        "sightings": (Sighting(replica=replica, first_ns=stamp, last_ns=stamp, count=1),),
    }  # fmt: skip
    facts = {**values, **{name: changes.pop(name) for name in list(changes) if name in values}}
    return Incident(
        id=1, account="default", project_id="p1", job_id="j1", facts=Facts(**facts), created_ms=Ms(AT), **changes
    )


def texts(found) -> list[str]:
    return [one.message for one in found.lines]


async def test_so_many_lines_before_and_after_are_shown_in_order_and_the_line_is_marked():
    found = await Around({"default": account(*steps())}).lines(incident(), job(), Reach(before=3, after=2))
    assert texts(found) == ["step -3", "step -2", "step -1", "step 0", "step 1", "step 2"]
    assert found.marked == 3
    assert (found.short_before, found.short_after, found.why_not, found.gaps) == (False, False, None, ())


@pytest.mark.parametrize("direct", Direct, ids=lambda direct: direct.value)
async def test_the_same_lines_come_of_a_loud_log_whichever_end_the_server_shows(direct: Direct):
    api = account(*steps(1_200, every_ms=40))
    api.server.traits = Traits(direct=direct)
    found = await Around({"default": api}).lines(incident(), job(), Reach(before=3, after=3))
    assert texts(found) == [f"step {at}" for at in range(-3, 4)]
    assert found.marked == 3
    assert found.why_not is None


async def test_lines_of_all_replicas_are_mixed_in_order_of_time():
    found = await Around({"default": account(*steps(replicas=4))}).lines(
        incident(), job(), Reach(before=2, after=2)
    )
    assert [one.replica for one in found.lines] == ["r2", "r3", "r0", "r1", "r2"]


async def test_of_one_replica_its_lines_are_shown_and_the_line_itself():
    reach = Reach(before=2, after=2, replica="r1")
    found = await Around({"default": account(*steps(replicas=4))}).lines(incident(), job(), reach)
    assert [one.replica for one in found.lines] == ["r1", "r1", "r0", "r1", "r1"]
    assert found.marked == 2


async def test_lines_of_one_nanosecond_stay_in_the_order_in_which_they_were_written():
    rows = [line(AT, f"row {at}", replica="r0") for at in range(6)]
    found = await Around({"default": account(*steps(10), *rows)}).lines(
        incident(), job(), Reach(before=1, after=9)
    )
    assert [text for text in texts(found) if text.startswith("row")] == [f"row {at}" for at in range(6)]


async def test_the_places_before_the_first_and_behind_the_last_line_give_just_these_lines_again():
    rows = [line(AT - 5, f"row {at}", replica=f"r{at % 2}") for at in range(6)]
    api = account(*rows, line(AT, "it", replica="r9"), *(line(AT + 5, f"end {at}") for at in range(6)))
    for replica, wanted in (
        (None, ["row 4", "row 5", "it", "end 0", "end 1"]),
        ("r0", ["row 2", "row 4", "end 0", "end 1"]),
    ):
        found = await Around({"default": api}).lines(
            incident(replica="r9"), job(), Reach(before=2, after=2, replica=replica)
        )
        again = LogQuery(job="j1", replica=replica, newer_than=found.newer_than, older_than=found.older_than)
        api.jobs = [job()]
        answer = await Answer(Catalog({"default": api}, api.clock), {"default": api}, api.clock).answer(again)
        assert [one.message for one in answer.lines] == wanted


async def test_of_a_return_the_lines_around_the_newest_are_shown():
    late = AT + 10 * MINUTE
    rows = [*steps(10), line(late - 1, "before it"), line(late, "again", replica="r2")]
    sightings = (
        Sighting(replica="r0", first_ns=Ns(AT * NS_PER_MS), last_ns=Ns(AT * NS_PER_MS), count=1),
        Sighting(replica="r2", first_ns=Ns(late * NS_PER_MS), last_ns=Ns(late * NS_PER_MS), count=1),
    )
    back = incident(generation=2, last_ns=Ns(late * NS_PER_MS), sightings=sightings)
    found = await Around({"default": account(*rows)}).lines(back, job(), Reach(before=1, after=1))
    assert texts(found) == ["before it", "again"]
    assert found.marked == 1
    assert found.short_after


async def test_what_is_too_far_away_is_not_around():
    rows = [
        line(AT - FIRST_REACH_MS - 1, "long before"),
        line(AT, "it"),
        line(AT + 2 * FIRST_REACH_MS, "long after"),
    ]
    found = await Around({"default": account(*rows)}).first_line(incident(), job())
    assert texts(found) == ["it"]
    assert (found.short_before, found.short_after, found.far_ms) == (True, True, FIRST_REACH_MS)


async def test_a_line_that_the_log_does_not_return_is_missed_and_its_neighbours_are_shown():
    found = await Around({"default": account(*[one for one in steps() if one.message != "step 0"])}).lines(
        incident(), job(), Reach(before=2, after=2)
    )
    assert found.marked is None
    assert texts(found) == ["step -2", "step -1", "step 1", "step 2", "step 3"]


async def test_the_lines_around_any_line_need_no_incident():
    spot = Spot(Ns(AT * NS_PER_MS), "r0")
    found = await Around({"default": account(*steps())}).at(job(), spot, Reach(before=1, after=1))
    assert texts(found) == ["step -1", "step 0", "step 1"]
    assert found.incident is None


async def test_a_failure_behind_what_was_read_is_told_beside_it():
    api = account(*steps())
    api.failures = [None, None, None, ApiUnavailable("away")]
    api.server.write(*(line(AT + MINUTE + at, "late", replica="r9") for at in range(9_000)))
    found = await Around({"default": api}).lines(incident(), job(), Reach(before=2, after=50, replica="r0"))
    assert texts(found)[-1] == "step 20"
    assert "does not answer" in (found.why_not or "")


async def test_a_failure_before_anything_was_read_is_raised():
    api = account(*steps())
    api.failures = [ApiUnavailable("away")]
    with pytest.raises(ApiUnavailable):
        await Around({"default": api}).lines(incident(), job())


async def test_what_is_shown_unasked_is_whole_or_not_at_all():
    api = account(*steps())
    api.failures = [None, ApiUnavailable("away")]
    with pytest.raises(ApiUnavailable):
        await Around({"default": api}).first_line(incident(), job())


async def test_without_a_key_for_the_account_it_is_refused():
    with pytest.raises(ApiRefused, match="no key"):
        await Around({}).lines(incident(), job())


async def test_a_loud_job_is_not_read_for_ever_for_a_replica_that_is_silent():
    crowd = [line(AT - 20 * MINUTE + at * 50, "loud", replica="r0") for at in range(24_000)]
    api = account(*crowd, line(AT, "it", replica="r0"))
    found = await Around({"default": api}).lines(incident(), job(), Reach(before=5, after=5, replica="r7"))
    assert "so many other lines" in (found.why_not or "")
    assert len(api.requests) <= 4 * PAGES
    assert texts(found)[-1] == "it" or found.marked is None
