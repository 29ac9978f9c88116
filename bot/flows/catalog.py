"""The jobs and projects of all accounts, remembered for some seconds so that a name is resolved at once."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.errors import ApiForbidden, ApiRateLimited, ApiRefused, ApiUnauthorized, JoblogsError, TransientError
from bot.flows.services import Priority, TrainingApi
from bot.jobs.job import Job, Project
from bot.jobs.reference import Ambiguous, Found, FoundProject, Unknown, find, find_target, page_of
from bot.times import Clock

FRESH_S = 20.0
"""So long a list is used without asking again."""
RETRY_S = 3.0
"""So long after a read another miss does not read again."""
READ_TIMEOUT_S = 8.0
FIRST_READ_S = 2.0
"""Slack waits for three seconds for the options of a select."""

T = TypeVar("T")
Named = TypeVar("Named", Job, Project)
Problems = Mapping[str, JoblogsError]
"""By account, why it could not be read."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing was found, and not everything could be read: `sentence` says why."""

    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All jobs (newest first) and projects that could be read; `problems` names the accounts that could not."""

    jobs: tuple[Job, ...]
    projects: tuple[Project, ...]
    problems: Problems = field(default_factory=dict)

    @property
    def sentence(self) -> str | None:
        """Which accounts are missing and why; None when none is."""
        missing = [f"{account}: {trouble(problem)}" for account, problem in sorted(self.problems.items())]
        return " ".join(missing) or None


class Catalog:
    """Jobs and projects over several accounts. One that fails does not hide the others."""

    def __init__(self, apis: Mapping[str, TrainingApi], clock: Clock) -> None:
        self._shelves = {name: _Shelf(api, clock) for name, api in apis.items()}
        self._reading: asyncio.Task[Listing] | None = None

    async def remembered(self) -> Listing:
        """What is in memory, however old, while it is read again; only before the first read is that waited for.

        For what has to be answered at each letter that a person types.
        """
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self.listing(), name="catalog")
        if not all(shelf.was_tried for shelf in self._shelves.values()):
            await asyncio.wait({self._reading}, timeout=FIRST_READ_S)
        return self._known({})

    async def close(self) -> None:
        """Ends the read that nobody waits for."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def listing(self, *, max_age_s: float = FRESH_S) -> Listing:
        """Everything that can be seen, at most `max_age_s` old unless the API is away."""
        problems = await asyncio.gather(*(shelf.refresh(max_age_s) for shelf in self._shelves.values()))
        found = zip(self._shelves, problems, strict=True)
        return self._known({name: problem for name, problem in found if problem})

    def _known(self, problems: Problems) -> Listing:
        shelves = self._shelves.values()
        jobs = sorted(_once(job for shelf in shelves for job in shelf.jobs), key=lambda job: -job.created_ms)
        projects = _once(project for shelf in shelves for project in shelf.projects)
        return Listing(jobs=tuple(jobs), projects=projects, problems=problems)

    async def find_job(self, text: str) -> Found | Ambiguous | Unknown | Unreadable:
        """The job that a person named."""
        return await self._find(text, lambda known: find(text, known.jobs, known.projects))

    async def find_target(self, text: str) -> Found | FoundProject | Ambiguous | Unknown | Unreadable:
        """The job or the project that a person named."""
        return await self._find(text, lambda known: find_target(text, known.jobs, known.projects))

    async def _find(self, text: str, look: Callable[[Listing], T | Unknown]) -> T | Unknown | Unreadable | Found:
        found: T | Unknown = Unknown(text)
        known = Listing(jobs=(), projects=())
        for max_age_s in (FRESH_S, RETRY_S):
            known = await self.listing(max_age_s=max_age_s)
            found = look(known)
            if not isinstance(found, Unknown):
                return found
        by_id = await self._search(text)
        if by_id is not None:
            return Found(by_id)
        return Unreadable(known.sentence) if known.sentence else found

    async def _search(self, text: str) -> Job | None:
        """A job by its id, asked directly: lists may lag behind, or leave old jobs out."""
        page = page_of(text)
        job_id = page.job_id if page else text.strip()
        if not job_id or not job_id.isascii() or not job_id.isalnum():
            return None
        found = await asyncio.gather(*(shelf.search(job_id) for shelf in self._shelves.values()))
        return next((job for job in found if job is not None), None)


def _once(seen: Iterable[Named]) -> tuple[Named, ...]:
    """What several keys see is one thing, read through the account that stands first."""
    first: dict[str, Named] = {}
    for thing in seen:
        first.setdefault(thing.id, thing)
    return tuple(first.values())


def trouble(problem: Exception) -> str:
    """A failure of the API as a sentence that says who can do something about it."""
    match problem:
        case ApiUnauthorized():
            return "Baseten does not accept the bot's API key any more. Whoever runs the bot has to renew it."
        case ApiForbidden():
            return "The bot's API key may not read this. An admin of the Baseten workspace can give it access."
        case ApiRateLimited(retry_after_s=wait):
            again = f"in {wait:.0f} s" if wait else "in a minute"
            return f"Baseten limits how often it is asked; try again {again}."
        case TimeoutError() | TransientError():
            return "Baseten does not answer right now; try again in a minute."
        case ApiRefused(status=status):
            return f"Baseten refused the request (HTTP {status})."
    return "Baseten could not be read."


class _Shelf:
    """What is known of one account. Callers that come while it is being read share that read."""

    def __init__(self, api: TrainingApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at_s: float | None = None
        self.was_tried = False
        self.jobs: Sequence[Job] = ()
        self.projects: Sequence[Project] = ()

    async def refresh(self, max_age_s: float) -> JoblogsError | None:
        """Reads again what is older than that; on failure the old stays, and the failure is returned."""
        async with self._lock:
            if self._read_at_s is not None and self._clock.monotonic_s() - self._read_at_s <= max_age_s:
                return None
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    await self._read()
            except TimeoutError:
                return TransientError("the list of jobs took too long")
            except (ApiRefused, TransientError) as problem:
                return problem
            finally:
                self.was_tried = True
        return None

    async def search(self, job_id: str) -> Job | None:
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                found = await self._api.search_jobs(job_id=job_id, priority=Priority.COMMAND)
        except (TimeoutError, ApiRefused, TransientError):
            return None
        return next((job for job in found if job.id == job_id), None)

    async def _read(self) -> None:
        """Takes over what could be read; raises what could not."""
        jobs, projects = await asyncio.gather(
            self._api.search_jobs(priority=Priority.COMMAND),
            self._api.projects(Priority.COMMAND),
            return_exceptions=True,
        )
        if not isinstance(jobs, BaseException):
            self.jobs = jobs
        if not isinstance(projects, BaseException):
            self.projects = tuple(replace(project, account=self._api.account) for project in projects)
        for outcome in (jobs, projects):
            if isinstance(outcome, BaseException):
                raise outcome
        self._read_at_s = self._clock.monotonic_s()
