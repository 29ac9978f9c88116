"""Text without what differs between ranks, runs and days, so that equal failures read equal."""

import re
from functools import lru_cache

from bot.logs.fold_words import shape_of, text_of

MAX_TEXT = 1_000
"""Characters that are looked at; two messages that differ behind them only are alike."""


def masked(text: str) -> str:
    """`text` with addresses, ids, paths, hosts, ranks, numbers, lists and generated names replaced.

    Linear in the text's length; the same in every process. Texts of one form differ in their numbers only: these
    are collapsed first, and what is left to do is remembered.
    """
    return _of_shape(shape_of(text[:MAX_TEXT]))


@lru_cache(maxsize=8_192)
def _of_shape(shape: bytes) -> str:
    text = text_of(shape)
    for pattern in _IDS:
        text = pattern.sub("<id>", text)
    return _masked(_ZEROS.sub("0", text))


@lru_cache(maxsize=8_192)
def _masked(collapsed: str) -> str:
    for needle, pattern, put in _MASKS:
        if needle in collapsed:
            collapsed = pattern.sub(put, collapsed)
    return collapsed.strip()


def words(text: str) -> frozenset[str]:
    """The words of `text` that say something, for telling how alike two messages are."""
    return _words(masked(text))


@lru_cache(maxsize=8_192)
def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.lower()) if word not in _STOP)


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the smaller set's words that the other has too; 0 when either says too little to tell."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller >= 3 else 0.0


def one_line(text: str, limit: int = 200) -> str:
    """`text` as a headline: one line, at most `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


_ZEROS = re.compile(r"\d+")
_IDS = (
    re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b(?=[a-fA-F]{0,64}\d)(?=\d{0,64}[a-fA-F])[0-9a-fA-F]{8,64}\b"),
)
# What the text must hold for the pattern to be worth trying, the pattern, and what is put there. Every number is
# "0" here.
_MASKS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("://", re.compile(r"\b[a-z][a-z0+.\-]{1,15}://[^\s'\"<>)\]}]+"), "<url>"),
    ("", re.compile(r"(?i)\b(?:request|trace|session|correlation|host)[ _-]?id[:= ]+[^\s,;)]+"), "<id>"),
    ("0-0-0", re.compile(r"\b0-0-0[T _]0:0(?::0(?:[.,]0)?)?(?:Z|[+-]0:?0?)?"), "<time>"),
    ("0x", re.compile(r"\b0x[0a-fA-F]+\b"), "<addr>"),
    ("0.0.0", re.compile(r"\b0\.0\.0\.0(?::0)?\b"), "<host>"),
    ("ip-0", re.compile(r"\bip-0(?:-0){3}[\w.\-]*"), "<host>"),
    ("/", re.compile(r"(?<![\w<])(?:~|\.{1,2})?/(?:[\w.\-+@=%~]+/)*[\w.\-+@=%~]*"), "<path>"),
    (":\\", re.compile(r"\b[A-Za-z]:\\[^\s'\"]+"), "<path>"),
    ("/", re.compile(r"\b[\w.\-]+/[\w.\-]+/[\w.\-/]+"), "<path>"),
    ("[", re.compile(r"\[[^\[\]0]{0,400}0[^\[\]]{0,400}\]"), "[…]"),
    ("(", re.compile(r"\((?:\s*-?0(?:\.0)?\s*,?){1,64}\)"), "(…)"),
    ("'", re.compile(r"'[^'0]{0,200}0[^']{0,200}'"), "'…'"),
    ('"', re.compile(r'"[^"0]{0,200}0[^"]{0,200}"'), '"…"'),
    ("0", re.compile(r"\b[A-Za-z_]*0[\w.\-]*[A-Za-z][\w.\-]*\b"), "#"),
    ("0", re.compile(r"[-+]?0[0,]*(?:\.0)?(?:[eE][-+]?0)?%?"), "#"),
    ("", re.compile(r"\b(?:nan|-?inf)\b(?=\s*[=,)\]])"), "#"),
    ("#", re.compile(r"#(?:[\s.,:/x×*-]+#)+"), "#"),
)
_WORD = re.compile(r"[a-z][a-z_]{2,40}")
_STOP = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "has",
        "was",
        "are",
        "not",
        "but",
        "its",
        "into",
        "your",
        "you",
        "can",
        "have",
        "been",
        "will",
    ]
)
