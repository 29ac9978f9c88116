"""Lines of one shape differ in their digits only; what is remembered of one must not be told of another."""

import pytest

from bot.incidents.masks import masked
from bot.incidents.signatures import match
from bot.logs.fold_prefix import split_prefix
from bot.logs.fold_record import parse_record
from bot.logs.fold_shape import Part, part_of
from bot.logs.fold_words import is_hot, shape_of, tells_progress, text_of
from bot.logs.line import Level
from tests.unit.incidents.runs import at, judged


def test_a_shape_keeps_everything_but_the_digits() -> None:
    assert text_of(shape_of("rank 42: größe \ud800 0x7f")) == "rank 00: größe \ud800 0x0f"


def test_each_line_has_its_own_rank() -> None:
    assert [split_prefix(f"[rank{rank}]: x").rank for rank in (29, 13, 7)] == [29, 13, 7]
    assert [split_prefix(f"worker-{n}: [rank{n}{n}]: x").lane for n in (1, 2)] == [
        "worker-1: [rank11]:",
        "worker-2: [rank22]:",
    ]


def test_each_record_has_its_own_place_and_message() -> None:
    records = [
        parse_record(f"[2025-07-01 20:32:1{n},521] [ERROR] [uploader.py:9{n}:upload] attempt {n}") for n in (1, 2)
    ]
    assert [(record.site, record.message) for record in records] == [
        ("uploader.py:91:upload", "attempt 1"),
        ("uploader.py:92:upload", "attempt 2"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NVRM: Xid (PCI:0000:3b:00): 79, pid=1", "NVRM: Xid (PCI:0000:3b:00): 31, pid=1"),
        ("failed (exitcode: -9) local_rank: 3", "failed (exitcode: -3) local_rank: 3"),
        ("OSError: [Errno 28] it broke", "OSError: [Errno 12] it broke"),
        ("HTTPError: 401 Client Error: x", "HTTPError: 404 Client Error: x"),
    ],
)
def test_forms_that_look_at_a_number_are_told_apart(one: str, other: str) -> None:
    first, second = match(one), match(other)
    assert first is not None
    assert second is None or second.name != first.name
    assert match(one) is first


def test_the_headline_has_the_numbers_of_its_own_line() -> None:
    for sample in (123, 456):
        (incident,) = judged([at(1, "a", f"sample {sample} has no field 'labels'", Level.ERROR)])
        assert incident.title == f"sample {sample} has no field 'labels'"


def test_masks_and_questions_do_not_depend_on_which_digits_stand_there() -> None:
    assert masked("sample 123 of 0x7f00") == masked("sample 987 of 0x1f55")
    assert (
        part_of("frame #0: f + 0x96 (0x7e61 in lib.so)")
        is part_of("frame #7: f + 0x11 (0x1e99 in lib.so)")
        is Part.NATIVE
    )
    assert tells_progress("step: 9 loss")
    assert not tells_progress("no step here")
    assert is_hot("exit code 3")
    assert not is_hot("step 3 of 9")
