"""What people look at: incidents of channels or of a person, what is muted and watched, how the bot is doing.

An incident is *of a channel* when it has a card there, or when a watch of the channel asks for it: so one that a
storm only lists, or whose card is still on its way, is there as well.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.flows.board import Followed, Stuck
from bot.flows.ports import Database, Lease, Tx
from bot.flows.reader import POLLED
from bot.flows.troubles import BEHIND
from bot.incidents import announce
from bot.incidents.incident import Card, Incident, State
from bot.jobs.digest import Digest
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Clock, Ms, ms_from_s, now_ms

MOST = 500
"""So many incidents are looked at; nobody reads more."""
DISMISSED_SHOWN = 30
ALL_MS = ms_from_s(7 * 24 * 3600)


class What(StrEnum):
    """OPEN is what is not resolved, MINE what I hold of it; ALL has what was resolved within a week as well."""

    OPEN = "open"
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One incident of a list. `channels` are those of the asked ones that it is of; `card` is its nearest one."""

    incident: Incident
    job: Job | None
    card: Card | None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What is not told for now: muted incidents, and errors that somebody called none."""

    muted: tuple[Row, ...]
    dismissed: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How an account is read.

    Attributes:
        until_ms: a worker holds it until then; past when nobody reads it.
        polled_ms: the last poll that did not fail, to the minute; None when there was none yet.
        jobs: how many logs are followed; `paused` of them cannot be read.
        behind_since_ms: since when the worst of them is not read up to the present.
    """

    account: str
    until_ms: Ms
    polled_ms: Ms | None
    jobs: int
    paused: int
    behind_since_ms: Ms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`waiting` messages are to be said, the oldest for `oldest_ms`; `stuck` are channels that Slack refuses."""

    accounts: tuple[Reading, ...]
    waiting: int
    oldest_ms: int
    stuck: tuple[Stuck, ...]
    now_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that a person's Home shows; `unresolved` is what stands neither in `mine` nor in `quiet`.

    `channels` None: Slack did not tell which ones they are in.
    """

    mine: tuple[Row, ...]
    unresolved: tuple[Row, ...]
    quiet: Quiet
    watches: tuple[Watch, ...]
    health: Health
    channels: frozenset[str] | None


