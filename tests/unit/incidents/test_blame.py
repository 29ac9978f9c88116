"""Who is to blame: causes before consequences, whatever the clocks, the launchers and the silence say."""

from bot.incidents.incident import Confidence, Facts, Role
from tests.unit.incidents.runs import (
    ONE_OOM,
    at,
    block,
    judged,
    ordered,
    peer_gone,
    progress,
    torchrun,
    traceback,
    watchdog,
)

THREE = ("a", "b", "c")


def roots(facts: tuple[Facts, ...]) -> list[str]:
    return [each.title for each in facts if each.role is Role.ROOT]


def test_watchdogs_and_launchers_follow_from_the_one_rank_that_ran_out_of_memory() -> None:
    cause, *rest = judged(ONE_OOM)
    assert (cause.role, cause.first_replica, cause.first_rank) == (Role.ROOT, "b", 9)
    assert cause.confidence is Confidence.CERTAIN
    assert "2 other replicas" in cause.reason
    assert {each.role for each in rest} == {Role.CASCADE}
    assert {each.caused_by for each in rest} == {cause.key}
    assert not any(each.alert for each in rest)


def test_a_cause_wins_though_its_clock_is_fast() -> None:
    facts = judged(
        progress(0, 900, THREE),
        peer_gone(906, "a", 0, "host-b"),
        traceback(1000, "b", "KeyError: 'labels'", rank=9),
        torchrun(1003, "b", 1, rank=9),
        torchrun(909, "a", -6),
    )
    assert roots(facts) == ["KeyError: 'labels'"]
    assert facts[0].first_replica == "b"


def test_an_unknown_exception_is_a_cause_and_its_echo_in_the_watchdog_is_part_of_it() -> None:
    facts = judged(
        progress(0, 900, THREE),
        traceback(905, "b", "acme.FoldError: the widget pool is exhausted while folding", rank=9),
        [at(905.6, "b", "[rank9]:[E115 05:57:32.6 ProcessGroupNCCL.cpp:1595] [Rank 9] Process group watchdog thread terminated "
            "with exception: the widget pool is exhausted while folding")],
        peer_gone(907, "a", 0, "host-b"),
    )  # fmt: skip
    assert (facts[0].title, facts[0].count) == (
        "FoldError: the widget pool is exhausted while folding",
        2,
    )
    assert [each.role for each in facts] == [Role.ROOT, Role.CASCADE]


KILLER = "[51822.104416] Memory cgroup out of memory: Killed process 1187 (pt_data_worker) total-vm:412880120kB"
WORKER = "RuntimeError: DataLoader worker (pid(s) 1187) exited unexpectedly"


def test_the_memory_killer_of_another_machine_is_a_cause_of_its_own() -> None:
    facts = judged(
        progress(0, 900, THREE),
        traceback(905, "b", "RuntimeError: CUDA error: uncorrectable ECC error encountered", rank=9),
        [at(908, "c", KILLER)],
        traceback(908.2, "c", WORKER, rank=17),
        peer_gone(911, "a", 0, "host-b"),
    )
    first, second = (each for each in facts if each.role is Role.ROOT)
    assert ("ECC" in first.title, "Killed process" in second.title) == (True, True)
    assert (first.first_replica, second.first_replica) == ("b", "c")
    assert [each.caused_by for each in facts if each.title == WORKER] == [second.key]


def test_that_of_the_same_machine_is_none_nor_is_it_where_the_machines_were_taken_away() -> None:
    ecc = "RuntimeError: CUDA error: uncorrectable ECC error encountered"
    same = judged(progress(0, 900, THREE), traceback(905, "c", ecc, rank=17), [at(908, "c", KILLER)])
    assert roots(same) == [ecc]
    gone = judged(
        progress(0, 900, THREE),
        [at(905, None, "Instance termination notice received for node b")],
        [at(908, "c", KILLER)],
        torchrun(910, "a", -6),
    )
    assert len(roots(gone)) == 1


def test_the_reason_says_where_it_was_first_and_explains_behind_that() -> None:
    asserted = "../aten/src/ATen/native/cuda/Indexing.cu:1236: indexSelectSmallIndex: block: [0,0,0], thread: [1,0,0] Assertion `srcIndex < srcSelectDimSize` failed."
    one = judged(progress(0, 900, THREE), [at(905, "b", asserted)], torchrun(908, "b", -6))
    assert "check on b, most often" in one[0].reason
    every = judged(
        progress(0, 900, THREE),
        *(traceback(905 + n / 10, name, "KeyError: 'labels'", rank=8 * n) for n, name in enumerate(THREE)),
    )
    assert ", first on a; nothing" in every[0].reason


