"""What waits in one lane and has become one: after a long silence the newest state is told, not its history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.incidents.delivery import Delivery, Kind, Payload, Topic

GREW = "grew"
NAMED = 8
DETAIL_CHARS = 400
# What ends which state; either cancels the other when the same is meant.
_ENDS = {Topic.CAUGHT_UP: Topic.BEHIND, Topic.QUIET: Topic.LOUD, Topic.RESUMED: Topic.PAUSED}


@dataclass(frozen=True, slots=True)
class Folded:
    """`row` as it is said, None when there is nothing left to say, and the other rows that it stands for."""

    row: Delivery | None
    absorbed: tuple[Delivery, ...] = ()


def folds(row: Delivery) -> bool:
    """Whether other rows of its lane can change what is said of `row`."""
    topic = row.payload.get("topic")
    of_thread = row.kind is Kind.REPLY and row.payload.get("what") == GREW
    return of_thread or (row.kind is Kind.NOTICE and (topic == Topic.GAP or _state_of(row) is not None))


def folded(row: Delivery, waiting: Sequence[Delivery]) -> Folded:
    """`row` together with those of `waiting`, the rows behind it in its lane, that are about the same."""
    if row.kind is Kind.REPLY:
        return _grown(row, [one for one in waiting if one.payload.get("what") == GREW])
    if row.payload.get("topic") == Topic.GAP:
        of_job = [one for one in waiting if one.payload.get("job_id") == row.payload.get("job_id")]
        return _gaps(row, [one for one in of_job if one.payload.get("topic") == Topic.GAP])
    return _toggled(row, [one for one in waiting if _state_of(one) == _state_of(row)])


def _grown(row: Delivery, later: Sequence[Delivery]) -> Folded:
    """The highest count, and all replicas that joined."""
    if not later:
        return Folded(row)
    rows = (row, *later)
    names = dict.fromkeys(
        name for one in rows for name in str(one.payload.get("joined") or "").split(", ") if name
    )
    payload: Payload = {
        **later[-1].payload,
        "count": max((_number(one, "count") for one in rows), default=0) or None,
        "joined": ", ".join(list(names)[:NAMED]),
        "joined_count": sum(_number(one, "joined_count") for one in rows),
    }
    return Folded(replace(row, payload=payload, created_ms=later[-1].created_ms), tuple(later))


def _gaps(row: Delivery, later: Sequence[Delivery]) -> Folded:
    """All stretches that are missing, in one sentence."""
    if not later:
        return Folded(row)
    detail, left = str(row.payload.get("detail") or ""), 0
    for one in later:
        more = f"; {one.payload.get('detail')}"
        if left or len(detail) + len(more) > DETAIL_CHARS:
            left += 1
        else:
            detail += more
    detail += f"; and {left} more such stretches" if left else ""
    return Folded(replace(row, payload={**row.payload, "detail": detail}), tuple(later))


def _toggled(row: Delivery, later: Sequence[Delivery]) -> Folded:
    """A state that came and went is not worth a word; one that came back is told as it is now."""
    if not later:
        return Folded(row)
    last = later[-1]
    if last.payload.get("topic") != row.payload.get("topic"):
        return Folded(None, tuple(later))
    return Folded(replace(last, id=row.id, delivery_id=row.delivery_id), tuple(later))


def _state_of(row: Delivery) -> tuple[str, ...] | None:
    """Which state of what a notice tells to have begun or ended."""
    said = row.payload.get("topic")
    topic = next((topic for topic in (*_ENDS, *_ENDS.values()) if topic == said), None)
    if topic is None:
        return None
    began = _ENDS.get(topic, topic)
    # Being behind is told once for all jobs of an account, the others for the very jobs that they name.
    about = () if began is Topic.BEHIND else (str(row.payload.get("job_id")), str(row.payload.get("jobs")))
    return (began.value, *about)


def _number(row: Delivery, name: str) -> int:
    return int(row.payload.get(name) or 0)
