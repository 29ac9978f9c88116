"""A channel's daily summary: who wants one, when it is due, and what it says.

The outbox keeps the intent, as of everything that is said; what happened is looked up when it is posted. That a
digest is due moves on in the transaction that adds it to the outbox: however many processes tick, it comes once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.flows.contents import DigestContent, Entry
from bot.flows.keeping import AuditEntry
from bot.flows.overview import MOST, Row, of_channels, projects_of
from bot.flows.ports import Database, Tx
from bot.flows.subscribe import Declined, Rooms
from bot.incidents.delivery import Delivery, Kind, Urgency, delivery_id_of
from bot.incidents.incident import Incident, State
from bot.incidents.pulse import QUARTER_MS
from bot.jobs.digest import BadRhythm, Digest, Off, day_of, next_moment, parse_rhythm
from bot.jobs.job import Job
from bot.times import Clock, Ms, ms_from_s, now_ms

log = structlog.get_logger(__name__)

DAY_MS = ms_from_s(24 * 3600)
STALE_MS = ms_from_s(20 * 3600)
"""A digest that could not be posted for so long is not news any more: the next one is near."""
LONGEST_MS = ms_from_s(7 * 24 * 3600)
NOISIEST = 3
STRETCHES_MS = tuple(ms_from_s(60 * minutes) for minutes in (15, 30, 60, 120, 180, 360, 720, 1440))
MOST_STRETCHES = 16


@dataclass(frozen=True, slots=True)
class Set:
    """The channel has this digest; None is none. `changed`: it was not so before."""

    digest: Digest | None
    changed: bool


class Summarise:
    def __init__(self, *, db: Database, rooms: Rooms, clock: Clock) -> None:
        self._db = db
        self._rooms = rooms
        self._clock = clock

    async def set(self, text: str, *, channel: str, user: str, zone: str) -> Set | Declined:
        """What `/joblogs digest` asks for: nothing tells what is set, else it is set, or with `off` ended."""
        if not text.strip():
            return Set(await self._db.run(lambda tx: tx.digests.get(channel)), changed=False)
        wish = parse_rhythm(text)
        if isinstance(wish, BadRhythm):
            return Declined(wish.sentence)
        now = now_ms(self._clock)
        if isinstance(wish, Off):
            return Set(None, changed=await self._db.run(lambda tx: _end(tx, channel, user, now)))
        if obstacle := await self._rooms.obstacle(channel):
            return Declined(obstacle)
        digest = Digest(
            channel=channel,
            minute=wish.minute,
            zone=zone,
            created_by=user,
            since_ms=now,
            next_ms=next_moment(wish.minute, zone, now, weekdays=wish.weekdays),
            weekdays=wish.weekdays,
        )
        return Set(await self._db.run(lambda tx: _begin(tx, digest, now)), changed=True)

    async def tick(self) -> int:
        """Adds the digests that are due to the outbox; how many those are."""
        now = now_ms(self._clock)
        added = await self._db.run(lambda tx: _add_due(tx, now))
        if added:
            log.info("digests", count=added)
        return added


def summary(tx: Tx, row: Delivery, now: Ms) -> DigestContent | None:
    """What the row is to say now; None when nothing happened in its time, or that is too long ago."""
    if now - row.created_ms > STALE_MS:
        return None
    since, until = Ms(int(row.payload["since_ms"] or 0)), Ms(int(row.payload["until_ms"] or 0))
    channels, projects = [row.channel], projects_of(tx, [row.channel])
    touched = of_channels(tx, tx.board.touched(channels, projects, since, MOST), channels)
    content = DigestContent(
        since_ms=since,
        until_ms=until,
        zone=str(row.payload["zone"]),
        jobs=_jobs(tx, row.channel, since, until),
        opened=_entries([one for one in touched if since <= one.incident.created_ms < until], oldest_first=True),
        resolved=_entries([one for one in touched if _resolved_then(one.incident, since, until)]),
        unresolved=_entries(of_channels(tx, tx.board.unresolved(channels, projects, MOST), channels)),
        noisiest=_noisiest(touched, since, until),
        times=_times([one.incident for one in touched], since, until),
    )
    happened = content.jobs or content.opened or content.resolved or content.noisiest
    return content if happened else None


def _begin(tx: Tx, digest: Digest, now: Ms) -> Digest:
    """The first one looks back to the last one, or a day."""
    before = tx.digests.get(digest.channel)
    since = before.since_ms if before else Ms(now - DAY_MS)
    begun = replace(digest, since_ms=since)
    tx.digests.put(begun)
    tx.audit.add(_audit(digest.channel, "digest", digest.created_by, now, "changed" if before else "done"))
    return begun


def _end(tx: Tx, channel: str, user: str, now: Ms) -> bool:
    removed = tx.digests.remove(channel)
    if removed:
        tx.audit.add(_audit(channel, "digest off", user, now, "done"))
    return removed


def _audit(channel: str, action: str, user: str, now: Ms, outcome: str) -> AuditEntry:
    return AuditEntry(
        at_ms=now, actor=user, channel=channel, action=action, target=f"channel:{channel}", outcome=outcome
    )


def _add_due(tx: Tx, now: Ms) -> int:
    due = tx.digests.due(now)
    for digest in due:
        tx.outbox.add([_delivery(digest, now)])
        following = next_moment(digest.minute, digest.zone, now, weekdays=digest.weekdays)
        tx.digests.put(replace(digest, since_ms=now, next_ms=following))
    return len(due)


def _delivery(digest: Digest, now: Ms) -> Delivery:
    key = f"digest:{digest.channel}:{day_of(digest.next_ms, digest.zone)}"
    since = max(digest.since_ms, now - LONGEST_MS)
    return Delivery(
        key=key,
        delivery_id=delivery_id_of(key, now),
        lane=f"digest:{digest.channel}",
        kind=Kind.DIGEST,
        urgency=Urgency.NOTICE,
        channel=digest.channel,
        payload={"since_ms": since, "until_ms": now, "zone": digest.zone},
        created_ms=now,
        due_ms=now,
    )


def _jobs(tx: Tx, channel: str, since: Ms, until: Ms) -> tuple[Job, ...]:
    watches = tx.watches.of_channel(channel)
    jobs = [
        job
        for account in sorted({watch.account for watch in watches})
        for job in tx.tails.jobs(account, with_closed=True).values()
        if any(watch.covers(job) for watch in watches) and _ran_then(job, since, until)
    ]
    return tuple(sorted(jobs, key=lambda job: -job.created_ms))


def _ran_then(job: Job, since: Ms, until: Ms) -> bool:
    return job.created_ms < until and (not job.status.has_ended or since <= job.updated_ms)


def _resolved_then(incident: Incident, since: Ms, until: Ms) -> bool:
    changed = incident.changed_ms
    return incident.state is State.RESOLVED and changed is not None and since <= changed < until


def _entries(rows: Sequence[Row], *, oldest_first: bool = False) -> tuple[Entry, ...]:
    ordered = sorted(rows, key=lambda row: row.incident.created_ms) if oldest_first else rows
    return tuple(_entry(row) for row in ordered)


def _entry(row: Row) -> Entry:
    return Entry(incident=row.incident, job=row.job, card=row.card)


def _noisiest(rows: Sequence[Row], since: Ms, until: Ms) -> tuple[tuple[Entry, int], ...]:
    """Of those that were seen more than once."""
    counted = [(row, sum(count for _, count in _events(row.incident, since, until))) for row in rows]
    loud = sorted((one for one in counted if one[1] > 1), key=lambda one: -one[1])
    return tuple((_entry(row), count) for row, count in loud[:NOISIEST])


def _events(incident: Incident, since: Ms, until: Ms) -> list[tuple[Ms, int]]:
    """By the quarter of an hour in which they were seen."""
    first = since // QUARTER_MS * QUARTER_MS
    moments = ((Ms(quarter * QUARTER_MS), count) for quarter, count in incident.pulse.quarters)
    return [(at, count) for at, count in moments if first <= at < until]


def _times(incidents: Sequence[Incident], since: Ms, until: Ms) -> tuple[tuple[Ms, int], ...]:
    first = since // QUARTER_MS * QUARTER_MS
    fitting = (one for one in STRETCHES_MS if (until - first) / one <= MOST_STRETCHES)
    stretch = next(fitting, STRETCHES_MS[-1])
    counts = dict.fromkeys(range(first, max(until, first + 1), stretch), 0)
    for incident in incidents:
        for at, count in _events(incident, since, until):
            counts[first + (at - first) // stretch * stretch] += count
    return tuple((Ms(start), count) for start, count in counts.items()) if any(counts.values()) else ()
