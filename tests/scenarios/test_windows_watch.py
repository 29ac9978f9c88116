"""The window that asks what a channel is to watch."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.logs.line import Level
from bot.slack import ids
from tests.scenarios.plots import rows, window
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture(params=["sockets", "http"])
async def stage(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url, wire=request.param) as opened:
        yield opened


async def opened(stage: Stage, channel: str = CHANNEL) -> Any:
    ada = stage.workspace.person("ada")
    assert (await ada.command("/joblogs", "watch", channel=channel)).acked
    await window(stage)
    await ada.suggest(ids.TARGET_CHOICE, "")
    await ada.suggest(ids.GROUP_CHOICE, "")
    return ada


async def send(ada: Any, target: str, **values: Any) -> Any:
    entries: dict[str, Any] = {name: {name: value} for name, value in values.items()}
    if group := values.get("group"):
        entries["group"] = {ids.GROUP_CHOICE: group}
    return await ada.submit(values={"target": {ids.TARGET_CHOICE: target}} | entries)


async def watches(stage: Stage) -> list[Any]:
    return list(await stage.bot.db.run(lambda tx: tx.watches.active()))


async def test_a_project_is_watched_with_everything_that_the_command_knows(stage: Stage):
    stage.job("run-1")
    ada = await opened(stage)
    done = await send(
        ada, f"p:{stage.project.id}", level="warning", group="!subteam^S0ONCALL01", silence="15m", pattern="CUDA"
    )
    assert done.ok, done
    await stage.until(lambda: bool(stage.ephemerals()))
    assert "now watches all jobs of *llama-ft*" in shown(stage.ephemerals()[-1])
    [watch] = await watches(stage)
    assert (watch.job_id, watch.min_level, watch.mention) == (None, Level.WARNING, "<!subteam^S0ONCALL01>")
    assert (watch.silence_s, watch.pattern, watch.channel) == (900, "CUDA", stage.workspace.channel(CHANNEL).id)
    assert ada.view is None


async def test_projects_and_jobs_are_offered_in_groups_and_jobs_that_ended_are_not(stage: Stage):
    stage.job("run-1")
    stage.job("run-2", status="TRAINING_JOB_FAILED")
    ada = await opened(stage)
    groups = (await ada.suggest(ids.TARGET_CHOICE, ""))["option_groups"]
    assert [[one["text"]["text"] for one in group["options"]] for group in groups] == [
        ["llama-ft"],
        ["run-1 · llama-ft"],
    ]
    assert (await ada.suggest(ids.TARGET_CHOICE, "no such thing")) == {"options": []}
    handles = [one["text"]["text"] for one in (await ada.suggest(ids.GROUP_CHOICE, "oncall"))["options"]]
    assert handles == ["@ml-oncall", "@oncall"]


async def test_the_button_under_a_job_has_it_chosen_already(stage: Stage):
    job = stage.job("run-1")
    job.write("hello")
    status = await stage.command("status run-1")
    await stage.press(status, ids.WATCH)
    await window(stage)
    assert (await stage.workspace.person("ada").submit(values={"person": {"person": "grace"}})).ok
    await stage.until(lambda: len(stage.ephemerals()) == 2)
    [watch] = await watches(stage)
    assert (watch.job_id, watch.mention) == (job.id, f"<@{stage.workspace.roster.user('grace').id}>")


async def test_errors_stand_at_their_field_and_nothing_is_watched(stage: Stage):
    job = stage.job("run-1")
    ada = await opened(stage)
    target = f"j:{job.id}"
    assert "no duration" in (await send(ada, target, silence="soon")).errors["silence"]
    assert "cannot be used" in (await send(ada, target, silence="", pattern="(")).errors["pattern"]
    done = await send(ada, target, pattern="", person="grace", group="!here")
    assert "One of the two" in done.errors["group"]
    done = await ada.submit(values={"group": {ids.GROUP_CHOICE: ""}, "channel": {"channel": "random"}})
    assert "I am not in this channel" in done.errors["channel"]
    assert await watches(stage) == []


async def test_a_target_that_is_gone_is_said_at_its_field(stage: Stage):
    job = stage.job("run-1")
    ada = await opened(stage)
    del stage.world.jobs[job.id]
    stage.clock.turn(60)
    done = await send(ada, f"j:{job.id}")
    assert "No job or project is called" in done.errors["target"]


async def test_a_slow_answer_is_shown_in_the_window_when_it_comes(stage: Stage):
    job = stage.job("run-1")
    ada = await opened(stage)
    stage.workspace.faults.add("conversations.info", "slow:2", times=1)
    done = await send(ada, f"j:{job.id}")
    assert done.ok, done
    assert "One moment" in shown(await window(stage))
    await stage.until(lambda: "Done." in shown(ada.view or {}))
    await stage.until(lambda: bool(stage.ephemerals()))
    assert len(await watches(stage)) == 1


async def test_sent_twice_it_is_one_watch_and_one_sentence(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    job = stage.job("run-1")
    ada = await opened(stage)
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: Any) -> Any:
        await ask(parcel)
        return await ask(parcel)

    monkeypatch.setattr(dispatcher, "ask", twice)
    assert (await send(ada, f"j:{job.id}")).ok
    monkeypatch.setattr(dispatcher, "ask", ask)
    await stage.command("jobs")
    assert len(await watches(stage)) == 1
    assert len([one for one in stage.ephemerals() if "watches" in shown(one)]) == 1


async def test_whoever_may_not_watch_gets_no_window_and_cannot_send_one(sqlite_url: str):
    async with open_stage(sqlite_url, permissions={"watch": ["C0MLALERTS"]}) as stage:
        job = stage.job("run-1")
        assert "Nobody may watch in this channel" in (await stage.command("watch", channel="ml-private"))["text"]
        ada = await opened(stage)
        before = rows(stage)
        await send(ada, f"j:{job.id}", channel="ml-private")
        assert "Nobody may watch in this channel" in shown(await window(stage))
        assert rows(stage) == before
