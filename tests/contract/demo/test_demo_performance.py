"""The whole demonstration with its bot: the truth through failures, kills, trouble and jumps of the clock."""

import os
import signal

import aiohttp
import pytest

from bot.sandbox.baseten.job import PREFIX
from bot.sandbox.demo import perform

from .conftest import Panel, until


def named(told, name):
    return next((job for job in told["jobs"] if job["name"] == name), None)


async def judged(panel, name, verdict, status=None):
    """The truth about a job once it has that verdict (and the job that status)."""

    async def look():
        job = named(await panel.get("/truth"), name)
        fits = job is not None and job["verdict"] == verdict and status in {None, job["status"]}
        return job if fits else None

    return await until(look, 240)


async def bot_is(panel, state):
    async def look():
        told = (await panel.get())["bot"]
        return told if told["state"] == state else None

    return await until(look)


def titles(job, kind):
    return [one["title"] for one in job["shown"] if one["kind"] == kind]


@pytest.mark.timeout(700)
async def test_nothing_is_missing_after_a_failure_a_kill_a_burst_and_a_day(tmp_path):
    async with (
        perform(port=0, scenario="oom-one-rank", speed=10) as performance,
        aiohttp.ClientSession() as session,
    ):
        panel = Panel(session, performance.sandbox.slack.url, performance.director)

        oom = await judged(panel, "llama-70b-fsdp", "complete", "FAILED")
        assert oom["errors"] == 74
        assert sum(one["errors"] for one in oom["by_replica"]) == 74
        assert [(one["role"], one["count"]) for one in oom["events"]] == [
            ("root", 1),
            ("cascade", 16),
            ("cascade", 392),
        ]
        assert len(titles(oom, "card")) == 1
        assert "74 ERROR lines" in oom["sentence"]

        await panel.does("play", scenario="returns-next-day")
        recurring = await judged(panel, "t5-distill", "complete", "RUNNING")
        recurring = await until(lambda: counted(panel, "t5-distill", 2), 120)
        first_pid = (await bot_is(panel, "running"))["pid"]

        await panel.does("bot", do="kill")
        assert (await bot_is(panel, "stopped"))["pid"] is None
        await panel.does("burst", lines=150, seconds=1)
        behind = await judged(panel, "t5-distill", "behind")
        assert "The bot is stopped" in behind["sentence"]
        await panel.does("bot", do="start")
        alive = await bot_is(panel, "running")
        assert (alive["restarts"], alive["pid"] == first_pid) == (1, False)
        burst = await until(lambda: counted(panel, "t5-distill", 152), 180)
        assert burst["verdict"] == "complete"

        await panel.does("ahead", seconds=86_400)
        recurring = await until(lambda: counted(panel, "t5-distill", 155), 240)
        assert recurring["missing"] == []
        assert (await panel.get("/truth"))["twice"] == 0
        assert (await bot_is(panel, "running"))["pid"] == alive["pid"]
        assert not any("written nothing" in title for title in titles(recurring, "card"))


async def counted(panel, name, events):
    job = named(await panel.get("/truth"), name)
    fits = job is not None and sum(one["count"] for one in job["events"]) == events
    return job if fits and job["verdict"] == "complete" else None


@pytest.mark.timeout(120)
async def test_the_panel_hears_of_a_bot_that_dies_by_itself_and_starts_it_again(tmp_path):
    async with (
        perform(port=0, scenario="stuck-pending") as performance,
        aiohttp.ClientSession() as session,
    ):
        panel = Panel(session, performance.sandbox.slack.url, performance.director)
        last_words = []
        performance.bot.died = last_words.append
        os.kill((await bot_is(panel, "running"))["pid"], signal.SIGKILL)
        await bot_is(panel, "stopped")
        assert len(last_words) == 1
        assert "running" in last_words[0]
        await panel.does("bot", do="start")
        await bot_is(panel, "running")
        await panel.does("bot", do="restart")
        told = await bot_is(panel, "running")
        assert told["restarts"] == 2
        assert len(last_words) == 1


async def test_a_card_that_is_not_there_is_called_missing(panel):
    director = panel.director
    director.player.play("bad-sample", director.home, speed=100)
    director.jump(600)
    job = next(iter(director.world.jobs.values()))
    assert job.status == PREFIX + "COMPLETED"
    told = named(await panel.get("/truth"), "sft-mixtral")
    assert (told["verdict"], "The bot is stopped" in told["sentence"]) == ("behind", True)
    director.bot.state = "running"
    assert named(await panel.get("/truth"), "sft-mixtral")["verdict"] == "behind"
    director.jumped_ms -= 600_000
    director.bot.since_ms -= 600_000
    told = named(await panel.get("/truth"), "sft-mixtral")
    assert told["verdict"] == "missing"
    assert told["missing"] == ["KeyError: 'messages': not shown", "the end of the job: not told"]
