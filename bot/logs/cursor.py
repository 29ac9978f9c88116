"""The cursor of a tail: all that is remembered of a job's log between two polls, as one value.

It is committed together with what was made of the lines, so that a crash repeats a poll and nothing else.

Four points in log time carry it, from the past to the present::

    ──────────┬───────────────────┬────────────────┬───────────────────────▶ log time
           settled             others_from       read_to
    final:    │ wanted lines are remembered, and re-read until they are final
              │                   │ other lines are remembered too
              │                   │                │ not read yet (a quiet log: nothing there)

- `settled_ms`: everything before it was read once more after the worst lag; a line that turns up there now is
  later than that, and is not looked for.
- `others_from_ms`: from here on lines below the watched level, and lines without one, are remembered.
- `read_to_ms`: where the next poll goes on (it starts earlier, by its overlap). It follows the newest line and not
  the clock, so that a job whose clock is behind is read with the usual overlap; it is never beyond real time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from msgspec import MsgspecError, msgpack

from bot.logs.ledger import Ledger
from bot.logs.line import Level
from bot.logs.pages import Direction
from bot.times import Ms

VERSION = 1
NEVER = Ms(0)
INLINE_BYTES = 512
"""Parts of the ledger that are smaller stay in the head: most jobs have no chunk at all."""


class Because(StrEnum):
    """Why lower levels are left out for now."""

    LOUD = "loud"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skim:
    """Only lines at or above the watched level are read, through the server's filter.

    Attributes:
        since_ms: log time from which on lower levels were not read.
        because: the job writes more than the budget carries, or too much was to be caught up with.
        lines_per_s: how much the log held per second of log time when that was decided.
        checked_ms: when it was last looked at whether all levels can be read again.
    """

    since_ms: Ms
    because: Because
    lines_per_s: int
    checked_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A cursor as bytes: a head that changes with every line, and large parts of which few change."""

    head: bytes
    chunks: Mapping[int, bytes]

    def changed_since(self, chunks: Mapping[int, bytes]) -> dict[int, bytes | None]:
        """What has to be written where `chunks` are stored; None deletes."""
        gone: dict[int, bytes | None] = dict.fromkeys(chunks.keys() - self.chunks.keys())
        return gone | {number: part for number, part in self.chunks.items() if chunks.get(number) != part}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """See the head of this module.

    Attributes:
        level: lines at or above it are wanted: none of them may be lost.
        behind: the last poll did not get as far as its own time; the next one goes on where it stopped.
        loosened_ms: a lower `level` was asked for; it holds once `settled_ms` has passed this point, from which on
            its lines are remembered long enough. Until then they are read, but late ones among them not sought.
        begun_ms: when (by our clock) the log was first read.
        reconciled_ms: when (by our clock) the last minutes were last read once more.
        news_ms: when (by our clock) a new line was last seen.
        skim: set while only wanted lines are read.
        gaps: those that were told, as (start, level or 0), as long as they may be met again.
        proven: what is known of the server, see `bot.logs.order`.
        finished: the job has ended and all of its log is final.
    """

    level: Level
    read_to_ms: Ms
    settled_ms: Ms
    others_from_ms: Ms
    behind: bool = False
    loosened_ms: Ms | None = None
    begun_ms: Ms = NEVER
    reconciled_ms: Ms = NEVER
    news_ms: Ms = NEVER
    skim: Skim | None = None
    gaps: frozenset[tuple[int, int]] = frozenset()
    proven: frozenset[Direction] = frozenset()
    finished: bool = False
    ledger: Ledger = field(default_factory=Ledger)

    @classmethod
    def at(cls, start_ms: Ms, level: Level) -> "Cursor":
        """The cursor of a log of which nothing was read, to be read from `start_ms` on."""
        return cls(level=level, read_to_ms=start_ms, settled_ms=start_ms, others_from_ms=start_ms)

    def encode(self) -> Encoded:
        parts = self.ledger.parts
        chunks = {number: part for number, part in parts.items() if len(part) >= INLINE_BYTES}
        inline = {number: part for number, part in parts.items() if number not in chunks}
        head = _Head(version=VERSION, chunks=tuple(chunks), cursor=replace(self, ledger=Ledger(inline)))
        return Encoded(head=msgpack.encode(head), chunks=chunks)

    @classmethod
    def decode(cls, head: bytes, chunks: Mapping[int, bytes]) -> "Cursor":
        """The cursor that was encoded.

        Raises:
            ValueError: the bytes are damaged, incomplete, or of a version that this one cannot read.
        """
        try:
            decoded = msgpack.decode(head, type=_Head)
            parts = {number: chunks[number] for number in decoded.chunks}
        except (MsgspecError, KeyError) as error:
            raise ValueError("a stored cursor cannot be read") from error
        if decoded.version != VERSION:
            raise ValueError(f"a stored cursor has version {decoded.version}, this program reads {VERSION}")
        cursor = decoded.cursor
        return replace(cursor, ledger=Ledger({**cursor.ledger.parts, **parts}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    version: int
    chunks: tuple[int, ...]
    cursor: Cursor
