"""One rank dies of something, its peers lose it, the launchers report: what it died of is the cause."""

import pytest

from bot.incidents.incident import Role
from bot.logs.line import Level
from tests.unit.incidents.runs import at, judged, peer_gone, progress, torchrun, traceback


@pytest.mark.parametrize(
    "fault",
    [
        "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        "ValueError: Unsupported model type: qwen9",
        "ValueError: Tokenizer class X does not exist or is not currently imported.",
        "RuntimeError: batch job failed: see log",
        "subprocess.CalledProcessError: Command '['ninja', '-v']' returned non-zero exit status 1.",
        "MyTrainingAborted: user supplied stop condition reached",
        "AssertionError",
        "Exception: data pipeline failed",
        "KeyError: 'timeout'",
        "EOFError: Ran out of input",
    ],
)
def test_whatever_a_rank_raises_is_the_cause_though_its_words_sound_like_a_launchers(fault: str) -> None:
    died = traceback(201, "r1", fault, rank=9)
    incidents = judged(
        progress(90, 200, ("r0", "r1")), died, peer_gone(202, "r0", 0, "host-r1"), torchrun(204, "r1", 1, rank=9)
    )
    assert incidents[0].first_replica == "r1"
    assert incidents[0].first_rank == 9
    assert fault.split(":", maxsplit=1)[0].rsplit(".", 1)[-1] in incidents[0].title
    assert [each.role for each in incidents[1:]] == [Role.CASCADE] * (len(incidents) - 1)


def test_an_exception_that_introduces_another_is_one_incident_with_it() -> None:
    fault = "torch._dynamo.exc.BackendCompilerFailed: backend='inductor' raised:\nRuntimeError: Failed to find C compiler."
    (incident,) = judged(traceback(201, "r1", fault, rank=9))
    assert incident.exception == "torch._dynamo.exc.BackendCompilerFailed"


def test_a_traceback_that_is_glued_to_a_progress_bar_is_read() -> None:
    bar = "\r  62%|██████▏   | 62/100 [00:62<00:38,  1.00it/s]"
    lines = [
        at(280, "r0", bar + "Traceback (most recent call last):"),
        at(280.001, "r0", '  File "/workspace/train.py", line 300, in main'),
        at(280.002, "r0", "    assert ids.max() < vocab"),
        at(280.003, "r0", "AssertionError: (151936, 151643)" + bar),
    ]
    (incident,) = judged(lines)
    assert (incident.title, incident.exception) == ("AssertionError: (151936, 151643)", "AssertionError")


def test_a_preempted_job_did_not_succeed() -> None:
    lines = progress(90, 500, ("r0", "r1"))
    lines.append(at(501, "r1", "Received SIGTERM: node is being preempted, 30s grace period"))
    lines += peer_gone(503, "r0", 0, "host-r2")
    lines.append(at(510, None, "Training job completed with status PREEMPTED"))
    cause = judged(lines)[0]
    assert (cause.role, cause.first_replica) == (Role.ROOT, "r1")
    assert "preempted" in cause.title


def test_refused_arguments_are_the_cause_though_no_line_has_a_level() -> None:
    lines = [
        at(75, "r0", "usage: train.py [-h] [--model MODEL]"),
        at(75.001, "r0", "train.py: error: unrecognized arguments: --learning-rate=1e-4"),
    ]
    assert judged(lines, torchrun(77, "r0", 2))[0].title.endswith("unrecognized arguments: --learning-rate=1e-4")


def test_a_program_that_is_missing_is_the_cause() -> None:
    lines = [at(70, "r0", "/bin/bash: line 1: torchrun: command not found")]
    cause = judged([*lines, at(71, None, "Replica r0 exited with code 127")])[0]
    assert (cause.role, cause.first_replica) == (Role.ROOT, "r0")


def test_progress_that_is_logged_as_an_error_is_noise_and_a_failure_in_it_is_not() -> None:
    steps = [at(90 + n, "r0", f"ERROR trainer: step {n} | loss 2.{n}", Level.ERROR) for n in range(20)]
    assert [each.role for each in judged(steps)] == [Role.NOISE]
    assert judged([at(90, "r0", "ERROR trainer: step 7 failed", Level.ERROR)])[0].role is Role.ROOT


def test_a_fault_that_the_kernel_reports_comes_before_the_error_in_which_the_program_saw_it() -> None:
    xid = at(201, "r1", "[8.5] NVRM: Xid (PCI:0000:db:00): 79, pid=1, GPU has fallen off the bus.")
    saw = traceback(202, "r1", "torch.AcceleratorError: CUDA error: unspecified launch failure", rank=9)
    cause, effect, *_ = judged(progress(90, 200, ("r0", "r1")), [xid], saw, torchrun(204, "r1", 1, rank=9))
    assert "Xid" in cause.title
    assert (effect.role, effect.caused_by) == (Role.CASCADE, cause.key)


def test_a_traceback_that_a_warning_carries_is_handled_as_the_warning_says() -> None:
    warning = [at(100, "r0", "WARNING:torch._dynamo:torch.compile failed, falling back to eager")]
    carried = traceback(100.001, "r0", "RuntimeError: Failed to find C compiler.")
    apart = traceback(104, "r0", "RuntimeError: Failed to find C compiler.")
    assert [each.role for each in judged(warning, carried, progress(110, 600, ("r0",)))] == [Role.NOISE]
    assert judged(warning, apart, torchrun(106, "r0", 1))[0].role is Role.ROOT


def test_one_logged_error_in_the_middle_is_a_card_until_the_job_has_succeeded() -> None:
    lines = [*progress(90, 900, ("r0",)), at(400, "r0", "ERROR shard: cannot parse the header of shard 7")]
    assert [each.role for each in judged(lines)] == [Role.ROOT]
    assert [each.role for each in judged(lines, [at(910, None, "Job completed with status SUCCEEDED")])] == [
        Role.NOISE
    ]
