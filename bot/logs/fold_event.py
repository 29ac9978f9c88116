"""An event: the lines that one failure printed on one replica and rank, and what they state."""

from enum import IntEnum

import msgspec

MAX_LINES = 59
"""Lines of one event whose text is kept: the first ones and the last, which say where and what."""
HEAD_LINES = 20
LINE_WIDTH = 1_000
MAX_SERIALS = 4_096
MAX_STATEMENTS = 24
MAX_TABLE = 400


class Shape(IntEnum):
    RECORD = 0
    TRACE = 1
    NATIVE = 2


class Fault(msgspec.Struct, array_like=True):
    """One exception of a chain; `frames` are those above it, outermost first, as "path:function"."""

    type: str
    message: str
    frames: list[str] = msgspec.field(default_factory=list)


class Event(msgspec.Struct, array_like=True):
    """Lines that belong together.

    Attributes:
        lane: the launcher's prefix, which tells the ranks of a replica apart.
        level: the highest level of its lines; `loud` when that counts as an error.
        head: what a logging library said before or instead of a traceback; `site` is who said it.
        said: statements of a native dump, such as `what():`.
        core: numbers of the lines that state what happened, `serials` of all lines. Lines are numbered over
            everything that was ever fed.
        report: a launcher's table is being printed.
        skipped: lines between the first and the last that are not kept.
        stamp_ns: the time that its record gives itself, read as UTC; 0 when it gives none.
        keyed: the site whose header stands before every line of this traceback.
    """

    replica: str | None
    lane: str
    shape: Shape
    first_ns: int
    last_ns: int
    rank: int | None = None
    level: int = 0
    loud: bool = False
    head: str = ""
    site: str = ""
    said: list[str] = msgspec.field(default_factory=list)
    faults: list[Fault] = msgspec.field(default_factory=list)
    frames: list[str] = msgspec.field(default_factory=list)
    lines: list[str] = msgspec.field(default_factory=list)
    serials: list[int] = msgspec.field(default_factory=list)
    core: list[int] = msgspec.field(default_factory=list)
    repeats: int = 1
    chained: bool = False
    ended: bool = False
    report: bool = False
    tail: int = 0
    keyed: str = ""
    stamp_ns: int = 0
    skipped: int = 0

    def add(self, text: str, serial: int, *, states: bool) -> None:
        """One more line; `states` when it says what happened rather than where."""
        self.lines.append(text[:LINE_WIDTH])
        if len(self.lines) > MAX_LINES:
            del self.lines[HEAD_LINES]
            self.skipped += 1
        if (not self.serials or self.serials[-1] != serial) and len(self.serials) < MAX_SERIALS:
            self.serials.append(serial)
        if states and (not self.core or self.core[-1] != serial) and len(self.core) < MAX_SERIALS:
            self.core.append(serial)

    def excerpt(self) -> list[str]:
        """The lines that are kept, and where others are left out."""
        if not self.skipped:
            return list(self.lines)
        return [*self.lines[:HEAD_LINES], f"… {self.skipped} more lines …", *self.lines[HEAD_LINES:]]

    def fault(self, kind: str, message: str) -> None:
        """The exception that the frames so far led to."""
        if len(self.faults) < MAX_STATEMENTS:
            self.faults.append(Fault(kind, message, self.frames[-64:]))
        self.frames = []
        self.ended, self.chained = True, False

    def say(self, text: str) -> None:
        if len(self.said) < (MAX_TABLE if self.report else MAX_STATEMENTS):
            self.said.append(text)
