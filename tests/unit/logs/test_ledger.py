"""Counting what was taken: 8 bytes a line, by bucket of log time."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.cursor import INLINE_BYTES, Because, Cursor, Encoded, Skim
from bot.logs.ledger import BUCKET_MS, DIGEST_SIZE, Ledger
from bot.logs.line import Level, Line
from bot.logs.pages import Direction
from bot.times import NS_PER_MS, Ms, Ns
from tests.unit.logs.tail_model import NOW, burst, line, share_of_profile

some_lines = st.lists(
    st.builds(
        Line,
        st.integers(0, 3).map(lambda bucket: Ns((NOW + bucket * BUCKET_MS) * NS_PER_MS)),
        st.sampled_from(["a", "b", "\ud800 a lone surrogate"]),
        st.sampled_from([None, "", "r0"]),
        st.sampled_from([None, *Level]),
        st.sampled_from([None, "req"]),
    ),
    max_size=30,
).map(lambda lines: sorted(lines, key=lambda line: line.timestamp_ns))


@share_of_profile
@given(st.lists(some_lines, max_size=5), st.sampled_from(Level))
def test_of_each_line_as_many_are_new_as_no_reading_before_had(readings: list[list[Line]], level: Level) -> None:
    ledger, told, most = Ledger(), Counter[Line](), Counter[Line]()
    for lines in readings:
        new, ledger = ledger.take(lines, level)
        told.update(new)
        most |= Counter(lines)
        assert new == sorted(new, key=lambda line: line.timestamp_ns)
    assert told == most
    assert len(ledger) == sum(most.values())


@pytest.mark.parametrize(
    "other",
    [
        {"timestamp_ns": Ns(NOW * NS_PER_MS + 1)},
        {"message": "boom "},
        {"message": " boom"},
        {"replica": "r1"},
        {"replica": None},
        {"level": None},
        {"level": Level.WARNING},
        {"request_id": "r"},
    ],
)
def test_lines_that_differ_in_anything_are_different_lines(other: dict[str, object]) -> None:
    _, ledger = Ledger().take([line(NOW)], Level.ERROR)
    changed = replace(line(NOW), **other)
    assert ledger.take([changed], Level.ERROR)[0] == [changed]


def test_a_replica_without_a_name_is_not_the_replica_named_none() -> None:
    _, ledger = Ledger().take([line(NOW, replica=None)], Level.ERROR)
    assert len(ledger.take([line(NOW, replica="None"), line(NOW, replica="")], Level.ERROR)[0]) == 2


def test_digests_are_the_same_in_every_process() -> None:
    _, ledger = Ledger().take([Line(Ns(1), "boom", "r0", Level.ERROR)], Level.ERROR)
    assert ledger.parts == {0: bytes.fromhex("8288195bf1920680")}


def test_wanted_and_other_lines_are_forgotten_at_their_own_times() -> None:
    lines = burst(NOW, 100, over_ms=10 * BUCKET_MS)
    _, ledger = Ledger().take(lines, Level.ERROR)
    kept = ledger.without(wanted_before_ms=NOW + 2 * BUCKET_MS, others_before_ms=NOW + 8 * BUCKET_MS)
    new, _ = kept.take(lines, Level.ERROR)
    seconds = {(each.level, (each.timestamp_ns // NS_PER_MS - NOW) // BUCKET_MS) for each in new}
    assert seconds == {(Level.ERROR, 0), (Level.ERROR, 1), *((Level.INFO, bucket) for bucket in range(8))}


def test_counts_and_reaches_back_over_what_it_knows() -> None:
    _, ledger = Ledger().take(burst(NOW, 1_000, over_ms=10 * BUCKET_MS), Level.ERROR)
    end = NOW + 10 * BUCKET_MS
    assert ledger.count(NOW, end, others=True) == 1_000
    assert ledger.count(NOW, end, others=False) == 100
    assert ledger.count(NOW + BUCKET_MS, NOW + 3 * BUCKET_MS, others=True) == 200
    assert ledger.reach_back(250, end, others=True) == end - 5 * BUCKET_MS // 2
    assert ledger.reach_back(10, end, others=False) == end - BUCKET_MS
    assert ledger.reach_back(1_000, end, others=True) == 0


# --- the cursor as bytes -------------------------------------------------------------------------


def a_cursor(*lines: Line) -> Cursor:
    _, ledger = Ledger().take(lines, Level.ERROR)
    return Cursor(
        level=Level.ERROR,
        read_to_ms=Ms(NOW + 5),
        settled_ms=Ms(NOW - 5),
        others_from_ms=Ms(NOW),
        skim=Skim(since_ms=Ms(NOW), because=Because.LOUD, lines_per_s=900, checked_ms=Ms(NOW)),
        gaps=frozenset({(NOW, 40)}),
        proven=frozenset({Direction.ASC}),
        ledger=ledger,
    )


@share_of_profile
@given(some_lines)
def test_a_cursor_survives_its_encoding(lines: list[Line]) -> None:
    cursor = a_cursor(*lines)
    encoded = cursor.encode()
    assert Cursor.decode(encoded.head, encoded.chunks) == cursor


def test_only_large_parts_become_chunks_and_only_changed_ones_are_written() -> None:
    many = INLINE_BYTES // DIGEST_SIZE
    first = a_cursor(*[line(NOW, str(at)) for at in range(many)], line(NOW + BUCKET_MS)).encode()
    assert list(first.chunks) == [2 * (NOW // BUCKET_MS)]

    _, ledger = Ledger().take([line(NOW + 3 * BUCKET_MS, str(at)) for at in range(many)], Level.ERROR)
    grown = Encoded(head=b"", chunks={**first.chunks, **ledger.parts})
    assert grown.changed_since(first.chunks) == ledger.parts
    assert Encoded(head=b"", chunks={}).changed_since(first.chunks) == dict.fromkeys(first.chunks)


def test_a_cursor_that_cannot_be_read_says_so() -> None:
    encoded = a_cursor(*[line(NOW, str(at)) for at in range(100)]).encode()
    for head, chunks in ((b"", encoded.chunks), (b"rubbish", encoded.chunks), (encoded.head, {})):
        with pytest.raises(ValueError, match="cannot be read"):
            Cursor.decode(head, chunks)


def test_chunks_of_an_earlier_life_are_ignored() -> None:
    encoded = a_cursor(line(NOW)).encode()
    assert Cursor.decode(encoded.head, {7: b"12345678"}) == a_cursor(line(NOW))