class Overview:
    """Reads, and changes nothing."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def incidents(self, what: What, channels: Collection[str], person: str) -> tuple[Row, ...]:
        """Of the channels, or with MINE of the person wherever; what nobody has taken first, the oldest first."""
        now = now_ms(self._clock)
        return await self._db.run(lambda tx: _incidents(tx, what, frozenset(channels), person, now))

    async def of_job(self, job: Job, channel: str) -> tuple[Row, ...]:
        """What is unresolved of one job, with the card of `channel` where there is one."""
        return await self._db.run(lambda tx: _of_job(tx, job, channel))

    async def quiet(self, channels: Collection[str]) -> Quiet:
        return await self._db.run(lambda tx: _quiet(tx, frozenset(channels)))

    async def mutes(self, channels: Collection[str]) -> int:
        """How many there are."""
        return len((await self.quiet(channels)).muted)

    async def digest(self, channel: str) -> Digest | None:
        return await self._db.run(lambda tx: tx.digests.get(channel))

    async def watching_channels(self) -> frozenset[str]:
        watches = await self._db.run(lambda tx: tx.watches.active())
        return frozenset(watch.channel for watch in watches)

    async def sight(self, person: str, channels: frozenset[str] | None) -> Sight:
        now = now_ms(self._clock)
        return await self._db.run(lambda tx: _sight(tx, person, channels, now))


def rows(tx: Tx, incidents: Sequence[Incident], channels: Collection[str]) -> tuple[Row, ...]:
    """In their order, each with its job and its nearest card."""
    cards = tx.board.cards([incident.id for incident in incidents])
    jobs = tx.board.jobs({(incident.account, incident.job_id) for incident in incidents})
    watches = _watches(tx, channels)
    return tuple(
        Row(
            incident=incident,
            job=jobs.get((incident.account, incident.job_id)),
            card=_nearest(cards.get(incident.id, ()), channels),
            channels=_places(incident, cards.get(incident.id, ()), watches, channels),
        )
        for incident in incidents
    )


def of_channels(tx: Tx, found: Sequence[Incident], channels: Collection[str]) -> tuple[Row, ...]:
    """Of `found`, which are of the projects that the channels watch, those that are of the channels indeed."""
    return _placed(tx, [one for one in found if announce.has_a_card(one)], channels)


def projects_of(tx: Tx, channels: Collection[str]) -> frozenset[tuple[str, str]]:
    """Pairs of account and project that the channels watch something of."""
    return frozenset((watch.account, watch.project_id) for watch in _watches(tx, channels))


def _placed(tx: Tx, found: Sequence[Incident], channels: Collection[str]) -> tuple[Row, ...]:
    return tuple(row for row in rows(tx, found, channels) if row.channels)


def _incidents(tx: Tx, what: What, channels: frozenset[str], person: str, now: Ms) -> tuple[Row, ...]:
    if what is What.MINE:
        return _mine(tx, channels, person)
    unresolved = _unresolved(tx, channels)
    if what is What.OPEN:
        return unresolved
    touched = tx.board.touched(channels, projects_of(tx, channels), Ms(now - ALL_MS), MOST)
    return (*unresolved, *of_channels(tx, [one for one in touched if one.state is State.RESOLVED], channels))


def _unresolved(tx: Tx, channels: frozenset[str]) -> tuple[Row, ...]:
    return of_channels(tx, tx.board.unresolved(channels, projects_of(tx, channels), MOST), channels)


def _mine(tx: Tx, channels: frozenset[str], person: str) -> tuple[Row, ...]:
    """Whoever holds something was shown it, so that no channel matters."""
    held = [one for one in tx.board.held_by(person, MOST) if one.holder == person]
    return rows(tx, held, channels)


def _of_job(tx: Tx, job: Job, channel: str) -> tuple[Row, ...]:
    found = tx.board.unresolved([], [(job.account, job.project_id)], MOST)
    return rows(tx, [one for one in found if one.job_id == job.id and announce.has_a_card(one)], [channel])


def _quiet(tx: Tx, channels: frozenset[str]) -> Quiet:
    """Also mutes of what turned out to be a consequence: they hold, and it may turn out otherwise once more."""
    projects = projects_of(tx, channels)
    muted = [one for one in tx.board.unresolved(channels, projects, MOST) if one.state is State.MUTED]
    dismissed = [one for one in tx.board.dismissed(channels, projects, DISMISSED_SHOWN) if one.dismissed]
    return Quiet(muted=_placed(tx, muted, channels), dismissed=_placed(tx, dismissed, channels))


def _sight(tx: Tx, person: str, channels: frozenset[str] | None, now: Ms) -> Sight:
    seen = channels or frozenset()
    mine = _mine(tx, seen, person)
    quiet = _quiet(tx, seen)
    elsewhere = {row.incident.id for row in (*mine, *quiet.muted)}
    return Sight(
        mine=mine,
        unresolved=tuple(row for row in _unresolved(tx, seen) if row.incident.id not in elsewhere),
        quiet=quiet,
        watches=_watches(tx, seen),
        health=_health(tx, now),
        channels=channels,
    )


def _health(tx: Tx, now: Ms) -> Health:
    followed = tx.board.followed()
    waiting, oldest_ms = tx.board.late(now)
    return Health(
        accounts=tuple(
            _reading(lease, [one for one in followed if one.account == lease.account])
            for lease in tx.accounts.all()
        ),
        waiting=waiting,
        oldest_ms=oldest_ms,
        stuck=tx.board.stuck(),
        now_ms=now,
    )


def _reading(lease: Lease, followed: Sequence[Followed]) -> Reading:
    return Reading(
        account=lease.account,
        until_ms=lease.until_ms,
        polled_ms=max(_moments(followed, POLLED), default=None),
        jobs=len(followed),
        paused=sum(one.paused is not None for one in followed),
        behind_since_ms=min(_moments(followed, BEHIND), default=None),
    )


def _moments(followed: Iterable[Followed], name: str) -> Iterable[Ms]:
    return (Ms(int(found)) for one in followed if (found := one.progress.get(name)))


def _watches(tx: Tx, channels: Collection[str]) -> tuple[Watch, ...]:
    return tuple(watch for watch in tx.watches.active() if watch.channel in channels)


def _places(
    incident: Incident, cards: Iterable[Card], watches: Sequence[Watch], channels: Collection[str]
) -> tuple[str, ...]:
    of_job = [watch for watch in watches if _is_of(watch, incident)]
    asking = announce.channels(incident, of_job)
    return tuple(sorted({*asking, *(card.channel for card in cards if card.channel in channels)}))


def _is_of(watch: Watch, incident: Incident) -> bool:
    same = (watch.account, watch.project_id) == (incident.account, incident.project_id)
    return same and watch.job_id in (None, incident.job_id)


def _nearest(cards: Sequence[Card], channels: Collection[str]) -> Card | None:
    return next((card for card in cards if card.channel in channels), next(iter(cards), None))
