"""Time in the hands of a director: other speeds from now on, jumps of the clock, runs that never end."""

import pytest

from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.script import Scenario, read_script

from .conftest import NOON_NS

S = 1_000_000_000
HEAD = "{title: t, about: a, job: {name: j, nodes: 3, ranks_per_node: 2}, lag: 0s, seed: 1, steps: "
TICKS = "[{at: 0s, status: RUNNING}, {at: 1s, every: 1s for ever, vary: {n: from 1 by 1}, say: 'tick {n}'}"


@pytest.fixture
def player(world):
    return Player(world)


def started(player, project, steps, **given):
    return player.play(read_script(HEAD + steps + "]}", Scenario), project, **given)


def seconds(play):
    return [round((line.timestamp_ns - NOON_NS) / S, 3) for line in play.job.written]


def test_what_goes_on_for_ever_does(player, project, clock):
    play = started(player, project, TICKS)
    for _ in range(20):
        clock.turn(10)
        player.step(clock.ns)
    assert seconds(play) == list(range(1, 201))
    assert play.job.written[-1].message == "tick 200"


def test_a_final_status_ends_what_goes_on_for_ever(player, project, clock):
    play = started(player, project, TICKS + ", {at: 5.5s, status: COMPLETED}")
    clock.turn(600)
    player.step(clock.ns)
    assert seconds(play) == [1, 2, 3, 4, 5]
    assert player.next_due_ns is None


def test_another_speed_holds_from_now_on_and_changes_nothing_of_the_past(player, project, clock):
    play = started(player, project, TICKS)
    clock.turn(4)
    player.step(clock.ns)
    player.turn(2.0)
    clock.turn(2)
    player.step(clock.ns)
    player.turn(0.5)
    clock.turn(4)
    player.step(clock.ns)
    assert seconds(play) == [1, 2, 3, 4, 4.5, 5, 5.5, 6, 8, 10]


def test_what_has_yet_to_begin_comes_sooner_at_another_speed(player, project, clock):
    later = started(player, project, TICKS, at_ns=NOON_NS + 40 * S)
    player.turn(10.0)
    clock.turn(3.9)
    player.step(clock.ns)
    assert later.job is None
    clock.turn(0.2)
    player.step(clock.ns)
    assert later.job is not None
    assert started(player, project, TICKS).speed == 10.0


def test_jobs_live_through_a_jump_and_what_has_yet_to_begin_waits_as_long(player, project, clock):
    running = started(
        player, project, "[{at: 1s, status: RUNNING}, {at: 600s, say: 'ValueError: x'}, {at: 900s, status: FAILED}"
    )
    later = started(player, project, TICKS, at_ns=NOON_NS + 40 * S)
    clock.turn(10)
    player.step(clock.ns)
    clock.turn(3600)
    player.jumped(3600 * S)
    assert running.job.status == "TRAINING_JOB_FAILED"
    assert running.job.ended_ns == NOON_NS + 900 * S
    assert seconds(running) == [600]
    assert later.job is None
    clock.turn(31)
    player.step(clock.ns)
    assert later.job.created_ms == (NOON_NS + 3640 * S) // 1_000_000


def test_a_long_jump_is_told_thinly_but_for_its_last_minute(player, project, clock):
    play = started(player, project, TICKS)
    clock.turn(10)
    player.step(clock.ns)
    clock.turn(30 * 24 * 3600)
    player.jumped(30 * 24 * 3600 * S)
    assert 2_000 < len(play.job.written) < 4_000
    assert max(play.job.written, key=lambda line: line.timestamp_ns).message == f"tick {30 * 24 * 3600 + 10}"
    clock.turn(3)
    player.step(clock.ns)
    assert seconds(play)[-3:] == [30 * 24 * 3600 + 11 + n for n in range(3)]


def test_a_job_that_hangs_still_hangs_after_a_jump(player, project, clock):
    play = started(player, project, "[{at: 0s, status: RUNNING}, {at: 1s, every: 1s until 5s, say: x}")
    clock.turn(10)
    player.step(clock.ns)
    clock.turn(3600)
    player.jumped(3600 * S)
    assert seconds(play) == [1, 2, 3, 4]
    assert play.job.status == "TRAINING_JOB_RUNNING"
