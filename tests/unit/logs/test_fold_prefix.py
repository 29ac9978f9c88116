"""Prefixes of launchers, and what is cleaned off a line."""

import pytest

from bot.logs.fold_prefix import clean, split_prefix


@pytest.mark.parametrize(
    ("line", "text", "rank"),
    [
        ("[rank29]: Traceback", "Traceback", 29),
        ("[rank15]:[E611 03:28:45.2 x.cpp:629] y", "[E611 03:28:45.2 x.cpp:629] y", 15),
        ("rank3: Traceback", "Traceback", 3),
        ("rank7[123][MainThread]: ERROR: x", "ERROR: x", 7),
        ("[default0]:epoch", "epoch", None),
        ("(RayTrainWorker pid=4021, ip=10.0.0.1) x", "x", None),
        ("(EngineCore_0 pid=675221) (VllmWorker TP0 pid=675227) x", "x", None),
        ("(VllmWorker rank=2 pid=212) x", "x", 2),
        ("(pid=40210)   File", "  File", None),
        ("(raylet) x", "x", None),
        ("[1,13]<stderr>:x", "x", 13),
        ("3: x", "x", 3),
        ("worker-1: [rank9]: x", "x", 9),
        ("10.0.0.7: x", "x", None),
    ],
)
def test_a_launchers_prefix_is_taken_off(line: str, text: str, rank: int | None) -> None:
    found = split_prefix(line)
    assert (found.text, found.rank) == (text, rank)
    assert found.lane


@pytest.mark.parametrize(
    "line",
    [
        "requests.exceptions.HTTPError: 401",
        "ip-10-23-4-69:92:473 [0] NCCL INFO Bootstrap",
        "wandb: ERROR x",
        "[2025-05-02 01:15:16,427] [INFO] x",
        "(3, 4) is not a shape",
        "srun: error: x",
        "12:30:01 x",
        "",
    ],
)
def test_what_only_looks_like_a_prefix_stays(line: str) -> None:
    assert split_prefix(line).text == line


def test_lines_that_ray_counts_are_counted() -> None:
    found = split_prefix("(Worker pid=7) boom [repeated 3x across cluster] (Ray deduplicates logs by default.)")
    assert (found.text, found.repeats) == ("boom", 4)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\x1b[31m\x1b[1mRuntimeError\x1b[0m: x", "RuntimeError: x"),
        ("\x1b]8;;https://x\x07link\x1b]8;;\x07", "link"),
        ("\r  1%| a\r  2%| b", "  2%| b"),
        ("a\x07b\u202ec", "a b c"),
        ("\ud800", " "),
    ],
)
def test_colours_control_characters_and_overwritten_progress_are_cleaned_off(raw: str, text: str) -> None:
    assert clean(raw) == text
