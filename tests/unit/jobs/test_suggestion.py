"""What type-ahead offers: the exact one, then those that run, then the closest and the newest."""

import pytest

from bot.jobs.job import Project, Status
from bot.jobs.suggestion import suggest_jobs, suggest_projects
from bot.times import Ms
from tests.unit.slack.card_values import a_job

RUNNING, FAILED = Status("TRAINING_JOB_RUNNING"), Status("TRAINING_JOB_FAILED")
JOBS = (
    a_job(id="aaa1", name="llama-sft", project_name="llama", project_id="p1", status=FAILED, created_ms=Ms(50)),
    a_job(id="bbb2", name="llama-dpo", project_name="llama", project_id="p1", status=RUNNING, created_ms=Ms(10)),
    a_job(id="ccc3", name="qwen-sft", project_name="qwen", project_id="p2", status=RUNNING, created_ms=Ms(20)),
    a_job(id="ddd4", name="my-llama", project_name="misc", project_id="p3", status=RUNNING, created_ms=Ms(30)),
    a_job(id="eee5", name=None, project_name="misc", project_id="p3", status=FAILED, created_ms=Ms(40)),
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "ddd4 ccc3 bbb2 aaa1 eee5"),
        ("llama", "bbb2 ddd4 aaa1"),
        ("LLAMA-SFT", "aaa1"),
        ("sft", "ccc3 aaa1"),
        ("llama/", "bbb2 aaa1"),
        ("llama sft", "aaa1"),
        ("eee", "eee5"),
        ("aaa1", "aaa1"),
        ("misc", "ddd4 eee5"),
        ("l a", "bbb2 ddd4 aaa1"),
        ("nothing like it", ""),
        ("  ", "ddd4 ccc3 bbb2 aaa1 eee5"),
    ],
)
def test_jobs_come_in_the_order_in_which_somebody_wants_them(text: str, ids: str):
    assert " ".join(job.id for job in suggest_jobs(text, JOBS)) == ids


def test_what_only_the_project_brings_stands_behind_what_is_called_so():
    of_project = a_job(id="fff6", name="train", project_name="llama", status=RUNNING, created_ms=Ms(99))
    assert [job.id for job in suggest_jobs("llama", (of_project, *JOBS))] == ["bbb2", "ddd4", "aaa1", "fff6"]


def test_a_chosen_project_narrows_the_jobs():
    assert [job.id for job in suggest_jobs("", JOBS, project_id="p1")] == ["bbb2", "aaa1"]


def test_of_a_thousand_jobs_a_hundred_are_offered_and_a_whole_name_is_the_first_of_them():
    many = [a_job(id=f"id{n:04d}", name=f"run-{n}", created_ms=Ms(n)) for n in range(1_000)]
    found = suggest_jobs("run-7", many)
    assert len(found) == 100
    assert found[0].name == "run-7"
    assert suggest_jobs("id0007", many)[0].name == "run-7"


def test_projects_come_with_the_closest_name_first():
    projects = [Project(id=f"p{n}", name=name) for n, name in enumerate(("vision", "llama-ft", "llama"))]
    assert [one.name for one in suggest_projects("llama", projects)] == ["llama", "llama-ft"]
    assert [one.name for one in suggest_projects("", projects)] == ["llama", "llama-ft", "vision"]
    assert suggest_projects("x", projects) == ()
