"""The archive of a job's lines against a plain model of it: any order of stamps, visibility and reading."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.baseten.levels import RANKS, detected_level
from bot.sandbox.baseten.lines import LineArchive, SimLine, Window

LEVELS = (None, *RANKS)
writes = st.tuples(
    st.just("write"), st.integers(0, 60), st.integers(0, 60), st.sampled_from(LEVELS), st.integers(1, 3)
)
reads = st.tuples(
    st.just("read"),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from(LEVELS),
    st.integers(1, 5),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(writes, reads), max_size=40))
def test_reading_gives_what_a_search_through_all_lines_would_give(moves):
    archive = LineArchive()
    for now_ns, move in enumerate(moves, start=1):
        if move[0] == "write":
            _, stamp, visible, level, count = move
            for _ in range(count):
                archive.add(line(stamp, visible, level, len(archive.written)), now_ns)
        else:
            _, start, stop, level, limit, newest = move
            window = Window(start_ns=start, stop_ns=stop, min_level=level, newest_first=newest, limit=limit)
            assert archive.read(window, now_ns) == searched(archive.written, window, now_ns)


def searched(written, window, now_ns):
    found = [
        line
        for line in sorted(written, key=lambda line: (line.timestamp_ns, line.number))
        if line.visible_ns <= now_ns
        and window.start_ns <= line.timestamp_ns < window.stop_ns
        and (window.min_level is None or (line.level and RANKS[line.level] >= RANKS[window.min_level]))
    ]
    return (found[::-1] if window.newest_first else found)[: window.limit]


def line(stamp, visible, level, number):
    return SimLine(
        timestamp_ns=stamp,
        message="x",
        replica=None,
        level=level,
        request_id=None,
        visible_ns=visible,
        number=number,
    )


def test_one_late_line_before_very_many_is_found():
    archive = LineArchive()
    everything = Window(start_ns=0, stop_ns=10_000, min_level=None, newest_first=False, limit=1000)
    for number in range(500):
        archive.add(line(1000 + number, 0, None, number), 1)
    assert len(archive.read(everything, 1)) == 500
    archive.add(line(5, 0, "ERROR", 500), 2)
    assert archive.read(everything, 2)[0].timestamp_ns == 5


def test_a_level_is_the_first_word_for_one_else_error_for_a_traceback():
    table = {
        "2025-01-01 INFO nothing about an ERROR": "INFO",
        "[rank3]: Traceback (most recent call last):": "ERROR",
        "KeyError: 'messages'": "ERROR",
        "frame #0: c10::Error::Error(": "ERROR",
        "Exception: bare": None,
        "error: lower case": None,
        "NCCL_DEBUG_FILE is set": None,
        "WARNING:torch.distributed.run:": "WARNING",
        "": None,
    }
    assert {message: detected_level(message) for message in table} == table
