"""What somebody writes to the bot alone is answered there, without its name before it."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.plots import with_card
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def test_jobs_and_logs_are_shown_in_the_thread_of_the_question(stage: Stage):
    await with_card(stage)
    ada = stage.workspace.person("ada")
    await ada.open_direct()
    room = stage.workspace.roster.direct(ada.id).id
    for text, told in (("jobs", "run-1"), ("logs run-1", "CUDA out of memory")):
        said = await ada.say(room, text)
        await stage.until(lambda said=said: len(stage.workspace.messages(room, said.ts)) > 1)
        [_, answer] = stage.workspace.messages(room, said.ts)
        assert told in shown(answer)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("thanks", "Training-job logs, alerts and triage in Slack."),
        ("jbos", "Did you mean `jobs`?"),
        ("ack", "It belongs in the thread of a card"),
    ],
)
async def test_what_cannot_be_done_there_is_said(stage: Stage, text: str, told: str):
    await with_card(stage)
    ada = stage.workspace.person("ada")
    await ada.open_direct()
    room = stage.workspace.roster.direct(ada.id).id
    await ada.say(room, text)
    await stage.until(lambda: bool(stage.ephemerals("ada", room)))
    [answer] = stage.ephemerals("ada", room)
    assert told in shown(answer) + answer["text"]


async def test_a_message_that_names_the_bot_is_answered_once(stage: Stage):
    await with_card(stage)
    ada = stage.workspace.person("ada")
    await ada.open_direct()
    room = stage.workspace.roster.direct(ada.id).id
    said = await ada.say(room, f"<@{stage.workspace.bot_user_id}> jobs")
    await stage.until(lambda: len(stage.workspace.messages(room, said.ts)) > 1)
    await stage.ticks(2)
    assert len(stage.workspace.messages(room, said.ts)) == 2
