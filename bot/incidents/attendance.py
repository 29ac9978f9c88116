"""Who has an error, who has not, and who has fallen silent: a job's replicas as one incident finds them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incidents.incident import Incident, Sighting
from bot.times import NS_PER_S, Ns

SILENT_NS = 60 * NS_PER_S
"""Without a line for so long while others write, a replica is called silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Every replica is in one of the first two; those that are `silent` stand there as well.

    Attributes:
        touched: who has the error, the first one first; the platform among them has no name.
        others: names of those that wrote lines, and none of this error.
        silent: since when they have written nothing, while others did.
        unheard: how many of the job's replicas have never written a line; None where their number is not known.
    """

    touched: tuple[Sighting, ...]
    others: tuple[str, ...] = ()
    silent: tuple[tuple[str, Ns], ...] = ()
    unheard: int | None = None


def attendance(incident: Incident, heard: Mapping[str, tuple[Ns, Ns]], replicas: int | None) -> Attendance:
    """`heard` has the first and the last line of each replica, `replicas` is how many the job should have."""
    touched = {seen.replica for seen in incident.facts.sightings}
    known = {*heard, *(name for name in touched if name)}
    newest = max((last for _, last in heard.values()), default=Ns(0))
    silent = sorted((last, name) for name, (_, last) in heard.items() if newest - last > SILENT_NS)
    return Attendance(
        touched=incident.facts.sightings,
        others=tuple(sorted(name for name in heard if name not in touched)),
        silent=tuple((name, last) for last, name in silent),
        unheard=max(replicas - len(known), 0) if replicas and heard else None,
    )
