"""Units of time, their conversions and the clock.

Log stamps are nanoseconds since the epoch (`Ns`), the API's query window and our tables use
milliseconds (`Ms`). Both are integers: a float cannot hold a current epoch in nanoseconds, and
``int(1733000000123999999 / 1e6)`` is a millisecond too late. No other module converts units.
"""

import asyncio
import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NewType, Protocol

Ns = NewType("Ns", int)
Ms = NewType("Ms", int)

NS_PER_MS = 1_000_000
MS_PER_S = 1_000
NS_PER_S = NS_PER_MS * MS_PER_S


def ms_floor(ns: int) -> Ms:
    """The millisecond that `ns` falls in: for the start of a window."""
    return Ms(ns // NS_PER_MS)


def ms_ceil(ns: int) -> Ms:
    """The first millisecond that is not before `ns`: for the end of a window."""
    return Ms(-(-ns // NS_PER_MS))


def ns_from_ms(ms: int) -> Ns:
    return Ns(ms * NS_PER_MS)


def ms_from_s(seconds: float) -> Ms:
    """A duration (never an epoch) in seconds as whole milliseconds."""
    return Ms(round(seconds * MS_PER_S))


def s_from_ms(ms: int) -> int:
    """Whole seconds, rounded down: what Slack's date tokens take."""
    return ms // MS_PER_S


def parse_stamp(value: str | int) -> Ns:
    """A log line's timestamp as the API may spell it.

    A decimal string or an integer counts nanoseconds (documented), or micro-, milli- or whole seconds
    when its magnitude says so; anything else is read as RFC 3339, whose fraction may have nine digits.

    Raises:
        ValueError: if `value` is none of these.
    """
    if isinstance(value, int):
        return _scaled(value)
    text = value.strip()
    if text.lstrip("-").isdigit():
        return _scaled(int(text))
    return parse_rfc3339(text)


def parse_rfc3339(text: str) -> Ns:
    """An RFC 3339 time, with any number of fraction digits; without an offset it is taken as UTC."""
    head, dot, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))] if dot else ""
    moment = datetime.fromisoformat(head + tail[len(digits) :])
    whole = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (whole - _EPOCH) // timedelta(seconds=1)
    return Ns(seconds * NS_PER_S + int(digits[:9].ljust(9, "0") or 0))


def utc(ns: int) -> datetime:
    """`ns` as an aware UTC datetime, cut to microseconds: for display and zone arithmetic only."""
    seconds, rest = divmod(ns, NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)


def ms_at(moment: datetime) -> Ms:
    """An aware datetime as milliseconds since the epoch, rounded down."""
    return Ms((moment - _EPOCH) // timedelta(milliseconds=1))


class Clock(Protocol):
    """The one source of time; made in `app.py`, passed down, turned by hand in tests."""

    def now_ns(self) -> Ns: ...

    def monotonic_s(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> Ns:
        return Ns(time.time_ns())  # noqa: TID251 - the one place

    def monotonic_s(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


AHEAD = struct.Struct("<q")
"""How a shared clock's file says by how much it is ahead."""


class SharedClock(SystemClock):
    """The machine's clock, ahead by what `file` says: 8 bytes, signed nanoseconds, little-endian.

    Processes that map the same file live in one time, which the demonstration moves. What is measured rather
    than dated (deadlines, rates, sleeping) stays real.
    """

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), AHEAD.size)

    @property
    def ahead_ns(self) -> int:
        ahead: int = AHEAD.unpack_from(self._shared)[0]
        return ahead

    def now_ns(self) -> Ns:
        return Ns(super().now_ns() + self.ahead_ns)


def now_ms(clock: Clock) -> Ms:
    return ms_floor(clock.now_ns())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An epoch of this century has 10 digits in seconds, 13 in ms, 16 in µs and 19 in ns.
_SCALES = ((10**11, NS_PER_S), (10**14, NS_PER_MS), (10**17, 1_000))


def _scaled(number: int) -> Ns:
    for ceiling, factor in _SCALES:
        if abs(number) < ceiling:
            return Ns(number * factor)
    return Ns(number)
