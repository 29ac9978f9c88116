"""Which jobs are read, how often, by whom: first contact, projects, several channels, the budget, leases."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bot.app import open_app
from bot.errors import StoreUnavailable
from bot.flows.ports import Lease
from bot.sandbox.baseten.job import SimJob
from bot.times import Ms, ms_from_s, now_ms
from tests.scenarios.tailing import BOOM, HOUR, MINUTE, S, TappedDatabase, counted, is_exact, notices, watch
from tests.stage import KEY, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def watched(stage: Stage, **fields: object) -> SimJob:
    job = stage.job(**fields)
    await watch(stage)
    await stage.ticks(4)
    return job


def ago(stage: Stage, seconds: float) -> Ms:
    return Ms(now_ms(stage.clock) - ms_from_s(seconds))


# --- first contact -------------------------------------------------------------------------------


async def test_a_job_that_has_failed_for_a_day_gives_one_card_for_each_error_and_no_flood(stage: Stage):
    job = stage.job(created_ms=ago(stage, 23 * 3600), node_count=4)
    now = stage.clock.now_ns()
    kinds = ("ValueError: bad batch", "ConnectionError: data store is away", "KeyError: 'loss'")
    for hours, kind in zip((20, 13, 6), kinds, strict=True):
        for minute in range(0, 300, 2):
            job.write(kind, level="ERROR", at_ns=now - hours * HOUR + minute * MINUTE)
            job.write("step 7 loss=0.3", level="INFO", at_ns=now - hours * HOUR + minute * MINUTE + 30 * S)
    await watch(stage)
    await stage.ticks(12)
    await is_exact(stage, job)
    assert len(stage.cards()) == 3
    assert len(stage.channel()) == 3


async def test_a_project_watch_takes_a_new_job_within_one_status_tick(stage: Stage):
    await watched(stage)
    job = stage.job("run-2")
    job.write(BOOM, level="ERROR")
    await stage.tick(10)
    await stage.ticks(6)
    assert [title for title in map(shown, stage.cards()) if "run-2" in title]
    await is_exact(stage, job)


async def test_a_project_watch_takes_a_job_that_failed_before_its_first_tick(stage: Stage):
    await watched(stage)
    job = stage.job("run-2")
    job.write(BOOM, level="ERROR")
    job.set_status("TRAINING_JOB_FAILED")
    await stage.ticks(6)
    await is_exact(stage, job)
    assert notices(stage, "run-2", "failed")


async def test_a_project_watch_takes_a_job_that_lived_when_it_was_made_and_failed_at_once(stage: Stage):
    job = stage.job(created_ms=ago(stage, 3600))
    await watch(stage)
    job.write(BOOM, level="ERROR")
    job.set_status("TRAINING_JOB_FAILED")
    await stage.ticks(6)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_a_project_watch_leaves_alone_what_had_ended_long_before(stage: Stage):
    job = stage.job(created_ms=ago(stage, 7200))
    job.write(BOOM, level="ERROR", at_ns=stage.clock.now_ns() - HOUR)
    job.set_status("TRAINING_JOB_FAILED", at_ns=stage.clock.now_ns() - HOUR)
    await watch(stage)
    await stage.ticks(6)
    assert not stage.channel()
    assert stage.world.requests.count("logs") == 0


async def test_one_search_serves_the_statuses_of_all_jobs(stage: Stage):
    for number in range(20):
        stage.job(f"run-{number}")
    await watch(stage)
    before = stage.world.requests.count("search")
    await stage.ticks(6, 10)
    assert stage.world.requests.count("search") - before == 6
    assert stage.world.requests.count("job") == 0


# --- watches -------------------------------------------------------------------------------------


async def test_a_job_that_two_channels_watch_is_read_once_and_both_get_the_card(stage: Stage):
    stage.workspace.add_channel("second")
    stage.workspace.invite_bot("second")
    alone = await watched(stage)
    before = stage.world.requests.count("logs")
    await stage.ticks(10, 10)
    cost = stage.world.requests.count("logs") - before
    await watch(stage, "run-1", channel="second")
    before = stage.world.requests.count("logs")
    await stage.ticks(10, 10)
    assert stage.world.requests.count("logs") - before <= cost + 2
    alone.write(BOOM, level="ERROR")
    await stage.ticks(8)
    assert len(stage.cards()) == len(stage.cards("second")) == 1
    await is_exact(stage, alone)


async def test_a_channel_that_asked_for_errors_gets_no_card_for_the_warning_that_another_asked_for(stage: Stage):
    stage.workspace.add_channel("second")
    stage.workspace.invite_bot("second")
    job = await watched(stage)
    await watch(stage, "llama-ft level:warning", channel="second")
    await stage.ticks(3)
    job.write("WARNING disk is nearly full", level="WARNING")
    await stage.ticks(8)
    assert "disk is nearly full" in shown(stage.cards("second")[0])
    assert not stage.cards()
    stage.job("run-2").write(BOOM, level="ERROR")
    await stage.ticks(12)
    assert ["boom" in shown(card) for card in stage.cards()] == [True]
    assert len(stage.cards("second")) == 2


async def test_a_removed_watch_stops_the_reading(stage: Stage):
    job = await watched(stage)
    await stage.command("unwatch llama-ft")
    await stage.ticks(2)
    before = stage.world.requests.count("logs")
    job.write(BOOM, level="ERROR")
    await stage.ticks(10, 10)
    assert stage.world.requests.count("logs") == before
    assert not stage.channel()


# --- the budget ----------------------------------------------------------------------------------


async def test_the_budget_holds_for_minutes_with_many_jobs_and_loud_ones_starve_nobody(stage: Stage):
    jobs = [stage.job(f"run-{number}") for number in range(100)]
    now = stage.clock.now_ns()
    for loud in jobs[:2]:
        for number in range(30_000):
            loud.write("step", level="INFO", at_ns=now + number * 100_000)
    await watch(stage)
    await stage.ticks(3)
    for job in jobs[2:]:
        job.write(BOOM, level="ERROR")
    for _ in range(5):
        await stage.turn_the_watch(2)
    for job in jobs[2:]:
        await is_exact(stage, job)
    for _ in range(8):
        await stage.turn_the_watch(75)
    assert stage.world.busiest_second("logs", KEY) <= 100
    assert stage.world.requests.rate_limited == 0


async def test_a_command_goes_before_the_polls_of_a_hundred_jobs(stage: Stage):
    for number in range(150):
        stage.job(f"run-{number}")
    await watch(stage)
    await stage.bot.leases.tick()
    await stage.bot.lifecycle.tick()
    stage.clock.turn(3)
    await stage.bot.watch.tick()
    stage.clock.turn(3)
    await stage.bot.watch.tick()
    answer = await stage.command("run-7")
    assert "run-7" in shown(answer)
    assert stage.bot.watch.polling > 0, "the polls had ended before the command was answered"
    await stage.patiently(stage.bot.watch.settle())
    assert stage.world.requests.rate_limited == 0


async def test_a_quiet_job_is_read_rarely_and_one_with_a_young_incident_often(stage: Stage):
    quiet, busy = stage.job("quiet"), stage.job("busy")
    await watch(stage)
    await stage.ticks(10, 60)
    asked: Counter[str] = Counter()
    take = stage.world.faults.take

    def count(endpoint: str, job_id: str | None) -> object:
        asked[f"{endpoint} {job_id}"] += 1
        return take(endpoint, job_id)

    stage.world.faults.take = count  # type: ignore[method-assign] - a tap on the real server
    busy.write(BOOM, level="ERROR")
    for _ in range(60):
        await stage.turn_the_watch(2)
    assert asked[f"logs {busy.id}"] > 50
    assert 10 <= asked[f"logs {quiet.id}"] < 40


async def test_a_poll_that_finds_nothing_writes_nothing_but_a_checkpoint_a_minute(stage: Stage):
    await watched(stage)
    await stage.ticks(10, 60)
    database = stage.bot.watch._db = TappedDatabase(stage.bot.db)
    for _ in range(60):
        await stage.turn_the_watch(10)
    assert 8 <= database.saves <= 11


# --- leases and the database ---------------------------------------------------------------------


async def taken_by_another(stage: Stage) -> Lease:
    """Another worker claims the account as soon as the lease has run out."""
    later = Ms(now_ms(stage.clock) + 60_000)
    [lease] = await stage.bot.db.run(lambda tx: tx.accounts.claim("another", later, 20_000))
    return lease


@pytest.fixture
async def any_stage(database_url: str) -> AsyncIterator[Stage]:
    async with open_stage(database_url) as opened:
        yield opened


async def test_a_worker_that_lost_its_lease_commits_nothing_and_forgets_what_it_read(stage: Stage):
    job = await watched(stage)
    await taken_by_another(stage)
    job.write(BOOM, level="ERROR")
    for _ in range(6):
        stage.clock.turn(2)
        await stage.bot.watch.tick()
        await stage.bot.watch.settle()
    assert await counted(stage, job) == 0
    assert not stage.bot.leases.held
    assert not stage.bot.watch.readers
    await stage.bot.db.run(lambda tx: tx.accounts.release("another"))
    await stage.ticks(8)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_an_account_that_comes_back_is_read_on_from_where_the_other_worker_left_it(stage: Stage):
    job = await watched(stage)
    job.write(BOOM, level="ERROR")
    await stage.ticks(8)
    [stale] = stage.bot.watch.readers
    stage.clock.turn(25)
    async with open_app(stage.settings, clock=stage.clock) as other:
        job.write(BOOM, level="ERROR")
        for _ in range(6):
            stage.clock.turn(2)
            await other.leases.tick()
            await other.watch.tick()
            await other.watch.settle()
        assert await counted(stage, job) == 2
        await other.leases.release()
    job.write(BOOM, level="ERROR")
    await stage.ticks(20)
    await is_exact(stage, job)
    assert len(stage.cards()) == 1
    assert stale not in stage.bot.watch.readers, "it knows nothing of what the other worker has read"


async def test_a_database_that_is_away_in_the_middle_of_a_commit_costs_nothing(any_stage: Stage):
    stage = any_stage
    job = await watched(stage)
    database = stage.bot.watch._db = TappedDatabase(stage.bot.db)
    for _ in range(3):
        await stage.ticks(20, 4)
        database.failures = 1
        job.write(BOOM, level="ERROR")
        await stage.ticks(10, 4)
        assert database.failures == 0
        await is_exact(stage, job)
    assert len(stage.cards()) == 1


async def test_a_worker_without_its_database_lets_go_when_its_leases_have_run_out(stage: Stage):
    job = await watched(stage)
    database = stage.bot.leases._db = stage.bot.watch._db = TappedDatabase(stage.bot.db, away=True)
    before = stage.world.requests.count("logs")
    for _ in range(10):
        stage.clock.turn(5)
        with pytest.raises(StoreUnavailable):
            await stage.bot.leases.tick()
        with suppress(StoreUnavailable):
            await stage.bot.watch.tick()
    assert not stage.bot.leases.held
    assert stage.world.requests.count("logs") == before
    database.away = False
    job.write(BOOM, level="ERROR")
    await stage.ticks(8)
    await is_exact(stage, job)
