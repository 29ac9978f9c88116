r"""How people write a query: `JOB level:error since:2h -warmup "out of memory" /loss=\d+/`.

Forgiving in spelling (`--since 2h`, `—level=error`, curly quotes, Slack's markup, upper case), strict in
meaning: what is not understood is answered with the word, the reason, the correction and an example.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any

from bot.logs.line import Level
from bot.logs.pattern import BadPattern, compile_pattern
from bot.logs.question import MAX_COUNT, MAX_TERMS, LogQuery, Order, Position, Take
from bot.logs.terms import Regex, Term, Text
from bot.logs.tokens import Expression, Option, Token, Unclosed, Word, tidy, tokens
from bot.logs.when import BadMoment, is_moment, parse_moment
from bot.times import ms_ceil, ms_floor

__all__ = ["KEYS", "MAX_LENGTH", "BadQuery", "LogQuery", "Order", "Take", "parse_query"]

MAX_LENGTH = 1_500
"""Most characters of a query: its canonical form then fits into a button."""
KEYS = ("level", "since", "until", "replica", "last", "first", "order", "request")


@dataclass(frozen=True, slots=True)
class BadQuery:
    """Why a query is not understood. `word` is the piece at fault, `example` a right one."""

    word: str
    reason: str
    example: str

    @property
    def sentence(self) -> str:
        """One line of plain text; `word` and `example` are as people type them."""
        return f"{_cut(self.word)}: {self.reason}. Example: {self.example}"


def parse_query(text: str, *, now_ns: int, tz: tzinfo, with_job: bool = True) -> LogQuery | BadQuery:
    """The query that `text` asks, its times read in zone `tz`.

    Args:
        text: as it came from Slack or from `LogQuery.text()`.
        now_ns: what `2h` counts back from.
        tz: the reader's zone.
        with_job: the first bare word names the job; False where the job is known from the place.
    """
    text = tidy(text)
    if len(text) > MAX_LENGTH:
        return BadQuery(text, f"a query has at most {MAX_LENGTH} characters", '"out of memory" level:error')
    found = tokens(text)
    if isinstance(found, Unclosed):
        return BadQuery(found.raw, "the quote is never closed", '"out of memory"')
    draft = _Draft(now_ns=now_ns, tz=tz)
    try:
        words = _without_options(found, draft)
        for token in _without_job(words, draft, starts=words[:1] == found[:1]) if with_job else words:
            (draft.exclude if token.negated else draft.include).append(_term(token))
        _read_options(draft)
        return _checked(draft)
    except _Wrong as wrong:
        return wrong.bad


class _Wrong(Exception):
    """Ends the reading; never leaves this module."""

    def __init__(self, word: str, reason: str, example: str) -> None:
        super().__init__(reason)
        self.bad = BadQuery(word, reason, example)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """What has been read so far. `options` keeps (as written, key, pieces of the value)."""

    now_ns: int
    tz: tzinfo
    options: list[tuple[str, str, list[str]]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    include: list[Term] = field(default_factory=list)
    exclude: list[Term] = field(default_factory=list)

    def moment(self, text: str) -> bool:
        return is_moment(text, now_ns=self.now_ns, tz=self.tz)


_ALIASES = {
    "min-level": "level",
    "after": "since",
    "before": "until",
    "replicas": "replica",
    "limit": "last",
    "tail": "last",
    "head": "first",
    "direction": "order",
    "request-id": "request",
}
_KNOWN = {key: key for key in (*KEYS, "older-than", "newer-than")} | _ALIASES
_EXAMPLES = {
    "level": "level:error",
    "since": "since:2h",
    "until": "until:14:30",
    "replica": "replica:r3",
    "last": "last:200",
    "first": "first:200",
    "order": "order:newest",
    "request": "request:3f2a",
    "older-than": "until:14:30",
    "newer-than": "since:2h",
}


def _without_options(found: list[Token], draft: _Draft) -> list[Token]:
    """Moves the options and the words that are their values into `draft`; returns the other pieces."""
    others: list[Token] = []
    option: tuple[str, str, list[str]] | None = None
    for token in found:
        if option and _continues(token, option, draft):
            option[2].append(token.text)
        elif option := _option(token):
            draft.options.append(option)
        elif token.text:
            others.append(token)
    return others


def _without_job(words: list[Token], draft: _Draft, *, starts: bool) -> list[Token]:
    """Takes the job out of `words`: what the query starts with, else its first bare word."""
    for at, token in enumerate(words):
        first = starts and at == 0 and not isinstance(token, Expression)
        if not token.negated and (first or isinstance(token, Word)):
            draft.fields["job"] = (token.raw if isinstance(token, Option) else token.text).strip("`")
            return words[:at] + words[at + 1 :]
    return words


def _continues(token: Token, option: tuple[str, str, list[str]], draft: _Draft) -> bool:
    """Whether `token` is (more of) the value of the option before it."""
    _, key, pieces = option
    if isinstance(token, Option | Expression) or token.negated:
        return False
    return not pieces or (key in ("since", "until") and draft.moment(" ".join([*pieces, token.text])))


def _option(token: Token) -> tuple[str, str, list[str]] | None:
    """`token` as one of our options; None where its colon only belongs to a text to look for."""
    if not isinstance(token, Option):
        return None
    key = _KNOWN.get(token.key.lower().replace("_", "-"))
    if key is None:
        _refuse_misspelled(token)
        return None
    if token.negated:
        raise _Wrong(token.raw, f'only words can be left out; for these words write -"{token.raw[1:]}"', "-warmup")
    return token.raw, key, [token.text] if token.text else []


def _refuse_misspelled(token: Option) -> None:
    near = _nearest(token.key, KEYS, cutoff=0.55 if token.dashed else 0.78)
    if near:
        quoted = "" if token.dashed else f'; for the words themselves write "{token.raw}"'
        raise _Wrong(token.raw, f"there is no {token.key}, did you mean {near}{quoted}", _EXAMPLES[near])
    if token.dashed:
        reason = f"there is no {token.key}; modifiers are {', '.join(KEYS)}, and -{token.key} leaves a word out"
        raise _Wrong(token.raw, reason, "level:error")


def _nearest(word: str, names: tuple[str, ...], cutoff: float = 0.78) -> str | None:
    return next(iter(get_close_matches(word.lower(), names, 1, cutoff)), None)


def _term(token: Token) -> Term:
    if isinstance(token, Option):
        return Text(token.raw.removeprefix("-") if token.negated else token.raw)
    if not isinstance(token, Expression):
        return Text(token.text)
    pattern = compile_pattern(token.text, ignore_case=token.ignore_case)
    if isinstance(pattern, BadPattern):
        raise _Wrong(token.raw, f"this expression cannot be used: {pattern.reason}", r"/loss=\d+\.\d+/")
    return Regex(token.text, token.ignore_case)


def _read_options(draft: _Draft) -> None:
    for raw, key, pieces in draft.options:
        value = " ".join(pieces)
        written = f"{raw} {value}" if not raw.endswith(value) else raw
        if not value:
            raise _Wrong(raw, f"{key} needs a value", _EXAMPLES[key])
        if key in draft.written and draft.written[key] != value:
            raise _Wrong(written, f"{key} is given twice", _EXAMPLES[key])
        draft.written[key] = value
        _READERS[key](draft, key, value, written)


def _read_level(draft: _Draft, _key: str, value: str, written: str) -> None:
    level = Level.parse(value)
    if level is None and value.lower() not in ("all", "any"):
        names = tuple(level.name.lower() for level in Level)
        near = _nearest(value, names, 0.5)
        meant = f", did you mean {near}" if near else ""
        reason = f"there is no level {_cut(value)}{meant}; levels are {', '.join(names)}"
        raise _Wrong(written, reason, f"level:{near or 'error'}")
    draft.fields["min_level"] = level


def _read_time(draft: _Draft, key: str, value: str, written: str) -> None:
    moment = parse_moment(value, now_ns=draft.now_ns, tz=draft.tz)
    if isinstance(moment, BadMoment):
        raise _Wrong(written, f"{_cut(value)} {moment.reason}", _EXAMPLES[key])
    if key == "since":
        if moment > draft.now_ns:
            raise _Wrong(written, "since lies in the future", _EXAMPLES[key])
        draft.fields["start_ms"] = ms_floor(moment)
    else:
        draft.fields["end_ms"] = ms_ceil(moment)


def _read_count(draft: _Draft, key: str, value: str, written: str) -> None:
    digits = value.replace(",", "").replace("_", "").removesuffix("lines").strip()
    if not (digits.isascii() and digits.isdigit()) or int(digits) == 0:
        raise _Wrong(written, f"{key} takes a number of lines from 1 to {MAX_COUNT:,}", _EXAMPLES[key])
    if int(digits) > MAX_COUNT:
        raise _Wrong(
            written, f"at most {MAX_COUNT:,} lines at once; Download has all of them", f"{key}:{MAX_COUNT}"
        )
    other = "last" if key == "first" else "first"
    if other in draft.written:
        raise _Wrong(written, f"take {key} or {other}, not both", _EXAMPLES[key])
    draft.fields |= {"take": Take(key), "count": int(digits)}


def _read_order(draft: _Draft, _key: str, value: str, written: str) -> None:
    order = _ORDERS.get(value.lower())
    if order is None:
        near = _nearest(value, tuple(_ORDERS), 0.5) or "newest"
        raise _Wrong(written, "order is oldest or newest, whichever shall stand at the top", f"order:{near}")
    draft.fields["order"] = order


def _read_text(draft: _Draft, key: str, value: str, _written: str) -> None:
    draft.fields["request_id" if key == "request" else key] = value


def _read_position(draft: _Draft, key: str, value: str, written: str) -> None:
    position = Position.parse(value)
    if position is None:
        raise _Wrong(written, f"{key} is for buttons, people write since or until", _EXAMPLES[key])
    draft.fields[key.replace("-", "_")] = position


_ORDERS = {
    "oldest": Order.OLDEST,
    "asc": Order.OLDEST,
    "ascending": Order.OLDEST,
    "newest": Order.NEWEST,
    "desc": Order.NEWEST,
    "descending": Order.NEWEST,
}
_READERS: dict[str, Callable[[_Draft, str, str, str], None]] = {
    "level": _read_level,
    "since": _read_time,
    "until": _read_time,
    "last": _read_count,
    "first": _read_count,
    "order": _read_order,
    "replica": _read_text,
    "request": _read_text,
    "older-than": _read_position,
    "newer-than": _read_position,
}


def _checked(draft: _Draft) -> LogQuery:
    query = LogQuery(include=tuple(draft.include), exclude=tuple(draft.exclude), **draft.fields)
    if len(query.include) + len(query.exclude) > MAX_TERMS:
        raise _Wrong(str(query.include[-1]), f"at most {MAX_TERMS} words at once", '"out of memory" -warmup')
    if query.start_ms is not None and query.end_ms is not None and query.start_ms >= query.end_ms:
        window = f"since:{draft.written['since']} until:{draft.written['until']}"
        raise _Wrong(window, "the window ends before it begins", "since:2h until:1h")
    both = set(query.include) & set(query.exclude)
    if both:
        word = str(next(iter(both)))
        raise _Wrong(f"-{word}", f"{word} cannot be both asked for and left out", word)
    return query


def _cut(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= 60 else text[:59] + "…"
