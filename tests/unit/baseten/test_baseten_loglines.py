"""Pages out of bytes: what servers get wrong costs a line at most."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.baseten.lenient import Undecodable
from bot.baseten.loglines import page
from bot.logs.line import Level, Line

STAMP = "1733000000123999999"
NS = 1_733_000_000_123_999_999
GOOD = f'{{"timestamp": "{STAMP}", "message": "fine", "replica": "g00r0", "level": "INFO", "request_id": null}}'


def body(*lines: str) -> bytes:
    return f'{{"logs": [{", ".join(lines)}]}}'.encode("utf-8", "surrogatepass")


def only(raw: bytes) -> Line:
    read = page(raw)
    assert (len(read.lines), read.skipped) == (1, 0)
    return read.lines[0]


def test_a_documented_line_is_read_whole():
    fields = '"message":"  File \\"a.py\\"\\n","replica":"g00r1","request_id":"r-1","level":"ERROR"'
    raw = f'{{"timestamp":"{STAMP}",{fields}}}'
    assert only(body(raw)) == Line(NS, '  File "a.py"', "g00r1", Level.ERROR, "r-1")


def test_the_order_of_the_server_is_kept():
    lines = [f'{{"timestamp": "{n}000000000000000000", "message": "{n}", "replica": null}}' for n in (3, 1, 2)]
    assert [line.message for line in page(body(*lines)).lines] == ["3", "1", "2"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"timestamp": "STAMP", "message": "x"}', Line(NS, "x")),
        ('{"timestamp": STAMP, "message": "x"}', Line(NS, "x")),
        ('{"timestamp": 1733000000123, "message": "x"}', Line(NS // 10**6 * 10**6, "x")),
        ('{"timestamp": 1733000000000.75, "message": "x"}', Line(1_733_000_000 * 10**9, "x")),
        ('{"timestamp": "2024-11-30T20:53:20.123999999Z", "message": "x"}', Line(NS, "x")),
        ('{"timestamp": "STAMP", "message": null, "replica": null}', Line(NS, "")),
        ('{"timestamp": "STAMP"}', Line(NS, "")),
        ('{"timestamp": "STAMP", "message": "x", "level": "TRACE"}', Line(NS, "x")),
        ('{"timestamp": "STAMP", "message": "x", "level": "warn"}', Line(NS, "x", None, Level.WARNING)),
        ('{"timestamp": "STAMP", "message": "x", "level": 40}', Line(NS, "x")),
        ('{"timestamp": "STAMP", "message": "x", "replica": 3}', Line(NS, "x", "3")),
        ('{"timestamp": "STAMP", "message": {"loss": 0.5}}', Line(NS, '{"loss":0.5}')),
        ('{"timestamp": "STAMP", "message": "x", "new": {"deep": [1]}}', Line(NS, "x")),
        ('{"timestamp": "STAMP", "message": "half \\ud83d a face"}', Line(NS, "half \ufffd a face")),
        ('{"timestamp": "STAMP", "message": "whole \\ud83d\\ude00"}', Line(NS, "whole 😀")),
        ('{"timestamp": "STAMP", "message": "a raw \t tab"}', Line(NS, "a raw \t tab")),
        ('{"timestamp": "STAMP", "message": "x", "ratio": NaN}', Line(NS, "x")),
    ],
    ids=[
        "optional fields may be absent",
        "an integer stamp",
        "a stamp in milliseconds",
        "a stamp with a fraction",
        "an RFC 3339 stamp with nanoseconds",
        "a null message is an empty one",
        "a missing message is an empty one",
        "an unknown level is none",
        "a level in another spelling",
        "a level that is a number is none",
        "a replica that is a number",
        "a message that is an object is shown as JSON",
        "unknown fields are ignored",
        "a lone surrogate is replaced",
        "a surrogate pair is a character",
        "a raw control character",
        "JSON that is only nearly JSON",
    ],
)
def test_an_odd_line_is_kept(raw, expected):
    read = page(body(GOOD, raw.replace("STAMP", STAMP), GOOD))
    assert read.skipped == 0
    assert read.lines[1] == expected
    assert [line.message for line in read.lines[::2]] == ["fine", "fine"]


@pytest.mark.parametrize(
    "raw",
    [
        '{"message": "no stamp"}',
        '{"timestamp": null, "message": "x"}',
        '{"timestamp": true, "message": "x"}',
        '{"timestamp": "soon", "message": "x"}',
        '{"timestamp": Infinity, "message": "x"}',
        '{"timestamp": "", "message": "x"}',
        '{"timestamp": "99999999999999999999999", "message": "x"}',
        f'{{"timestamp": "{"9" * 5000}", "message": "x"}}',
        '"a text"',
        "null",
        '{"timestamp": "1", "message": "a bad \\x escape"}',
        f'{{"timestamp": "1", "extra": {"[" * 3000}{"]" * 3000}}}',
    ],
    ids=[
        "no stamp", "null stamp", "a stamp that is a truth value", "a stamp that is a word", "a stamp without end",
        "an empty stamp",
        "a stamp beyond 64 bits", "a stamp beyond what Python converts", "a text", "null", "a bad escape",
        "nesting without end",
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_counted_and_costs_no_other(raw):
    read = page(body(GOOD, raw, GOOD))
    assert ([line.message for line in read.lines], read.skipped) == (["fine", "fine"], 1)


def test_broken_utf8_costs_a_character():
    raw = body(GOOD, GOOD.replace("fine", "caf@")).replace(b"@", b"\xc3")
    assert [line.message for line in page(raw).lines] == ["fine", "caf\ufffd"]


def test_brackets_and_quotes_in_messages_do_not_confuse_the_salvage():
    tricky = json.dumps({"timestamp": STAMP, "message": 'a "}],{[ \\" "logs": [ b\\'})
    read = page(body(tricky, '{"timestamp": "1", "message": "\\x"}', tricky))
    assert ([line.message for line in read.lines], read.skipped) == (['a "}],{[ \\" "logs": [ b\\'] * 2, 1)


@pytest.mark.parametrize("trailing", ["", "\n", "\r\n", "\n\n"])
def test_only_the_line_break_at_the_end_is_cut(trailing):
    raw = json.dumps({"timestamp": STAMP, "message": "    indented \t" + trailing})
    assert only(body(raw)).message == "    indented \t"


@pytest.mark.parametrize("raw", [b'{"logs": []}', b'{"logs": null}', b'{"logs": [], "more": 1}'])
def test_no_lines_are_an_empty_page(raw):
    assert page(raw).lines == ()


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b"{}", b'{"logs": {}}', b"<html>bad gateway</html>", b'{"message": "ok"}',
     body(GOOD)[:-2], b'{"logs": [{"timestamp": "1", "mess'],
)  # fmt: skip
def test_what_is_no_page_is_refused_whole(raw):
    with pytest.raises(Undecodable):
        page(raw)


value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = ("timestamp", "message", "replica", "level", "request_id", "else")
line = st.fixed_dictionaries({}, optional=dict.fromkeys(names, value)) | value


@settings(max_examples=50, deadline=None)
@given(st.lists(line, max_size=8), st.integers(0, 8))
def test_whatever_stands_between_them_good_lines_survive(lines, place):
    good = {"timestamp": STAMP, "message": "fine"}
    read = page(json.dumps({"logs": [*lines[:place], good, *lines[place:]]}).encode())
    assert Line(NS, "fine") in read.lines
    assert len(read.lines) + read.skipped == len(lines) + 1
    for kept in read.lines:
        kept.message.encode()  # raises for what no database and no Slack would take
