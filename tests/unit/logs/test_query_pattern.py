"""Expressions agree with `re` wherever both accept a pattern."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.logs.pattern import MAX_SOURCE, BadPattern, Pattern, compile_pattern

PATTERNS = [
    "",
    "a+b",
    "(a+)+$",
    "^foo|bar$",
    r"\bnan\b",
    r"\Bx",
    "[^a-c]x",
    r"loss=.* step=\d{2,4}",
    "(?i)Err[oO]r",
    "(?i)[^a]x",
    "(?s)a.b",
    "a{0,3}b?c",
    "(a|b)*?c",
    "()*a",
    "(?:ab|a)(?:bc|c)$",
    r"[\w.]+@\d",
    "(?P<name>a)b",
    r"a\.b\s\S\W\D",
    "(a*)*b",
]


@pytest.mark.parametrize("source", PATTERNS)
@settings(max_examples=20, deadline=None)
@given(
    text=st.text("abcx nfoErR=.@12_\t", max_size=14) | st.sampled_from(["nan", "loss=3 step=123", "ERROR a\nb é"])
)
def test_a_pattern_finds_what_re_finds(source, text):
    pattern = compile_pattern(source)
    assert isinstance(pattern, Pattern)
    assert pattern.found_in(text) is (re.search(source, text) is not None)


@pytest.mark.parametrize("text", ["ERROR", "error", "Straße", "STRASSE"])
def test_case_can_be_ignored(text):
    pattern = compile_pattern("error|stra(ß|ss)e", ignore_case=True)
    assert isinstance(pattern, Pattern)
    assert pattern.found_in(text)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (r"(a)\1", "invalid escape sequence"),
        ("(?=a)", "invalid perl operator"),
        ("(?<!a)b", "invalid perl operator"),
        ("(a{100}){100}", "repetition"),
        ("[", "missing ]"),
        ("a" * (MAX_SOURCE + 1), "longer than 300"),
    ],
)
def test_what_cannot_be_searched_in_linear_time_is_refused_with_the_reason(source, reason):
    pattern = compile_pattern(source)
    assert isinstance(pattern, BadPattern)
    assert reason in pattern.reason


def test_a_lone_surrogate_in_a_line_is_no_obstacle():
    pattern = compile_pattern("état")
    assert isinstance(pattern, Pattern)
    assert pattern.found_in("un état \ud83d x")