def test_when_nobody_names_a_cause_the_silent_replica_is_the_suspect() -> None:
    facts = judged(
        progress(0, 300, ("a", "b", "c", "d")),
        *(watchdog(905 + n / 100, name, rank) for n, (name, rank) in enumerate([("a", 0), ("b", 8), ("d", 24)])),
        *(torchrun(909 + n, name, -6) for n, name in enumerate("abd")),
    )
    assert (facts[0].role, facts[0].first_replica, facts[0].confidence) == (Role.ROOT, "c", Confidence.GUESS)
    assert "every replica but c complained" in facts[0].reason


def test_when_nobody_names_a_cause_the_rank_that_lags_is_the_suspect() -> None:
    lines = [
        watchdog(905 + rank / 100, "abcd"[rank // 8], rank, enqueued=48_210 if rank == 17 else 48_213)
        for rank in (0, 3, 9, 17, 25)
    ]
    facts = judged(progress(0, 300, ("a", "b", "c", "d")), *lines)
    assert facts[0].first_replica == "c"
    assert "rank 17" in facts[0].reason


def test_the_peer_that_the_others_name_is_the_suspect() -> None:
    facts = judged(
        progress(0, 300, THREE),
        [
            at(10, name, f"host-{name}:92:473 [0] NCCL INFO Bootstrap : Using eth0:10.0.0.{n}<0>")
            for n, name in enumerate(THREE)
        ],
        peer_gone(305, "a", 0, "host-b"),
        peer_gone(305.2, "c", 16, "host-b"),
    )
    assert (facts[0].first_replica, facts[0].role) == ("b", Role.ROOT)


def test_a_process_that_was_killed_without_a_word_is_known_by_its_launcher() -> None:
    facts = judged(
        progress(0, 900, THREE),
        peer_gone(903, "a", 0, "host-b"),
        torchrun(905, "b", -9, rank=9),
        torchrun(909, "a", -6),
        torchrun(909.5, "c", -6),
    )
    assert (facts[0].title, facts[0].first_replica) == ("A process was killed by a signal", "b")
    assert [each.role for each in facts[1:]] == [Role.CASCADE, Role.CASCADE]


def test_a_killed_process_whose_death_the_kernel_explains_is_a_mere_report() -> None:
    facts = judged(
        progress(0, 900, THREE),
        [at(903, "b", "kernel: Memory cgroup out of memory: Killed process 4021 (python) total-vm:212345kB")],
        torchrun(905, "b", -9, rank=9),
    )
    assert facts[0].role is Role.ROOT
    assert facts[1].title == "The launcher reports failed processes"


def test_two_failures_that_have_nothing_to_do_with_one_another_are_two_causes_the_fatal_one_first() -> None:
    head = "2025-06-11 03:17:06,532 - ckpt - ERROR - upload of step {} failed: AccessDenied"
    facts = judged(
        progress(0, 3000, THREE),
        [at(t, "a", head.format(t)) for t in (500, 1500, 2500)],
        traceback(3005, "b", "torch.OutOfMemoryError: CUDA out of memory.", rank=9),
        torchrun(3007, "b", 1, rank=9),
    )
    assert [each.role for each in facts] == [Role.ROOT, Role.ROOT, Role.CASCADE]
    assert facts[0].exception == "torch.OutOfMemoryError"
    assert facts[1].reason == "the job goes on in spite of it"


def test_giving_up_follows_from_what_happened_too_often() -> None:
    skip = "2025-06-11 03:17:06,532 - data - ERROR - sample {} has no field 'labels', trying next index"
    facts = judged(
        progress(0, 2000, THREE),
        [at(10 + 20 * n, THREE[n % 3], skip.format(n)) for n in range(90)],
        traceback(2005, "c", "RuntimeError: Too many bad samples (101) in worker 2"),
        torchrun(2007, "c", 1),
    )
    assert "has no field 'labels'" in facts[0].title
    assert [each.role for each in facts] == [Role.ROOT, Role.CASCADE, Role.CASCADE]
    assert {each.caused_by for each in facts[1:]} == {facts[0].key}


def test_what_the_job_was_told_and_retried_once_is_noise() -> None:
    text = "2025-06-11 03:17:06,532 - stream - ERROR - read of shard-12 failed, retrying (attempt 1 of 5)"
    (facts,) = judged(progress(0, 2000, THREE), [at(500, "a", text)])
    assert (facts.role, facts.alert) == (Role.NOISE, False)


def test_an_error_that_keeps_coming_back_is_told_though_the_job_goes_on() -> None:
    text = "2025-06-11 03:17:06,532 - push - ERROR - pushing step {} failed, retrying at the next"
    (facts,) = judged(progress(0, 2000, THREE), [at(20 * n, "a", text.format(n)) for n in range(60)])
    assert (facts.role, facts.alert, facts.count) == (Role.ROOT, True, 60)


def test_known_chatter_is_noise_even_where_it_prints_tracebacks() -> None:
    facts = judged(
        progress(0, 2000, THREE),
        block(50, "a", "ERROR: pip's dependency resolver does not currently take into account all the packages"),
        traceback(
            500,
            "a",
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.wandb.ai', port=443): Max retries",
        ),
        [at(600, "b", "ERROR:asyncio:Unclosed client session")],
        [
            at(
                3,
                "c",
                "2025-09-10 08:01:16.5: E external/xla/cuda_fft.cc:477] Unable to register cuFFT factory: Attempting to",
            )
        ],
    )
    assert {(each.role, each.alert) for each in facts} == {(Role.NOISE, False)}
    assert len(facts) == 4


def test_a_tracker_that_ends_the_job_is_its_cause() -> None:
    facts = judged(
        traceback(100, "a", "wandb.errors.CommError: network timeout while calling W&B API", rank=0),
        torchrun(103, "a", 1),
    )
    assert (facts[0].role, facts[0].exception) == (Role.ROOT, "wandb.errors.CommError")


def test_a_preempted_machine_is_the_cause_and_is_named_by_the_platform() -> None:
    facts = judged(
        progress(0, 900, THREE),
        [at(905, None, "Node for replica b was preempted by the provider")],
        peer_gone(906, "a", 0, "host-b"),
    )
    assert (facts[0].role, facts[0].first_replica) == (Role.ROOT, "b")


def test_the_same_failure_on_every_attempt_of_a_restarted_job_is_one_cause() -> None:
    attempts = [
        ordered(
            progress(t, t + 600, ("a", "b")),
            traceback(t + 605, "b", "torch.OutOfMemoryError: CUDA out of memory.", rank=9),
            peer_gone(t + 607, "a", 0, "host-b"),
        )
        for t in (0, 1000, 2000)
    ]
    facts = judged(*attempts, torchrun(2610, "b", 1))
    assert [(each.role, each.count) for each in facts if each.role is Role.ROOT] == [(Role.ROOT, 3)]


def test_a_job_that_succeeded_died_of_nothing() -> None:
    facts = judged(
        progress(0, 2000, THREE),
        [at(2005, "a", "Exception in thread Thread-3: ERROR could not flush the last batch")],
        [at(2010, None, "Training job completed with status SUCCEEDED")],
    )
    assert not any(each.alert for each in facts)


def test_a_report_alone_stands_for_the_cause_that_no_line_names() -> None:
    facts = judged(progress(0, 300, THREE), torchrun(305, "b", 1, rank=9))
    assert (facts[0].role, facts[0].alert, facts[0].confidence) == (Role.ROOT, True, Confidence.GUESS)
    assert "no line names a cause" in facts[0].reason


def test_every_verdict_gives_its_reason() -> None:
    assert all(each.reason for each in judged(ONE_OOM))


def test_what_healthy_jobs_print_while_they_start_is_no_card_before_something_follows() -> None:
    refused = "[W611 03:13:12.1 socket.cpp:697] [c10d] The client socket has failed to connect to [host-a]:29500 (errno: 111 - Connection refused)."
    early = [at(n, name, refused) for n, name in enumerate(THREE)]
    assert not any(each.alert for each in judged(early))
    assert not any(each.alert for each in judged(early, progress(60, 600, THREE)))
    assert any(each.alert for each in judged(early, torchrun(70, "b", 1)))


def test_a_first_retry_is_no_card_while_nothing_else_has_happened() -> None:
    text = "2025-06-11 03:17:06,532 - stream - ERROR - read of shard-12 failed, retrying (attempt {} of 5)"
    assert not judged(progress(0, 100, THREE), [at(101, "a", text.format(1))])[0].alert
    assert judged(progress(0, 100, THREE), [at(101 + n, "a", text.format(n)) for n in range(5)])[0].alert


def test_a_death_that_a_launcher_reported_comes_before_a_named_error_of_the_restart() -> None:
    facts = judged(
        progress(0, 300, THREE),
        traceback(305, "a", "KeyError: 'labels'", rank=3),
        torchrun(307, "a", 1, rank=3),
        traceback(420, "b", "torch.distributed.DistNetworkError: port: 29500, EADDRINUSE, address already in use"),
    )
    assert roots(facts) == ["KeyError: 'labels'"]
