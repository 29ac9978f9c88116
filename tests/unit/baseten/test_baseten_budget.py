"""The budget: never more than the limit in any window, the reserve for people, nobody forgotten."""

import asyncio
from bisect import bisect_left

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.baseten.budget import Budget
from bot.baseten.options import Options
from bot.errors import ConfigurationError
from bot.flows.services import Priority

COMMAND, POLL = Priority.COMMAND, Priority.POLL


async def taken(budget, clock, priority, log, name=None):
    await budget.take(priority)
    log.append((clock.monotonic_s(), priority, name))


def most_in_a_window(moments, window_s):
    return max((bisect_left(moments, start + window_s) - i for i, start in enumerate(moments)), default=0)


arrivals = st.lists(
    st.tuples(
        st.floats(0, 0.7, allow_nan=False),  # seconds after the one before
        st.sampled_from([COMMAND, POLL, POLL, POLL]),
        st.one_of(st.none(), st.floats(0, 1.5, allow_nan=False)),  # gives up after so long
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=arrivals, limit=st.integers(2, 6), reserve=st.integers(0, 1), burst=st.integers(1, 6))
def test_no_window_ever_holds_more_than_the_limit_and_polls_leave_the_reserve(
    new_clock, arrivals, limit, reserve, burst
):
    async def story():
        clock, log, tasks = new_clock(), [], []
        budget = Budget(Options(limit=limit, reserve=reserve, burst=burst, slack_s=0.0), clock)

        async def gives_up(task, after_s):
            await clock.sleep(after_s)
            task.cancel()

        for pause_s, priority, patience_s in arrivals:
            await clock.turn_to(clock.now_s + pause_s)
            task = asyncio.create_task(taken(budget, clock, priority, log))
            tasks.append(task)
            if patience_s is not None:
                tasks.append(asyncio.create_task(gives_up(task, patience_s)))
        await clock.run(*tasks)
        return log, [task for task in tasks if not task.cancelled()]

    log, finished = asyncio.run(story())
    moments = [moment for moment, _, _ in log]
    assert moments == sorted(moments)
    assert most_in_a_window(moments, 1.0) <= limit
    for moment, priority, _ in log:
        before = [m for m in moments if moment - 1.0 < m < moment]
        assert priority is COMMAND or len(before) < limit - reserve
    assert all(task.exception() is None for task in finished)


async def test_a_burst_goes_out_at_the_limit_and_not_faster(clock):
    budget, log = Budget(Options(limit=95, reserve=0, slack_s=0.0), clock), []
    await clock.run(*[asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(300)])
    moments = [moment for moment, _, _ in log]
    assert most_in_a_window(moments, 1.0) == 95
    assert moments[-1] - moments[0] == pytest.approx(3.0, abs=0.15)


async def test_the_limit_holds_even_if_early_requests_arrive_late(clock):
    budget, log = Budget(Options(limit=95, reserve=0, slack_s=0.1), clock), []
    await clock.run(*[asyncio.create_task(taken(budget, clock, COMMAND, log)) for _ in range(300)])
    assert most_in_a_window([moment for moment, _, _ in log], 1.1) == 95


async def test_a_full_window_is_spread_so_that_a_slow_start_does_not_pile_up(clock):
    budget, log = Budget(Options(limit=100, reserve=0, burst=10, slack_s=0.0), clock), []
    await clock.run(*[asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(250)])
    moments = [moment for moment, _, _ in log]
    assert moments[9] == moments[0]
    assert most_in_a_window(moments, 0.1) <= 20


async def test_polls_stop_at_the_reserve_and_commands_use_it_up(clock):
    budget, log = Budget(Options(limit=10, reserve=4, burst=10), clock), []
    tasks = [asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(10)]
    await clock.settle()
    assert len(log) == 6
    tasks += [asyncio.create_task(taken(budget, clock, COMMAND, log)) for _ in range(6)]
    await clock.settle()
    assert [priority for _, priority, _ in log[6:]] == [COMMAND] * 4
    await clock.run(*tasks)


async def test_a_command_goes_before_polls_that_came_first(clock):
    budget, log = Budget(Options(limit=1, reserve=0), clock), []
    tasks = [asyncio.create_task(taken(budget, clock, POLL, log, name)) for name in "abcd"]
    await clock.settle()
    tasks.append(asyncio.create_task(taken(budget, clock, COMMAND, log, "person")))
    await clock.run(*tasks)
    assert [name for _, _, name in log] == ["a", "person", "b", "c", "d"]


async def test_whoever_came_first_goes_first(clock):
    budget, log = Budget(Options(limit=3, reserve=1), clock), []
    await clock.run(*[asyncio.create_task(taken(budget, clock, POLL, log, n)) for n in range(20)])
    assert [name for _, _, name in log] == list(range(20))


async def test_those_who_give_up_take_no_slot_with_them(clock):
    budget, log = Budget(Options(limit=5, reserve=0, burst=5, slack_s=0.0), clock), []
    await clock.run(*[asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(5)])
    waiting = [asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(50)]
    await clock.settle()
    for task in waiting:
        task.cancel()
    await clock.settle()
    await clock.turn_to(clock.now_s + 1.0)
    last = [asyncio.create_task(taken(budget, clock, POLL, log)) for _ in range(5)]
    await clock.settle()
    assert all(task.done() for task in last)


async def test_a_hold_stops_polls_and_commands_alike(clock):
    budget, log = Budget(Options(), clock), []
    assert budget.refused(2.5) == pytest.approx(2.5)
    tasks = [asyncio.create_task(taken(budget, clock, p, log)) for p in (POLL, COMMAND)]
    await clock.turn_to(1002.4)
    assert log == []
    await clock.run(*tasks)
    assert [round(moment, 3) for moment, _, _ in log] == [1002.5, 1002.5]


async def test_without_a_word_from_the_server_the_hold_doubles(clock):
    budget, holds = Budget(Options(), clock), []
    for _ in range(4):
        holds.append(budget.refused(None))
        await clock.turn_to(clock.now_s + holds[-1] + 0.01)
    for hold, nominal in zip(holds, (1, 2, 4, 8), strict=True):
        assert 0.75 * nominal <= hold <= 1.25 * nominal
    budget.accepted()
    assert budget.refused(None) <= 1.25


async def test_answers_that_were_on_their_way_do_not_double_the_hold(clock):
    budget = Budget(Options(), clock)
    assert max(budget.refused(None) for _ in range(20)) <= 1.25


async def test_a_shorter_word_does_not_shorten_a_hold(clock):
    budget = Budget(Options(), clock)
    budget.refused(30)
    assert budget.refused(1) == pytest.approx(30)


async def test_no_hold_is_believed_for_longer_than_the_options_say(clock):
    assert Budget(Options(hold_max_s=60), clock).refused(1e9) == pytest.approx(60)


def test_a_reserve_that_leaves_nothing_for_polls_is_refused():
    with pytest.raises(ConfigurationError, match="reserve"):
        Options(limit=10, reserve=10)
