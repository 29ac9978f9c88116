"""A broken scenario file: one sentence, with the file and the line."""

import pytest

from bot.sandbox.baseten.library import DEMO, UnknownScenario, known, playable, scenario_names, scenario_of
from bot.sandbox.baseten.script import BadScript, Programme

GOOD = """title: t
about: a
job: {name: j, nodes: 2, instance: H100x8}
steps:
  - {at: 1s, status: RUNNING}
  - at: 2s
    on: all ranks
    say: hello
  - {at: 9s, status: FAILED}
"""


def complaint(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(BadScript) as told:
        scenario_of(file)
    return str(told.value)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("say: hello", "sya: hello", 8, "sya"),
        ("at: 2s", "at: soon", 6, "not a duration: 'soon'"),
        ("on: all ranks", "on: rank 99", 6, "the job has 2 nodes"),
        ("H100x8", "H100x9", 3, "no instance 'H100x9'"),
        ("status: RUNNING", "status: RUNING", 5, "status: Invalid enum value"),
        ("status: RUNNING", "gpu: 7", 5, "gpu: Expected `float` <= 1.0"),
        ("status: RUNNING", "status: COMPLETED", 9, "becomes FAILED at 9s, but it has been COMPLETED for good"),
        ("{at: 9s, status: FAILED}", "{at: 9s, every: '2s, 3 times', status: FAILED}", 9, "only once"),
        ("say: hello", "text: no-such-text", 6, "no text is called"),
        ("say: hello", "every: 1s for ever\n    vary: {x: from 1 to 2}\n    say: x", 6, "has no end"),
        ("say: hello", "say: [hello", 9, "expected"),
        ("title: t\n", "", 1, "title"),
    ],
)
def test_a_mistake_is_told_with_its_line_before_anything_is_played(tmp_path, right, wrong, line, words):
    told = complaint(tmp_path, GOOD.replace(right, wrong, 1))
    assert told.startswith(f"mine.yaml, line {line}: "), told
    assert words in told


def test_the_file_without_a_mistake_is_read(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    assert scenario_of(file).title == "t"


@pytest.mark.parametrize(
    ("name", "near"),
    [("oom-one-rnk", "oom-one-rank"), ("next-day", "returns-next-day"), ("pending", "stuck-pending")],
)
def test_an_unknown_name_gets_the_nearest_one(name, near):
    with pytest.raises(UnknownScenario) as told:
        known(name)
    assert near in str(told.value)
    assert "did you mean" in str(told.value)


def test_a_name_like_no_other_gets_them_all():
    with pytest.raises(UnknownScenario) as told:
        known("zzzzzz")
    assert all(name in str(told.value) for name in scenario_names())


def test_every_file_can_be_asked_for_but_the_programme_that_is_the_demo():
    found = playable()
    assert len(found) >= 18
    assert DEMO not in found
    assert isinstance(found["three-at-once"], Programme)
    titles = [one.title for one in found.values()]
    assert len(set(titles)) == len(titles)
    assert all(len(title) <= 90 for title in titles)
