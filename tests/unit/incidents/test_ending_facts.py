"""The incident of a job that failed without saying why."""

from dataclasses import replace

import pytest

from bot.incidents.ending import ended, exit_in_words, explained, explanation
from bot.incidents.incident import Facts, Incident, Role
from bot.incidents.silence import KEY as SILENCE
from bot.jobs.balance import balance
from bot.jobs.job import Checkpoint, Instance, Job, Status
from bot.logs.line import Level, Line
from bot.times import Ms, Ns

END_MS = Ms(1_700_000_000_000)
HOUR_MS = 3_600_000


def job(status: str = "FAILED", message: str | None = "exit code 1", **fields: object) -> Job:
    return Job(
        account="default", id="j", project_id="p", project_name="demo", name="run", error_message=message,
        status=Status("TRAINING_JOB_" + status), created_ms=Ms(END_MS - HOUR_MS), updated_ms=END_MS,
        instance=Instance(id="h100", name="H100x8"), **fields,
    )  # fmt: skip


def line(text: str, seconds: float = 0, replica: str | None = "g00r0") -> Line:
    return Line(Ns((END_MS - 10_000) * 10**6 + int(seconds * 10**9)), text, replica, Level.INFO)


def facts(key: str = "oom", before_ms: int = 1_000, **fields: object) -> Facts:
    at = Ns((END_MS - before_ms) * 10**6)
    return Facts(
        key=key, fingerprint="v1:x", title="OutOfMemoryError", count=1, first_ns=at, last_ns=at, sightings=(), **fields
    )  # fmt: skip


def stored(one: Facts, number: int = 1) -> Incident:
    return Incident(id=number, account="default", project_id="p", job_id="j", facts=one, created_ms=END_MS)


@pytest.mark.parametrize(
    ("why", "known", "explains"),
    [
        ("nothing is known", [], False),
        ("an error just before", [facts()], True),
        ("an error after the end: it was flushed late", [facts(before_ms=-30_000)], True),
        ("an error of two hours ago", [facts(before_ms=2 * HOUR_MS)], False),
        ("noise", [facts(role=Role.NOISE, alert=False)], False),
        ("a consequence whose cause is not known", [facts(role=Role.CASCADE)], False),
        ("an incident that alerts nobody", [facts(alert=False)], False),
        ("that it was silent", [facts(SILENCE)], False),
        ("that its end was told already", [ended(job(), [])], True),
        ("that it was preempted before it failed", [ended(job("PREEMPTED"), [])], False),
    ],
)
def test_what_explains_an_end(why: str, known: list[Facts], explains: bool):
    assert (explanation(job(), [stored(one) for one in known]) is not None) is explains, why


@pytest.mark.parametrize(
    ("ends", "title", "reason"),
    [
        (job(message="exit code 1"), "Failed: exit code 1", "these are its last lines."),
        (job(message=None), "Failed, and nothing says why", "these are its last lines."),
        (job("PREEMPTED", "reclaimed"), "Preempted: reclaimed", "Its machines were taken away."),
        (job("DEPLOY_FAILED", "no image"), "Deploy failed: no image", "these are its last lines."),
        (job(message="node 0 exited with code 139"), "Failed: node 0 exited with code 139", "SIGSEGV"),
    ],
)
def test_title_and_reason_say_how_it_ended(ends: Job, title: str, reason: str):
    told = ended(ends, [line("step 1")])
    assert told.title == title
    assert reason in told.reason


def test_the_last_lines_stand_on_the_card_in_order_and_with_their_replica():
    lines = [line(f"step {step}", step, f"g0{step % 2}r0") for step in reversed(range(30))]
    told = ended(job(node_count=2), lines)
    assert len(told.excerpt) == 15
    assert told.excerpt[-1] == "g01r0  step 29"
    assert told.last_ns == lines[0].timestamp_ns


def test_secrets_are_hidden_even_where_only_their_end_is_shown():
    key = [
        "-----BEGIN PRIVATE KEY-----",
        *(f"MIIEvQIBADANBgkq{row:02}" for row in range(20)),
        "-----END PRIVATE KEY-----",
    ]
    told = ended(job(message="password=hunter2hunter2"), [line(text, second) for second, text in enumerate(key)])
    assert "MIIE" not in str(told)
    assert "hunter2" not in str(told)
    assert told.hidden_values >= 1


def test_a_line_of_many_rows_counts_as_its_rows():
    told = ended(job(), [line("\n".join(f"row {row}" for row in range(100)))])
    assert told.excerpt == tuple(f"row {row}" for row in range(85, 100))


def test_a_job_without_lines_is_told_by_its_message_alone():
    told = ended(job(), [])
    assert told.excerpt == ()
    assert "The log holds no lines." in told.reason


def test_equal_ends_have_equal_fingerprints_in_every_job():
    one = ended(job(message="container on node 0 exited with code 137"), [])
    other = ended(replace(job(message="container on node 3 exited with code 137"), id="k"), [line("x")])
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != ended(job(message="quota exceeded"), []).fingerprint


def test_a_cause_that_comes_late_has_the_end_for_a_consequence():
    stand_in = ended(job(), [line("step 1")])
    [follows] = explained({stand_in.key: stored(stand_in)}, job(), [facts("oom")])
    assert (follows.key, follows.role, follows.caused_by, follows.alert) == (
        stand_in.key, Role.CASCADE, "oom", False,
    )  # fmt: skip
    assert explained({follows.key: stored(follows)}, job(), [facts("oom")]) == (), "once"
    assert explained({stand_in.key: stored(stand_in)}, job(), [facts(role=Role.NOISE, alert=False)]) == ()
    assert explained({}, job(), [facts("oom")]) == ()


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("container exited with code 137", "SIGKILL"),
        ("Exit code: 134", "SIGABRT"),
        ("exit status 127", "does not exist"),
        ("exited with code 1", ""),
        ("exited with code 1379", ""),
        ("137 nodes exited", ""),
        ("", ""),
    ],
)
def test_exit_codes_that_say_something_are_explained(message: str, words: str):
    assert (words in exit_in_words(message)) if words else (exit_in_words(message) == "")


def checkpoint(minutes_before_the_end: int) -> Checkpoint:
    return Checkpoint(
        id=f"c-{minutes_before_the_end}",
        created_ms=Ms(END_MS - minutes_before_the_end * 60_000),
        size_bytes=1,
        type="full",
    )


def test_cost_is_nodes_times_price_times_minutes():
    found = balance(
        job(node_count=4), first_line_ms=Ms(END_MS - 30 * 60_000), prices={"h100": 0.5}, checkpoints=()
    )
    assert found.cost_usd == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("why", "status", "kept", "lost_minutes"),
    [
        ("what came after the newest checkpoint", "FAILED", [checkpoint(20), checkpoint(7)], 7),
        ("all of it when none was kept", "PREEMPTED", [], 30),
        ("nothing when it was done", "COMPLETED", [checkpoint(7)], None),
        ("unknown when the checkpoints are", "FAILED", None, None),
    ],
)
def test_what_is_lost(why: str, status: str, kept: list[Checkpoint] | None, lost_minutes: int | None):
    found = balance(job(status), first_line_ms=Ms(END_MS - 30 * 60_000), prices=None, checkpoints=kept)
    assert found.lost_ms == (None if lost_minutes is None else lost_minutes * 60_000), why
    assert found.cost_usd is None
