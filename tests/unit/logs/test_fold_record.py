"""Headers of logging libraries."""

import pytest

from bot.logs.fold_record import parse_record
from bot.logs.fold_time import inner_time
from bot.logs.line import Level

E, W, C = Level.ERROR, Level.WARNING, Level.ERROR


@pytest.mark.parametrize(
    ("line", "level", "site", "message"),
    [
        ("ERROR:megatron.core.rerun:found nan", E, "megatron.core.rerun", "found nan"),
        ("2025-09-10 09:01:21,491 - trainer - ERROR - upload failed", E, "trainer", "upload failed"),
        (
            "[2025-07-01 20:32:11,521] [ERROR] [uploader.py:91:upload] attempt 1/3",
            E,
            "uploader.py:91:upload",
            "attempt 1/3",
        ),
        (
            "2025-02-11 08:04:43.569 | ERROR    | data.sft:__getitem__:88 - bad",
            E,
            "data.sft:__getitem__:88",
            "bad",
        ),
        ("E0611 03:18:47.479000 192 torch/api.py:869] failed", E, "torch/api.py:869", "failed"),
        (
            "[E611 03:28:45.276635155 ProcessGroupNCCL.cpp:629] [Rank 15] x",
            E,
            "ProcessGroupNCCL.cpp:629",
            "[Rank 15] x",
        ),
        (
            "2025-09-10 08:01:16.531841: E external/xla/cuda_fft.cc:477] Unable",
            E,
            "external/xla/cuda_fft.cc:477",
            "Unable",
        ),
        ("E0000 00:00:1757491276.531841   2755 cuda_dnn.cc:8310] Unable", E, "cuda_dnn.cc:8310", "Unable"),
        ("[ERROR|trainer.py:123] 2025-02-02 10:00:00,123 >> boom", E, "trainer.py:123", "boom"),
        ("[2025-02-02 10:00:00,123][__main__][ERROR] - boom", E, "__main__", "boom"),
        ("[NeMo E 2025-02-11 08:04:21 nemo_logging:1] boom", E, "", "nemo_logging:1] boom"),
        ("ERROR 09-10 08:01:16 [core.py:588] boom", E, "core.py:588", "boom"),
        ('time="2025-01-01T00:00:00Z" level=error msg="boom x" err="bad"', E, "", "boom x: bad"),
        ('{"severity":"CRITICAL","msg":"boom","logger":"a.b"}', C, "a.b", "boom"),
        ('{"text":"x","record":{"level":{"name":"WARNING"},"message":"boom","name":"m"}}', W, "m", "boom"),
        ("wandb: ERROR Error while calling W&B API", E, "wandb", "wandb: ERROR Error while calling W&B API"),
        ("2025-01-01T00:00:00Z [error    ] boom  [trainer] a=1", E, "", "boom  [trainer] a=1"),
    ],
)
def test_a_header_is_read(line: str, level: Level, site: str, message: str) -> None:
    record = parse_record(line)
    assert (record.level, record.site, record.message, record.structured) == (level, site, message, True)


@pytest.mark.parametrize("line", ["KeyError: 1", "Epoch: [3][1170/5005]", "{not json}", '{"a": 1}', "Killed", ""])
def test_what_has_no_header_is_its_own_message(line: str) -> None:
    record = parse_record(line)
    assert (record.message, record.level, record.structured) == (line, None, False)


def test_the_time_that_a_record_gives_itself() -> None:
    assert inner_time("x 2025-09-10 09:01:21,491 - y") == 1_757_494_881_491_000_000
    assert inner_time("2025-13-40 09:01:21") == 0
    assert inner_time("no time") == 0
