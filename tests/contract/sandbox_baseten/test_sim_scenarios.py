"""Every scenario file plays to its end: what is in it, in order, the same for the same seed."""

import asyncio
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from bot.sandbox.baseten.levels import detected_level
from bot.sandbox.baseten.library import programme, scenario, scenario_names
from bot.sandbox.baseten.player import Player
from bot.sandbox.baseten.world import World

from .conftest import NOON_NS, HandClock, path_of

S = 1_000_000_000

ENDS = {
    "bad-sample": "COMPLETED",
    "config-error": "FAILED",
    "deploy-fails": "DEPLOY_FAILED",
    "device-assert": "FAILED",
    "disk-full": "FAILED",
    "gated-model": "FAILED",
    "gpu-lost": "FAILED",
    "gpu-memory-broken": "FAILED",
    "healthy-chatty": "COMPLETED",
    "healthy-for-ever": "RUNNING",
    "healthy-harmless": "COMPLETED",
    "late-cause": "FAILED",
    "nan-loss": "FAILED",
    "oom-one-rank": "FAILED",
    "preempted": "PREEMPTED",
    "returns-next-day": "RUNNING",
    "silent-crash": "FAILED",
    "silent-hang": "RUNNING",
    "stuck-pending": "PENDING",
    "two-failures": "FAILED",
    "upload-fails": "COMPLETED",
    "upload-throttled": "RUNNING",
    "worker-killed": "FAILED",
}
ENDLESS = {"healthy-for-ever", "returns-next-day", "upload-throttled"}
CAUSES = {
    "bad-sample": ("g02r0", "KeyError: 'messages'"),
    "config-error": ("g07r0", "ConfigAttributeError: Key 'warmup_ratio' is not in struct"),
    "device-assert": ("g00r0", "CUDA error: device-side assert triggered"),
    "disk-full": ("g01r0", "OSError: [Errno 28] No space left on device"),
    "gated-model": ("g00r0", "GatedRepoError: 401 Client Error"),
    "gpu-memory-broken": ("g05r0", "CUDA error: uncorrectable ECC error encountered"),
    "nan-loss": ("g00r0", "found NaN in local forward loss calculation"),
    "oom-one-rank": ("g03r0", "torch.OutOfMemoryError: CUDA out of memory"),
    "returns-next-day": ("g01r0", "OSError: [Errno 116] Stale file handle"),
    "two-failures": ("g06r0", "DataLoader worker (pid(s) 1187) exited unexpectedly"),
    "upload-fails": ("g00r0", "boto3.exceptions.S3UploadFailedError"),
    "upload-throttled": ("g00r0", "(SlowDown)"),
    "worker-killed": ("g01r0", "is killed by signal: Killed."),
}


@cache
def played(name, *, stops_s=None, speed=1.0, seed=None):
    """The job of a scenario after its clock was turned to each of the stops: to be read only, tests share it."""
    stops_s = stops_s or ((349.3,) if name in ENDLESS else (100_000,))
    clock = HandClock()
    world = World(clock)
    player = Player(world)
    play = player.play(name, world.add_project("p"), speed=speed, seed=seed)
    for stop_s in stops_s:
        clock.ns = NOON_NS + round(stop_s * S)
        player.step(clock.ns)
    return play.job


def told(job):
    """What was written, times from the start of the job."""
    return [
        (line.timestamp_ns - NOON_NS, line.visible_ns - NOON_NS, line.replica, line.level, line.message)
        for line in job.written
    ]


def test_every_file_is_known_here():
    assert set(scenario_names()) == set(ENDS)


@pytest.mark.parametrize("name", sorted(ENDS))
def test_a_scenario_plays_to_its_end(name):
    job = played(name)
    wish = scenario(name).job
    assert job.status == "TRAINING_JOB_" + ENDS[name]
    assert (job.spec.name, job.spec.node_count) == (wish.name, wish.nodes)
    assert (job.error_message is not None) == (ENDS[name] in {"FAILED", "DEPLOY_FAILED", "PREEMPTED"})
    assert {line.replica for line in job.written} <= {None, *job.replicas}


