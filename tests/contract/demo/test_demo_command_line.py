"""`joblogs demo` as a person types it: what there is, and what is not there."""

import asyncio
import os
import sys

import pytest

from bot.sandbox.baseten.library import playable
from bot.sandbox.demo import listing


async def demo(*arguments):
    """Exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    told, complaint = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, told.decode(), complaint.decode()


async def test_the_list_names_every_scenario_with_what_happens_in_it():
    status, told, _ = await demo("--list")
    assert status == 0
    assert told.rstrip() == listing()
    lines = {line.split()[0]: line for line in told.splitlines()}
    assert set(lines) == set(playable())
    assert lines["oom-one-rank"].endswith(playable()["oom-one-rank"].title)
    assert max(len(line) for line in lines.values()) <= 120


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scenario", "oom-one-rnk"), "did you mean oom-one-rank"),
        (("--scenario", "oom-one-rank", "--speed", "0"), "0.1<=x<=100"),
    ],
)
async def test_what_cannot_be_played_is_refused_with_what_may_be_meant(arguments, words):
    status, _, complaint = await demo(*arguments)
    assert status != 0
    assert words in complaint
    assert "Traceback" not in complaint
