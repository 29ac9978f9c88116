"""How people write a query, and that a canonical query survives the way through a button."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.logs.line import Level, Line
from bot.logs.query import MAX_LENGTH, BadQuery, parse_query
from bot.logs.question import LogQuery, Order, Position, Take
from bot.logs.terms import Regex, Text, replica_matches
from bot.logs.tokens import tidy
from bot.times import Ms, Ns

BERLIN = ZoneInfo("Europe/Berlin")
NOON = int(datetime(2026, 11, 23, 12, 0, tzinfo=BERLIN).timestamp())
NOW_NS = NOON * 10**9


def ask(text: str, *, with_job: bool = True) -> LogQuery:
    query = parse_query(text, now_ns=NOW_NS, tz=BERLIN, with_job=with_job)
    assert isinstance(query, LogQuery), query
    return query


def refuse(text: str) -> BadQuery:
    query = parse_query(text, now_ns=NOW_NS, tz=BERLIN)
    assert isinstance(query, BadQuery), query
    return query


HOUR_AGO = Ms((NOON - 3600) * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", LogQuery()),
        ("my-job", LogQuery(job="my-job")),
        ("llama/run-3", LogQuery(job="llama/run-3")),
        ("`my-job`", LogQuery(job="my-job")),
        ('"my job" nan', LogQuery(job="my job", include=(Text("nan"),))),
        ("train:v2 level:error", LogQuery(job="train:v2", min_level=Level.ERROR)),
        ("j level:warn", LogQuery(job="j", min_level=Level.WARNING)),
        ("j LEVEL:Error", LogQuery(job="j", min_level=Level.ERROR)),
        ("j level:all", LogQuery(job="j")),
        ("j since:1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j since: 1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j since=1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j --since 1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j --since=1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j —since 1h", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j –since=1h ago nan", LogQuery(job="j", start_ms=HOUR_AGO, include=(Text("nan"),))),
        ("j since:11:00", LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j since:today 11:00", LogQuery(job="j", start_ms=HOUR_AGO)),
        ('j since:"today 11:00"', LogQuery(job="j", start_ms=HOUR_AGO)),
        ("j after:1h before:now", LogQuery(job="j", start_ms=HOUR_AGO, end_ms=Ms(NOON * 1000))),
        ("j since:start", LogQuery(job="j", start_ms=Ms(0))),
        ("level:error j", LogQuery(job="j", min_level=Level.ERROR)),
        ("--since today 11:00 j nan", LogQuery(job="j", start_ms=HOUR_AGO, include=(Text("nan"),))),
        ("j last:200", LogQuery(job="j", count=200)),
        ("j limit:1,000", LogQuery(job="j", count=1000)),
        ("j first:20", LogQuery(job="j", count=20, take=Take.FIRST)),
        ("j order:oldest", LogQuery(job="j", order=Order.OLDEST)),
        ("j direction:desc", LogQuery(job="j", order=Order.NEWEST)),
        ("j request:3f-2a replica:r3,g01*", LogQuery(job="j", request_id="3f-2a", replica="r3,g01*")),
        ("j “out of memory”", LogQuery(job="j", include=(Text("out of memory"),))),
        ("j 'out of memory'", LogQuery(job="j", include=(Text("out of memory"),))),
        ("j\u00a0nan  inf", LogQuery(job="j", include=(Text("nan"), Text("inf")))),
        ("j -warmup -“step 1” -/x+/", LogQuery(job="j", exclude=(Text("warmup"), Text("step 1"), Regex("x+")))),
        ("j /loss=\\d+ nan/i", LogQuery(job="j", include=(Regex(r"loss=\d+ nan", True),))),
        (r"j /a\/b/", LogQuery(job="j", include=(Regex("a/b"),))),
        ("j /data/train/x.py", LogQuery(job="j", include=(Text("/data/train/x.py"),))),
        ("j &lt;eos&gt; a&amp;b", LogQuery(job="j", include=(Text("<eos>"), Text("a&b")))),
        ("j cuda:0 loss=nan", LogQuery(job="j", include=(Text("cuda:0"), Text("loss=nan")))),
        ("j it’s - x", LogQuery(job="j", include=(Text("it's"), Text("x")))),
        (
            "<https://app.baseten.co/training/p/logs/j?x=1|the job> nan",
            LogQuery(job="https://app.baseten.co/training/p/logs/j?x=1", include=(Text("nan"),)),
        ),
    ],
)
def test_a_query_is_read_however_it_is_spelled(text, expected):
    assert ask(text) == expected


def test_in_a_thread_no_word_is_taken_for_the_job():
    assert ask("nan last:100", with_job=False) == LogQuery(count=100, include=(Text("nan"),))


@pytest.mark.parametrize(
    ("text", "word", "says"),
    [
        ("j levl:error", "levl:error", "did you mean level"),
        ("j --sinc 2h", "--sinc", "did you mean since"),
        ("j level:eror", "level:eror", "did you mean error"),
        ("j level:xyz", "level:xyz", "levels are debug, info, warning, error"),
        ("j since:monday", "since:monday", "weekday"),
        ("j since:5", "since:5", "5m, 5h or 5d"),
        ("j since:2h until:3h", "since:2h until:3h", "ends before it begins"),
        ("j since:2027-01-01", "since:2027-01-01", "future"),
        ("j last:200 first:200", "first:200", "not both"),
        ("j last:5001", "last:5001", "Download"),
        ("j last:0", "last:0", "from 1 to 5,000"),
        ("j last:many", "last:many", "number of lines"),
        ("j order:sideways", "order:sideways", "oldest or newest"),
        ("j level:error level:info", "level:info", "given twice"),
        ("j since:", "since:", "needs a value"),
        ("j since: -x", "since:", "needs a value"),
        ("j -level:error", "-level:error", '-"level:error"'),
        ("j --verbose", "--verbose", "there is no verbose"),
        ("j —nccl", "—nccl", "-nccl leaves a word out"),
        ('j "no end', '"no end', "never closed"),
        ('j since:"no end', '"no end', "never closed"),
        ("j /(a/", "/(a/", "missing )"),
        (r"j /(a)\1/", r"/(a)\1/", "invalid escape sequence"),
        ("j nan -nan", "-nan", "both asked for and left out"),
        ("j " + " ".join(f"w{n}" for n in range(21)), "w20", "at most 20 words"),
        ("j older-than:x", "older-than:x", "people write since or until"),
    ],
)
def test_a_bad_query_is_answered_by_one_line_that_names_the_word_and_an_example(text, word, says):
    bad = refuse(text)
    assert bad.word == word
    assert says in bad.reason
    assert bad.sentence.startswith(word)
    assert "Example: " in bad.sentence
    assert "\n" not in bad.sentence


def test_every_example_is_a_query_itself():
    for text in ("levl:x", "--sinc 2h", "last:0", "level:eror", "order:x", "/(a/", "nan -nan", "since:5"):
        ask("j " + refuse("j " + text).example)


def test_a_query_of_any_length_is_answered_shortly():
    bad = refuse("j " + "x" * MAX_LENGTH)
    assert len(bad.sentence) < 200


LINE = Line(Ns(NOW_NS), "Step 12: loss=NaN in layer a", "g02r3", Level.WARNING, "3f2a")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("j", True),
        ("j nan", True),
        ("j LOSS=nan", True),
        ("j inf", False),
        ("j nan layer", True),
        ("j nan inf", False),
        ("j -layer", False),
        ("j -inf", True),
        (r"j /loss=nan/", False),
        (r"j /loss=nan/i", True),
        (r"j /^Step \d+:/", True),
        (r"j -/^Step \d+:/", False),
        ("j level:warning", True),
        ("j level:error", False),
        ("j replica:r3", True),
        ("j replica:r2,3", True),
        ("j replica:r2", False),
        ("j request:3f2a", True),
        ("j request:3f", False),
        ("j until:now", False),
        ("j since:now", True),
    ],
)
def test_a_line_is_wanted_when_all_parts_of_the_query_agree(text, wanted):
    assert ask(text).matches(LINE) is wanted


def test_a_level_leaves_out_lines_without_one():
    assert not ask("j level:debug").matches(Line(Ns(NOW_NS), "x"))


@pytest.mark.parametrize(
    ("wanted", "replica", "expected"),
    [
        ("g02r3", "g02r3", True),
        ("R3", "g02r3", True),
        ("3", "g02r3", True),
        ("r3", "g02r13", False),
        ("3", "g02r13", False),
        ("g02", "g02r3", True),
        ("g0", "g02r3", False),
        ("r3", "worker3", False),
        ("g0*r3", "g02r3", True),
        ("abc", "abcde", False),
        ("none", None, True),
        ("r3", None, False),
        (",", "g02r3", False),
    ],
)
def test_a_replica_is_named_in_full_or_by_a_whole_part(wanted, replica, expected):
    assert replica_matches(wanted, replica) is expected


def test_positions_bound_the_window_that_the_server_is_asked_for():
    query = LogQuery(older_than=Position(5_000_001, 3), newer_than=Position(2_999_999, 0), end_ms=Ms(9))
    assert (query.earliest_ms, query.latest_ms) == (2, 6)


words = st.text(min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
moments = st.integers(10**12, 2 * 10**12).map(Ms)
positions = st.builds(Position, st.integers(0, 2**60), st.integers(-1, 10**6))


def _survives_tidying(text: str) -> bool:
    return tidy(text) == text


texts = st.builds(Text, words.filter(_survives_tidying))
regexes = st.builds(Regex, st.from_regex(r"\A[a-z]\\d\+?/?[a-z ]*(\\\\)?x\Z"), st.booleans())
terms = st.lists(texts | regexes, max_size=4, unique=True)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_canonical_text_gives_the_same_query_back_in_any_zone(data):
    drawn = data.draw(terms)
    cut = data.draw(st.integers(0, len(drawn)))
    start, end = sorted(data.draw(st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1])))
    query = LogQuery(
        job=data.draw(words.filter(_survives_tidying).filter(lambda text: "`" not in text)),
        min_level=data.draw(st.sampled_from([None, *Level])),
        start_ms=data.draw(st.sampled_from([None, Ms(0), start])),
        end_ms=data.draw(st.sampled_from([None, end])),
        replica=data.draw(st.sampled_from([None, "r3", "g0*,none", "a b"])),
        request_id=data.draw(st.sampled_from([None, 'q"uote', "3f2a-1"])),
        take=data.draw(st.sampled_from(Take)),
        count=data.draw(st.integers(1, 5000)),
        order=data.draw(st.sampled_from([None, *Order])),
        include=tuple(drawn[:cut]),
        exclude=tuple(drawn[cut:]),
        older_than=data.draw(st.none() | positions),
        newer_than=data.draw(st.none() | positions),
    )
    again = parse_query(query.text(), now_ns=2 * 10**18 + 1, tz=UTC)
    assert again == query


def test_slack_sends_the_canonical_text_back_escaped_and_it_is_still_the_same():
    query = LogQuery(job="j", include=(Text("a < b & c"), Regex("<[a-z]+>")))
    escaped = query.text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert ask(escaped) == ask(query.text()) == query


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"(a+)+$", True),
        (r"(a+)+b", False),
        (r"(a|a)*b", False),
        (r".*.*.*.*.*b", False),
        (r"(a*)*(a*)*c", False),
        ("a?" * 25 + "a" * 25 + "b", False),
    ],
)
def test_an_expression_that_would_hang_a_backtracking_search_is_answered(source, found):
    assert ask(f"j /{source}/").matches(Line(Ns(NOW_NS), "a" * 16_000)) is found
