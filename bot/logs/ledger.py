"""The ledger: which lines were taken already, counted, in 8 bytes each.

Windows overlap, pages overlap, polls are repeated after a crash; and a log may hold the same line twice. So lines
are compared by **count**: of a line that a reading has five times and the ledger three times, two are new.

A line is remembered as a 64-bit digest of (ns, replica, level, request id, text), in buckets of log time. Each
bucket has two parts, since they are forgotten at different times: *wanted* lines (at or above the watched level,
for which nothing may be lost) and the *others*. The parts are packed bytes, never changed in place, which is
also how they are stored: as `Cursor` chunks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from operator import attrgetter

from msgspec.msgpack import Encoder

from bot.logs.line import Level, Line
from bot.times import MS_PER_S, Ms, ns_from_ms

DIGEST_SIZE = 8
BUCKET_MS = 5 * MS_PER_S
"""Log time of one bucket: small enough to be rewritten at each poll of a loud job, large enough to be few."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is remembered: digests by part, numbered ``2 * bucket`` (wanted) and ``2 * bucket + 1`` (others)."""

    parts: Mapping[int, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.parts.values())) // DIGEST_SIZE

    def take(self, lines: Sequence[Line], level: Level) -> "tuple[list[Line], Ledger]":
        """Those of `lines` (ascending by time) that are new, and the ledger that knows them.

        Lines at or above `level` are entered as wanted.
        """
        parts = dict(self.parts)
        new: list[Line] = []
        digests = _digests(lines)
        for bucket, within in _by_bucket(lines):
            known = parts.get(2 * bucket, b"") + parts.get(2 * bucket + 1, b"")
            fresh = _unknown(lines[within], digests[within], known)
            for other in (False, True):
                added = [digest for line, digest in fresh if (line.level is None or line.level < level) is other]
                if added:
                    parts[2 * bucket + other] = parts.get(2 * bucket + other, b"") + b"".join(added)
            new += [line for line, _ in fresh]
        return new, Ledger(parts)

    def without(self, *, wanted_before_ms: int, others_before_ms: int) -> "Ledger":
        """Forgets the parts that lie wholly before these points."""
        floors = (wanted_before_ms // BUCKET_MS, others_before_ms // BUCKET_MS)
        return Ledger({number: part for number, part in self.parts.items() if number >> 1 >= floors[number & 1]})

    def count(self, start_ms: int, end_ms: int, *, others: bool) -> int:
        """Lines known of ``[start_ms, end_ms)``, in whole buckets; without `others` only the wanted ones."""
        first, last = start_ms // BUCKET_MS, (end_ms - 1) // BUCKET_MS
        return sum(
            len(part) // DIGEST_SIZE
            for number, part in self.parts.items()
            if first <= number >> 1 <= last and (others or not number & 1)
        )

    def reach_back(self, lines: int, before_ms: int, *, others: bool) -> Ms:
        """The earliest start of a window up to `before_ms` in which no more than `lines` lines are known.

        Within a bucket lines are taken as evenly spread. 0 when all that is known is not too much.
        """
        counts = self._counts(others=others)
        for bucket in sorted(counts, reverse=True):
            start = bucket * BUCKET_MS
            if start >= before_ms:
                continue
            if counts[bucket] > lines:
                end = min(start + BUCKET_MS, before_ms)
                return Ms(end - (end - start) * lines // counts[bucket])
            lines -= counts[bucket]
        return Ms(0)

    def _counts(self, *, others: bool) -> Counter[int]:
        counts: Counter[int] = Counter()
        for number, part in self.parts.items():
            if others or not number & 1:
                counts[number >> 1] += len(part) // DIGEST_SIZE
        return counts


def _by_bucket(lines: Sequence[Line]) -> Iterator[tuple[int, slice]]:
    """Buckets, and where their lines are in `lines`."""
    at = 0
    while at < len(lines):
        bucket = lines[at].timestamp_ns // _BUCKET_NS
        after = bisect_left(lines, (bucket + 1) * _BUCKET_NS, lo=at, key=_STAMP)
        yield bucket, slice(at, after)
        at = after


def _unknown(lines: Sequence[Line], digests: Sequence[bytes], known: bytes) -> list[tuple[Line, bytes]]:
    """Lines with their digests, without as many of each digest as are `known`."""
    joined = b"".join(digests)
    if joined == known:
        return []
    numbers = memoryview(joined).cast("Q").tolist()
    left = Counter(memoryview(known).cast("Q").tolist())
    if left.keys().isdisjoint(numbers):
        return list(zip(lines, digests, strict=True))
    fresh = []
    for line, digest, number in zip(lines, digests, numbers, strict=True):
        count = left.get(number, 0)
        if count:
            left[number] = count - 1
        else:
            fresh.append((line, digest))
    return fresh


def _digests(lines: Sequence[Line]) -> list[bytes]:
    try:
        return [
            blake2b(
                _pack((line.timestamp_ns, line.replica, line.level, line.request_id, line.message)), digest_size=8
            ).digest()
            for line in lines
        ]
    except UnicodeEncodeError:  # a lone surrogate, from an answer that was decoded leniently
        return _digests([_encodable(line) for line in lines])


def _encodable(line: Line) -> Line:
    def clean(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode()

    return replace(
        line,
        message=clean(line.message),
        replica=None if line.replica is None else clean(line.replica),
        request_id=None if line.request_id is None else clean(line.request_id),
    )


_BUCKET_NS = ns_from_ms(BUCKET_MS)
_STAMP = attrgetter("timestamp_ns")
_pack = Encoder().encode
