"""Who asked what how often, and the limit on it: a true sliding window for each key and endpoint."""

from collections import Counter, defaultdict, deque
from math import ceil

WINDOW_S = 1.0


class Traffic:
    """Counts of all requests that carried a known key, those answered 429 included.

    Attributes:
        counts: requests by (key, endpoint).
        refused: of these, the ones answered 429.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self._arrived: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._admitted: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._busiest: Counter[tuple[str, str]] = Counter()

    def arrive(self, key: str, endpoint: str, now_s: float, limit: int) -> int | None:
        """Notes a request. None admits it; else it is one too many, and may come again after so many seconds."""
        who = (key, endpoint)
        self.counts[who] += 1
        self._busiest[who] = max(self._busiest[who], _push(self._arrived[who], now_s))
        admitted = _recent(self._admitted[who], now_s)
        if len(admitted) < limit:
            admitted.append(now_s)
            return None
        self.refused[who] += 1
        return max(1, ceil(admitted[0] + WINDOW_S - now_s))

    def count(self, endpoint: str = "*", key: str | None = None) -> int:
        return sum(_matching(self.counts, endpoint, key))

    @property
    def rate_limited(self) -> int:
        """How many requests were answered 429 because of the limit (not because of a fault)."""
        return self.refused.total()

    def busiest_second(self, endpoint: str = "*", key: str | None = None) -> int:
        """The most requests that one key sent to one endpoint within any second; refused ones count."""
        return max(_matching(self._busiest, endpoint, key), default=0)


def _matching(counts: Counter[tuple[str, str]], endpoint: str, key: str | None) -> list[int]:
    return [n for (k, e), n in counts.items() if endpoint in {"*", e} and key in {None, k}]


def _recent(times: deque[float], now_s: float) -> deque[float]:
    """`times` without those that lie a whole window back."""
    while times and times[0] <= now_s - WINDOW_S:
        times.popleft()
    return times


def _push(times: deque[float], now_s: float) -> int:
    _recent(times, now_s).append(now_s)
    return len(times)
