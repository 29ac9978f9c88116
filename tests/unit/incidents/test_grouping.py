"""The engine: one failure is one incident, whatever it prints, however it is cut, wherever the state is kept."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.incidents.grouping import VERSION, Engine
from bot.incidents.incident import EXCERPT_LINES, Role
from bot.logs.line import Level, Line
from bot.times import NS_PER_S, Ns
from tests.unit.incidents.runs import ONE_OOM, at, block, judged, ordered, peer_gone, progress, torchrun, traceback

MIXED = ordered(
    ONE_OOM,
    block(50, "a", "ERROR: pip's dependency resolver does not currently take into account all the packages"),
    [
        at(100 + n, "c", f"2025-06-11 03:17:06,532 - data - ERROR - sample {n} of shard-{n}.tar has no label")
        for n in range(6)
    ],
    block(950, "a", "frame #0: c10::Error::Error(c10::SourceLocation) + 0x96 (0x7e61 in libc10.so)\nKilled"),
)


def test_one_failure_over_many_replicas_is_one_incident() -> None:
    lines = [traceback(n / 10, f"r{n}", "KeyError: 'labels'", rank=n * 8) for n in range(64)]
    facts = judged(*lines)
    assert [(each.count, len(each.replicas), each.first_replica) for each in facts] == [(64, 64, "r0")]


def test_messages_that_differ_by_rank_file_and_number_are_one_incident() -> None:
    lines = [
        traceback(
            n / 10,
            f"r{n}",
            f"ValueError: shard part-{n:05}.parquet on ip-10-2-{n}-4 has {n + 900} rows, not {n * 7}",
        )
        for n in range(16)
    ]
    assert len(judged(*lines)) == 1


def test_equal_types_from_unlike_places_are_two_incidents() -> None:
    one = traceback(1, "a", "KeyError: 'labels'", place="collate")
    other = traceback(2000, "b", "KeyError: 'mmlu'", place="evaluate")
    assert len(judged(one, progress(3, 1990, ("a", "b")), other)) == 2


def test_a_logged_announcement_and_its_traceback_are_one_incident() -> None:
    lines = block(1, "a", "2025-06-11 03:17:06,532 - ckpt - ERROR - upload of step-720 failed after 48.2s")
    facts = judged(lines, traceback(1.1, "a", "OSError: broken stream"))
    assert len(facts) == 1
    assert facts[0].title == "OSError: broken stream"


def test_retries_that_end_in_giving_up_are_one_incident() -> None:
    head = "[2025-07-01 20:32:11,521] [ERROR] [uploader.py:"
    lines = [
        at(n * 30, "a", f"{head}91:upload] attempt {n + 1}/3 failed after {n}.8s for /ckpt/{n}/x.pt")
        for n in range(3)
    ]
    facts = judged(
        lines, [at(91, "a", f"{head}99:upload] giving up on checkpoint-120, will retry at the next save")]
    )
    assert [(each.count, each.role) for each in facts] == [(4, Role.ROOT)]


def test_a_healthy_log_opens_nothing() -> None:
    assert judged(progress(0, 2000, ("a", "b"))) == ()


def test_lines_without_a_level_that_state_a_crash_count() -> None:
    for text in (
        "Killed",
        "Segmentation fault (core dumped)",
        "Bus error (core dumped)",
        "malloc(): corrupted top size",
    ):
        facts = judged([at(1, "a", text)])
        assert len(facts) == 1, text
        assert facts[0].alert, text


def test_warnings_count_only_when_asked() -> None:
    lines = [at(1, "a", "WARNING:loader:queue is empty")]
    assert judged(lines) == ()
    assert len(judged(lines, counts_as_error=Level.WARNING)) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.lists(st.integers(0, len(MIXED)), max_size=12).map(sorted), through_bytes=st.booleans())
def test_a_log_in_random_pieces_gives_the_same_incidents(cuts: list[int], through_bytes: bool) -> None:
    engine = Engine.fresh()
    for begin, end in zip([0, *cuts], [*cuts, len(MIXED)], strict=True):
        piece = MIXED[begin:end]
        engine.feed(piece, now_ns=piece[-1].timestamp_ns if piece else MIXED[0].timestamp_ns)
        if through_bytes:
            engine = Engine.restore(engine.dump())
    engine.finish()
    assert engine.incidents() == judged(MIXED)


def test_an_event_that_a_poll_cuts_is_carried_to_the_next() -> None:
    lines = traceback(1, "a", "ValueError: boom", rank=3)
    engine = Engine.fresh()
    assert engine.feed(lines[:3], now_ns=lines[2].timestamp_ns) == ()
    engine = Engine.restore(engine.dump())
    engine.feed(lines[3:], now_ns=lines[-1].timestamp_ns)
    (facts,) = engine.finish()
    assert facts.title == "ValueError: boom"
    assert facts.excerpt[0] == "Traceback (most recent call last):"


def test_a_carried_event_is_told_once_it_is_old_even_if_no_line_follows() -> None:
    lines = traceback(1, "a", "ValueError: boom")
    engine = Engine.fresh()
    assert engine.feed(lines, now_ns=lines[-1].timestamp_ns) == ()
    (facts,) = engine.feed([], now_ns=Ns(lines[-1].timestamp_ns + 30 * NS_PER_S))
    assert facts.title == "ValueError: boom"


def test_only_incidents_that_changed_are_told_again() -> None:
    engine = Engine.fresh()
    engine.feed(traceback(1, "a", "ValueError: boom"), now_ns=at(60, "a", "").timestamp_ns)
    other = traceback(2000, "b", "KeyError: 'x'", place="evaluate")
    told = engine.feed([*progress(70, 1990, ("a", "b")), *other], now_ns=at(2060, "a", "").timestamp_ns)
    assert "KeyError: 'x'" in {facts.title for facts in told}
    assert engine.feed([], now_ns=at(2070, "a", "").timestamp_ns) == ()


def test_the_headline_moves_when_the_cause_arrives_after_its_consequences() -> None:
    engine = Engine.fresh()
    (first,) = engine.feed(peer_gone(100, "a", 0, "host-b"), now_ns=at(130, "a", "").timestamp_ns)[:1]
    assert first.role is Role.ROOT
    late = traceback(140, "b", "AssertionError: buckets differ", rank=9)
    told = {facts.key: facts for facts in engine.feed(late, now_ns=at(170, "a", "").timestamp_ns)}
    assert told[first.key].role is Role.CASCADE
    assert told[told[first.key].caused_by or ""].title == "AssertionError: buckets differ"


def test_a_dump_of_another_version_or_of_nothing_gives_a_fresh_engine() -> None:
    other = msgspec.msgpack.encode([VERSION + 1, "of another shape"])
    for data in (b"", b"\xc1garbage", other, msgspec.msgpack.encode([VERSION, 7])):
        assert Engine.restore(data).incidents() == ()


def test_memory_is_bounded_by_incidents_and_not_by_lines() -> None:
    def size(lines: int) -> int:
        engine = Engine.fresh()
        text = "2025-06-11 03:17:06,532 - data - ERROR - sample {} has no label"
        engine.feed(
            [at(n, "a", text.format(n)) for n in range(lines)], now_ns=at(lines + 60, "a", "").timestamp_ns
        )
        return len(engine.dump())

    assert size(2000) <= size(50) + 64


def test_a_flood_of_different_errors_does_not_grow_without_end() -> None:
    engine = Engine.fresh()
    lines = [
        at(n, f"r{n % 7}", f"ERROR:mod_{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}x:{_word(n)} {_word(n * 7)}")
        for n in range(700)
    ]
    engine.feed(lines, now_ns=at(4000, "a", "").timestamp_ns)
    assert len(engine.incidents()) <= 500


def test_everything_that_is_told_is_redacted() -> None:
    token = "hf_" + "a1B2" * 9
    (facts,) = judged(traceback(1, "a", f"ValueError: bad token {token} for postgres://u:hunter2@db/x"))
    assert token not in str(facts)
    assert "hunter2" not in str(facts)
    assert facts.hidden_values == 2


def test_an_excerpt_is_short_and_has_no_control_characters() -> None:
    body = "\n".join(f"    row \x1b[31m{n}\x07" for n in range(300))
    (facts,) = judged(traceback(1, "a", f"ValueError: boom\n{body}"))
    assert len(facts.excerpt) == EXCERPT_LINES
    assert facts.excerpt[0] == "Traceback (most recent call last):"
    assert "more lines" in facts.excerpt[20]
    assert not any(ord(char) < 32 for line in facts.excerpt for char in line)


def test_what_a_json_record_hides_is_cleaned_and_redacted_too() -> None:
    token = "hf_" + "a1B2" * 9
    text = '{"level":"error","msg":"\\u001b[31mbad\\u0007 TOKEN"}'.replace("TOKEN", token)
    (facts,) = judged([at(1, "a", text, Level.ERROR)])
    assert facts.title == "bad [hidden]"


def test_hostile_lines_do_no_harm() -> None:
    hostile = ["", "\x00", "\x1b[", "[" * 5000, "{" * 5000, "Traceback (most recent call last):" * 50, "ERROR " + "a/" * 4000,
               "ERROR " + "'" * 4000, "ERROR: " + "9" * 4000, '{"level":"ERROR","message":["x"]}', "\ud800 ERROR"]  # fmt: skip
    lines = [Line(Ns(n), text, None if n % 2 else "a", Level.ERROR) for n, text in enumerate(hostile)]
    engine = Engine.fresh()
    engine.feed(lines, now_ns=Ns(10**12))
    assert all(facts.title is not None for facts in Engine.restore(engine.dump()).incidents())


def test_the_launchers_of_all_replicas_are_one_incident() -> None:
    facts = judged(*(torchrun(n, f"r{n}", 1) for n in range(8)))
    assert [(len(each.replicas), each.role) for each in facts] == [(8, Role.ROOT)]


def _word(n: int) -> str:
    letters = "abcdefghij"
    return "".join(letters[int(digit)] for digit in str(n)) + "q"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "a-1.",
        "ip-1-",
        "mlx5_",
        "a.b.",
        "/",
        "[1, ",
        "(x pid=1) ",
        "NCCL WARN ",
        "job preempt ",
        "wandb retry ",
        "it/s",
    ],
)
def test_a_hostile_line_costs_little(piece: str) -> None:
    """A pattern that backtracks takes hours over these lines, and the time limit of the test ends it."""
    text = piece * (20_000 // len(piece))
    lines = [Line(Ns(n), prefix + text, "a", Level.ERROR) for n, prefix in enumerate(("", "ERROR ", "[rank3]: "))]
    engine = Engine.fresh()
    engine.feed(lines, now_ns=Ns(10**12))
    assert len(engine.incidents()) <= len(lines)
