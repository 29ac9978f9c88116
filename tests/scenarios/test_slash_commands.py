"""`/joblogs …`: every sub-command and every form of JOB, typed over the real wire."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.sandbox.slack.delivery import Parcel
from bot.slack.render.refusals import UNKNOWN_COMMAND
from tests.scenarios.plots import watching
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def written(job: SimJob) -> SimJob:
    job.write("epoch 1 begins", level="INFO")
    job.write("ERROR loss is nan", level="ERROR")
    return job


FORMS: tuple[tuple[str, Callable[[SimJob], str]], ...] = (
    ("its id", lambda job: job.id),
    ("its name", lambda job: "llama-8b-lora"),
    ("its name in capitals", lambda job: "LLAMA-8B-lora"),
    ("the project and its name", lambda job: "llama-ft/llama-8b-lora"),
    ("the project's id and its id", lambda job: f"{job.project.id}/{job.id}"),
    ("the beginning of its name", lambda job: "llama-8"),
    ("the beginning of its id", lambda job: job.id[:5]),
    ("a page's address", lambda job: f"https://app.baseten.co/training/{job.project.id}/logs/{job.id}"),
    (
        "an address as Slack sends it",
        lambda job: f"<https://app.baseten.co/training/{job.project.id}/logs/{job.id}>",
    ),
    ("its name in backticks", lambda job: "`llama-8b-lora`"),
)


async def test_a_job_is_found_by_each_of_its_forms(stage: Stage):
    job = written(stage.job("llama-8b-lora"))
    stage.job("other")
    for form, spell in FORMS:
        for text in (spell(job), f"logs {spell(job)}"):
            answer = shown(await stage.command(text))
            assert "loss is nan" in answer, form
            assert "epoch 1 begins" in answer, form
        assert "llama-8b-lora" in shown(await stage.command(f"status {spell(job)}")), form


async def test_an_answer_is_for_the_asker_alone_and_the_command_is_acknowledged_with_nothing(stage: Stage):
    written(stage.job("run-1"))
    outcome = await stage.workspace.person("ada").command("/joblogs", "run-1", channel=CHANNEL)
    await stage.until(lambda: bool(stage.ephemerals()))

    assert outcome.acked
    assert outcome.response is None
    assert stage.channel() == []
    assert stage.ephemerals("grace") == []


async def test_a_command_is_acknowledged_before_the_training_api_has_answered(stage: Stage):
    written(stage.job("run-1"))
    stage.world.faults.add("search", kind="slow:0.3", times=1)
    outcome = await stage.workspace.person("ada").command("/joblogs", "run-1", channel=CHANNEL)
    assert outcome.acked
    assert stage.ephemerals() == []

    await stage.until(lambda: bool(stage.ephemerals()))


@pytest.mark.parametrize(("user", "zone"), [("ada", "Europe/Berlin"), ("grace", "America/Los_Angeles")])
async def test_times_stand_in_the_zone_of_the_reader(stage: Stage, user: str, zone: str):
    written(stage.job("run-1"))
    assert f"Times in the log are in {zone}" in shown(await stage.command("run-1", user=user))


async def test_the_modifiers_choose_the_lines(stage: Stage):
    job = stage.job("run-1", node_count=2)
    for number in range(30):
        job.write(f"step {number} is done", replica=f"g{number % 2:02d}r0", level="INFO")
    job.write("ERROR loss is nan", replica="g01r0", level="ERROR")

    assert "step 1 is done" not in shown(await stage.command("run-1 level:error"))
    newest = shown(await stage.command("run-1 last:3"))
    assert "step 29 is done" in newest
    assert "step 20 is done" not in newest
    assert "step 3 is done" not in shown(await stage.command("run-1 replica:g00r0"))
    found = shown(await stage.command("run-1 “step 7” —level info"))
    assert "step 7 is done" in found
    assert "step 8 is done" not in found
    assert "step 29" not in shown(await stage.command("run-1 first:5"))


async def test_jobs_lists_those_that_run_first(stage: Stage):
    stage.job("ended", status="TRAINING_JOB_COMPLETED")
    stage.job("alive")
    answer = shown(await stage.command("jobs"))
    assert answer.index("alive") < answer.index("ended")


async def test_status_tells_how_a_job_is_doing(stage: Stage):
    stage.job("run-1", node_count=4, error_message="exit code 137", status="TRAINING_JOB_FAILED")
    answer = shown(await stage.command("status run-1"))
    assert "failed" in answer
    assert "exit code 137" in answer
    assert "llama-ft" in answer


async def test_watch_watches_and_unwatch_make_list_and_end_a_watch(stage: Stage):
    stage.job("run-1")
    made = shown(await stage.command("watch run-1 level:warning mention:@grace silence:15m /nan/"))
    for part in (
        "now watches",
        "run-1",
        "warning",
        "/nan/",
        "15 min",
        f"<@{stage.workspace.roster.user('grace').id}>",
    ):
        assert part in made
    assert "already watched" in shown(await stage.command("watch run-1"))
    assert "run-1" in shown(await stage.command("watches", user="grace"))
    assert "no longer watches" in shown(await stage.command("unwatch run-1"))
    assert "watches nothing" in shown(await stage.command("watches"))


async def test_a_watch_can_be_made_for_another_channel(stage: Stage):
    await stage.command("watch llama-ft in:#ml-private")
    assert "llama-ft" in shown(await stage.command("watches", channel="ml-private"))
    assert "watches nothing" in shown(await stage.command("watches"))


async def test_a_watch_on_a_job_is_made_and_ended_by_each_form(stage: Stage):
    job = stage.job("llama-8b-lora")
    for number, (form, spell) in enumerate(FORMS, start=1):
        await watching(stage, spell(job))
        assert "no longer watches" in shown(await stage.command(f"unwatch {spell(job)}")), form
        await watching(stage, job.id)
        assert "no longer watches" in shown(await stage.command(f"unwatch {2 * number}")), "by its number"


async def test_a_watch_on_a_project_is_ended_by_its_name_its_beginning_or_its_id(stage: Stage):
    stage.job("run-1")
    await watching(stage, "run-1")
    for name in ("llama-ft", "LLAMA-FT", "llama-f", stage.project.id):
        await watching(stage, "llama-ft")
        answer = shown(await stage.command(f"unwatch {name}"))
        assert "no longer watches all jobs of *llama-ft*" in answer, name
    assert "run-1" in shown(await stage.command("watches"))


HELP = ("", "logs", "jobs", "status", "watch", "unwatch", "watches", "help")


async def test_help_has_a_page_for_every_command(stage: Stage):
    pages = [shown(await stage.command(f"help {topic}")) for topic in HELP]
    for topic, page in zip(HELP, pages, strict=True):
        assert "/joblogs" in page
        assert topic in page
    assert len(set(pages[1:-1])) == len(pages[1:-1])


async def test_the_same_trigger_delivered_twice_is_answered_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: Parcel) -> object:
        await ask(parcel)
        return await ask(parcel)

    monkeypatch.setattr(dispatcher, "ask", twice)
    await stage.command("help")
    monkeypatch.setattr(dispatcher, "ask", ask)
    await stage.command("watches")

    assert len(stage.ephemerals()) == 2


async def test_a_command_that_only_the_manifest_knows_gets_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    app = stage.workspace.app
    known = app.command("/joblogs")
    assert known is not None
    monkeypatch.setattr(type(app), "command", lambda self, name: type(known)(command=name))
    outcome = await stage.workspace.person("ada").command("/logs", "run-1", channel=CHANNEL)

    assert outcome.acked
    assert [one["text"] for one in stage.ephemerals()] == [UNKNOWN_COMMAND]


async def test_an_answer_reaches_the_asker_although_slack_fails_once(stage: Stage):
    for fault in ("lost", "reset", "500", "429"):
        stage.workspace.faults.add("response_url", fault)
        assert "watches nothing" in shown(await stage.command("watches")), fault


async def test_when_the_training_api_is_away_the_answer_says_who_can_mend_it(stage: Stage):
    written(stage.job("run-1"))
    for kind, sentence in (
        ("401", "does not accept the bot's API key"),
        ("403", "may not read this"),
        ("status:500", "does not answer right now"),
    ):
        stage.clock.turn(60)
        stage.world.faults.add("*", kind=kind)
        before = len(stage.ephemerals())
        assert (await stage.workspace.person("ada").command("/joblogs", "run-1", channel=CHANNEL)).acked
        await stage.patiently(stage.until(lambda: len(stage.ephemerals()) > before))  # noqa: B023 - awaited here
        assert sentence in shown(stage.ephemerals()[-1])
        stage.world.faults.clear()
