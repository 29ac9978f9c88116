"""What a person may mean who has typed some letters of a job's or a project's name."""

from collections.abc import Iterable, Sequence

from bot.jobs.job import Job, Project

MOST = 100

_NO_MATCH = 9


def suggest_jobs(
    text: str, jobs: Iterable[Job], *, project_id: str | None = None, most: int = MOST
) -> tuple[Job, ...]:
    """Jobs with `text` in a name: the exact one first, then those that run, the closest and newest of them first.

    ``llama/run`` looks for ``run`` in projects like ``llama``; several words must all be found.
    """
    words = text.lower().split()
    found = [
        (rank, job)
        for job in jobs
        if project_id in (None, job.project_id) and (rank := _rank(words, _names(job))) < _NO_MATCH
    ]
    found.sort(key=lambda one: (one[0] > 0, one[1].status.has_ended, one[0], -one[1].created_ms))
    return tuple(job for _, job in found[:most])


def suggest_projects(text: str, projects: Iterable[Project], *, most: int = MOST) -> tuple[Project, ...]:
    """Projects with `text` in a name, the closest first."""
    words = text.lower().split()
    found = [(_rank(words, (project.name, project.id)), project) for project in projects]
    found = sorted((one for one in found if one[0] < _NO_MATCH), key=lambda one: (one[0], one[1].name.lower()))
    return tuple(project for _, project in found[:most])


def _names(job: Job) -> tuple[str, ...]:
    return job.title, job.id, f"{job.project_name}/{job.title}"


def _rank(words: Sequence[str], names: Sequence[str]) -> int:
    """0 is a whole name, 1 the beginning of one, 2 a piece of one; 1 where nothing is asked for."""
    lower = [name.lower() for name in names]
    if not words:
        return 1
    if len(words) == 1 and words[0] in lower:
        return 0
    if not all(any(word in name for name in lower) for word in words):
        return _NO_MATCH
    return 1 if any(name.startswith(words[0]) for name in lower) else 2
