"""To which open incident an event belongs, if to any."""

import re
from collections.abc import Mapping, Sequence

from bot.incidents.fingerprint import Reading, is_report
from bot.incidents.grouping_case import Case
from bot.incidents.signatures import Stage
from bot.logs.fold_event import Event, Shape
from bot.times import NS_PER_S

NEAR_NS = 10 * NS_PER_S
"""A failure is announced, raised and printed again within this time on one replica."""
SAME_FILE_NS = 120 * NS_PER_S
"""What one source file logs on one replica within this time is one story: an attempt, the next, giving up."""
ALIKE = 0.6
LOOSELY_ALIKE = 0.34


def home_of(event: Event, reading: Reading, cases: Sequence[Case], index: Mapping[str, Case]) -> Case | None:
    """The incident of `event`: by a key that they share, else by place, time and likeness."""
    if reading.signature is not None and reading.signature.name == "collective-failed":
        repeated = _repeated(event, reading, cases)
        if repeated is not None:
            return repeated
    for key in reading.keys:
        case = index.get(key)
        if case is not None:
            return case
    if reading.stage > Stage.OWN:
        return None
    if is_fragment(event):
        return _latest_on(event.replica, event, cases)
    own = [case for case in cases[-64:] if case.stage <= Stage.OWN]
    for case in reversed(own):
        if _same_place(case, event, reading) or _same_kind(case, reading):
            return case
    return None


def _same_place(case: Case, event: Event, reading: Reading) -> bool:
    """Announced and raised: on the same replica, within seconds, by the same file or in the same words."""
    seen = case.seen.get(event.replica or "")
    if seen is None or _conflict(case, reading):
        return False
    apart = abs(event.first_ns - seen.last_ns)
    if reading.source and reading.source in case.sources and not reading.uncaught and apart <= SAME_FILE_NS:
        return True
    if apart > NEAR_NS:
        return False
    if case.likeness(reading.words) >= ALIKE:
        return not (case.count > 3 and reading.uncaught and not case.uncaught)
    return _announces(event) and case.uncaught and _same_rank(seen.rank, event.rank)


def _repeated(event: Event, reading: Reading, cases: Sequence[Case]) -> Case | None:
    """A watchdog that dies of an exception repeats it: then it is that exception's, not an effect of its own."""
    name = event.replica or ""
    near = [
        case
        for case in cases[-64:]
        if case.stage <= Stage.OWN
        and name in case.seen
        and abs(event.first_ns - case.seen[name].last_ns) <= NEAR_NS
    ]
    return next((case for case in reversed(near) if case.likeness(reading.words) >= ALIKE), None)


def _conflict(case: Case, reading: Reading) -> bool:
    """Two causes that each name themselves are two incidents, however near they are."""
    named = reading.signature.name if reading.signature else ""
    return bool(case.name and named and case.name != named)


def _same_kind(case: Case, reading: Reading) -> bool:
    """The same exception on other ranks, in words that differ."""
    if reading.exception is None or reading.exception != case.exception or _conflict(case, reading):
        return False
    likeness = case.likeness(reading.words)
    if reading.frame and reading.frame == case.frame:
        return likeness >= LOOSELY_ALIKE
    return not (reading.frame and case.frame) and likeness >= ALIKE


def is_explained_death(event: Event, reading: Reading, cases: Sequence[Case]) -> bool:
    """Whether a launcher tells of a killed process on a replica that has just said why it died."""
    if reading.signature is None or reading.signature.name != "process-killed" or not is_report(event):
        return False
    name = event.replica or ""
    return any(
        case.stage <= Stage.OWN
        and name in case.seen
        and abs(event.first_ns - case.seen[name].last_ns) <= 12 * NEAR_NS
        for case in cases
    )


def is_fragment(event: Event) -> bool:
    """A native stack without a statement, or a traceback whose last line never came: part of something else."""
    return not event.faults and not event.said and not event.head and event.shape is not Shape.RECORD


def _announces(event: Event) -> bool:
    return event.shape is Shape.RECORD and not event.faults and _ANNOUNCES.search(event.head) is not None


_ANNOUNCES = re.compile(
    r"(?i)\b(?:training|process|rank|worker|run|job|script|exception|error)\b.{0,40}\b(?:failed|crash|abort|exit|stopp|terminat|died)"
)


def _same_rank(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _latest_on(replica: str | None, event: Event, cases: Sequence[Case]) -> Case | None:
    name = replica or ""
    near = [
        case
        for case in cases
        if name in case.seen
        and abs(event.first_ns - case.seen[name].last_ns) <= NEAR_NS
        and case.stage != Stage.HARMLESS
    ]
    return max(near, key=lambda case: case.seen[name].last_ns, default=None)
