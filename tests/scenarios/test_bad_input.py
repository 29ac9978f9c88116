"""Bad input of every kind gets one clear sentence, and changes nothing."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator

import pytest

from bot.slack.render.refusals import STORE_AWAY, UNEXPECTED
from bot.store import engine
from tests.scenarios.plots import rows
from tests.stage import Stage, open_stage, shown

COMMANDS = (
    # what is typed, and a part of the sentence that answers it
    ("nobody", "I know no job called nobody"),
    ("run-2", "Did you mean run-"),
    ("logs", "Which job?"),
    ("status", "Which job?"),
    ("status nobody", "I know no job called nobody"),
    ("https://example.com/training/x/logs/y", "I know no job"),
    ("<https://app.baseten.co/training/aaa/logs/bbb>", "I know no job"),
    ("llama-ft", "is a project. Which of its jobs?"),
    ("twin", "may be several jobs"),
    ("run-1 level:loud", "there is no level loud"),
    ("run-1 level:", "level needs a value"),
    ("run-1 levle:error", "did you mean level"),
    ("run-1 --foo bar", "there is no foo"),
    ("run-1 since:never", "never"),
    ("run-1 since:2h until:3h", "the window ends before it begins"),
    ("run-1 since:2999-01-01", "since lies in the future"),
    ("run-1 last:0", "number of lines"),
    ("run-1 last:-5", "number of lines"),
    ("run-1 last:many", "number of lines"),
    ("run-1 last:1000000", "at most"),
    ("run-1 last:5 first:5", "not both"),
    ("run-1 last:5 last:6", "given twice"),
    ("run-1 order:sideways", "oldest or newest"),
    ("run-1 /(/", "this expression cannot be used"),
    ("run-1 /(a+)+$(?=x)/", "this expression cannot be used"),
    ('run-1 "no end', "never closed"),
    ("run-1 nan -nan", "both asked for and left out"),
    ("run-1 " + "word " * 400, "at most 1500 characters"),
    ("run-1 -level:error", "only words can be left out"),
    ("watch nobody", "No job or project is called"),
    ("watch twin", "may be several jobs"),
    ("watch run-1 run-3", "one word too many"),
    ("watch run-1 level:loud", "is no level"),
    ("watch run-1 in:nowhere", "is no channel"),
    ("watch run-1 in:#ml-nowhere", "is no channel"),
    ("watch run-1 in:<#C0NOTTHERE|gone>", "invite"),
    ("watch run-1 in:#old-project", "archived"),
    ("watch run-1 in:#partner-shared", "another organisation"),
    ("watch run-1 in:#random", "I am not in this channel"),
    ("watch run-1 mention:nobody", "is nobody"),
    ("watch run-1 mention:@channel", "is nobody"),
    ("watch run-1 silence:soon", "no duration"),
    ("watch run-1 silence:1s", "no duration"),
    ("watch run-1 silence:99999999d", "no duration"),
    ("watch run-1 /(/", "cannot be used"),
    ("watch run-1 colour:red", "A watch has no"),
    ('watch "run-1', "has no end"),
    ("unwatch", "Which one?"),
    ("unwatch nobody", "This channel does not watch"),
    ("unwatch run-3", "This channel does not watch"),
    ("unwatch 999999999999999999999999", "This channel does not watch"),
    ("help nonsense", "There is no help for nonsense"),
    ("\u202e\u0000\x1b[31m", "I know no job"),
    ("' OR 1=1; DROP TABLE watches; --", "I know no job"),
    ("<!channel>", "I know no job"),
    ("x" * 4_000, "at most"),
    ("watch " + "x" * 4_000, "No job or project is called"),
    ("unwatch " + "x" * 4_000, "This channel does not watch"),
    ("status " + "x" * 4_000, "I know no job"),
    ("help " + "x" * 4_000, "There is no help for"),
    ("🦥 `*_~ &lt;", "I know no job"),
)


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def test_every_bad_command_gets_one_clear_sentence_and_changes_nothing(stage: Stage):
    for name in ("run-1", "run-3"):
        stage.job(name).write("ERROR loss is nan", level="ERROR")
    other = stage.world.add_project("mistral-ft")
    for project in (stage.project, other):
        stage.world.add_job(project, "twin")
    await stage.command("watch run-1")
    await stage.ticks(4)
    before, posted = rows(stage), stage.channel()

    wrong = [problem for text, expected in COMMANDS if (problem := await problem_of(stage, text, expected))]
    assert wrong == []
    assert rows(stage) == before
    assert stage.channel() == posted


async def problem_of(stage: Stage, text: str, expected: str) -> str | None:
    """What is wrong with the answer to `text`, if anything is."""
    told = len(stage.ephemerals())
    answer = await stage.command(text)
    words = shown(answer)
    if expected not in words:
        return f"{text[:60]!r}: {words[:300]!r}"
    if UNEXPECTED in words or len(stage.ephemerals()) != told + 1:
        return f"{text[:60]!r}: answered {len(stage.ephemerals()) - told} times, {words[:300]!r}"
    if "<!channel>" in answer["text"] or any("<!channel>" in str(block) for block in answer.get("blocks") or ()):
        return f"{text[:60]!r}: an alarm for the whole channel"
    return None


async def test_a_command_in_a_channel_without_the_bot_is_answered_but_watches_nothing(stage: Stage):
    stage.job("run-1").write("ERROR loss is nan", level="ERROR")
    before = rows(stage)
    assert "loss is nan" in shown(await stage.command("run-1", channel="random"))
    assert "/invite @joblogs" in shown(await stage.command("watch run-1", channel="random"))
    assert "another organisation" in shown(await stage.command("watch run-1", channel="partner-shared"))
    assert rows(stage) == before


async def test_a_direct_message_watches_nothing(stage: Stage):
    stage.job("run-1").write("ERROR loss is nan", level="ERROR")
    direct = stage.workspace.roster.direct(stage.workspace.roster.user("ada").id)
    before = rows(stage)
    assert "loss is nan" in shown(await stage.command("run-1", channel=direct.id))
    assert "direct message cannot watch" in shown(await stage.command("watch run-1", channel=direct.id))
    assert rows(stage) == before


async def test_while_the_database_is_away_people_are_told_so(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.1)
    async with open_stage(sqlite_url) as stage:
        await stage.command("watches")
        with contextlib.closing(sqlite3.connect(stage.settings.sqlite_path or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await stage.command("watches")
            other.execute("ROLLBACK")
        assert STORE_AWAY in shown(answer)
        assert "watches nothing" in shown(await stage.command("watches"))
