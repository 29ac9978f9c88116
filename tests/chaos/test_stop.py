"""SIGTERM: what has begun is finished, what was promised is said, and the leases are handed back."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.theatre import CHANNEL, Bot, Theatre, open_theatre

pytestmark = pytest.mark.timeout(200)


@asynccontextmanager
async def open_stage(tmp_path: Path, way: str) -> AsyncIterator[Theatre]:
    async with open_theatre(
        tmp_path, database="postgresql", sockets=way == "sockets", accounts=("red",), module="bot"
    ) as opened:
        project = opened.world.add_project("llama", team="red")
        opened.jobs = [opened.world.add_job(project, "run-0", status="TRAINING_JOB_RUNNING")]
        yield opened


async def ended(bot: Bot) -> tuple[int, float]:
    """The exit code, and how long it took."""
    began_s = asyncio.get_running_loop().time()
    code = await bot.process.wait()
    return code, asyncio.get_running_loop().time() - began_s


@pytest.mark.parametrize("way", ["sockets", "HTTP"])
async def test_an_answer_that_was_promised_is_given_before_the_process_ends(tmp_path: Path, way: str):
    async with open_stage(tmp_path, way) as theatre:
        [bot] = await theatre.open("all")
        theatre.jobs[0].write("ERROR the tokenizer gave up", level="ERROR")
        theatre.world.faults.add("logs", kind="slow:3", times=1)
        outcome = await theatre.workspace.person("ada").command("/joblogs", "run-0", channel=CHANNEL)
        assert outcome.acked
        assert theatre.workspace.ephemerals("ada", CHANNEL) == []

        await stops_well(theatre, bot)
        [answer] = theatre.workspace.ephemerals("ada", CHANNEL)
        assert "run-0" in answer["text"]
        [lease] = await theatre.ask(lambda tx: tx.accounts.all())
        assert lease.owner == ""


async def test_what_hangs_holds_it_up_no_longer_than_ten_seconds_and_a_second_signal_not_at_all(tmp_path: Path):
    async with open_stage(tmp_path, "HTTP") as theatre:
        patient, hasty = await theatre.open("all", "all")
        theatre.world.faults.add("*", kind="timeout")
        for person in ("ada", "grace", "ada", "grace"):  # some of these hang in each of the two
            assert (await theatre.workspace.person(person).command("/joblogs", "run-0", channel=CHANNEL)).acked
        hasty.process.terminate()
        await asyncio.sleep(0.5)
        assert hasty.process.returncode is None
        hasty.process.terminate()
        theatre.leave(hasty)
        code, took_s = await ended(hasty)
        assert code == -signal.SIGTERM
        assert took_s < 2
        await stops_well(theatre, patient)


async def test_a_stop_while_the_database_is_away_is_a_clean_one_too(tmp_path: Path):
    async with open_stage(tmp_path, "sockets") as theatre:
        [bot] = await theatre.open("all")
        assert theatre.cluster is not None
        await asyncio.to_thread(theatre.cluster.stop)
        await stops_well(theatre, bot)


async def test_a_stop_while_the_network_swallows_everything_is_in_time_too(tmp_path: Path):
    async with open_stage(tmp_path, "sockets") as theatre:
        [bot] = await theatre.open("all")
        assert bot.wire is not None
        bot.wire.hold()
        await asyncio.sleep(1)
        try:
            await stops_well(theatre, bot)
        finally:
            bot.wire.mend(lost=True)


async def stops_well(theatre: Theatre, bot: Bot) -> None:
    theatre.leave(bot)
    bot.process.terminate()
    code, took_s = await ended(bot)
    assert (code, took_s < 10) == (0, True), f"{code} after {took_s:.1f} s\n{theatre.last_words()}"
