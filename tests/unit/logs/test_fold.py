"""Lines → events: tracebacks, dumps and records stay whole, whoever writes between them."""

import pytest

from bot.logs.fold import GAP_NS, Folder
from bot.logs.fold_event import Event, Shape
from bot.logs.line import Level, Line
from bot.times import NS_PER_MS, Ns


def folded(text: str, *, replica: str = "a", gap_ns: int = NS_PER_MS) -> list[Event]:
    rows = text.strip("\n").split("\n")
    lines = [Line(Ns(10**18 + n * gap_ns), row, replica, _level(row)) for n, row in enumerate(rows)]
    folder = Folder()
    return [*folder.events(lines, Level.ERROR), *folder.flush()]


def _level(row: str) -> Level | None:
    found = next((each for each in Level if each.name in row), None)
    return found or (Level.ERROR if "Traceback" in row or "Error:" in row else None)


def faults(event: Event) -> list[tuple[str, str]]:
    return [(fault.type, fault.message.split("\n")[0]) for fault in event.faults]


def test_a_traceback_is_one_event_with_its_frames() -> None:
    (event,) = folded("""
Traceback (most recent call last):
  File "/w/train.py", line 10, in <module>
    main()
  File "/opt/lib/python3.11/site-packages/torch/x.py", line 3, in call
    return f()
           ^^^
ValueError: bad shape
""")
    assert event.shape is Shape.TRACE
    assert faults(event) == [("ValueError", "bad shape")]
    assert [frame.rsplit("/", 1)[1] for frame in event.faults[0].frames] == ["train.py:<module>", "x.py:call"]
    assert (event.core, len(event.serials)) == ([6], 7)


def test_a_chain_is_one_event() -> None:
    (event,) = folded("""
Traceback (most recent call last):
  File "/w/a.py", line 1, in f
OSError: [Errno 28] No space left on device

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/w/b.py", line 2, in g
RuntimeError: unexpected pos 7067081948
""")
    assert [kind for kind, _ in faults(event)] == ["OSError", "RuntimeError"]


def test_two_tracebacks_that_are_not_chained_are_two_events() -> None:
    assert (
        len(
            folded(
                "Traceback (most recent call last):\nKeyError: 1\nTraceback (most recent call last):\nKeyError: 2"
            )
        )
        == 2
    )


def test_ranks_that_write_between_one_another_are_kept_apart() -> None:
    one, two = folded("""
[rank3]: Traceback (most recent call last):
[rank4]: Traceback (most recent call last):
[rank3]:   File "/w/a.py", line 1, in f
[rank4]:   File "/w/a.py", line 1, in f
[rank4]: KeyError: 'four'
[rank3]: KeyError: 'three'
""")
    assert {(event.rank, event.faults[0].message) for event in (one, two)} == {(3, "'three'"), (4, "'four'")}


def test_ranks_without_prefix_that_print_the_same_lose_nothing() -> None:
    events = folded("""
Traceback (most recent call last):
  File "/w/a.py", line 1, in f
Traceback (most recent call last):
  File "/w/a.py", line 1, in f
ValueError: x
ValueError: x
""")
    assert [faults(event) for event in events] == [[("ValueError", "x")], [("ValueError", "x")]]


def test_another_process_may_print_into_a_traceback() -> None:
    (event,) = folded("""
Traceback (most recent call last):
  File "/w/a.py", line 1, in f
  3%|5         | 72/2210 [2:24:34<31:02:44, 71.96s/it]
    g()
ValueError: x
""")
    assert faults(event) == [("ValueError", "x")]


def test_an_exception_group_is_one_event_with_all_its_exceptions() -> None:
    (event,) = folded("""
  + Exception Group Traceback (most recent call last):
  |   File "/w/serve.py", line 10, in <module>
  |     asyncio.run(main())
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/w/serve.py", line 44, in fetch
    | ValueError: bad shard
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/w/serve.py", line 51, in push
    | TimeoutError: queue is full
    +------------------------------------
""")
    assert [kind for kind, _ in faults(event)] == ["ExceptionGroup", "ValueError", "TimeoutError"]


def test_a_rich_box_is_a_traceback() -> None:
    (event,) = folded("""
╭───────────────── Traceback (most recent call last) ─────────────────╮
│ /workspace/train.py:123 in main                                     │
│ ❱ 123 │   trainer.fit()                                             │
╰─────────────────────────────────────────────────────────────────────╯
ValueError: boom
""")
    assert event.faults[0].frames == ["/workspace/train.py:main"]


def test_notes_and_further_lines_of_a_message_belong_to_it() -> None:
    (event,) = folded("""
Traceback (most recent call last):
  File "/w/a.py", line 1, in f
OSError: You are trying to access a gated repo.
Make sure to have access to it at the hub.
a note that was added
""")
    assert event.faults[0].message.split("\n")[1:] == [
        "Make sure to have access to it at the hub.",
        "a note that was added",
    ]


