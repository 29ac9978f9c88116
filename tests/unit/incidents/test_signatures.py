"""The table of known forms: what tools print, what it means, and where the form comes from."""

import pytest

from bot.incidents.signatures import TABLE, Stage, Voice, match
from bot.logs.fold_words import is_hot

FORMS = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB.", "gpu-out-of-memory"),
    (
        "XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes.",
        "gpu-out-of-memory",
    ),
    ("RuntimeError: CUDA error: device-side assert triggered", "device-assert"),
    (
        "Indexing.cu:1284: indexSelectLargeIndex: block: [201,0,0], thread: [63,0,0] Assertion `i < n` failed.",
        "device-assert",
    ),
    ("RuntimeError: CUDA error: an illegal memory access was encountered", "illegal-memory-access"),
    ("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=python, GPU has fallen off the bus.", "gpu-hardware"),
    ("NVRM: Xid (PCI:0000:3b:00): 31, pid=1, name=python, MMU Fault", "gpu-xid"),
    ("RuntimeError: found NaN in local forward loss calculation", "not-a-number"),
    ("OSError: [Errno 28] No space left on device", "disk-full"),
    ("OSError: [Errno 116] Stale file handle", "filesystem-fault"),
    ("RuntimeError: PytorchStreamReader failed finding central directory", "checkpoint-unreadable"),
    ("RuntimeError: Error(s) in loading state_dict for LlamaForCausalLM:", "checkpoint-mismatch"),
    ("ClientError: An error occurred (AccessDenied) when calling the PutObject operation", "object-store"),
    ("GatedRepoError: 401 Client Error. (Request ID: x)", "hub-access"),
    ("RepositoryNotFoundError: 404 Client Error.", "hub-not-found"),
    ("ModuleNotFoundError: No module named 'flash_attn'", "module-missing"),
    ("RuntimeError: DataLoader worker (pid 1812) is killed by signal: Killed.", "loader-worker-died"),
    ("RuntimeError: unable to mmap 1024 bytes from file: Cannot allocate memory (12)", "host-out-of-memory"),
    ("Memory cgroup out of memory: Killed process 4021 (python)", "host-out-of-memory"),
    ("Fatal Python error: Segmentation fault", "segmentation-fault"),
    ("slurmstepd: error: *** JOB 118 ON n1 CANCELLED AT 2025-02-20T22:58:37 DUE TO TIME LIMIT ***", "time-limit"),
    ("slurmstepd: error: *** STEP 118.0 ON n1 CANCELLED AT 2025-02-20T22:58:37 ***", "launcher-report"),
    ("Node for replica r3 was preempted by the provider", "preempted"),
    ("DistNetworkError: port: 29500, code: -98, name: EADDRINUSE, message: address already in use", "port-in-use"),
    ("failed (exitcode: -9) local_rank: 3 (pid: 252) of binary: /usr/bin/python3", "process-killed"),
    ("failed (exitcode: 1) local_rank: 3 (pid: 252) of binary: /usr/bin/python3", "launcher-report"),
    ("['/usr/bin/python', '-u', 'train.py'] exits with return code = 1", "launcher-report"),
    ("pdsh@worker-0: worker-1: ssh exited with exit code 1", "launcher-report"),
    ("[Rank 15] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=48211)", "nccl-timeout"),
    ("socketProgress: Connection closed by remote peer ip-10-8-152-128<35220>", "nccl-peer-gone"),
    ("NCCL WARN NET/IB : Got completion from peer 10.1.1.3<44206> with status=12 opcode=129", "infiniband"),
    (
        "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.4]:38231",
        "connection-lost",
    ),
    ("ActorDiedError: The actor died unexpectedly before finishing this task.", "ray-worker-died"),
    ("Terminating process because the JAX distributed service detected fatal errors.", "jax-peer-gone"),
    (
        "EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
        "engine-died",
    ),
    ("Received SIGTERM, will checkpoint and exit", "told-to-stop"),
    ("wandb: ERROR Error while calling W&B API: context deadline exceeded (<Response [504]>)", "telemetry"),
    ("Unclosed client session", "asyncio-unclosed"),
    (
        "Unable to register cuDNN factory: Attempting to register factory for plugin cuDNN",
        "plugin-registered-twice",
    ),
]
NOT_KNOWN = [
    "KeyError: 'labels'",
    "Sequence group 3 is preempted by PreemptionMode.RECOMPUTE mode because there is not enough KV cache space",
    "giving up on checkpoint-120, will retry at the next save",
    "process exited with code 0",
    "ValueError: Expected input batch_size (30) to match target batch_size (32).",
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_a_known_form_is_recognised(text: str, name: str) -> None:
    found = match(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", NOT_KNOWN)
def test_what_has_no_known_form_is_left_to_its_own_words(text: str) -> None:
    assert match(text) is None


def test_every_signature_says_what_it_means_and_where_it_comes_from() -> None:
    for signature in TABLE:
        assert signature.says, signature.name
        assert signature.source, signature.name
        assert signature.words, signature.name
        assert all(word == word.lower() for word in signature.words), signature.name


def test_one_name_stands_equally_far_from_the_cause_wherever_it_is_listed() -> None:
    stages: dict[str, set[Stage]] = {}
    for signature in TABLE:
        stages.setdefault(signature.name, set()).add(signature.stage)
    assert all(len(found) == 1 for found in stages.values()), stages


@pytest.mark.parametrize(
    "text", [text for text, name in FORMS if any(s.plain or s.quiet for s in TABLE if s.name == name)]
)
def test_a_form_that_speaks_through_a_line_without_a_level_gets_past_the_cheap_test(text: str) -> None:
    assert is_hot(text)


def test_a_line_of_level_info_speaks_only_for_what_has_no_other_voice() -> None:
    assert match("Watchdog caught collective operation timeout", Voice.QUIET) is None
    found = match("NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.", Voice.QUIET)
    assert found is not None
    assert found.name == "gpu-hardware"