@pytest.mark.parametrize("name", sorted(ENDS))
def test_its_lines_are_whole_visible_after_they_are_written_and_have_the_level_the_platform_finds(name):
    whole_texts = any(step.whole for step in scenario(name).steps)
    for line in played(name).written:
        assert whole_texts or "\n" not in line.message
        late_ns = 60 * S if name == "late-cause" else 3 * S
        assert re.search(r"(?<!['\w])\{[a-z_]+(:[^}]*)?\}", line.message) is None, "a placeholder nobody filled in"
        assert 200_000_000 <= line.visible_ns - line.timestamp_ns <= late_ns
        assert line.level == detected_level(line.message)


@pytest.mark.parametrize("name", sorted(ENDS))
def test_lines_of_one_rank_are_written_in_the_order_of_their_stamps(name):
    last = Counter()
    for line in played(name).written:
        rank = re.match(r"\[rank(\d+)\]", line.message)
        speaker = (line.replica, rank[1]) if rank else None
        if speaker:
            assert line.timestamp_ns >= last[speaker]
            last[speaker] = line.timestamp_ns


@pytest.mark.parametrize("name", sorted(set(ENDS) - {"healthy-chatty", "stuck-pending"}))
def test_it_is_the_same_for_the_same_seed_however_the_clock_is_turned_and_another_for_another(name):
    at_once = told(played(name))
    in_steps = told(played(name, stops_s=tuple(n * 0.7 for n in range(500))))
    assert in_steps == at_once
    assert told(played(name, seed=4711)) != at_once


@pytest.mark.parametrize(("name", "cause"), sorted(CAUSES.items()))
def test_its_cause_is_told_at_level_error_on_the_right_replica(name, cause):
    replica, words = cause
    found = [line for line in played(name).written if words in line.message and line.level == "ERROR"]
    assert replica in {line.replica for line in found}
    if name in {"oom-one-rank", "bad-sample", "disk-full", "device-assert", "two-failures"}:
        assert {line.replica for line in found} == {replica}


def test_the_job_of_the_demo_makes_progress_fails_after_25_seconds_on_one_rank_and_then_all_others_time_out():
    job = played("oom-one-rank")
    at = [((line.timestamp_ns - NOON_NS) / S, line) for line in job.written]
    oom = [(second, line) for second, line in at if "OutOfMemoryError" in line.message]
    assert len(oom) == 1
    second, line = oom[0]
    assert (24 < second < 27, line.message[:9]) == (True, "[rank29]:")
    losses = [(second, line) for second, line in at if "loss:" in line.message]
    assert len(losses) > 100
    assert max(second for second, _ in losses) < second
    first_errors = [second for second, line in at if line.level == "ERROR"]
    assert min(first_errors) > 25
    timeouts = [(second, line) for second, line in at if "failure detected by watchdog" in line.message]
    assert len(timeouts) == 56
    assert {line.replica for _, line in timeouts} == set(job.replicas) - {"g03r0"}
    assert min(second for second, _ in timeouts) > 40
    reports = [line.replica for _, line in at if "errors.ChildFailedError" in line.message]
    assert Counter(reports) == Counter(job.replicas)
    assert [checkpoint.id for checkpoint in job.checkpoints] == ["step-1260"]


def test_two_failures_begin_on_two_nodes_within_seconds():
    lines = played("two-failures").written
    first = {
        words: min(line.timestamp_ns for line in lines if words in line.message)
        for words in ("uncorrectable ECC error", "DataLoader worker", "Connection closed by remote peer")
    }
    ecc, worker, lost = first.values()
    assert 0 < worker - ecc < 10 * S
    assert lost > worker


def test_a_hanging_job_stays_running_says_nothing_and_shows_it_in_its_gpus_only():
    job = played("silent-hang")
    assert {line.level for line in job.written} == {None}
    assert max(line.timestamp_ns for line in job.written) < NOON_NS + 71 * S
    an_hour_later = NOON_NS + 3600 * S
    assert [job.gpu_at(replica, an_hour_later) for replica in job.replicas] == [1.0, 1.0, 0.0, 1.0]


def test_a_late_cause_cannot_be_read_before_the_job_has_failed():
    job = played("late-cause")
    cause = [line for line in job.written if "Killed process" in line.message]
    assert {line.replica for line in cause} == {"g01r0"}
    assert all(line.timestamp_ns < job.ended_ns - 10 * S for line in cause)
    assert all(line.visible_ns > job.ended_ns + 30 * S for line in cause)


