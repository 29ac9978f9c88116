"""The ways in which people name a job or a project."""

import pytest

from bot.jobs.job import Instance, Job, Project, Status
from bot.jobs.reference import Ambiguous, Found, FoundProject, Page, Unknown, find, find_target, page_of
from bot.times import Ms


def job(job_id: str, name: str | None, project: str = "llama", age: int = 0) -> Job:
    return Job(
        account="default",
        id=job_id,
        project_id=f"p-{project}",
        project_name=project,
        name=name,
        status=Status("TRAINING_JOB_RUNNING"),
        created_ms=Ms(10_000 - age),
        updated_ms=Ms(10_000),
        instance=Instance(id="i", name="i"),
    )


JOBS = [
    job("ab12cd", "sft", age=3),
    job("ab99zz", "sft", age=1),
    job("q4k2m8", "dpo-long", age=2),
    job("w7w7w7", None, age=4),
    job("m1m1m1", "eval", "mistral"),
    job("m2m2m2", "dpo-short", "mistral", age=9),
    job("x1x1x1", "shared", "llama"),
    job("x2x2x2", "shared", "mistral"),
    job("c1c1c1", "Case"),
    job("c2c2c2", "case"),
]
PROJECTS = [
    Project(id="p-llama", name="llama"),
    Project(id="p-mistral", name="Mistral"),
    Project(id="p-new", name="new"),
]


@pytest.mark.parametrize(
    ("text", "job_id"),
    [
        ("q4k2m8", "q4k2m8"),
        ("Q4K2M8", "q4k2m8"),
        ("dpo-long", "q4k2m8"),
        ("DPO-long", "q4k2m8"),
        (" eval ", "m1m1m1"),
        ("q4", "q4k2m8"),
        ("dpo-l", "q4k2m8"),
        ("w7w", "w7w7w7"),
        ("mistral/eval", "m1m1m1"),
        ("Mistral/m2", "m2m2m2"),
        ("p-mistral/shared", "x2x2x2"),
        ("mis/shared", "x2x2x2"),
        ("Case", "c1c1c1"),
        ("case", "c2c2c2"),
        ("https://app.baseten.co/training/p-llama/logs/q4k2m8", "q4k2m8"),
        ("<https://app.baseten.co/training/p-llama/logs/q4k2m8?tab=1#x|app.baseten.co/…>", "q4k2m8"),
        ("https://app.staging.baseten.co/training/p-llama/logs/q4k2m8/", "q4k2m8"),
    ],
)
def test_a_job_is_found_in_each_of_its_forms(text, job_id):
    found = find(text, JOBS, PROJECTS)
    assert isinstance(found, Found), found
    assert (found.job.id, found.note) == (job_id, None)


def test_of_several_runs_of_one_name_the_newest_is_taken_and_it_is_said():
    assert find("sft", JOBS) == Found(JOBS[1], "The newest of 2 jobs called sft.")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("shared", ["x1x1x1", "x2x2x2"]),
        ("ab", ["ab99zz", "ab12cd"]),
        ("dpo", ["q4k2m8", "m2m2m2"]),
        ("mistral", ["m1m1m1", "x2x2x2", "m2m2m2"]),
        ("https://app.baseten.co/training/p-mistral", ["m1m1m1", "x2x2x2", "m2m2m2"]),
    ],
)
def test_what_may_be_several_jobs_is_asked_back_newest_first(text, ids):
    found = find(text, JOBS, PROJECTS)
    if text == "ab":
        assert isinstance(found, Found)
        assert found.note == "The newest of 2 jobs called sft."
        return
    assert isinstance(found, Ambiguous), found
    assert [one.id for one in found.jobs] == ids


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("dpo-lang", ("dpo-long",)),
        ("llama/evol", ("eval",)),
        ("short", ("dpo-short",)),
        ("zzzzzz", ()),
        ("q", ()),
        ("https://app.baseten.co/training/p/logs/gone", ()),
        ("https://evil.example/training/p-llama/logs/q4k2m8", ()),
        ("https://baseten.co.evil.example/training/p-llama/logs/q4k2m8", ()),
    ],
)
def test_the_unknown_is_answered_by_what_looks_like_it(text, nearest):
    found = find(text, JOBS, PROJECTS)
    assert isinstance(found, Unknown), found
    assert found.nearest[: len(nearest)] == nearest
    assert bool(found.nearest) == bool(nearest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("llama", FoundProject(PROJECTS[0])),
        ("MISTRAL", FoundProject(PROJECTS[1])),
        ("p-new", FoundProject(PROJECTS[2])),
        ("ne", FoundProject(PROJECTS[2])),
        ("https://app.baseten.co/training/p-llama", FoundProject(PROJECTS[0])),
        ("eval", Found(JOBS[4])),
        ("https://app.baseten.co/training/p-mistral/logs/m1m1m1", Found(JOBS[4])),
        ("p-", Ambiguous("p- may be several projects. Which one?", projects=tuple(PROJECTS))),
        ("lama", Unknown("lama", ("llama",))),
    ],
)
def test_a_project_can_be_named_where_a_project_will_do(text, expected):
    assert find_target(text, JOBS, PROJECTS) == expected


def test_a_name_of_a_job_and_a_project_is_asked_back():
    found = find_target("eval", JOBS, [*PROJECTS, Project(id="p", name="eval")])
    assert isinstance(found, Ambiguous)
    assert (len(found.jobs), len(found.projects)) == (1, 1)


def test_an_address_without_a_job_names_the_project_only():
    assert page_of("https://app.baseten.co/training/p1/") == Page("p1", None)
    assert page_of("https://app.baseten.co/models/x") == Page(None, None)
    assert page_of("not an address") is None


def test_many_candidates_are_cut():
    many = [job(f"id{n}", f"name-{n}") for n in range(50)]
    found = find("name", many)
    assert isinstance(found, Ambiguous)
    assert len(found.jobs) == 10
