"""A case and its verdict as `Facts`, the form in which the rest of the bot knows an incident."""

from bot.incidents.blame import Verdict
from bot.incidents.grouping_case import Case
from bot.incidents.incident import Facts, Role, Sighting
from bot.logs.line import Level
from bot.times import Ns


def facts_of(case: Case, verdict: Verdict) -> Facts:
    sightings = _sightings(case)
    first = verdict.first_replica
    seen = case.seen.get(first or "")
    return Facts(
        key=case.key, fingerprint=case.fingerprint, role=verdict.role, alert=verdict.alert, title=case.title,
        exception=case.exception, count=case.count, first_ns=Ns(case.first_ns), last_ns=Ns(case.last_ns),
        sightings=sightings, first_replica=first, first_rank=seen.rank if seen else None,
        excerpt=tuple(case.excerpt), caused_by=verdict.caused_by, reason=verdict.reason,
        confidence=verdict.confidence, hidden_values=case.hidden, level=_level(case, verdict.role),
    )  # fmt: skip


def _level(case: Case, role: Role) -> Level | None:
    """What states a failure by itself is of interest whatever its level says, unless it is harmless."""
    if role is not Role.NOISE and (case.exception or case.name or not case.level):
        return None
    return max(level for level in Level if level <= max(case.level, Level.DEBUG))


def _sightings(case: Case) -> tuple[Sighting, ...]:
    ordered = sorted(case.seen.items(), key=lambda pair: (pair[1].first_ns, pair[1].order))
    return tuple(
        Sighting(
            replica=name or None,
            rank=seen.rank,
            first_ns=Ns(seen.first_ns),
            last_ns=Ns(seen.last_ns),
            count=seen.count,
        )
        for name, seen in ordered
    )
