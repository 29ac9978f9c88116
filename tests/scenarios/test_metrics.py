"""What an operator watches: /metrics, /healthz and /readyz of a bot that works, and of one in trouble."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import StoreUnavailable
from bot.journal import configure
from bot.metrics import Metrics
from bot.schedule import Beat, Metronome
from bot.slack import gateway
from tests.scenarios.plots import OOM, with_card
from tests.stage import Stage, open_stage


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def scraped(stage: Stage) -> dict[tuple[str, ...], float]:
    """Values by name and label values, sorted by the label's name."""
    text = (await stage.bot.vitals(None).scrape()).decode()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_polls_lines_incidents_and_calls_are_counted(stage: Stage):
    await with_card(stage)
    seen = await scraped(stage)
    assert seen["joblogs_polls_total", "default", "ok"] >= 3
    assert seen["joblogs_lines_total", "default"] == 1
    assert seen["joblogs_incidents", "open"] == 1
    assert seen["joblogs_outbox_rows", "waiting"] == 0
    assert seen["joblogs_slack_call_seconds_count", "ok", "chat.postMessage"] == 2
    assert seen["joblogs_baseten_request_seconds_count", "default", "logs", "200"] >= 3
    assert seen["joblogs_lag_seconds", "default"] == 0
    assert seen["joblogs_jobs_read", "default"] == 1


async def test_trouble_shows_who_is_behind_and_what_waits(stage: Stage):
    job, _ = await with_card(stage)
    stage.workspace.faults.add("chat.update", "429:retry_after=5", times=1)
    job.write(OOM, level="ERROR")
    await stage.ticks(9)
    stage.world.faults.add("logs", kind="status:500")
    await stage.ticks(3)
    stage.clock.turn(120)
    await stage.ticks(2)
    seen = await scraped(stage)
    assert seen["joblogs_lag_seconds", "default"] > 100
    assert seen["joblogs_polls_total", "default", "again"] >= 1
    assert seen["joblogs_slack_call_seconds_count", "ratelimited", "chat.update"] == 1
    assert job.id not in str(seen), "no label names a job"


async def test_a_channel_that_is_shut_shows_as_parked(stage: Stage):
    await with_card(stage)
    stage.workspace.archive("ml-alerts")
    [first] = stage.world.jobs.values()
    second = stage.job("run-2")
    await stage.ticks(3)
    second.write("ERROR something else broke", level="ERROR")
    await stage.ticks(6)
    assert (await scraped(stage))["joblogs_outbox_rows", "parked"] >= 1
    assert first.id != second.id


async def test_a_process_that_reads_nothing_it_could_read_is_not_ready(stage: Stage):
    vitals = stage.bot.vitals(None)
    await stage.bot.leases.tick()
    assert await vitals.lease() is None
    await stage.bot.leases.release()
    assert await vitals.lease() == "nobody reads: default"


@pytest.mark.parametrize("kind", ["503", "reset", "timeout"])
async def test_a_process_that_slack_has_not_answered_for_a_minute_is_not_ready(
    stage: Stage, kind: str, monkeypatch: pytest.MonkeyPatch
):
    await with_card(stage)
    vitals = stage.bot.vitals(None)
    monkeypatch.setattr(gateway, "CALL_TIMEOUT_S", 0.05)
    stage.workspace.faults.add("*", kind, times=None)
    stage.job("run-2").write(OOM, level="ERROR")
    await stage.ticks(12, 10)
    assert str(await vitals.slack()).startswith("Slack has answered no call for")
    stage.workspace.faults.clear()
    await stage.ticks(12, 10)
    assert await vitals.slack() is None


async def test_a_beat_that_fails_each_time_is_late(stage: Stage):
    async def fail() -> None:
        raise RuntimeError("a fault of ours")

    async def wait() -> None:
        raise StoreUnavailable("away")

    beats = (Beat("fails", 0.02, fail), Beat("waits", 0.02, wait))
    metronome = Metronome(beats, stage.clock)
    async with metronome.running():
        stage.clock.turn(100)
        await stage.until(lambda: metronome.lateness_s()["waits"] < 1)
        assert metronome.lateness_s()["fails"] > 90


def test_what_is_logged_as_a_warning_or_worse_is_counted_by_its_event(capsys: pytest.CaptureFixture[str]):
    import structlog

    metrics = Metrics()
    try:
        configure(log_format="json", level="INFO", counter=metrics.logged)
        log = structlog.get_logger("test")
        log.warning("beat_again", reason="x")
        log.error("Traceback of somebody's secret words", reason="x")
        log.info("fine")
    finally:
        structlog.reset_defaults()
    text = metrics.text().decode()
    assert 'joblogs_log_events_total{event="beat_again",level="warning"} 1.0' in text
    assert 'joblogs_log_events_total{event="other",level="error"} 1.0' in text
    assert "fine" not in text
