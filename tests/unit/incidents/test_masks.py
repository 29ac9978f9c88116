"""What is masked, and that equal failures get equal fingerprints in every process."""

import subprocess
import sys

import pytest

from bot.incidents.fingerprint import VERSION, Reading, own_frame, read
from bot.incidents.masks import alike, masked, one_line, words
from bot.logs.fold import Folder
from bot.logs.fold_event import Fault
from bot.logs.line import Level
from tests.unit.incidents.runs import traceback

EQUAL = [
    ("numbers", "sample 327016 of 12.5 GiB", "sample 9 of 7 GiB"),
    ("addresses", "at 0x7f0e364e4098", "at 0x12ab"),
    ("request ids", "(Request ID: Root=1-68497b4f-7ee73f20)", "(Request ID: Root=1-11112222-aaaa)"),
    (
        "uuids",
        "actor 6f1ab2c3-1111-2222-3333-44445555aaaa died",
        "actor 00000000-aaaa-bbbb-cccc-ddddeeeeffff died",
    ),
    ("paths", "cannot open /ckpt/step-720/__4_0.distcp", "cannot open /mnt/x/y.pt"),
    ("urls", "for url: https://huggingface.co/a/b?x=1", "for url: http://10.0.0.7/c"),
    ("hosts", "from ip-10-29-110-138 and 10.2.3.4:29500", "from ip-10-1-2-3 and 10.9.9.9:1"),
    ("ranks and steps", "rank 13 at step=480", "rank 2 at step=12"),
    ("lists and shapes", "got [2048, 4096] and (3, 4)", "got [7] and (1, 2, 3)"),
    (
        "generated names",
        "worker train-job-8f2k1 in shard-00042.jsonl",
        "worker train-job-0abc9 in shard-00001.jsonl",
    ),
    ("times", "since 2025-09-10 09:01:21,491", "since 2024-01-02T03:04:05Z"),
]


@pytest.mark.parametrize(("what", "one", "other"), EQUAL, ids=[case[0] for case in EQUAL])
def test_what_differs_between_runs_is_masked(what: str, one: str, other: str) -> None:
    assert masked(one) == masked(other), what


@pytest.mark.parametrize(
    ("one", "other"),
    [("KeyError: 'labels'", "KeyError: 'mmlu'"), ("no field name", "no field title"), ("disk full", "quota full")],
)
def test_what_says_something_else_stays_different(one: str, other: str) -> None:
    assert masked(one) != masked(other)


def test_likeness_needs_words_and_counts_those_that_both_have() -> None:
    assert (
        alike(
            words("found nan in local forward loss"), words("rank 35: found nan in local forward loss calculation")
        )
        == 1
    )
    assert alike(words("found nan in forward loss"), words("no space left on device")) == 0
    assert alike(words("boom"), words("boom")) == 0


def test_a_headline_is_one_line_of_bounded_length() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("x" * 999)) == 200


def test_the_own_frame_is_the_innermost_that_no_package_owns() -> None:
    frames = [
        "/w/train.py:main",
        "/w/data.py:collate",
        "/opt/conda/lib/python3.11/site-packages/torch/x.py:call",
        "<frozen runpy>:run",
    ]
    assert own_frame(Fault("E", "m", frames)) == "data.py:collate"
    assert own_frame(Fault("E", "m", frames[2:])) == ""


def _reading(fault: str, place: str = "step", rank: int | None = None) -> Reading:
    folder = Folder()
    lines = traceback(1, "a", fault, rank=rank, place=place)
    (event,) = [*folder.events(lines, Level.ERROR), *folder.flush()]
    reading = read(event)
    assert reading is not None
    return reading


def test_a_fingerprint_depends_on_type_words_and_place_and_on_nothing_else() -> None:
    print_ = _reading("ValueError: shard 12 has 900 rows", rank=3).fingerprint
    assert print_ == _reading("ValueError: shard 99 has 1 rows", rank=60).fingerprint
    assert print_.startswith(f"{VERSION}:")
    others = [
        _reading("TypeError: shard 12 has 900 rows"),
        _reading("ValueError: shard 12 is empty"),
        _reading("ValueError: shard 12 has 900 rows", place="evaluate"),
    ]
    assert len({print_, *(other.fingerprint for other in others)}) == 4


def test_a_fingerprint_is_the_same_in_another_process() -> None:
    code = "from tests.unit.incidents.test_masks import _reading; print(_reading(\"KeyError: 'labels'\").fingerprint, end='')"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert other.stdout == _reading("KeyError: 'labels'").fingerprint
