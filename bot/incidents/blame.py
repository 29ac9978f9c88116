"""Causes, consequences and harmless noise told apart, with the reason in words.

A pure function of what is remembered, computed anew after every poll: when the cause arrives after its
consequences, or a clock was wrong, the next answer is another one and the card follows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.incidents.blame_order import attempts, deadly, hushed, nearest, reaches, survived, worn_out
from bot.incidents.blame_words import followed, noise, promoted, rooted
from bot.incidents.grouping_case import Case
from bot.incidents.grouping_job import Job
from bot.incidents.incident import Confidence, Role
from bot.incidents.signatures import Stage
from bot.incidents.suspects import suspect_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one incident is among the others of its job; `weight` orders verdicts, the least first."""

    key: str
    role: Role
    alert: bool
    reason: str
    caused_by: str | None = None
    confidence: Confidence = Confidence.LIKELY
    first_replica: str | None = None
    weight: int = 0


def blame(cases: Sequence[Case], job: Job) -> tuple[Verdict, ...]:
    """A verdict for every case: the most important first, causes before consequences before noise."""
    real = [case for case in cases if case.stage != Stage.HARMLESS]
    effects = [case for case in real if case.stage >= Stage.EFFECT]
    candidates = [case for case in real if case.stage <= Stage.SYMPTOM] or _harmful_after_all(cases, effects, job)
    fatal = deadly(candidates, effects, job)
    lasting = [case for case in candidates if case not in fatal]
    worn = worn_out(fatal, lasting)
    tired = list(worn.values())
    roots = attempts([case for case in fatal if case.key not in worn], job)
    overcome = [case for case in lasting if case in tired or (case.uncaught and not case.mild)]
    verdicts = [_root(case, effects, job) for case in roots]
    verdicts += [_lasting(case, job, tired=case in tired) for case in lasting]
    for case in fatal:
        cause = worn.get(case.key) or nearest(case, roots)
        if case not in roots and cause is not None:
            verdicts.append(_follows(case, cause, job))
    verdicts += _effects(effects, [*roots, *overcome], job)
    verdicts += [_noise(case, job) for case in cases if case.stage == Stage.HARMLESS and case not in candidates]
    age = {case.key: (case.first_ns, case.order) for case in cases}
    place = {case.key: number for number, case in enumerate(roots)}
    return tuple(sorted(verdicts, key=lambda each: (each.weight, place.get(each.key, 0), *age[each.key])))


def _harmful_after_all(cases: Sequence[Case], effects: Sequence[Case], job: Job) -> list[Case]:
    """What is harmless elsewhere has ended this job: it was raised, and nothing else explains the end."""
    if not any(effect.stage in (Stage.EFFECT, Stage.REPORT) for effect in effects):
        return []
    return [case for case in cases if case.stage == Stage.HARMLESS and case.uncaught and not survived(case, job)]


def _root(case: Case, effects: Sequence[Case], job: Job) -> Verdict:
    suspect = suspect_of(case, job, case.seen) if case.stage == Stage.SYMPTOM and case.peers else None
    first = suspect[0] if suspect else _first(case, job)
    certain = case.stage == Stage.CAUSE and case.uncaught
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, reason=rooted(case, effects, first), first_replica=first,
        confidence=Confidence.CERTAIN if certain else Confidence.LIKELY, weight=1,
    )  # fmt: skip


def _lasting(case: Case, job: Job, *, tired: bool) -> Verdict:
    """An error that the job survived: it matters when it comes back, gives up, or is not said to be handled."""
    if not tired and not case.gives_up:
        if (case.mild or not case.loud) and case.count < 3 and case.stage != Stage.CAUSE:
            return replace(_noise(case, job), reason="it was tried again or skipped, and the job went on")
        if not case.uncaught and job.first_progress_ns and case.last_ns < job.first_progress_ns:
            return replace(_noise(case, job), reason="it was logged while the job started, and the job went on")
        if job.succeeded and not case.uncaught and case.stage != Stage.CAUSE and case.count < 3:
            return replace(_noise(case, job), reason="it was logged, and the job succeeded in spite of it")
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, first_replica=_first(case, job), weight=0 if tired else 2,
        reason="it came too often, and the job gave up" if tired else "the job goes on in spite of it",
    )  # fmt: skip


def _effects(effects: Sequence[Case], causes: Sequence[Case], job: Job) -> list[Verdict]:
    """Consequences go to the nearest cause; where no line names one, the first of them stands for it."""
    verdicts: list[Verdict] = []
    orphans: list[Case] = []
    for case in effects:
        cause = nearest(case, causes)
        if cause is not None and reaches(cause, case, job):
            verdicts.append(_follows(case, cause, job))
        elif hushed(case, effects):
            verdicts.append(replace(_noise(case, job), reason="nothing followed so far"))
        elif survived(case, job) and _passes(case, job):
            verdicts.append(replace(_noise(case, job), reason="the job went on"))
        else:
            orphans.append(case)
    if orphans:
        head, *rest = sorted(orphans, key=lambda case: (case.stage, case.first_ns, case.order))
        verdicts += [_promoted(head, orphans, job), *(_follows(case, head, job) for case in rest)]
    return verdicts


def _passes(case: Case, job: Job) -> bool:
    """Whether an effect that the job survived needs no word: it was handled, or belongs to an orderly end."""
    starting = bool(job.first_progress_ns) and case.last_ns < job.first_progress_ns
    handled = case.mild or starting or not case.loud
    return handled or case.stage >= Stage.TEARDOWN or (job.succeeded and case.count < 3)


def _promoted(case: Case, effects: Sequence[Case], job: Job) -> Verdict:
    touched = {name for effect in effects if effect.stage <= Stage.TEARDOWN for name in effect.seen}
    suspect = suspect_of(case, job, touched) if case.stage == Stage.EFFECT else None
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, confidence=Confidence.GUESS, weight=1,
        first_replica=suspect[0] if suspect else _first(case, job),
        reason=promoted(case, suspect[1] if suspect else ""),
    )  # fmt: skip


def _follows(case: Case, cause: Case, job: Job) -> Verdict:
    return Verdict(
        key=case.key, role=Role.CASCADE, alert=False, caused_by=cause.key, reason=followed(case, cause),
        first_replica=_first(case, job), weight=3,
    )  # fmt: skip


def _noise(case: Case, job: Job) -> Verdict:
    return Verdict(
        key=case.key, role=Role.NOISE, alert=False, reason=noise(case), first_replica=_first(case, job), weight=4,
        confidence=Confidence.CERTAIN if case.stage == Stage.HARMLESS else Confidence.LIKELY,
    )  # fmt: skip


def _first(case: Case, job: Job) -> str | None:
    """The replica where it was seen first; of an event of the platform, the one that its text names."""
    named = [(seen.first_ns, seen.order, name) for name, seen in case.seen.items() if name]
    if named:
        return min(named)[2]
    told = set(_WORD.findall(case.title))
    return max((name for name in job.members if name in told), key=len, default=None)


_WORD = re.compile(r"[\w.\-]*\w")
