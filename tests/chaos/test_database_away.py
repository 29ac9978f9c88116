"""PostgreSQL is gone for a while, in each of the ways in which it can be: people are told, and nothing is lost."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from bot.slack.render.refusals import STORE_AWAY
from tests.chaos.test_chaos import MINUTES
from tests.chaos.theatre import Theatre, open_theatre
from tests.chaos.truth import state_of

ANSWER_S = 3.0 if MINUTES else 9.0
"""Slack's three seconds where the machine has time for nothing else."""
pytestmark = pytest.mark.timeout(200)


async def is_told(theatre: Theatre) -> None:
    """A command is answered, in the time that Slack gives, with a sentence that says what to do."""
    began_s = asyncio.get_running_loop().time()
    assert await theatre.command("ada", "watches") == STORE_AWAY
    assert asyncio.get_running_loop().time() - began_s < ANSWER_S


async def goes_on(theatre: Theatre) -> None:
    """Commands are answered, and all that was written meanwhile is counted and said."""

    async def answered() -> bool:
        return "llama" in await theatre.command("ada", "watches")

    async def counted() -> bool:
        state = state_of(theatre.url)
        return not state.waiting and sum(one.count for one in state.incidents) == theatre.written().total()

    await theatre.until(answered, 30, every_s=0.5)
    await theatre.until(counted, 60)


def read_only(theatre: Theatre, on: bool) -> None:
    with psycopg.connect(theatre.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        connection.execute("SELECT pg_reload_conf()")


async def test_people_are_told_and_all_goes_on_by_itself_when_it_is_back(tmp_path: Path):
    async with open_theatre(tmp_path, database="postgresql", sockets=True, accounts=("red",)) as theatre:
        project = theatre.world.add_project("llama", team="red")
        theatre.jobs = [theatre.world.add_job(project, "run-0", status="TRAINING_JOB_RUNNING")]
        [bot] = await theatre.open("all")
        cluster, wire = theatre.cluster, bot.wire
        assert cluster is not None
        assert wire is not None
        assert "now watches" in await theatre.command("ada", "watch llama")

        def fail() -> None:
            theatre.jobs[0].write("ERROR the tokenizer gave up", level="ERROR", count=3)

        fail()
        await goes_on(theatre)

        await asyncio.to_thread(cluster.stop)  # it is down
        fail()
        await is_told(theatre)
        await asyncio.sleep(4)
        await asyncio.to_thread(cluster.start)
        await goes_on(theatre)

        wire.hold()  # nothing comes through, and nobody says so
        fail()
        await is_told(theatre)
        await asyncio.sleep(6)
        await is_told(theatre)
        wire.mend(lost=True)
        await goes_on(theatre)

        read_only(theatre, True)  # what was written to has become a standby
        fail()
        await asyncio.sleep(1)
        await is_told(theatre)
        read_only(theatre, False)
        await goes_on(theatre)
        assert bot.process.returncode is None
        assert len(state_of(theatre.url).incidents) == 1
