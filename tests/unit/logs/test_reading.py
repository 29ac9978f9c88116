"""Reading a window completely, from servers of every kind."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.asking import Exchange
from bot.logs.crowd import Gap
from bot.logs.line import Level, Line
from bot.logs.order import Api
from bot.logs.pages import Direction
from bot.logs.reading import WindowRead, read_newest, read_window
from bot.times import NS_PER_MS, Ns
from tests.unit.logs.tail_model import (
    DAY,
    NOW,
    Direct,
    End,
    ModelServer,
    Traits,
    burst,
    exchange,
    line,
    read,
    share_of_profile,
)

LEVELS = [None, *Level]


def a_server(*lines: Line, traits: Traits | None = None) -> ModelServer:
    server = ModelServer(traits=traits or Traits(), now_ms=NOW + DAY)
    server.write(*lines)
    return server


@st.composite
def stored_lines(draw: st.DrawFn) -> list[Line]:
    """Lines in few milliseconds and few nanoseconds, so that everything that can coincide does."""
    stamp = st.builds(
        lambda ms, ns: Ns((NOW + ms) * NS_PER_MS + ns),
        st.integers(0, 12),
        st.sampled_from([0, 0, 1, 2, 500_000, 999_999]),
    )
    one = st.builds(Line, stamp, st.sampled_from("abc"), st.sampled_from([None, "r0"]), st.sampled_from(LEVELS))
    return draw(st.lists(one, max_size=60))


traits = st.builds(
    Traits,
    direct=st.sampled_from(Direct),
    end=st.sampled_from(End),
    loose_start=st.booleans(),
)


def check(got: WindowRead, lines: list[Line], min_level: Level | None = None) -> None:
    """`got` has exactly the lines of its part; what is missing lies in a gap, at a level that the gap names."""
    lo, hi = got.from_ms * NS_PER_MS, got.to_ms * NS_PER_MS
    there = Counter(
        line
        for line in lines
        if lo <= line.timestamp_ns < hi
        and (min_level is None or (line.level is not None and line.level >= min_level))
    )
    assert not Counter(got.lines) - there
    for missing in there - Counter(got.lines):
        assert any(may_miss(gap, missing) for gap in got.gaps), missing
    assert list(got.lines) == sorted(got.lines, key=lambda line: line.timestamp_ns)


def may_miss(gap: Gap, missing: Line) -> bool:
    inside = gap.start_ms * NS_PER_MS <= missing.timestamp_ns < gap.end_ms * NS_PER_MS
    return inside and (missing.level or 0) <= (gap.level or 0)


@share_of_profile
@given(stored_lines(), traits, st.integers(3, 9), st.sampled_from(LEVELS))
def test_every_line_is_read_or_lies_in_a_gap(
    lines: list[Line], traits: Traits, limit: int, min_level: Level | None
) -> None:
    server = a_server(*lines, traits=traits)
    got = read(read_window(NOW, NOW + 10, min_level=min_level, api=Api(limit=limit)), server)
    assert got.reached
    check(got, lines, min_level)


@share_of_profile
@given(stored_lines(), traits, st.integers(3, 9), st.integers(1, 4))
def test_a_window_read_in_small_steps_is_the_same_window(
    lines: list[Line], traits: Traits, limit: int, pages: int
) -> None:
    server = a_server(*lines, traits=traits)
    start, steps = NOW, 0
    while start < NOW + 10:
        got = read(read_window(start, NOW + 10, api=Api(limit=limit), pages=pages), server)
        check(got, lines)
        assert got.to_ms > start, "each step makes progress"
        start, steps = got.to_ms, steps + 1
    assert steps <= 10


@share_of_profile
@given(stored_lines(), traits, st.integers(3, 9), st.integers(0, 20))
def test_the_newest_lines_are_the_newest(lines: list[Line], traits: Traits, limit: int, count: int) -> None:
    server = a_server(*lines, traits=traits)
    got = read(read_newest(NOW, NOW + 10, count=count, api=Api(limit=limit)), server)
    check(got, lines)
    assert got.to_ms == NOW + 10
    assert got.reached or len(got.lines) >= count


@share_of_profile
@given(stored_lines(), st.integers(3, 9), st.integers(1, 30))
def test_a_reading_that_is_stopped_has_what_it_says(lines: list[Line], limit: int, fail_at: int) -> None:
    server = a_server(*lines)
    got = exchange(Exchange(read_window(NOW, NOW + 10, api=Api(limit=limit))), server, fail_at)
    check(got, lines)
    assert got.stopped is not got.reached


@share_of_profile
@given(st.sampled_from(End), st.integers(3, 40))
def test_distinct_nanoseconds_leave_no_gap_up_to_two_pages(end: End, limit: int) -> None:
    lines = [line(NOW, str(at), ns=at, level=None) for at in range(2 * limit - 3)]
    later = [line(NOW + 1, str(at), ns=at, level=None) for at in range(limit)]
    server = a_server(*lines, *later, traits=Traits(end=end))
    got = read(read_window(NOW, NOW + 10, api=Api(limit=limit)), server)
    assert got.complete
    assert Counter(got.lines) == Counter(lines + later)


@pytest.mark.parametrize(
    ("count", "pages", "gap"),
    [
        (1_000, 6, None),
        (1_500, 6, None),
        (5_000, 14, Gap(start_ms=NOW, end_ms=NOW + 1, at_least=2_300, level=Level.INFO)),
    ],
)
def test_1000_1500_and_5000_lines_in_one_millisecond(count: int, pages: int, gap: Gap | None) -> None:
    lines = burst(NOW, count, over_ms=1)
    server = a_server(*lines)
    got = read(read_window(NOW, NOW + 1_000), server)
    assert got.reached
    assert got.pages <= pages
    assert got.gaps == ((gap,) if gap else ())
    wanted = Counter(lines) if gap is None else Counter(each for each in lines if each.level is Level.ERROR)
    assert not wanted - Counter(got.lines)


def test_identical_lines_across_a_page_boundary_count_as_often_as_written() -> None:
    lines = burst(NOW, 998, over_ms=500) + [line(NOW + 600)] * 7
    got = read(read_window(NOW, NOW + 1_000), a_server(*lines))
    assert got.complete
    assert Counter(got.lines) == Counter(lines)


def test_lines_that_arrive_between_two_pages_do_no_harm() -> None:
    server = a_server(*burst(NOW, 3_000, over_ms=900))
    reading = Exchange(read_window(NOW, NOW + 1_000))
    while reading.request is not None:
        reading.answer(server.page(reading.request))
        server.write(line(NOW + 100, "late"), line(NOW + 899, "late"))
    assert errors(server) <= Counter(reading.result.lines) + Counter([line(NOW + 100, "late")] * 9)
    assert Counter(burst(NOW, 3_000, over_ms=900)) <= Counter(reading.result.lines)


def errors(server: ModelServer) -> Counter[Line]:
    return Counter(each for _, each in server.lines if each.message != "late")


def test_a_window_of_60_days_is_walked_in_steps_and_an_empty_one_means_go_on() -> None:
    server = a_server(line(NOW - 55 * DAY, "first"), line(NOW - 1, "last"))
    got = read(read_window(NOW - 60 * DAY, NOW), server)
    assert [each.message for each in got.lines] == ["first", "last"]
    assert got.pages == 9


@pytest.mark.parametrize("direct", Direct)
def test_a_server_that_ignores_direction_is_read_completely(direct: Direct) -> None:
    lines = burst(NOW, 550, over_ms=60_000)
    server = a_server(*lines, traits=Traits(direct=direct))
    got = read(read_window(NOW - DAY, NOW + DAY, api=Api(limit=100)), server)
    assert got.complete
    assert Counter(got.lines) == Counter(lines)


def test_lines_in_no_order_within_their_millisecond_are_read_completely() -> None:
    lines = [line(NOW + at // 700, str(at), ns=at * 7_919 % 1_000_000) for at in range(3_000)]
    server = a_server(*lines, traits=Traits(sorted_by_ms=True))
    got = read(read_window(NOW, NOW + 1_000), server)
    assert got.complete
    assert Counter(got.lines) == Counter(lines)


@pytest.mark.parametrize("direct", Direct)
def test_a_small_budget_gets_on_even_where_direction_is_ignored(direct: Direct) -> None:
    lines = burst(NOW, 2_000, over_ms=600_000)
    server = a_server(*lines, traits=Traits(direct=direct))
    start, told = NOW - DAY, Counter[Line]()
    while start < NOW + 600_000:
        got = read(read_window(start, NOW + 600_000, pages=5, api=Api(limit=100)), server)
        told.update(got.lines)
        start = got.to_ms
    assert told == Counter(lines)
    assert server.asked < 300


def test_the_probe_for_the_order_is_asked_once_and_not_when_it_is_known() -> None:
    server = a_server(*burst(NOW, 2_500, over_ms=1_000))
    got = read(read_window(NOW - 1_000, NOW + 2_000), server)
    assert (got.pages, got.proven) == (4, {Direction.ASC})
    assert read(read_window(NOW - 1_000, NOW + 2_000, api=Api(proven=got.proven)), server).pages == 3


def test_newest_first_keeps_only_what_matches_and_goes_on_until_it_has_enough() -> None:
    lines = burst(NOW, 5_000, over_ms=100_000)
    got = read(
        read_newest(NOW, NOW + 200_000, count=150, matches=lambda each: each.level is Level.ERROR),
        a_server(*lines),
    )
    assert len(got.lines) >= 150
    assert got.pages == 3
    assert got.from_ms > NOW
    check(got, [each for each in lines if each.level is Level.ERROR])


def test_undecodable_lines_count_towards_a_full_page_and_are_told() -> None:
    server = a_server(*burst(NOW, 1_200, over_ms=1_000))
    reading = Exchange(read_window(NOW, NOW + 2_000))
    while (request := reading.request) is not None:
        page = server.page(request)
        spoiled = len(page.lines[100:110])
        reading.answer(type(page)(lines=page.lines[:100] + page.lines[110:], skipped=spoiled))
    assert reading.result.reached
    assert not reading.result.complete
    assert len(reading.result.lines) == 1_180
