"""The language of the scenario files: what its words mean, and how a mistake in a file is told."""

import pytest

from bot.sandbox.baseten.acts import Score
from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.script import BadScript, JobWish, Scenario, duration_ns, read_script
from bot.sandbox.baseten.targets import targets
from bot.sandbox.baseten.words import filled, varied

from .conftest import NOON_NS

JOB = JobWish(name="j", nodes=3, ranks_per_node=2)
HEAD = "{title: t, about: a, job: {name: j, nodes: 3, ranks_per_node: 2}, lag: 0s, seed: 1, steps: "


def lines(world, project, steps):
    """(ms after the start, replica, level, message) of a scenario with these steps, by stamp."""
    player = Player(world)
    play = player.play(read_script(HEAD + steps + "}", Scenario), project)
    player.step(NOON_NS + 10**15)
    found = sorted(play.job.written, key=lambda line: (line.timestamp_ns, line.number))
    return [((line.timestamp_ns - NOON_NS) // 1_000_000, line.replica, line.level, line.message) for line in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("platform", [None]),
        ("all nodes", ["g00r0", "g01r0", "g02r0"]),
        ("all nodes except g01r0", ["g00r0", "g02r0"]),
        ("all", ["g00r0 0", "g00r0 1", "g01r0 0", "g01r0 1", "g02r0 0", "g02r0 1"]),
        ("all except g01r0 rank 1", ["g00r0 0", "g00r0 1", "g01r0 0", "g02r0 0", "g02r0 1"]),
        ("all ranks except ranks of g00r0, rank 5", ["g01r0 0", "g01r0 1", "g02r0 0"]),
        ("all ranks except g00r0, g02r0", ["g01r0 0", "g01r0 1"]),
        ("rank 3", ["g01r0 1"]),
        ("g02r0 rank 1, g00r0 rank 0", ["g02r0 1", "g00r0 0"]),
        ("ranks of g02r0", ["g02r0 0", "g02r0 1"]),
        ("g01r0", ["g01r0"]),
    ],
)
def test_on_names_who_speaks(text, found):
    names = [
        target.replica if target.local_rank is None else f"{target.replica} {target.local_rank}"
        for target in targets(text, JOB)
    ]
    assert names == found


@pytest.mark.parametrize(
    "text", ["", "everyone", "g03r0", "rank 6", "g00r0 rank 2", "ranks of g07r0", "all except all"]
)
def test_whom_a_job_has_not_cannot_speak(text):
    with pytest.raises(BadScript):
        targets(text, JOB)


@pytest.mark.parametrize(
    ("text", "ns"), [("35s", 35e9), ("200ms", 2e8), ("1.5m", 9e10), ("-2h", -7.2e12), ("0s", 0), ("3us", 3000)]
)
def test_a_duration_has_its_unit(text, ns):
    assert duration_ns(text) == ns


@pytest.mark.parametrize(
    ("recipe", "values"),
    [
        ("from 100 by 10", [100, 110, 120]),
        ("from 2.5 to 1.5", [2.5, 2.0, 1.5]),
        ("from 2e-05 to 0", [2e-05, 1e-05, 0]),
        ("about 7", [7, 7, 7]),
        ("about 7 ± 2", [8, 8, 8]),
        ("one of a | b c | d", ["d", "d", "d"]),
    ],
)
def test_a_value_varies_over_the_repetitions(recipe, values):
    assert [varied(recipe, number, 3, lambda: 0.75) for number in range(3)] == pytest.approx(values)


def test_placeholders_are_filled_and_other_braces_stay():
    values = {"rank": 3, "loss": 1.23456, "tps": 6400.4, "inner": "of {rank}"}
    assert filled("{'loss': {loss:.2f}} {rank} {tps:,d} {unknown} {inner}", values) == (
        "{'loss': 1.23} 3 6,400 {unknown} of 3"
    )


def test_a_step_repeats_and_each_target_speaks(world, project):
    steps = '[{at: 1s, every: 500ms until 2s, on: all nodes, say: "n{node} r{rank}"}]'
    assert lines(world, project, steps) == [
        (at, f"g0{node}r0", None, f"n{node} r{node * 2}") for at in (1000, 1500) for node in range(3)
    ]
    assert [at for at, *_ in lines(world, project, "[{at: 0s, every: '2s, 3 times', say: x}]")] == [0, 2000, 4000]


@pytest.mark.parametrize(
    ("step", "written"),
    [
        (
            '{at: 1s, say: "a\\n\\n  b\\n"}',
            [(1000, "g00r0", None, "a"), (1000, "g00r0", None, ""), (1000, "g00r0", None, "  b")],
        ),
        ('{at: 1s, whole: true, say: "a\\n  ERROR"}', [(1000, "g00r0", "ERROR", "a\n  ERROR")]),
        ("{at: 1s, say: 'ValueError: x'}", [(1000, "g00r0", "ERROR", "ValueError: x")]),
        ("{at: 1s, level: none, say: an ERROR}", [(1000, "g00r0", None, "an ERROR")]),
        ("{at: 1s, level: WARNING, on: platform, say: x}", [(1000, None, "WARNING", "x")]),
        ("{at: 9s, skew: -2s, say: x}", [(7000, "g00r0", None, "x")]),
        ("{at: 1s, prefix: '[rank{rank}]: ', on: rank 5, say: x}", [(1000, "g02r0", None, "[rank5]: x")]),
    ],
)
def test_a_step_says_what_it_says(world, project, step, written):
    assert lines(world, project, f"[{step}]") == written


def test_late_lines_become_visible_later_than_they_are_stamped(world, project):
    player = Player(world)
    play = player.play(read_script(HEAD + "[{at: 1s, late: 2m, say: x}]}", Scenario), project)
    player.step(NOON_NS + 10**12)
    line = play.job.written[0]
    assert (line.timestamp_ns - NOON_NS, line.visible_ns - NOON_NS) == (10**9, 121 * 10**9)


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ("[{at: 1s, sai: x}]", "sai"),
        ("[{at: 1s, gpu: 3}]", "gpu"),
        ("[{at: soon, say: x}]", "soon"),
        ("[{at: 1s, every: often, say: x}]", "often"),
        ("[{at: 1s, on: nobody, say: x}]", "nobody"),
        ("[{at: 1s, text: no-such-text}]", "no-such-text"),
        ("[{say: x}]", "at"),
        ("[{at: 1s, every: 0s until 5s, say: x}]", "never"),
        ("[{at: 1s, status: RUNING}]", "RUNING"),
        ("[{at: 1s, vary: {loss: falling}, say: x}]", "falling"),
        ("[{", "expected"),
    ],
)
def test_a_mistake_in_a_file_is_told_before_anything_is_played(steps, complaint):
    with pytest.raises(BadScript, match=complaint):
        Score(read_script(HEAD + steps + "}", Scenario), {})


def test_an_instance_that_does_not_exist_is_told_with_those_that_do():
    script = "{title: t, about: a, job: {name: j, instance: H100x9}, steps: []}"
    with pytest.raises(BadScript, match=r"H100x9.*H100x8"):
        Score(read_script(script, Scenario), {})
