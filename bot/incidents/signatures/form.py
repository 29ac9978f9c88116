"""What a signature is: a form of words that a tool prints, and what it means for who failed first."""

import re
from dataclasses import dataclass, field
from enum import IntEnum


class Stage(IntEnum):
    """How far from the cause a text stands, whoever printed it. The nearest one in a failing job is the cause."""

    CAUSE = 0  # names a cause by itself
    OWN = 1  # an exception or error of the program, of no known form
    SYMPTOM = 2  # a death or a broken device whose cause the text does not name
    EFFECT = 3  # says that somebody else is gone or late
    TEARDOWN = 4  # a process that is being stopped
    REPORT = 5  # a launcher that tells of its children
    HARMLESS = 9  # known to change nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One form of words.

    Attributes:
        name: groups events within a job and names the error across jobs.
        says: one sentence for people; what this text means.
        words: lower-case literals, one of which the text must hold: the cheap test.
        pattern: what the text must match besides.
        source: the tool and, where known, the file or function that prints it.
        plain: counts on a line that is neither an error by its level nor an exception.
        quiet: counts even on a line of level INFO or DEBUG.
        title: headline, where the text itself makes a poor one.
        unless: words that make it something else.
        waits: says nothing alone; healthy jobs print it while they start, and it counts once something follows.
    """

    name: str
    stage: Stage
    says: str
    words: tuple[str, ...]
    source: str
    pattern: re.Pattern[str] | None = None
    plain: bool = False
    quiet: bool = False
    title: str = ""
    unless: tuple[str, ...] = ()
    waits: bool = False
    counts_digits: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Notes whether the form depends on the value of a digit, as exit codes do, and not on its place alone."""
        texts = [*self.words, *self.unless, _COUNTS.sub("", self.pattern.pattern) if self.pattern else ""]
        object.__setattr__(self, "counts_digits", any(char.isdigit() for text in texts for char in text))

    def fits(self, text: str, low: str) -> bool:
        """Whether `text` has this form; `low` is the same in lower case."""
        return (
            any(word in low for word in self.words)
            and not any(word in low for word in self.unless)
            and (self.pattern is None or self.pattern.search(text) is not None)
        )


_COUNTS = re.compile(r"\{\d*,?\d*\}")
"""How often a part of a pattern repeats: digits that no text has to hold."""
