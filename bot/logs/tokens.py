"""A query's text as words, phrases, expressions and options, however a phone or Slack has spelled it."""

import re
from dataclasses import dataclass
from html import unescape


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query. `raw` is how it stood in the tidied text; `negated` is a leading `-`."""

    raw: str
    text: str
    negated: bool = False


class Word(Token):
    """A bare word."""

    __slots__ = ()


class Phrase(Token):
    """Text in quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Expression(Token):
    """`/text/`, with `ignore_case` when it is `/text/i`."""

    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Option(Token):
    """`key:text`, `key=text`, `--key=text` or `--key`; `text` is empty where the value is still to come."""

    key: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A quote that has no end."""

    raw: str


def tidy(text: str) -> str:
    """`text` without Slack's markup and with plain quotes, dashes and blanks where a phone put better ones."""
    text = _LINK.sub(r"\1", text)
    text = _MAIL.sub(r"\1", text)
    text = unescape(text) if _ENTITY.search(text) else text
    return _BLANK.sub(" ", _INVISIBLE.sub("", text.translate(_QUOTES))).strip()


def tokens(text: str) -> list[Token] | Unclosed:
    """The pieces of a tidied text, in order."""
    found: list[Token] = []
    rest = text.lstrip()
    while rest:
        token = _next(rest)
        if isinstance(token, Unclosed):
            return token
        found.append(token)
        rest = rest[len(token.raw) :].lstrip()
    return found


_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")
_MAIL = re.compile(r"<(?:mailto|tel):[^|>\s]+\|([^>]*)>")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#39);")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]")
_BLANK = re.compile(r"[^\S ]")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‘’‚‛′", "'"))

_PHRASE = re.compile(r"""(-?)(?:"((?:\\.|[^"\\])*)"|'([^']*)'(?=\s|$))""")
_EXPRESSION = re.compile(r"(-?)/((?:\\.|[^/\\])+)/(i?)(?=\s|$)")
_URL = re.compile(r"https?://\S+")
_OPTION = re.compile(r"(--|—|–|―|-)?([A-Za-z][A-Za-z_-]*)[:=]")
_DASHED = re.compile(r"(--|—|–|―)([A-Za-z][A-Za-z_-]*)(?=\s|$)")
_WORD = re.compile(r"(-?)(\S+)")


def _next(rest: str) -> Token | Unclosed:
    if found := _PHRASE.match(rest):
        return Phrase(found[0], _unquoted(found), bool(found[1]))
    if found := _EXPRESSION.match(rest):
        return Expression(found[0], found[2].replace(r"\/", "/"), bool(found[1]), bool(found[3]))
    if rest.lstrip("-").startswith('"'):
        return Unclosed(rest)
    if found := _URL.match(rest):
        return Word(found[0], found[0])
    return _option(rest) or _word(rest)


def _word(rest: str) -> Word:
    found = _WORD.match(rest)
    if found is None or found[2] in ("-", "--"):
        return Word(rest.split(maxsplit=1)[0], "")
    return Word(found[0], found[2], bool(found[1]))


def _option(rest: str) -> Option | Unclosed | None:
    if found := _DASHED.match(rest):
        return Option(found[0], "", key=found[2], dashed=True)
    found = _OPTION.match(rest)
    if found is None:
        return None
    after = rest[found.end() :]
    value = _PHRASE.match(after)
    if after.startswith('"') and value is None:
        return Unclosed(after)
    text = _unquoted(value) if value else after.partition(" ")[0]
    raw = found[0] + (value[0] if value else text)
    return Option(raw, text, negated=found[1] == "-", key=found[2], dashed=found[1] not in (None, "-"))


def _unquoted(found: re.Match[str]) -> str:
    return str(found[3]) if found[2] is None else re.sub(r'\\(["\\])', r"\1", found[2])