def test_a_logger_that_repeats_its_header_before_each_line_is_understood() -> None:
    (event,) = folded("""
ERROR 11-08 11:01:30 [core.py:502] EngineCore encountered a fatal error.
ERROR 11-08 11:01:30 [core.py:502] Traceback (most recent call last):
ERROR 11-08 11:01:30 [core.py:502]   File "/w/core.py", line 493, in run
ERROR 11-08 11:01:30 [core.py:502] RuntimeError: Executor failed.
""")
    assert (event.head, faults(event)) == (
        "EngineCore encountered a fatal error.",
        [("RuntimeError", "Executor failed.")],
    )


def test_a_record_and_the_traceback_after_it_are_one_event() -> None:
    (event,) = folded("""
2025-09-10 09:01:21,491 - root - ERROR - async upload of step-720 failed
Traceback (most recent call last):
  File "/w/up.py", line 58, in _upload
OSError: broken
""")
    assert (event.head, len(event.faults)) == ("async upload of step-720 failed", 1)


def test_a_record_of_several_lines_in_one_message_is_one_event() -> None:
    text = '[ERROR] [up.py:91:upload] attempt 1/3 failed\nTraceback (most recent call last):\n  File "/w/up.py", line 8, in f\nOSError: x'
    folder = Folder()
    (event,) = [*folder.events([Line(Ns(1), text, "a", Level.ERROR)], Level.ERROR), *folder.flush()]
    assert (event.head, event.serials, faults(event)) == ("attempt 1/3 failed", [0], [("OSError", "x")])


def test_a_json_record_tells_its_level_message_traceback_and_rank() -> None:
    (event,) = folded(
        '{"level":"error","logger":"trainer","message":"step failed","rank":5,'
        '"exc_info":"Traceback (most recent call last):\\n  File \\"/w/t.py\\", line 1, in step\\nIndexError: 600"}'
    )
    assert (event.head, event.rank, event.loud, faults(event)) == ("step failed", 5, True, [("IndexError", "600")])


def test_a_json_record_of_level_info_that_speaks_of_errors_is_no_error() -> None:
    assert all(not event.loud for event in folded('{"level":"info","message":"eval done, ERROR rate 0.1"}'))


def test_a_native_dump_keeps_what_it_says() -> None:
    (event,) = folded("""
Exception raised from checkTimeout at ProcessGroupNCCL.cpp:632 (most recent call first):
frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x96 (0x7e61 in libc10.so)

terminate called after throwing an instance of 'c10::DistBackendError'
  what():  [PG ID 0 Rank 8] Process group watchdog thread terminated
Exception raised from checkTimeout at ProcessGroupNCCL.cpp:632 (most recent call first):
frame #1: clone + 0x44 (0x7e84 in libc.so.6)
""")
    assert event.shape is Shape.NATIVE
    assert event.said == ["[PG ID 0 Rank 8] Process group watchdog thread terminated"]
    assert event.core == [4]


def test_faulthandler_is_one_event() -> None:
    (event,) = folded("""
Fatal Python error: Segmentation fault

Current thread 0x00007f4 (most recent call first):
  File "/w/fused.py", line 88 in forward

Extension modules: numpy.core._multiarray_umath (total: 54)
""")
    assert (event.said, len(event.serials)) == (["Fatal Python error: Segmentation fault"], 6)


def test_a_launchers_table_is_part_of_its_report() -> None:
    (event,) = folded("""
E0611 03:18:47.479000 192 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: 5
Traceback (most recent call last):
  File "/usr/local/bin/torchrun", line 8, in <module>
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
======================================================
train.py FAILED
Root Cause (first observed failure):
[0]:
  rank      : 29 (local_rank: 5)
  exitcode  : 1 (pid: 252)
  traceback : Traceback (most recent call last):
    File "/w/train.py", line 3, in main
  KeyError: 'x'
======================================================
""")
    assert [kind.rsplit(".", 1)[-1] for kind, _ in faults(event)] == ["ChildFailedError"]
    assert event.said[-3:-1] == ["traceback : Traceback (most recent call last):", "KeyError: 'x'"]


def test_a_pause_in_log_time_ends_an_event() -> None:
    events = folded("Traceback (most recent call last):\nValueError: x", gap_ns=GAP_NS + 1)
    assert len(events) == 2


def test_what_a_poll_cuts_is_carried_and_what_is_stale_is_let_go() -> None:
    folder = Folder()
    head = Line(Ns(10**18), "Traceback (most recent call last):", "a", Level.ERROR)
    assert list(folder.events([head], Level.ERROR)) == []
    assert folder.stale(Ns(10**18 + GAP_NS)) == []
    assert len(folder.stale(Ns(10**18 + GAP_NS + 1))) == 1
    assert folder.flush() == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("INFO step 3 loss 2.1", "a healthy line"),
        ("\r 3%|▌         | 72/2210 [2:24:34<31:02:44, 71.96s/it]", "a progress bar"),
        ("", "an empty line"),
        ('  File "/w/a.py", line 1, in f', "a frame whose head was not seen"),
    ],
)
def test_what_opens_no_event(text: str, why: str) -> None:
    assert folded(text) == [], why
