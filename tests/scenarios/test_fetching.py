"""Long logs, through the real wire: many pages, many days, many replicas, and an API that fails in between."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from bot.times import NS_PER_S
from tests.stage import Stage, open_stage, shown

DAY_NS = 24 * 3600 * NS_PER_S
FIRST = "the very first word: pomegranate"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def old_job(stage: Stage, *, days: int = 10, lines: int = 2_500) -> SimJob:
    """A job whose log is spread evenly over the days until now."""
    now = stage.clock.now_ns()
    job = stage.job("long-run", node_count=2, created_ms=(now - days * DAY_NS) // 1_000_000)
    for number in range(lines):
        at = now - (lines - number) * days * DAY_NS // (lines + 1)
        words = FIRST if number == 0 else f"step {number}"
        job.write(words, replica=f"g{number % 2:02d}r0", level="INFO", at_ns=at, visible_ns=at)
    return job


async def test_a_word_is_found_beyond_a_thousand_lines_and_beyond_seven_days(stage: Stage):
    old_job(stage)
    answer = shown(await stage.command("long-run pomegranate"))
    assert "pomegranate" in answer
    assert "1 line" in answer


async def test_the_newest_lines_need_not_read_all_the_others(stage: Stage):
    old_job(stage)
    answer = shown(await stage.command("long-run last:5"))
    assert "step 2499" in answer
    assert "step 2494" not in answer
    assert stage.world.requests.count("logs") <= 2


async def test_a_window_of_ten_days_is_downloaded_whole(stage: Stage):
    old_job(stage)
    page = await stage.command("long-run since:11d")
    await stage.press(page, ids.DOWNLOAD)
    await stage.until(lambda: len(stage.workspace.files) == 1)

    [file] = stage.workspace.files
    rows = [line for line in file.text.splitlines() if not line.startswith("#")]
    assert len(rows) == 2_500
    assert rows == sorted(rows)
    assert "Complete: 2,500 lines" in file.text


async def test_what_an_answer_could_not_read_is_said(stage: Stage):
    old_job(stage)
    stage.world.faults.add("logs", kind="403", after=1)
    told = len(stage.ephemerals())
    assert (
        await stage.workspace.person("ada").command("/joblogs", "long-run pomegranate", channel="ml-alerts")
    ).acked
    await stage.patiently(stage.until(lambda: len(stage.ephemerals()) > told))
    answer = shown(stage.ephemerals()[-1])
    assert "incomplete" in answer
    assert "may not read this" in answer


async def test_a_job_without_a_line_says_why(stage: Stage):
    stage.job("waiting", status="TRAINING_JOB_PENDING")
    assert "has not started yet" in shown(await stage.command("waiting"))


async def test_a_secret_in_the_log_never_reaches_slack(stage: Stage):
    job = stage.job("run-1")
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1b"
    job.write(f"login with token {secret} failed", level="ERROR")
    page = await stage.command("run-1")
    assert "failed" in shown(page)
    await stage.press(page, ids.SHARE)
    await stage.press(page, ids.DOWNLOAD)
    await stage.until(lambda: bool(stage.channel()) and len(stage.workspace.files) == 1)

    said = [str(page), *map(str, stage.channel()), *(file.text for file in stage.workspace.files)]
    assert all("failed" in text for text in said)
    assert not any(secret in text for text in said)


async def test_text_that_looks_like_markup_is_shown_as_it_was_written(stage: Stage):
    job = stage.job("run-1")
    job.write("<!channel> *bold* `code` <@U0ADA00001> :fire: \x1b[31mred\x1b[0m &amp;", level="ERROR")
    page = await stage.command("run-1")
    assert "<!channel> *bold* `code` <@U0ADA00001> :fire: red &amp;" in shown(page)
    assert "<!channel>" not in page["text"]
