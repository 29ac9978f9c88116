"""The outbox: what is still to be said. A row that was said is deleted."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)

from bot.flows.ports import Room
from bot.incidents.delivery import EDITED, Delivery, Urgency
from bot.store.dialects import Turn, insert_into, take_turn
from bot.store.tables import outbox
from bot.times import Ms

_BEHIND = 300
_NO_CLAIM = {"claimed_by": None, "claimed_ms": None, "claimed_until_ms": None}
# A try has begun whose outcome nobody has told: under way, or lost with its process.
_TRIED = or_(outbox.c.claimed_ms.is_not(None), outbox.c.unclear_since_ms.is_not(None))

_IN_TURN = (outbox.c.urgency, outbox.c.due_ms, outbox.c.id)


def _is_edit(rows: Any) -> ColumnElement[bool]:
    """`Delivery.is_edit`, over the columns of the table or of an alias."""
    return rows.c.kind.in_(sorted(kind.value for kind in EDITED)) & (rows.c.urgency > Urgency.NEW_CARD)  # type: ignore[no-any-return]


# Never tried nor put off: its moment may still be brought forward.
_FRESH = outbox.c.claimed_ms.is_(None) & outbox.c.error.is_(None)


class SqlOutbox:
    """`flows.ports.Outbox`.

    `attempts` counts the tries that were begun: 1 in what the first `claim` returns. With the delivery's
    number and id it names one try, so that a late `again` or `park` of an earlier try changes nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, deliveries: Sequence[Delivery]) -> int:
        """A key whose row is being sent right now is remembered: `done` makes it a row that waits."""
        return sum(self._add(delivery) for delivery in deliveries)

    def claim(
        self, owner: str, now_ms: Ms, limit: int, ttl_ms: int, *, room: Room | None = None
    ) -> tuple[Delivery, ...]:
        # Claims take turns. Otherwise a row of a lower number, committed late, could be claimed beside
        # the row of its lane that another process is claiming at this moment.
        take_turn(self._connection, Turn.CLAIM_DELIVERIES)
        heads = _heads(now_ms, limit, room).cte("heads")
        rows = self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(select(heads.c.id)), _is_due(now_ms))
            .values(
                attempts=outbox.c.attempts + 1,
                unclear_since_ms=func.coalesce(outbox.c.unclear_since_ms, outbox.c.claimed_ms),
                claimed_by=owner,
                claimed_ms=now_ms,
                claimed_until_ms=now_ms + ttl_ms,
            )
            .returning(outbox)
        )
        return _most_urgent_first(rows)

    def holds(self, delivery: Delivery) -> bool:
        mine = select(outbox.c.id).where(*_is_try(delivery)).with_for_update()
        return self._connection.execute(mine).one_or_none() is not None

    def done(self, delivery: Delivery, now_ms: Ms) -> None:
        row = self._connection.execute(
            select(outbox.c.follow_up).where(*_is(delivery)).with_for_update()
        ).one_or_none()
        if row is None:
            return
        if row.follow_up is None:
            self._connection.execute(delete(outbox).where(*_is(delivery)))
        else:
            self._restart(delivery, row.follow_up, now_ms)

    def again(self, delivery: Delivery, due_ms: Ms, error: str, unclear_since_ms: Ms | None) -> None:
        changes = {"due_ms": due_ms, "error": error, "unclear_since_ms": unclear_since_ms, **_NO_CLAIM}
        if unclear_since_ms is None:
            # Nothing was sent: the next try says all that was asked for meanwhile.
            changes["follow_up"] = None
        self._connection.execute(update(outbox).where(*_is_try(delivery)).values(changes))

    def behind(self, delivery: Delivery) -> tuple[Delivery, ...]:
        later = (outbox.c.lane == delivery.lane) & (outbox.c.id > delivery.id)
        query = select(outbox.c.id, outbox.c.body).where(later).order_by(outbox.c.id).limit(_BEHIND)
        return tuple(replace(row.body, id=row.id) for row in self._connection.execute(query))

    def drop(self, deliveries: Collection[Delivery]) -> None:
        for delivery in deliveries:
            self._connection.execute(delete(outbox).where(*_is(delivery)))

    def park(self, delivery: Delivery, error: str) -> None:
        self._connection.execute(
            update(outbox).where(*_is_try(delivery)).values(parked=True, error=error, **_NO_CLAIM)
        )

    def unpark(self, channel: str) -> int:
        parked = outbox.c.parked == true()
        changed = self._connection.execute(
            update(outbox).where(outbox.c.channel == channel, parked).values(parked=False)
        )
        return changed.rowcount

    def parked(self) -> int:
        stopped = _is_stopped()
        return int(self._connection.execute(select(func.count()).select_from(outbox).where(stopped)).scalar_one())

    def depth(self, now_ms: Ms) -> tuple[int, int]:
        """Lanes that are stopped by a parked row are not counted at all."""
        stopped = _is_stopped()
        count, oldest_ms = self._connection.execute(
            select(func.count(), func.min(outbox.c.created_ms)).select_from(outbox).where(~stopped)
        ).one()
        return count, 0 if oldest_ms is None else max(0, now_ms - oldest_ms)

    def _add(self, delivery: Delivery) -> bool:
        """The first statement adds the row or locks it, so that no `claim` and no `done` can come between."""
        added = insert_into(self._connection, outbox).values(parked=False, **_columns(delivery))
        new, follow_up = added.excluded, literal(delivery, outbox.c.follow_up.type)
        remembered = added.on_conflict_do_update(
            index_elements=[outbox.c.key],
            set_={
                "follow_up": case(
                    (_TRIED, func.coalesce(outbox.c.follow_up, follow_up)), else_=outbox.c.follow_up
                ),
                "due_ms": _smaller(_FRESH, outbox.c.due_ms, new.due_ms),
                "urgency": _smaller(_FRESH, outbox.c.urgency, new.urgency),
            },
        )
        row = self._connection.execute(
            remembered.returning(outbox.c.id, outbox.c.delivery_id, outbox.c.follow_up)
        ).one()
        if row.follow_up is not None:
            self._hasten(row.id, row.follow_up, delivery)
        return bool(row.delivery_id == delivery.delivery_id and row.follow_up is None)

    def _hasten(self, row_id: int, follow_up: Delivery, wanted: Delivery) -> None:
        """What is remembered takes the earlier moment of the two, as a row that waits does."""
        sooner = replace(
            follow_up,
            due_ms=min(follow_up.due_ms, wanted.due_ms),
            urgency=min(follow_up.urgency, wanted.urgency),
        )
        if sooner != follow_up:
            self._connection.execute(update(outbox).where(outbox.c.id == row_id).values(follow_up=sooner))

    def _restart(self, sent: Delivery, follow_up: Delivery, now_ms: Ms) -> None:
        """The row keeps its place in the lane and begins anew as `follow_up`."""
        anew = _columns(follow_up) | {"due_ms": max(follow_up.due_ms, now_ms)}
        self._connection.execute(
            update(outbox).where(*_is(sent)).values(**anew, **_NO_CLAIM, error=None, follow_up=None)
        )


