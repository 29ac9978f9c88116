"""The tail as a whole: every ERROR line once, whatever the job, the server and the network do."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.crowd import Gap
from bot.logs.cursor import Because, Cursor
from bot.logs.ledger import BUCKET_MS
from bot.logs.line import Level, Line
from bot.logs.order import Api
from bot.logs.pace import FASTEST_MS, SLOWEST_MS, Options, next_poll_ms
from bot.times import NS_PER_MS, Ms, Ns
from tests.unit.logs.tail_model import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Direct,
    End,
    ModelServer,
    Tail,
    Traits,
    burst,
    errors,
    line,
    share_of_profile,
)


def a_tail(options: Options | None = None, *, traits: Traits | None = None, start_ms: int = NOW) -> Tail:
    return Tail.on(ModelServer(traits=traits or Traits(), now_ms=NOW), start_ms=start_ms, options=options)


def everything(tail: Tail) -> Counter[Line]:
    return Counter(line for _, line in tail.server.lines)


# --- the property --------------------------------------------------------------------------------

# A small world: pages of 8 lines, a worst lag of 60 s. All proportions are those of the real one.
SMALL = Options(
    pages=6,
    lag_ms=60 * SECOND,
    ahead_ms=30 * SECOND,
    overlap_ms=2 * SECOND,
    overlap_lines=4,
    reconcile_ms=10 * SECOND,
    quiet_lines=30,
    loud_pages=6,
    loud_again_ms=20 * SECOND,
    api=Api(limit=8),
)


@st.composite
def writes(draw: st.DrawFn) -> list[tuple[int, int, Line]]:
    """(written at, visible at, line): single lines and bursts, late and skewed ones, many of them identical."""
    written = []
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, 200)) * SECOND
        skew = draw(st.sampled_from([0, 0, 0, -25, 25])) * SECOND
        late = draw(st.sampled_from([0, 0, 0, 1, 5, 30, 34])) * SECOND
        level = draw(st.sampled_from([Level.ERROR, Level.ERROR, Level.INFO, None]))
        size, step_ns = draw(st.sampled_from([(1, 0), (1, 0), (3, 0), (20, 300_000), (40, 40 * NS_PER_MS)]))
        text, replica = draw(st.sampled_from("ab")), draw(st.sampled_from([None, "r0", "r1"]))
        for number in range(size):
            stamp = Ns((NOW + at + skew) * NS_PER_MS + number * step_ns)
            written.append((NOW + at, NOW + at + late, Line(stamp, text, replica, level)))
    return written


steps = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 2, 2, 5, 30, 100]),
        st.sampled_from(["commit", "commit", "commit", "crash", "fail"]),
        st.integers(1, 6),
    ),
    max_size=60,
)
small_traits = st.builds(Traits, direct=st.sampled_from(Direct), end=st.sampled_from(End))


def run(tail: Tail, steps: list[tuple[int, str, int]], until_ms: int) -> None:
    for seconds, how, page in steps:
        tail.server.now_ms += seconds * SECOND
        tail.poll(crash=how == "crash", fail_at=page if how == "fail" else None)
    while tail.server.now_ms < until_ms or tail.cursor.settled_ms < until_ms - 2 * SMALL.lag_ms:
        tail.server.now_ms += 2 * SECOND
        tail.poll()
        assert tail.server.asked < 20_000, "it never catches up"


@share_of_profile
@given(writes(), steps, small_traits)
def test_every_error_line_is_taken_exactly_as_often_as_it_was_written(
    written: list[tuple[int, int, Line]], steps: list[tuple[int, str, int]], traits: Traits
) -> None:
    tail = a_tail(SMALL, traits=traits, start_ms=NOW - MINUTE)
    tail.server.ms_per_page = 20
    for _, visible, each in written:
        tail.server.write(each, visible_ms=visible)
    run(tail, steps, until_ms=NOW + 400 * SECOND)

    wrong = errors(tail.told) - errors(everything(tail)) + (tail.told - everything(tail))
    assert not wrong, "nothing is told more often than it was written"
    gaps = [gap for outcome in tail.outcomes for gap in outcome.gaps]
    for missing in errors(everything(tail)) - errors(tail.told):
        assert any(is_in(gap, missing) for gap in gaps), f"{missing} was lost"
    assert len(tail.cursor.ledger) <= len(written), "what is final is forgotten"


def is_in(gap: Gap, missing: Line) -> bool:
    inside = gap.start_ms * NS_PER_MS <= missing.timestamp_ns < gap.end_ms * NS_PER_MS
    return inside and gap.level is Level.ERROR


@share_of_profile
@given(writes(), st.lists(st.sampled_from([1, 2, 2, 5, 30]), max_size=60))
def test_without_crashes_each_poll_is_in_order_and_the_job_ends_with_nothing_remembered(
    written: list[tuple[int, int, Line]], waits: list[int]
) -> None:
    tail = a_tail(SMALL, start_ms=NOW - MINUTE)
    for _, visible, each in written:
        tail.server.write(each, visible_ms=visible)
    run(tail, [(seconds, "commit", 0) for seconds in waits], until_ms=NOW + 300 * SECOND)
    tail.options = replace(SMALL, ended_ms=Ms(NOW + 300 * SECOND))
    for _ in range(60):
        tail.server.now_ms += 5 * SECOND
        if tail.poll().finished:
            break
    assert tail.outcomes[-1].finished
    assert all(
        list(each.lines) == sorted(each.lines, key=lambda line: line.timestamp_ns) for each in tail.outcomes
    )
    tail.server.now_ms += 2 * (SMALL.lag_ms + BUCKET_MS)
    tail.poll()
    assert len(tail.cursor.ledger) == 0
    assert tail.chunks == {}


# --- the listed cases ----------------------------------------------------------------------------


def test_bursts_over_1000_lines_between_two_polls() -> None:
    tail = a_tail()
    for second in range(0, 10, 5):
        tail.server.write(*burst(NOW + second * SECOND, 2_560, over_ms=700))
    tail.watch(NOW + 20 * SECOND)
    assert tail.told == everything(tail)
    assert max(each.pages for each in tail.outcomes) <= 8


@pytest.mark.parametrize("count", [1_000, 1_500, 5_000])
def test_1000_1500_and_5000_lines_in_one_millisecond(count: int) -> None:
    tail = a_tail()
    tail.server.write(*burst(NOW + SECOND, count, over_ms=1))
    tail.watch(NOW + 6 * SECOND)
    gaps = [gap for each in tail.outcomes for gap in each.gaps]
    assert errors(tail.told) == errors(everything(tail))
    assert not tail.told - everything(tail)
    if count <= 1_500:
        assert (tail.told, gaps) == (everything(tail), [])
    else:
        assert [(gap.start_ms, gap.level) for gap in gaps] == [(NOW + SECOND, Level.INFO)], "told once"


@pytest.mark.parametrize("late_s", [59, 61, 9 * 60])
@pytest.mark.parametrize("lines_per_s", [0, 1, 20])
def test_late_lines_at_59_s_61_s_and_9_min(late_s: int, lines_per_s: int) -> None:
    tail = a_tail(Options(api=Api(limit=100), quiet_lines=500, overlap_lines=20))
    tail.server.write(*burst(NOW, lines_per_s * 120, over_ms=2 * MINUTE, error_every=100))
    late = line(NOW + 30 * SECOND, "late")
    tail.server.write(late, visible_ms=NOW + 30 * SECOND + late_s * SECOND)
    tail.watch(NOW + 30 * SECOND + late_s * SECOND + 70 * SECOND, every_ms=10 * SECOND)
    assert tail.told[late] == 1, "found a little over a minute after it came"
    assert errors(tail.told) == errors(everything(tail))


@pytest.mark.parametrize("lines_per_s", [1, 5])
def test_a_late_line_without_a_level_is_found_too_while_the_job_is_quiet(lines_per_s: int) -> None:
    tail = a_tail(Options(api=Api(limit=200)))
    tail.server.write(*burst(NOW, lines_per_s * 120, over_ms=2 * MINUTE))
    late = line(NOW + 30 * SECOND, "Segmentation fault", level=None, replica=None)
    tail.server.write(late, visible_ms=NOW + 5 * MINUTE)
    tail.watch(NOW + 7 * MINUTE, every_ms=10 * SECOND)
    assert tail.told[late] == 1


@pytest.mark.parametrize("skew_ms", [-5 * MINUTE, 5 * MINUTE])
@pytest.mark.parametrize("other_replica", [False, True])
def test_clock_skew_of_5_minutes(skew_ms: int, other_replica: bool) -> None:
    tail = a_tail(start_ms=NOW - 10 * MINUTE)
    for second in range(0, 300, 10):
        tail.server.write(
            line(NOW + second * SECOND + skew_ms, f"step {second}"), visible_ms=NOW + second * SECOND
        )
        if other_replica:
            tail.server.write(line(NOW + second * SECOND, "right", replica="r1", level=Level.INFO))
    tail.watch(NOW + 301 * SECOND, every_ms=4 * SECOND)
    assert errors(tail.told) == errors(everything(tail)), (
        "seen when they are visible, not when their time has come"
    )
    assert tail.cursor.read_to_ms <= tail.server.now_ms
    tail.watch(NOW + 20 * MINUTE, every_ms=30 * SECOND)
    assert tail.told == everything(tail)


def test_quiet_for_3_hours_then_an_error() -> None:
    tail = a_tail()
    tail.server.write(line(NOW + SECOND, "first"), line(NOW + 3 * HOUR, "second"))
    tail.watch(NOW + 3 * HOUR + MINUTE, every_ms=30 * SECOND)
    assert [each.message for each in tail.told.elements()] == ["first", "second"]
    assert {each.pages for each in tail.outcomes} == {1}


def test_queued_for_3_hours_before_the_first_line() -> None:
    tail = a_tail(start_ms=NOW - 3 * HOUR)
    tail.server.write(*burst(NOW + SECOND, 2_000, over_ms=10 * SECOND))
    tail.watch(NOW + MINUTE)
    assert tail.told == everything(tail)


@pytest.mark.parametrize("after_s", [25, 3 * 60, 9 * 60])
def test_the_cause_comes_25_s_and_3_min_after_the_terminal_status(after_s: int) -> None:
    ended = NOW + MINUTE
    tail = a_tail(Options(ended_ms=Ms(ended)))
    cause = line(ended - SECOND, "the cause")
    tail.server.write(line(ended - 2 * SECOND, "a consequence"))
    tail.server.write(cause, visible_ms=ended + after_s * SECOND)
    tail.server.now_ms = ended
    polls = 0
    while not tail.poll().finished:
        tail.server.now_ms += 20 * SECOND
        polls += 1
    assert tail.told[cause] == 1
    assert tail.server.now_ms <= ended + after_s * SECOND + 10 * MINUTE + 2 * MINUTE
    assert polls < 70


def test_a_job_that_ended_long_ago_is_finished_at_first_contact() -> None:
    tail = a_tail(Options(ended_ms=Ms(NOW - 5 * DAY)), start_ms=NOW - 6 * DAY)
    tail.server.write(*burst(NOW - 6 * DAY, 3_000, over_ms=DAY))
    outcome = tail.catch_up()
    assert outcome.finished or tail.poll().finished
    assert tail.told == everything(tail)


@pytest.mark.parametrize("fail_at", [1, 2, 5, 7, 8])
def test_a_restart_between_two_pages_and_5xx_at_page_7(fail_at: int) -> None:
    tail = a_tail(Options(api=Api(limit=100)))
    tail.server.write(*burst(NOW + SECOND, 1_000, over_ms=SECOND))
    tail.server.now_ms += 3 * SECOND
    tail.poll(crash=True, fail_at=fail_at)
    before = tail.server.asked
    tail.poll(fail_at=fail_at)
    tail.catch_up()
    tail.watch(NOW + MINUTE)
    assert tail.told == everything(tail)
    assert before < 14


def test_a_server_that_fails_at_every_seventh_page_is_got_on_with() -> None:
    tail = a_tail(Options(api=Api(limit=100)))
    tail.server.write(*burst(NOW + SECOND, 2_000, over_ms=SECOND))
    tail.server.now_ms += 3 * SECOND
    assert [tail.poll(fail_at=7).caught_up for _ in range(4)] == [False, False, False, True]
    assert tail.told == everything(tail)


def test_null_level_and_null_replica_are_lines_like_any_other() -> None:
    tail = a_tail()
    bare = line(NOW + SECOND, "Killed", level=None, replica=None)
    tail.server.write(bare, bare, line(NOW + SECOND, "Killed", level=None, replica=""))
    tail.watch(NOW + MINUTE)
    assert tail.told == everything(tail)


@pytest.mark.parametrize("direct", Direct)
@pytest.mark.parametrize("end", End)
def test_a_server_that_ignores_direction_and_counts_its_end_in_or_not(direct: Direct, end: End) -> None:
    tail = a_tail(Options(api=Api(limit=100)), traits=Traits(direct=direct, end=end))
    tail.server.write(*burst(NOW, 600, over_ms=20 * SECOND))
    tail.watch(NOW + MINUTE, every_ms=10 * SECOND)
    assert tail.told == everything(tail)


def test_an_absence_of_9_days_is_walked_in_bounded_steps() -> None:
    tail = a_tail(Options(api=Api(limit=100)))
    tail.watch(NOW + MINUTE)
    tail.server.write(*burst(NOW + 2 * MINUTE, 30, over_ms=DAY), *burst(NOW + 8 * DAY, 2_500, over_ms=DAY))
    tail.server.now_ms = NOW + 9 * DAY + HOUR
    first = tail.poll()
    assert (first.caught_up, first.pages <= 20, first.behind_ms > HOUR) == (False, True, True)
    tail.catch_up()
    assert tail.told == everything(tail)
    assert len(tail.cursor.ledger) == 0, "what is older than the worst lag is final when it is read"


# --- loud jobs -----------------------------------------------------------------------------------


def test_a_job_that_is_too_loud_is_skimmed_and_read_wholly_again_when_it_is_quiet() -> None:
    tail = a_tail(Options(pages=4, loud_pages=10, api=Api(limit=20)))
    loud = burst(NOW, 8_000, over_ms=2 * MINUTE, error_every=50)
    tail.server.write(*loud, *burst(NOW + 6 * MINUTE, 100, over_ms=MINUTE))
    tail.watch(NOW + 8 * MINUTE, every_ms=4 * SECOND)
    began = [each.skim_began for each in tail.outcomes if each.skim_began]
    ended = [each.skim_ended for each in tail.outcomes if each.skim_ended]
    assert [skim.because for skim in began] == [Because.LOUD]
    assert 50 <= began[0].lines_per_s <= 90
    assert len(ended) == 1
    assert errors(tail.told) == errors(everything(tail))
    assert not tail.told - everything(tail)
    last = Counter(burst(NOW + 6 * MINUTE, 100, over_ms=MINUTE))
    assert last <= tail.told, "after the loud stretch all levels are read again"
    assert sum(tail.told.values()) < 4_000


def test_a_long_loud_history_is_skimmed_for_errors_and_the_present_read_wholly() -> None:
    tail = a_tail(Options(pages=10, loud_pages=20, api=Api(limit=10)), start_ms=NOW - 5 * DAY)
    tail.server.write(*burst(NOW - 5 * DAY, 2_000, over_ms=5 * DAY, error_every=20))
    tail.catch_up()
    began = [each.skim_began for each in tail.outcomes if each.skim_began]
    assert [skim.because for skim in began] == [Because.BEHIND]
    assert tail.outcomes[-1].skim_ended is not None
    assert errors(tail.told) == errors(everything(tail))


def test_a_loud_job_whose_clock_is_ahead_is_skimmed_so_that_its_errors_need_not_wait() -> None:
    tail = a_tail(Options(pages=5, api=Api(limit=20)))
    for each in burst(NOW, 1_800, over_ms=3 * MINUTE, error_every=30):
        visible_ms = each.timestamp_ns // NS_PER_MS
        tail.server.write(
            replace(each, timestamp_ns=Ns(each.timestamp_ns + 5 * MINUTE * NS_PER_MS)), visible_ms=visible_ms
        )
    tail.watch(NOW + 3 * MINUTE + 2 * SECOND)
    assert errors(tail.told) == errors(everything(tail))
    assert any(each.skim_began for each in tail.outcomes)


def test_lines_that_are_written_during_a_poll_are_no_reason_to_skim() -> None:
    tail = a_tail(Options(pages=5, api=Api(limit=20)))
    tail.server.ms_per_page = 300
    tail.server.write(*burst(NOW, 2_400, over_ms=MINUTE))
    while not tail.poll().caught_up or tail.server.now_ms < NOW + 90 * SECOND:
        tail.server.now_ms += 100
    assert tail.told == everything(tail)
    assert not any(each.skim_began for each in tail.outcomes)


def test_thousands_of_errors_per_minute_are_settled_once_and_the_ledger_stays_bounded() -> None:
    options = Options(pages=10, api=Api(limit=20), lag_ms=MINUTE, reconcile_ms=10 * SECOND)
    tail = a_tail(options)
    tail.server.write(*burst(NOW, 3_000, over_ms=5 * MINUTE, error_every=1))
    late = [line(NOW + at * SECOND, f"late {at}") for at in range(0, 300, 7)]
    for each in late:
        tail.server.write(each, visible_ms=each.timestamp_ns // NS_PER_MS + 55 * SECOND)
    most = 0
    while tail.server.now_ms < NOW + 7 * MINUTE:
        tail.server.now_ms += 2 * SECOND
        tail.poll()
        most = max(most, len(tail.cursor.ledger))
    assert tail.told == everything(tail)
    assert most < 2 * 10 * 75
    assert tail.server.asked < 1_500, "5 per poll for the overlap, 2 per poll to settle"


def test_beyond_the_limit_of_memory_the_oldest_are_given_up_and_that_is_told() -> None:
    tail = a_tail(Options(ledger_lines=500, api=Api(limit=100)))
    tail.server.write(*burst(NOW, 1_800, over_ms=3 * MINUTE, error_every=1))
    while tail.server.now_ms < NOW + 3 * MINUTE:
        tail.server.now_ms += 2 * SECOND
        tail.poll()
        assert len(tail.cursor.ledger) <= 500
    assert tail.told == everything(tail)
    gaps = [gap for each in tail.outcomes for gap in each.gaps]
    assert gaps
    assert {(gap.at_least, gap.level) for gap in gaps} == {(0, Level.ERROR)}


# --- what is watched changes ---------------------------------------------------------------------


@pytest.mark.parametrize("levels", [(Level.ERROR, Level.WARNING), (Level.WARNING, Level.ERROR, Level.WARNING)])
def test_another_level_neither_doubles_nor_loses_a_line(levels: tuple[Level, ...]) -> None:
    tail = a_tail(Options(quiet_lines=50))
    for second in range(900):
        level = (Level.WARNING, Level.ERROR, Level.INFO, None)[second % 4]
        late = MINUTE if second % 3 == 0 and level is Level.ERROR else 0
        tail.server.write(
            line(NOW + second * SECOND, str(second), level=level), visible_ms=NOW + second * SECOND + late
        )
    for number, level in enumerate(levels):
        tail.options = replace(tail.options, level=level)
        tail.watch(NOW + (number + 1) * 5 * MINUTE, every_ms=10 * SECOND)
    tail.watch(NOW + 40 * MINUTE, every_ms=20 * SECOND)
    assert tail.told == everything(tail)


# --- pace ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet_ms", "hurry", "expected"),
    [(0, False, FASTEST_MS), (MINUTE, False, 6 * SECOND), (HOUR, False, SLOWEST_MS), (HOUR, True, FASTEST_MS)],
)
def test_a_job_is_asked_often_where_lines_flow_and_seldom_where_nothing_happens(
    quiet_ms: int, hurry: bool, expected: int
) -> None:
    cursor = replace(Cursor.at(Ms(NOW), Level.ERROR), news_ms=Ms(NOW))
    assert next_poll_ms(cursor, Ms(NOW + quiet_ms), hurry=hurry) == expected


def test_a_quiet_job_costs_one_request_per_poll_and_no_chunk() -> None:
    tail = a_tail()
    tail.server.write(*burst(NOW, 60, over_ms=10 * MINUTE))
    tail.watch(NOW + 10 * MINUTE, every_ms=10 * SECOND)
    assert {each.pages for each in tail.outcomes} == {1}
    assert tail.chunks == {}
    assert len(tail.head) < 4_000


def test_a_clock_that_is_set_back_neither_loses_nor_doubles() -> None:
    tail = a_tail()
    tail.server.write(*burst(NOW, 600, over_ms=10 * MINUTE, error_every=1))
    tail.watch(NOW + 5 * MINUTE, every_ms=5 * SECOND)
    tail.server.now_ms -= 3 * MINUTE
    tail.watch(NOW + 12 * MINUTE, every_ms=5 * SECOND)
    assert tail.told == everything(tail)
