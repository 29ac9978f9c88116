"""Which errors a job died of, which it survived, and in what order they may have killed it."""

from collections.abc import Sequence

from bot.incidents.grouping_case import Case
from bot.incidents.grouping_job import Job
from bot.incidents.signatures import Stage
from bot.times import NS_PER_S

SURVIVED_NS = 120 * NS_PER_S
"""A job that tells of progress this long after an error has survived it; teardown never takes so long."""
ATTEMPT_NS = 15 * 60 * NS_PER_S
"""Failures further apart than this, of a job that is restarted, are failures of two attempts."""
REACH_NS = 65 * 60 * NS_PER_S
"""Longest time from a cause to its consequence: the largest usual timeout of a collective is an hour."""
SKEW_NS = 5 * 60 * NS_PER_S
"""A cause may be stamped this much later than its consequence: clocks differ, and dying processes flush late."""
REPORT_NS = 90 * NS_PER_S
"""A launcher notices the death of a child, stops the others and reports within this time."""
LEAD_NS = 60 * NS_PER_S
"""A mere log line belongs to a death that follows it within this time."""

MACHINE = frozenset({"gpu-hardware", "host-out-of-memory", "preempted", "node-lost", "evicted", "time-limit"})
"""Causes of which the kernel or the platform tells: nobody raises them, and programs die of them in own words."""


def survived(case: Case, job: Job) -> bool:
    """Whether the job told of progress long after the case had begun, or ended well in spite of it."""
    if job.succeeded:
        return True
    told = [member.progress_ns for name in case.seen if (member := job.members.get(name)) and member.progress_ns]
    return (max(told) if told else job.progress_ns) > case.first_ns + SURVIVED_NS


def deadly(candidates: Sequence[Case], effects: Sequence[Case], job: Job) -> list[Case]:
    """The candidates that may have ended the job, the likeliest first."""
    fatal = [case for case in candidates if _ends(case, effects, job)]
    deaths = [case for case in fatal if case.uncaught and not case.mild and _reported(case, effects)]
    fatal.sort(key=lambda case: _distance(case, effects, deaths))
    # An error that was only logged, well before the first death, did not bring it.
    return [
        case for case in fatal if case is fatal[0] or case.uncaught or case.first_ns > fatal[0].first_ns - LEAD_NS
    ]


def worn_out(fatal: Sequence[Case], lasting: Sequence[Case]) -> dict[str, Case]:
    """Deaths that only say that something happened too often, by key, with what happened."""
    worn: dict[str, Case] = {}
    for case in fatal:
        before = [each for each in lasting if each.first_ns < case.first_ns and not each.gives_up]
        often = [each for each in before if each.count >= 3]
        if case.gives_up and often:
            said = frozenset(case.words)
            worn[case.key] = max(often, key=lambda each, said=said: (each.likeness(said), each.count))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return worn


def attempts(fatal: Sequence[Case], job: Job) -> list[Case]:
    """The root of each attempt; whatever else died within one attempt is a consequence."""
    began = min((case.first_ns for case in fatal), default=0)
    if job.progress_ns <= began + SURVIVED_NS:
        return [*fatal[:1], *(case for case in fatal[1:] if _is_apart(case, fatal[0]))]
    roots: list[Case] = []
    for case in fatal:
        apart = all(
            case.first_ns > root.last_ns + ATTEMPT_NS or case.last_ns < root.first_ns - ATTEMPT_NS
            for root in roots
        )
        if not roots or (apart and case.uncaught and not case.mild and case.stage <= Stage.OWN):
            roots.append(case)
    return roots


def _is_apart(case: Case, root: Case) -> bool:
    """The kernel's memory killer on another machine: nothing that one machine dies of fills another one's memory.

    What the owner of the machines does (they are taken away, or time is up) reaches all of them.
    """
    by_kernel = case.name == "host-out-of-memory" and "killed process" in case.title.lower()
    owners = MACHINE - {"gpu-hardware", "host-out-of-memory"}
    return by_kernel and root.name not in owners and not case.seen.keys() & root.seen.keys()


def nearest(case: Case, causes: Sequence[Case]) -> Case | None:
    """The cause that began last before `case` did, allowing for clocks that differ."""
    before = [cause for cause in causes if cause.first_ns <= case.first_ns + SKEW_NS]
    return max(before, key=lambda cause: cause.first_ns) if before else (causes[0] if causes else None)


def reaches(cause: Case, effect: Case, job: Job) -> bool:
    """Whether `effect` may follow from `cause`: a job that never recovered may take its time to come down."""
    if cause.first_ns - 4 * SKEW_NS > effect.last_ns:
        return False
    return effect.first_ns <= cause.last_ns + REACH_NS or not survived(cause, job)


def hushed(case: Case, effects: Sequence[Case]) -> bool:
    """Whether a case says nothing yet: it is handled or mere chatter, as long as nothing follows."""
    if case.uncaught or any(each is not case and (each.loud or not each.waits) for each in effects):
        return False
    return case.mild or (case.waits and not case.loud)


def _ends(case: Case, effects: Sequence[Case], job: Job) -> bool:
    if not survived(case, job):
        return not hushed(case, effects)
    if job.succeeded or case.mild or not (case.uncaught or case.stage == Stage.CAUSE):
        return False
    # It came back: the job survived its first time, but not its last.
    at_the_end = job.progress_ns <= case.last_ns + SURVIVED_NS
    told = any(each.stage != Stage.TEARDOWN and 0 <= each.last_ns - case.last_ns <= REACH_NS for each in effects)
    return at_the_end and told and case.count <= 64


def _reported(case: Case, effects: Sequence[Case]) -> bool:
    """Whether the launcher of its own replica, by the same clock, told of a dead process right after it."""
    return any(
        0 <= (report := each.seen[name]).first_ns + LEAD_NS // 12 - seen.first_ns <= REPORT_NS
        and report.first_ns - seen.last_ns <= REPORT_NS
        for each in effects
        if each.stage == Stage.REPORT
        for name, seen in case.seen.items()
        if name in each.seen
    )


def _outrun(case: Case, deaths: Sequence[Case]) -> bool:
    """Whether a process had died of something else before, by the same clock or by more than clocks differ."""
    for death in deaths:
        if death.stage != Stage.OWN or death is case or death.gives_up:
            continue
        if case.first_ns > death.first_ns + LEAD_NS:
            return True
        shared = [name for name in case.seen if name in death.seen]
        if any(case.seen[name].first_ns > death.seen[name].first_ns + NS_PER_S for name in shared):
            return True
    return False


def _distance(case: Case, effects: Sequence[Case], deaths: Sequence[Case]) -> tuple[int, int, int]:
    """Order among what may have killed the job: named causes first, uncaught before logged, early before late."""
    first_effect = min((effect.first_ns for effect in effects), default=case.first_ns)
    points = 10 * case.stage
    points += 0 if case.uncaught or case.name in MACHINE else 4
    points += 12 if case.mild and not case.uncaught else 0
    points += 12 if case.first_ns > first_effect + 2 * SKEW_NS else 0
    points += 8 if case.gives_up else 0
    points -= 6 if _reported(case, effects) else 0
    points += 14 if case.stage == Stage.CAUSE and _outrun(case, deaths) else 0
    return points, case.first_ns, case.order
