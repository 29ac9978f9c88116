"""What a line may be asked for: words, expressions, replicas."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.logs.pattern import BadPattern, compile_pattern


@dataclass(frozen=True, slots=True)
class Text:
    """A word or a phrase, found in any case."""

    text: str

    def found_in(self, message: str) -> bool:
        return self.text.casefold() in message.casefold()

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression that `compile_pattern` has accepted; its case matters unless it says otherwise."""

    source: str
    ignore_case: bool = False

    def found_in(self, message: str) -> bool:
        pattern = compile_pattern(self.source, ignore_case=self.ignore_case)
        return not isinstance(pattern, BadPattern) and pattern.found_in(message)

    def __str__(self) -> str:
        slashed = re.sub(r"(\\.)|/", lambda found: found[1] or r"\/", self.source)
        return f"/{slashed}/" + "i" * self.ignore_case


Term = Text | Regex


def replica_matches(wanted: str, replica: str | None) -> bool:
    """Whether `replica` is one of those that `wanted` names.

    A name in full; an ending or a beginning of one (`r3` or `3` for `g02r3`, never for `g02r13`); a pattern
    with `*` and `?`. Case does not matter. Lines of the platform have no replica and match `none` only.
    """
    if replica is None:
        return "none" in wanted.lower().split(",")
    name = replica.lower()
    return any(_is_named(name, part) for part in wanted.lower().split(",") if part)


def _is_named(name: str, part: str) -> bool:
    if "*" in part or "?" in part:
        return fnmatchcase(name, part)
    return name == part or (
        (name.endswith(part) and _is_border(name[: -len(part)][-1:], part[0]))
        or (name.startswith(part) and _is_border(part[-1], name[len(part) :][:1]))
    )


def _is_border(left: str, right: str) -> bool:
    """Whether a name may be cut between the two: where letters, digits and signs meet."""
    kinds = [(char.isalpha(), char.isdigit()) for char in (left, right)]
    return kinds[0] != kinds[1]


def quoted(value: str) -> str:
    """`value` as one word of a query."""
    return value if not _needs_quotes(value) or _URL.fullmatch(value) else f'"{_escaped(value)}"'


_URL = re.compile(r"https?://[^\s\"]+")


def _needs_quotes(text: str) -> bool:
    return not re.fullmatch(r"[\w.][\w./+#%@*-]*", text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
