"""Causes, consequences and harmless noise told apart, with the reason in words.

A pure function of what is remembered, computed anew after every poll: when the cause arrives after its
consequences, or a clock was wrong, the next answer is another one and the card follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.incidents.blame_words import followed, noise, promoted, rooted
from bot.incidents.grouping_case import Case
from bot.incidents.grouping_job import Job
from bot.incidents.incident import Confidence, Role
from bot.incidents.signatures import Stage
from bot.incidents.suspects import suspect_of
from bot.times import NS_PER_S

SURVIVED_NS = 120 * NS_PER_S
"""A job that tells of progress this long after an error has survived it; teardown never takes so long."""
ATTEMPT_NS = 15 * 60 * NS_PER_S
"""Failures further apart than this, of a job that is restarted, are failures of two attempts."""
REACH_NS = 65 * 60 * NS_PER_S
"""Longest time from a cause to its consequence: the largest usual timeout of a collective is an hour."""
SKEW_NS = 5 * 60 * NS_PER_S
"""A cause may be stamped this much later than its consequence: clocks differ, and dying processes flush late."""


LEAD_NS = 60 * NS_PER_S
"""A mere log line belongs to a death that follows it within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one incident is among the others of its job."""

    key: str
    role: Role
    alert: bool
    reason: str
    caused_by: str | None = None
    confidence: Confidence = Confidence.LIKELY
    first_replica: str | None = None


def blame(cases: Sequence[Case], job: Job) -> tuple[Verdict, ...]:
    """A verdict for every case: the most important first, causes before consequences before noise."""
    real = [case for case in cases if case.stage != Stage.HARMLESS]
    effects = [case for case in real if case.stage >= Stage.EFFECT]
    candidates = [case for case in real if case.stage <= Stage.SYMPTOM] or _harmful_after_all(cases, effects, job)
    fatal = _without_bystanders(
        sorted(
            (case for case in candidates if _fatal(case, effects, job)), key=lambda case: _distance(case, effects)
        )
    )
    lasting = [case for case in candidates if case not in fatal]
    worn = _worn_out(fatal, lasting)
    tired = list(worn.values())
    roots = _attempts([case for case in fatal if case.key not in worn])
    verdicts = [_root(case, effects, job) for case in roots]
    verdicts += [_lasting(case, job, fatal_too=case in tired) for case in _by_time(lasting)]
    verdicts += _consequences(fatal, roots, worn, job)
    verdicts += _effects(effects, [*roots, *(c for c in lasting if c in tired)], job)
    verdicts += [_noise(case, job) for case in cases if case.stage == Stage.HARMLESS and case not in candidates]
    return tuple(sorted(verdicts, key=lambda verdict: _rank(verdict, worn)))


def _harmful_after_all(cases: Sequence[Case], effects: Sequence[Case], job: Job) -> list[Case]:
    """What is harmless elsewhere has ended this job: it was raised, not retried, and nothing else explains the end."""
    if not any(effect.stage in (Stage.EFFECT, Stage.REPORT) for effect in effects):
        return []
    return [case for case in cases if case.stage == Stage.HARMLESS and case.uncaught and not survived(case, job)]


def survived(case: Case, job: Job) -> bool:
    """Whether the job told of progress long after the case had begun."""
    told = [
        job.members[name].progress_ns
        for name in case.seen
        if name in job.members and job.members[name].progress_ns
    ]
    latest = max(told) if told else job.progress_ns
    return latest > case.first_ns + SURVIVED_NS


def _fatal(case: Case, effects: Sequence[Case], job: Job) -> bool:
    if not survived(case, job):
        return True
    if not case.uncaught and case.stage != Stage.CAUSE:
        return False
    # A restarted job makes progress again, but its launcher has told of the failure.
    return not case.mild and any(
        effect.stage != Stage.TEARDOWN and 0 <= effect.last_ns - case.last_ns <= REACH_NS and effect.first_ns >= case.first_ns - SKEW_NS
        and case.count <= 64 and _near_end(case, job)
        for effect in effects
    )  # fmt: skip


def _without_bystanders(fatal: list[Case]) -> list[Case]:
    """Without errors that were only logged, and so long before the first death that they did not bring it."""
    if not fatal:
        return fatal
    death = fatal[0]
    return [case for case in fatal if case is death or case.uncaught or case.first_ns > death.first_ns - LEAD_NS]


def _near_end(case: Case, job: Job) -> bool:
    """Whether the last of it was not followed by progress."""
    return job.progress_ns <= case.last_ns + SURVIVED_NS


def _distance(case: Case, effects: Sequence[Case]) -> tuple[int, int, int]:
    """Order among what may have killed the job: named causes first, uncaught before logged, early before late."""
    first_effect = min((effect.first_ns for effect in effects), default=case.first_ns)
    points = 10 * case.stage
    points += 0 if case.uncaught else 4
    points += 12 if case.mild and not case.uncaught else 0
    points += 12 if case.first_ns > first_effect + 2 * SKEW_NS else 0
    points += 8 if case.gives_up else 0
    return points, case.first_ns, case.order


def _worn_out(fatal: Sequence[Case], lasting: Sequence[Case]) -> dict[str, Case]:
    """Deaths that only say that something happened too often, by key, with what happened."""
    worn: dict[str, Case] = {}
    for case in fatal:
        before = [
            other
            for other in lasting
            if case.gives_up and other.count >= 3 and other.first_ns < case.first_ns and not other.gives_up
        ]
        if before:
            worn[case.key] = max(
                before, key=lambda other, case=case: (other.likeness(frozenset(case.words)), other.count)
            )
    return worn


def _attempts(fatal: Sequence[Case]) -> list[Case]:
    """The root of each attempt; what else died within one attempt is a consequence."""
    roots: list[Case] = []
    for case in fatal:
        apart = all(
            case.first_ns > root.last_ns + ATTEMPT_NS or case.last_ns < root.first_ns - ATTEMPT_NS
            for root in roots
        )
        if not roots or (apart and case.uncaught and not case.mild and case.stage <= Stage.OWN):
            roots.append(case)
    return roots


def _root(case: Case, effects: Sequence[Case], job: Job) -> Verdict:
    suspect = suspect_of(case, job, case.seen) if case.stage == Stage.SYMPTOM and case.peers else None
    first = suspect[0] if suspect else _first(case, job)
    certain = case.stage == Stage.CAUSE and case.uncaught
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, reason=rooted(case, effects, first), first_replica=first,
        confidence=Confidence.CERTAIN if certain else Confidence.LIKELY,
    )  # fmt: skip


def _lasting(case: Case, job: Job, *, fatal_too: bool) -> Verdict:
    """An error that the job survived: it matters when it comes back, gives up, or does not say that it is handled."""
    passing = case.mild and case.count < 3 and not case.gives_up and not fatal_too
    if passing:
        return replace(_noise(case, job), reason="it was tried again or skipped, and the job went on")
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, first_replica=_first(case, job),
        reason="it came too often, and the job gave up" if fatal_too else "the job goes on in spite of it",
    )  # fmt: skip


def _consequences(fatal: Sequence[Case], roots: Sequence[Case], worn: dict[str, Case], job: Job) -> list[Verdict]:
    verdicts = []
    for case in fatal:
        if case in roots:
            continue
        cause = worn[case.key] if case.key in worn else _nearest(case, roots)
        if cause is not None:
            verdicts.append(_follows(case, cause, job))
    return verdicts


def _effects(effects: Sequence[Case], roots: Sequence[Case], job: Job) -> list[Verdict]:
    """Consequences go to the nearest cause; where no line names one, the first of them stands for it."""
    verdicts, orphans = [], []
    for case in effects:
        cause = _nearest(case, roots)
        if cause is None or not _reaches(cause, case):
            orphans.append(case)
        else:
            verdicts.append(_follows(case, cause, job))
    orphans.sort(key=lambda case: (case.stage, case.first_ns, case.order))
    if not orphans:
        return verdicts
    passed = [case for case in orphans if survived(case, job) and (case.mild or case.stage >= Stage.TEARDOWN)]
    verdicts += [replace(_noise(case, job), reason="the job went on") for case in passed]
    orphans = [case for case in orphans if case not in passed]
    if not orphans:
        return verdicts
    head = orphans[0]
    verdicts.append(_promoted(head, orphans, job))
    return verdicts + [_follows(case, head, job) for case in orphans[1:]]


def _promoted(case: Case, effects: Sequence[Case], job: Job) -> Verdict:
    touched = {name for effect in effects if effect.stage <= Stage.TEARDOWN for name in effect.seen}
    suspect = suspect_of(case, job, touched) if case.stage == Stage.EFFECT else None
    first = suspect[0] if suspect else _first(case, job)
    return Verdict(
        key=case.key, role=Role.ROOT, alert=True, first_replica=first, confidence=Confidence.GUESS,
        reason=promoted(case, suspect[1] if suspect else ""),
    )  # fmt: skip


def _nearest(case: Case, roots: Sequence[Case]) -> Case | None:
    """The root that began last before `case` did, allowing for clocks that differ."""
    before = [root for root in roots if root.first_ns <= case.first_ns + SKEW_NS]
    return max(before, key=lambda root: root.first_ns) if before else (roots[0] if roots else None)


def _reaches(cause: Case, effect: Case) -> bool:
    return cause.first_ns - 4 * SKEW_NS <= effect.last_ns and effect.first_ns <= cause.last_ns + REACH_NS


def _follows(case: Case, cause: Case, job: Job) -> Verdict:
    return Verdict(
        key=case.key, role=Role.CASCADE, alert=False, caused_by=cause.key, reason=followed(case, cause),
        first_replica=_first(case, job),
    )  # fmt: skip


def _noise(case: Case, job: Job) -> Verdict:
    return Verdict(
        key=case.key, role=Role.NOISE, alert=False, reason=noise(case), first_replica=_first(case, job),
        confidence=Confidence.CERTAIN if case.stage == Stage.HARMLESS else Confidence.LIKELY,
    )  # fmt: skip


def _first(case: Case, job: Job) -> str | None:
    named = [(seen.first_ns, seen.order, name) for name, seen in case.seen.items() if name]
    return min(named)[2] if named else next((name for name in job.members if name in case.title), None)


def _by_time(cases: Sequence[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: (case.first_ns, case.order))


def _rank(verdict: Verdict, worn: dict[str, Case]) -> int:
    if any(verdict.key == case.key for case in worn.values()):
        return 0
    return {Role.ROOT: 1 if verdict.alert else 2, Role.CASCADE: 3, Role.NOISE: 4}[verdict.role]
