"""Our clock against those of Slack and Baseten, by the Date of their answers."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from bot.check.finding import Finding, fault, note, ok
from bot.times import NS_PER_S, Clock, parse_rfc3339

T = TypeVar("T")

NOTE_S = 5.0
FAULT_S = 60.0
"""The newest log lines are asked for by our clock, and Slack's signatures hold for five minutes."""
_HALF_A_SECOND = 0.5  # dates are cut to whole seconds


async def timed(clock: Clock, ask: Callable[[], Awaitable[T]]) -> tuple[T, int]:
    """The answer, and the time by our clock in the middle of waiting for it."""
    began_ns = clock.now_ns()
    answer = await ask()
    return answer, (began_ns + clock.now_ns()) // 2


def skew(headers: Mapping[str, object], middle_ns: int) -> float | None:
    """Seconds that the other clock is ahead of ours; None when the answer has no date."""
    date = {name.lower(): value for name, value in headers.items()}.get("date")
    first = date[0] if isinstance(date, list) and date else date
    try:
        moment = parsedate_to_datetime(str(first))
    except ValueError:
        return None
    at_ns = parse_rfc3339(moment.astimezone(UTC).isoformat())
    return (at_ns - middle_ns) / NS_PER_S + _HALF_A_SECOND


def look(whose: str, skew_s: float | None) -> list[Finding]:
    """Nothing when there was no answer that told the time."""
    if skew_s is None:
        return []
    subject, off = f"clock against {whose}", abs(skew_s)
    if off <= NOTE_S:
        return [ok(subject, "the same, to a few seconds")]
    told = f"this machine is {off:.0f} s {'behind' if skew_s > 0 else 'ahead'}"
    return [(fault if off > FAULT_S else note)(subject, told, "Let the system keep its clock by NTP.")]
