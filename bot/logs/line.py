"""A log line as the API returns it, and its level."""

from dataclasses import dataclass
from enum import IntEnum

from bot.times import Ns


class Level(IntEnum):
    """Severity as the API detects it; a line may have none (`None` beside this type)."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40

    @classmethod
    def parse(cls, text: str | None) -> "Level | None":
        """The level that `text` names in any case, or None: an unknown word is no level, not an error."""
        return _BY_NAME.get(text.strip().upper()) if text else None


_BY_NAME: dict[str, Level] = {level.name: level for level in Level} | {
    "WARN": Level.WARNING,
    "CRITICAL": Level.ERROR,
    "FATAL": Level.ERROR,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a job's log (`LogV1` of the API description).

    `message` has lost its trailing line break and nothing else: leading blanks carry a traceback's shape.
    `replica` names a node, which runs one or more ranks; None is the platform itself.
    """

    timestamp_ns: Ns
    message: str
    replica: str | None = None
    level: Level | None = None
    request_id: str | None = None
