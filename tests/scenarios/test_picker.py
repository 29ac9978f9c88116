"""The picker: `/joblogs` alone or the shortcut, type-ahead from memory, and lines where they were wanted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from bot.times import NS_PER_S
from tests.scenarios.plots import window
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture(params=["sockets", "http"])
async def stage(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url, wire=request.param) as opened:
        yield opened


def a_log(stage: Stage, name: str = "run-1", lines: int = 20, **fields: Any) -> SimJob:
    now = stage.clock.now_ns()
    job = stage.job(name, created_ms=(now - lines * 60 * NS_PER_S) // 1_000_000, **fields)
    for number in range(lines):
        at = now - (lines - number) * 60 * NS_PER_S
        level = "ERROR" if number % 5 == 0 else "INFO"
        job.write(f"line {number:02d} of {name}", level=level, at_ns=at, visible_ns=at)
    return job


async def opened(stage: Stage, user: str = "ada", channel: str = CHANNEL) -> Any:
    person = stage.workspace.person(user)
    assert (await person.command("/joblogs", "", channel=channel)).acked
    await window(stage, user)
    return person


async def offered(person: Any, action: str, text: str) -> list[str]:
    """The labels for `text`."""
    answer = await person.suggest(action, text)
    groups = answer.get("option_groups") or [{"options": answer.get("options", [])}]
    return [one["text"]["text"] for group in groups for one in group["options"]]


async def pick(person: Any, job: SimJob, **values: Any) -> Any:
    await person.suggest(ids.JOB_CHOICE, job.id)
    entries = {"job": {ids.JOB_CHOICE: job.id}} | {name: {name: value} for name, value in values.items()}
    return await person.submit(values=entries)


async def said(stage: Stage, user: str = "ada", channel: str = CHANNEL) -> str:
    await stage.until(lambda: bool(stage.ephemerals(user, channel)))
    return shown(stage.ephemerals(user, channel)[-1])


async def test_the_picker_shows_the_lines_that_were_asked_for_to_the_person_alone(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage)
    done = await pick(ada, job, level="error", words="line", count="2")
    assert done.ok, done
    assert ada.view is None
    answer = await said(stage)
    assert "line 15 of run-1" in answer
    assert "line 10 of run-1" in answer
    assert "line 05" not in answer
    assert "line 16" not in answer
    assert stage.channel() == []


async def test_a_window_of_time_is_kept(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage)
    now_s = stage.clock.now_ns() // NS_PER_S
    await pick(ada, job, **{"from": now_s - 8 * 60 - 30, "to": now_s - 5 * 60 - 30})
    answer = await said(stage)
    assert [number for number in range(20) if f"line {number:02d}" in answer] == [12, 13, 14]


async def test_everybody_there_can_be_shown_them(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage)
    assert (await pick(ada, job, who="everybody")).ok
    await stage.until(lambda: bool(stage.channel()))
    assert "shared lines of a training log" in shown(stage.channel()[0])
    assert stage.ephemerals() == []


async def test_a_channel_that_others_read_along_in_is_refused_at_its_field(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage, channel="partner-shared")
    assert (ada.view or {})["state"]["values"]["where"]["where"]["selected_conversation"] == "C0SHARED01"
    done = await pick(ada, job, who="everybody")
    assert "Another organisation" in done.errors["where"]
    assert (await pick(ada, job, who="me")).ok
    assert "line 19" in await said(stage, channel="partner-shared")


async def test_errors_stand_at_their_field_and_the_window_stays(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage)
    now_s = stage.clock.now_ns() // NS_PER_S
    assert set((await ada.submit()).errors) == {"job"}
    assert "cannot be used" in (await pick(ada, job, words="/(/")).errors["words"]
    done = await pick(ada, job, words="", **{"from": now_s - 60, "to": now_s - 120})
    assert "not after the beginning" in done.errors["to"]
    assert ada.view is not None
    assert stage.ephemerals() == []


async def test_the_shortcut_opens_it_anywhere_and_answers_in_a_direct_message(stage: Stage):
    job = a_log(stage)
    ada = stage.workspace.person("ada")
    assert (await ada.shortcut(ids.PICKER_SHORTCUT)).acked
    await window(stage)
    assert (await pick(ada, job, count="3")).ok
    await stage.until(lambda: bool(ada.direct_messages))
    assert "line 19 of run-1" in shown(ada.direct_messages[-1])


async def test_a_job_that_cannot_be_read_is_told_in_a_sentence(stage: Stage):
    job = a_log(stage)
    ada = await opened(stage)
    await ada.suggest(ids.JOB_CHOICE, "run")
    stage.world.faults.add("logs", kind="status:403")
    assert (await pick(ada, job)).ok
    assert "may not read this" in await said(stage)


async def test_type_ahead_finds_pieces_of_names_and_puts_what_runs_first(stage: Stage):
    a_log(stage, "nightly-eval", 1, status="TRAINING_JOB_COMPLETED")
    a_log(stage, "eval-now", 1)
    a_log(stage, "train", 1)
    ada = await opened(stage)
    assert await offered(ada, ids.JOB_CHOICE, "eval") == ["eval-now · llama-ft", "nightly-eval · llama-ft"]
    assert (await offered(ada, ids.JOB_CHOICE, ""))[-1] == "nightly-eval · llama-ft"
    assert await offered(ada, ids.JOB_CHOICE, "nothing like it") == []


async def test_a_project_narrows_the_jobs_and_empties_the_field(stage: Stage):
    a_log(stage, "run-1", 1)
    other = stage.world.add_project("mistral")
    stage.world.add_job(other, name="run-9", status="TRAINING_JOB_RUNNING")
    ada = await opened(stage)
    assert await offered(ada, ids.PROJECT_CHOICE, "mis") == ["mistral"]
    assert len(await offered(ada, ids.JOB_CHOICE, "run")) == 2
    await ada.act(None, ids.PROJECT_CHOICE, other.id)
    await stage.until(lambda: f"job.{other.id}" in (ada.view or {})["state"]["values"])
    assert await offered(ada, ids.JOB_CHOICE, "run") == ["run-9 · mistral"]
    assert set((await ada.submit()).errors) == {f"job.{other.id}"}


async def test_a_thousand_jobs_are_offered_from_memory_while_baseten_is_slow(stage: Stage):
    for number in range(1_000):
        stage.job(f"run-{number}")
    ada = await opened(stage)
    assert len(await offered(ada, ids.JOB_CHOICE, "")) == 100
    stage.clock.turn(200)
    stage.world.faults.add("jobs", kind="timeout")
    stage.world.faults.add("search", kind="timeout")
    before = stage.clock.monotonic_s()
    assert await offered(ada, ids.JOB_CHOICE, "run-777") == ["run-777 · llama-ft"]
    # It was not waited for: the list is as old as it is.
    assert stage.clock.monotonic_s() - before < 5


async def test_outsiders_are_offered_nothing(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        a_log(stage)
        ada = await opened(stage)
        assert len(await offered(ada, ids.JOB_CHOICE, "run")) == 1
        stage.workspace.roster.user("ada").is_restricted = True
        stage.clock.turn(700)
        assert await offered(ada, ids.JOB_CHOICE, "run") == []
        done = await ada.submit(values={"job": {ids.JOB_CHOICE: next(iter(stage.world.jobs))}})
        assert done.ok
        assert "Guests cannot use joblogs" in shown(await window(stage))


@pytest.mark.parametrize(("text", "page"), [("", "With /joblogs help"), ("watch", "Lets this channel know")])
async def test_where_no_window_opens_there_is_help(sqlite_url: str, text: str, page: str):
    async with open_stage(sqlite_url) as stage:
        stage.workspace.faults.add("views.open", "error:expired_trigger_id")
        assert page in shown(await stage.command(text))


async def test_a_channel_that_is_not_on_the_list_gets_no_lines(sqlite_url: str):
    async with open_stage(sqlite_url, allowed_channels="C0MLALERTS") as stage:
        job = a_log(stage)
        ada = await opened(stage)
        await pick(ada, job, where="ml-private")
        assert "not enabled in this channel" in shown(await window(stage))
        assert stage.ephemerals("ada", "ml-private") == []


async def test_the_same_submission_delivered_twice_is_answered_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    job = a_log(stage)
    ada = await opened(stage)
    await ada.suggest(ids.JOB_CHOICE, "run")
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: Any) -> Any:
        await ask(parcel)
        return await ask(parcel)

    monkeypatch.setattr(dispatcher, "ask", twice)
    assert (await ada.submit(values={"job": {ids.JOB_CHOICE: job.id}})).ok
    monkeypatch.setattr(dispatcher, "ask", ask)
    await said(stage)
    await stage.command("jobs")
    assert len([one for one in stage.ephemerals() if "line 19" in shown(one)]) == 1
