"""A channel's watches: made, changed, ended, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import structlog

from bot.flows.catalog import Catalog, Unreadable
from bot.flows.keeping import AuditEntry
from bot.flows.ports import Database, Tx
from bot.flows.shut import internal_again
from bot.incidents import announce
from bot.jobs.job import Job, Project
from bot.jobs.reference import Ambiguous, Found, FoundProject, Unknown
from bot.jobs.watch import Watch
from bot.jobs.wish import BadWish, Wish, parse_wish
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

NOT_ALLOWED = "joblogs is not enabled in that channel; ask whoever runs it to add the channel."
CARDS_AT_START = 10
"""Most cards that a new watch posts for incidents that are open already."""


class Rooms(Protocol):
    """Channels, as far as posting to them goes."""

    async def obstacle(self, channel: str) -> str | None:
        """Why nothing can be posted there, as a sentence; None when it can."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The channel watches it now. `job` None is a whole project; `is_new` False changed a watch that was there."""

    watch: Watch
    job: Job | None
    is_new: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unwatched:
    watch: Watch


class About(StrEnum):
    """Which part of a wish was not granted."""

    TARGET = "target"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing changed; the sentence says why. `choices` are the jobs and projects that may be meant."""

    sentence: str
    choices: tuple[Job | Project, ...] = ()
    about: About = About.TARGET


class Subscribe:
    def __init__(self, *, db: Database, catalog: Catalog, rooms: Rooms, clock: Clock) -> None:
        self._db = db
        self._catalog = catalog
        self._rooms = rooms
        self._clock = clock

    async def watch(
        self, text: str, *, channel: str, user: str, allowed: frozenset[str] = frozenset()
    ) -> Watching | Declined:
        """Makes or changes the watch that `text` describes, in `channel` unless it names another.

        `allowed` are the only channels that may be told of anything; an empty set is all of them.
        """
        wish = parse_wish(text)
        if isinstance(wish, BadWish):
            return Declined(wish.sentence)
        return await self.grant(wish, channel=channel, user=user, allowed=allowed)

    async def grant(
        self, wish: Wish, *, channel: str, user: str, allowed: frozenset[str] = frozenset()
    ) -> Watching | Declined:
        """As `watch`, for a wish that was understood."""
        if allowed and (wish.channel or channel) not in allowed:
            return Declined(NOT_ALLOWED, about=About.CHANNEL)
        target = await self._catalog.find_target(wish.target.strip("`"))
        if not isinstance(target, Found | FoundProject):
            return _declined(target)
        if obstacle := await self._rooms.obstacle(wish.channel or channel):
            return Declined(obstacle, about=About.CHANNEL)
        watch = _watch(wish, target, wish.channel or channel, user, now_ms(self._clock))
        job = target.job if isinstance(target, Found) else None
        alive = await self._alive(watch)
        stored, is_new = await self._db.run(lambda tx: _add(tx, watch, (job,) if job else alive))
        log.info("watch", id=stored.id, target=stored.title, channel=stored.channel, user=user, new=is_new)
        return Watching(
            watch=stored, job=job, is_new=is_new, note=target.note if isinstance(target, Found) else None
        )

    async def _alive(self, watch: Watch) -> tuple[Job, ...]:
        """Jobs of a project that run as the watch is made: they may end before the next look at statuses."""
        jobs = (await self._catalog.listing()).jobs
        return tuple(job for job in jobs if watch.covers(job) and not job.status.has_ended)

    async def unwatch(self, text: str, *, channel: str, user: str) -> Unwatched | Declined:
        """Ends the channel's watch of what `text` names: its title, its number, or any form of the target."""
        name = text.strip().strip("`").lstrip("#")
        watches = await self.of_channel(channel)
        if not watches:
            return Declined("This channel watches nothing.")
        titles = ", ".join(f"`{watch.title}`" for watch in watches)
        if not name:
            return Declined(f"Which one? This channel watches {titles}.")
        named = [watch for watch in watches if name.lower() in _names(watch)] or await self._meant(name, watches)
        match named:
            case []:
                return Declined(f"This channel does not watch `{name[:80]}`. It watches {titles}.")
            case [one]:
                return await self.remove(one.id, channel=channel, user=user)
            case _:
                return Declined(
                    f"`{name[:80]}` is watched {len(named)} times: `/joblogs watches` has a button for each."
                )

    async def _meant(self, name: str, watches: tuple[Watch, ...]) -> list[Watch]:
        """Those of `watches` that watch the very job or project that `name` means."""
        target = await self._catalog.find_target(name)
        match target:
            case Found(job=job):
                return [watch for watch in watches if (watch.account, watch.job_id) == (job.account, job.id)]
            case FoundProject(project=project):
                meant = (project.account, project.id, None)
                return [watch for watch in watches if (watch.account, watch.project_id, watch.job_id) == meant]
            case _:
                return []

    async def remove(self, watch_id: int, *, channel: str, user: str) -> Unwatched | Declined:
        now = now_ms(self._clock)
        removed = await self._db.run(lambda tx: _remove(tx, watch_id, channel, user, now))
        return Unwatched(removed) if removed else Declined("This channel does not watch that any more.")

    async def of_channel(self, channel: str) -> tuple[Watch, ...]:
        return await self._db.run(lambda tx: tx.watches.of_channel(channel))


