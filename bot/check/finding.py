"""What was found: all is well, worth knowing, or to be mended first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from bot.errors import JoblogsError, TransientError


class State(Enum):
    """`NOTE` does not keep the bot from working; `FAULT` does, or lets something be missed."""

    OK = "✓"
    NOTE = "!"
    FAULT = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` says what to do about a note or a fault."""

    subject: str
    state: State
    told: str
    fix: str = ""

    @property
    def is_fault(self) -> bool:
        return self.state is State.FAULT

    def line(self) -> str:
        return f"{self.state.value} {self.subject}: {self.told}" + (f"\n    → {self.fix}" if self.fix else "")

    def as_json(self) -> dict[str, str]:
        return {"subject": self.subject, "state": self.state.name.lower(), "told": self.told, "fix": self.fix}


def ok(subject: str, told: str) -> Finding:
    return Finding(subject, State.OK, told)


def note(subject: str, told: str, fix: str) -> Finding:
    return Finding(subject, State.NOTE, told, fix)


def fault(subject: str, told: str, fix: str) -> Finding:
    return Finding(subject, State.FAULT, told, fix)


async def looked(subject: str, look: Callable[[], Awaitable[str]], fix: str) -> Finding:
    """What `look` tells, or the failure that it met; the fix of one that may pass is to try again."""
    try:
        return ok(subject, await look())
    except JoblogsError as error:
        return failed(subject, error, fix)


def failed(subject: str, error: JoblogsError, fix: str) -> Finding:
    return fault(subject, str(error), AGAIN if isinstance(error, TransientError) else fix)


AGAIN = "Look at its address and at the network, then check again."
