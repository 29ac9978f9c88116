"""How often an incident happened over the last day: events by the quarter of an hour."""

from dataclasses import dataclass

from bot.times import Ms, ms_from_s

QUARTER_MS = ms_from_s(900)
QUARTERS_KEPT = 96


@dataclass(frozen=True, slots=True)
class Pulse:
    """`quarters` are pairs of a quarter's number since the epoch and its events, ascending, without empty ones."""

    quarters: tuple[tuple[int, int], ...] = ()

    def with_events(self, count: int, at_ms: Ms) -> "Pulse":
        """With `count` more events at that time; what is older than a day before it is forgotten."""
        if count <= 0:
            return self
        counts = dict(self.quarters)
        quarter = at_ms // QUARTER_MS
        counts[quarter] = counts.get(quarter, 0) + count
        newest = max(counts)
        return Pulse(tuple(sorted((q, n) for q, n in counts.items() if q > newest - QUARTERS_KEPT)))

    def since(self, start_ms: Ms) -> int:
        """Events of the quarter in which `start_ms` lies, and of later ones."""
        return sum(count for quarter, count in self.quarters if quarter >= start_ms // QUARTER_MS)
