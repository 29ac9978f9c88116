"""What a person may mean who has typed some letters of a job's or a project's name."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from bot.jobs.job import Job, Project

MOST = 100


class Closeness(IntEnum):
    WHOLE = 0
    BEGINNING = 1
    PIECE = 2
    PROJECT = 3
    """Only the project is called so."""


def suggest_jobs(
    text: str, jobs: Iterable[Job], *, project_id: str | None = None, most: int = MOST
) -> tuple[Job, ...]:
    """Jobs with `text` in their name or their project's.

    A whole name comes first and what only its project's name brings last; in between those that run stand before
    those that ended, then the closest and the newest. ``llama/run`` looks for ``run`` in projects that end in
    ``llama``; several words must all be found.
    """
    words = text.lower().split()
    found = [
        (closeness, job)
        for job in jobs
        if project_id in (None, job.project_id)
        and (closeness := _closeness(words, (job.title, job.id), f"{job.project_name}/{job.title}")) is not None
    ]
    found.sort(key=_rank)
    return tuple(job for _, job in found[:most])


def suggest_projects(text: str, projects: Iterable[Project], *, most: int = MOST) -> tuple[Project, ...]:
    """Projects with `text` in a name, the closest first."""
    words = text.lower().split()
    found = [
        (closeness, project.name.lower(), project)
        for project in projects
        if (closeness := _closeness(words, (project.name, project.id))) is not None
    ]
    found.sort(key=lambda one: one[:2])
    return tuple(project for *_, project in found[:most])


def _rank(found: tuple[Closeness, Job]) -> tuple[bool, bool, bool, int, int]:
    closeness, job = found
    ended = job.status.has_ended
    return closeness > Closeness.WHOLE, closeness is Closeness.PROJECT, ended, closeness, -job.created_ms


def _closeness(words: Sequence[str], names: Sequence[str], path: str = "") -> Closeness | None:
    """None where not all `words` are in one of `names` or in `path`."""
    lower = [name.lower() for name in names]
    if len(words) == 1 and words[0] in lower:
        return Closeness.WHOLE
    if not words or any(name.startswith(words[0]) for name in lower if all(word in name for word in words)):
        return Closeness.BEGINNING
    if any(all(word in name for word in words) for name in lower):
        return Closeness.PIECE
    return Closeness.PROJECT if all(word in path.lower() for word in words) else None
