"""The ways in which people name a job or a project, and what a name means among those that exist.

`llama/run-7`, `run-7`, a job's id, a unique beginning of either, or the address of a page of Baseten's web
application. Upper and lower case are told apart only where both exist.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import urlsplit

from bot.jobs.job import Job, Project

MAX_CANDIDATES = 10
MIN_PREFIX = 2
"""Shorter beginnings are not taken for names."""


@dataclass(frozen=True, slots=True)
class Found:
    """The job. `note` is a sentence where the name alone did not decide."""

    job: Job
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FoundProject:
    """The project, for what can be done with a whole project."""

    project: Project


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several may be meant: the newest ones, at most `MAX_CANDIDATES`. `reason` is a sentence."""

    reason: str
    jobs: tuple[Job, ...] = ()
    projects: tuple[Project, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is called so; `nearest` are names that look like it, best first."""

    text: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What the address of a page names."""

    project_id: str | None
    job_id: str | None


def find(text: str, jobs: Sequence[Job], projects: Sequence[Project] = ()) -> Found | Ambiguous | Unknown:
    """The job that `text` names. Of several runs of one name in one project the newest is taken, and said so."""
    name = text.strip()
    newest_first = sorted(jobs, key=lambda job: job.created_ms, reverse=True)
    page = page_of(name)
    if page is not None:
        return _by_page(page, name, newest_first)
    for candidates in _job_readings(name, newest_first):
        if candidates:
            return _one_of(name, candidates)
    in_project = [job for job in newest_first if job.project_id in {p.id for p in _named_projects(name, projects)}]
    if in_project:
        reason = f"{_cut(name)} is a project. Which of its jobs?"
        return Ambiguous(reason, jobs=tuple(in_project[:MAX_CANDIDATES]))
    return Unknown(name, _nearest(name, newest_first, ()))


def find_target(
    text: str, jobs: Sequence[Job], projects: Sequence[Project]
) -> Found | FoundProject | Ambiguous | Unknown:
    """What `text` names where a project will do as well as a job. A whole name goes before a beginning."""
    name = text.strip()
    page = page_of(name)
    if page is not None and page.job_id is None:
        name = page.project_id or name
    exact = [project for project in projects if _is(name, project)]
    same_named_jobs = [] if page else [job for job in jobs if name in (job.id, job.name)]
    if exact and same_named_jobs:
        reason = f"{_cut(name)} is a project and a job. Use the id of the one that you mean."
        return Ambiguous(reason, jobs=tuple(same_named_jobs[:MAX_CANDIDATES]), projects=tuple(exact))
    if exact:
        return _one_project(name, exact)
    found = find(name, jobs)
    if not isinstance(found, Unknown):
        return found
    beginning = _named_projects(name, projects)
    return _one_project(name, beginning) if beginning else Unknown(name, _nearest(name, jobs, projects))


def page_of(text: str) -> Page | None:
    """What a pasted address of Baseten's web application names; None for any other text.

    The paths are ``/training/{project_id}/logs/{job_id}`` and ``/training/{project_id}``.
    """
    match = re.fullmatch(r"<?(https?://[^|>\s]+)(?:\|[^>]*)?>?", text.strip(), re.IGNORECASE)
    if match is None:
        return None
    address = urlsplit(match[1])
    host = (address.hostname or "").lower()
    if host != "baseten.co" and not host.endswith(".baseten.co"):
        return None
    parts = [part for part in address.path.split("/") if part]
    if "training" not in parts:
        return Page(None, None)
    after = parts[parts.index("training") + 1 :]
    return Page(after[0] if after else None, after[2] if len(after) > 2 else None)


T = TypeVar("T")


def _by_page(page: Page, text: str, jobs: Sequence[Job]) -> Found | Ambiguous | Unknown:
    for job in jobs:
        if job.id == page.job_id:
            return Found(job)
    if page.job_id is None and (of_project := [job for job in jobs if job.project_id == page.project_id]):
        return Ambiguous("That page is of a project. Which of its jobs?", jobs=tuple(of_project[:MAX_CANDIDATES]))
    return Unknown(text)


def _job_readings(name: str, jobs: Sequence[Job]) -> Iterable[list[Job]]:
    """What `name` may mean, the most exact reading first."""
    yield [job for job in jobs if job.id == name][:1]
    yield [job for job in jobs if job.name == name]
    yield [job for job in jobs if name.lower() in (job.id.lower(), (job.name or "").lower())]
    project, slash, rest = name.rpartition("/")
    if slash and rest:
        inside = [job for job in jobs if _belongs(job, project)]
        yield from (found for found in _job_readings(rest, inside))
    if len(name) >= MIN_PREFIX:
        yield _beginning(name, jobs, lambda job: (job.id, job.name or ""))


def _belongs(job: Job, project: str) -> bool:
    return project.lower() in (job.project_id.lower(), job.project_name.lower()) or (
        len(project) >= MIN_PREFIX and job.project_name.lower().startswith(project.lower())
    )


def _beginning(name: str, things: Iterable[T], names: Callable[[T], Iterable[str]]) -> list[T]:
    return [thing for thing in things if any(known.lower().startswith(name.lower()) for known in names(thing))]


def _one_of(name: str, candidates: Sequence[Job]) -> Found | Ambiguous:
    """The newest of the runs of one name in one project, else a question."""
    newest = candidates[0]
    if len(candidates) == 1:
        return Found(newest)
    if len({(job.account, job.project_id, job.name) for job in candidates}) == 1 and newest.name:
        return Found(newest, f"The newest of {len(candidates)} jobs called {_cut(newest.name)}.")
    return Ambiguous(f"{_cut(name)} may be several jobs. Which one?", jobs=tuple(candidates[:MAX_CANDIDATES]))


def _is(name: str, project: Project) -> bool:
    return name == project.id or name.lower() == project.name.lower()


def _named_projects(name: str, projects: Sequence[Project]) -> list[Project]:
    exact = [project for project in projects if _is(name, project)]
    if exact or len(name) < MIN_PREFIX:
        return exact
    return _beginning(name, projects, lambda project: (project.name, project.id))


def _one_project(name: str, candidates: Sequence[Project]) -> FoundProject | Ambiguous:
    if len(candidates) == 1:
        return FoundProject(candidates[0])
    reason = f"{_cut(name)} may be several projects. Which one?"
    return Ambiguous(reason, projects=tuple(candidates[:MAX_CANDIDATES]))


def _nearest(name: str, jobs: Iterable[Job], projects: Iterable[Project]) -> tuple[str, ...]:
    """Names that look like `name`: spelled alike, or with it inside."""
    wanted = name.lower().rpartition("/")[2]
    known = {title.lower(): title for title in (*(job.title for job in jobs), *(p.name for p in projects))}
    alike = get_close_matches(wanted, known, 3, 0.6)
    inside = [title for title in known if len(wanted) > MIN_PREFIX and wanted in title]
    return tuple(known[title] for title in dict.fromkeys([*alike, *inside]))[:5]


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