def test_a_silent_crash_has_no_error_line_and_secrets_for_the_masks():
    job = played("silent-crash")
    assert {line.level for line in job.written} == {None}
    text = "\n".join(line.message for line in job.written)
    assert "Segmentation fault" in text
    assert "HF_TOKEN=hf_" in text
    assert "X-Amz-Signature=" in text


def test_one_record_may_hold_a_whole_traceback_and_colours():
    records = [line.message for line in played("upload-fails").written if "Traceback" in line.message]
    assert len(records) == 3
    assert all(record.count("\n") == 6 and "\x1b[31m" in record for record in records)
    assert records[0].split("\n")[2] == '  File "/workspace/uploader.py", line 52, in save'


def test_speed_divides_the_offsets_and_nothing_else():
    normal, fast = told(played("gated-model")), told(played("gated-model", speed=4.0))
    assert len(normal) == len(fast)
    for (stamp, visible, *_), (fast_stamp, fast_visible, *_) in zip(normal, fast, strict=True):
        assert abs(fast_stamp - stamp / 4) < 1000
        assert abs((fast_visible - fast_stamp) - (visible - stamp)) < 1000


async def test_a_stopped_job_writes_no_more_and_a_recreated_one_begins_again(client, world, clock, project):
    player = Player(world)
    play = player.play("oom-one-rank", project)
    clock.turn(20)
    player.step(clock.ns)
    assert (await client.post(path_of(play.job) + "/stop", {}))[0] == 200
    before = len(play.job.written)
    clock.turn(100)
    player.step(clock.ns)
    assert (len(play.job.written), play.job.status) == (before, "TRAINING_JOB_STOPPED")
    _, body = await client.post(path_of(play.job) + "/recreate")
    again = world.jobs[body["training_job"]["id"]]
    clock.turn(100)
    player.step(clock.ns)
    assert again.status == "TRAINING_JOB_FAILED"
    assert min(line.timestamp_ns for line in again.written) >= NOON_NS + 120 * S


async def test_the_player_follows_the_clock_as_a_task(world, clock, project):
    player = Player(world)
    play = player.play("deploy-fails", project, at_ns=NOON_NS + 5 * S)
    assert play.job is None
    task = asyncio.create_task(player.run())
    while player.next_due_ns is not None:  # noqa: ASYNC110 - the clock of this test turns as it sleeps
        await asyncio.sleep(0)
    task.cancel()
    assert play.job.status == "TRAINING_JOB_DEPLOY_FAILED"
    assert play.job.created_ms == (NOON_NS + 5 * S) // 1_000_000
    assert clock.ns < NOON_NS + 22 * S


def test_the_demo_is_interesting_for_ten_minutes_and_never_a_flood(world, clock):
    player = Player(world)
    projects = player.play_programme("demo")
    clock.turn(600)
    player.step(clock.ns)
    jobs = world.jobs_of(projects["llama-ft"])
    failed = [job for job in jobs if job.status in {"TRAINING_JOB_FAILED", "TRAINING_JOB_PREEMPTED"}]
    assert len(failed) == 6
    ends = sorted(job.ended_ns for job in failed)
    assert ends[0] < NOON_NS + 40 * S
    assert all(later - sooner > 30 * S for sooner, later in pairwise(ends))
    assert {job.spec.name: job.status for job in jobs}["llama-70b-fsdp"] == "TRAINING_JOB_FAILED"
    assert len(world.jobs_of(projects["experiments"])) >= 4
    past = [job for job in jobs if job.ended_ns and job.ended_ns < NOON_NS]
    assert [job.spec.name for job in past] == ["mistral-dpo"]
    assert all(line.visible_ns < NOON_NS for line in past[0].written)
    clock.turn(3600)
    player.step(clock.ns)
    assert "TRAINING_JOB_RUNNING" in {job.status for job in jobs}, "something is left to be read"


def test_each_run_of_the_demo_has_a_scenario_and_a_name_of_its_own_in_its_project():
    runs = programme("demo").runs
    assert {run.scenario for run in runs} <= set(scenario_names())
    assert len({(run.project, run.name) for run in runs}) == len(runs)


def test_three_jobs_of_one_project_fail_within_half_a_minute(world, clock, project):
    player = Player(world)
    player.play_programme("three-at-once", project)
    clock.turn(120)
    player.step(clock.ns)
    ends = sorted(job.ended_ns for job in world.jobs_of(project) if job.status == "TRAINING_JOB_FAILED")
    assert len(ends) == 3
    assert ends[-1] - ends[0] < 30 * S