def _smaller(when: ColumnElement[bool], present: Any, other: Any) -> Any:
    return case((when & (other < present), other), else_=present)


def _heads(now_ms: Ms, limit: int, room: Room | None) -> Select[Any]:
    """Rows that are due and first in a lane of which no row is being sent, as many as there is room for.

    An edit is in no new message's way: what it edits stands there already, and edits are few. So one claim may
    give an edit and a new message of the same lane.
    """
    other = outbox.alias("other")
    is_before = (other.c.id < outbox.c.id) & (_is_edit(outbox) | ~_is_edit(other))
    in_the_way = exists().where(
        other.c.lane == outbox.c.lane,
        other.c.id != outbox.c.id,
        or_(is_before, other.c.claimed_until_ms > now_ms),
    )
    first = (_is_due(now_ms), ~in_the_way)
    fitting = first if room is None else (outbox.c.id.in_(_fitting(first, room)),)
    return select(outbox.c.id).where(*fitting).order_by(*_IN_TURN).limit(limit).with_for_update(skip_locked=True)


def _fitting(first: tuple[ColumnElement[bool], ...], room: Room) -> CompoundSelect[Any]:
    """Of the heads `first` what Slack takes now: the most urgent post of each channel, the most urgent edits."""
    of_channel = func.row_number().over(partition_by=outbox.c.channel, order_by=_IN_TURN).label("nth")
    posts = (
        select(outbox.c.id, of_channel, *_IN_TURN)
        .where(*first, ~_is_edit(outbox), outbox.c.channel.not_in(room.busy))
        .subquery("posts")
    )
    in_turn = (posts.c.urgency, posts.c.due_ms, posts.c.id)
    chosen = select(posts.c.id).where(posts.c.nth == 1).order_by(*in_turn).limit(room.posts).subquery()
    edits = select(outbox.c.id).where(*first, _is_edit(outbox)).order_by(*_IN_TURN).limit(room.edits).subquery()
    return union_all(select(chosen.c.id), select(edits.c.id))


def _is_due(now_ms: Ms) -> ColumnElement[bool]:
    unclaimed = or_(outbox.c.claimed_until_ms.is_(None), outbox.c.claimed_until_ms <= now_ms)
    return (outbox.c.parked == false()) & (outbox.c.due_ms <= now_ms) & unclaimed


def _is(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return outbox.c.id == delivery.id, outbox.c.delivery_id == delivery.delivery_id


def _is_try(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return *_is(delivery), outbox.c.attempts == delivery.attempts


def _most_urgent_first(rows: Iterable[Row[Any]]) -> tuple[Delivery, ...]:
    deliveries = (
        replace(
            row.body,
            id=row.id,
            urgency=row.urgency,
            due_ms=row.due_ms,
            attempts=row.attempts,
            unclear_since_ms=row.unclear_since_ms,
        )
        for row in rows
    )
    return tuple(sorted(deliveries, key=lambda row: (row.urgency, row.due_ms, row.id)))


def _is_stopped() -> ColumnElement[bool]:
    """Whether a parked row stops the lane."""
    parked = outbox.alias("parked")
    return exists().where(parked.c.lane == outbox.c.lane, parked.c.parked == true())


def _columns(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "delivery_id": delivery.delivery_id,
        "lane": delivery.lane,
        "channel": delivery.channel,
        "urgency": delivery.urgency,
        "created_ms": delivery.created_ms,
        "body": delivery,
        "due_ms": delivery.due_ms,
        "attempts": delivery.attempts,
        "unclear_since_ms": delivery.unclear_since_ms,
        "kind": delivery.kind.value,
    }