def _declined(target: Ambiguous | Unknown | Unreadable) -> Declined:
    match target:
        case Ambiguous():
            return Declined(target.reason, (*target.jobs, *target.projects))
        case Unreadable():
            return Declined(target.sentence)
        case Unknown():
            near = ", ".join(f"`{name}`" for name in target.nearest)
            meant = f" Did you mean {near}?" if near else " `/joblogs jobs` lists those that there are."
            return Declined(f"No job or project is called `{target.text[:80]}`.{meant}")


def _watch(wish: Wish, target: Found | FoundProject, channel: str, user: str, now: Ms) -> Watch:
    job = target.job if isinstance(target, Found) else None
    project_id, account, title = (
        (job.project_id, job.account, job.title)
        if job
        else (target.project.id, target.project.account, target.project.name)  # type: ignore[union-attr]
    )
    return Watch(
        account=account,
        project_id=project_id,
        job_id=job.id if job else None,
        title=title,
        channel=channel,
        created_by=user,
        created_ms=now,
        min_level=wish.level,
        mention=wish.mention,
        silence_s=wish.silence_s,
        pattern=wish.pattern,
    )


def _add(tx: Tx, watch: Watch, jobs: Sequence[Job]) -> tuple[Watch, bool]:
    stored, is_new = tx.watches.add(watch)
    internal_again(tx, stored.channel)
    for job in jobs:
        tx.tails.track(job)
    if is_new:
        _show_open_incidents(tx, stored)
    tx.audit.add(_audit(stored, "watch", stored.created_by, stored.created_ms, "done" if is_new else "changed"))
    return stored, is_new


def _show_open_incidents(tx: Tx, watch: Watch) -> None:
    """What is wrong already is shown to the new channel as well, the newest first."""
    jobs = tx.tails.jobs(watch.account, with_closed=True).values()
    found = [
        incident
        for job in jobs
        if watch.covers(job)
        for incident in tx.incidents.unresolved(job_id=job.id)
        if incident.account == watch.account and tx.cards.get(incident.id, watch.channel) is None
    ]
    for incident in sorted(found, key=lambda incident: -incident.facts.last_ns)[:CARDS_AT_START]:
        tx.outbox.add(announce.opened(incident, [watch], watch.created_ms))


def _remove(tx: Tx, watch_id: int, channel: str, user: str, now: Ms) -> Watch | None:
    watch = tx.watches.get(watch_id)
    if watch is None or watch.channel != channel or not tx.watches.remove(watch_id, now):
        return None
    tx.audit.add(_audit(watch, "unwatch", user, now, "done"))
    return watch


def _audit(watch: Watch, action: str, user: str, now: Ms, outcome: str) -> AuditEntry:
    return AuditEntry(
        at_ms=now, actor=user, channel=watch.channel, action=action, target=f"watch:{watch.id}", outcome=outcome
    )


def _names(watch: Watch) -> set[str]:
    return {watch.title.lower(), str(watch.id), (watch.job_id or watch.project_id).lower()}
