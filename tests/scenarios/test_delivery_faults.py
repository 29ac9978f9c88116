"""What becomes of each call that changes something in Slack, whatever goes wrong with it: how often people see it.

Of every row the first call of a method fails in one way, and the next ones work. `ONCE` is the aim. What is said for
one person alone may come twice where the first answer was lost, and must not be lost; what needs a person to press
again anyway (a window that could not be opened) may fail, and may not come twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.incidents.delivery import DirectTopic, direct
from bot.slack import gateway, ids, posting, reply, saying, server
from bot.times import Ms
from tests.scenarios.plots import OOM, failed_once, waiting, window, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

FAULTS = (
    "timeout",
    "reset",
    "lost",
    "500",
    "503",
    "garbage",
    "429:retry_after=1",
    "error:rate_limited",
    "error:fatal_error",
)
NO_EFFECT = frozenset(
    {"timeout", "reset", "500", "503", "429:retry_after=1", "error:rate_limited", "error:fatal_error"}
)
ONCE, MAYBE_TWICE, AT_MOST_ONCE = {1}, {1, 2}, {0, 1}


@pytest.fixture
async def stage(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(gateway, "CALL_TIMEOUT_S", 0.5)
    monkeypatch.setattr(server, "SESSION_TIMEOUT", aiohttp.ClientTimeout(total=2))
    monkeypatch.setattr(saying, "RETRY_S", 0.01)
    monkeypatch.setattr(posting, "RETRY_S", 0.01)
    monkeypatch.setattr(reply, "RETRY_S", 0.01)
    async with open_stage(sqlite_url) as opened:
        yield opened


Act = Callable[[Stage, str], Awaitable[int]]


def seen(messages: list[dict[str, Any]], words: str) -> int:
    return sum(words in shown(one) for one in messages)


async def a_card(stage: Stage, fault: str) -> int:
    await failed_once(stage)
    stage.workspace.faults.add("chat.postMessage", fault)
    await stage.ticks(20)
    return len(stage.cards())


async def a_line_in_its_thread(stage: Stage, fault: str) -> int:
    _, card = await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", fault)
    await stage.press(card, ids.ACKNOWLEDGE)
    await stage.ticks(20)
    return seen(stage.thread(card), "acknowledged this")


async def a_direct_message(stage: Stage, fault: str) -> int:
    return await _assigned(stage, "chat.postMessage", fault)


async def the_channel_of_a_direct_message(stage: Stage, fault: str) -> int:
    return await _assigned(stage, "conversations.open", fault)


async def _assigned(stage: Stage, method: str, fault: str) -> int:
    await with_card(stage)
    grace = stage.workspace.person("grace")
    stage.workspace.faults.add(method, fault)
    now = Ms(stage.clock.now_ns() // 1_000_000)
    row = direct(DirectTopic.ASSIGNED, grace.id, now, incident_id=1, actor="U0ADA00001", actor_name="Ada")
    await stage.bot.db.run(lambda tx: tx.outbox.add([row]))
    await stage.ticks(20)
    return seen(grace.direct_messages, "assigned this to you")


async def an_edit(stage: Stage, fault: str) -> int:
    job, card = await with_card(stage)
    stage.workspace.faults.add("chat.update", fault)
    job.write(OOM, level="ERROR", count=4)
    await stage.ticks(30)
    return sum("5 times" in shown(one) for one in stage.cards() if one["ts"] == card["ts"])


async def a_command(stage: Stage, fault: str) -> int:
    stage.workspace.faults.add("response_url", fault)
    await stage.workspace.person("ada").command("/joblogs", "watches", channel=CHANNEL)
    await _while_working(stage)
    return seen(stage.ephemerals(), "watches nothing")


async def a_whisper(stage: Stage, fault: str) -> int:
    stage.workspace.faults.add("chat.postEphemeral", fault)
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> hello")
    await stage.until(lambda: bool(stage.workspace.calls.of("chat.postEphemeral")))
    await _while_working(stage)
    return len(stage.ephemerals())


async def a_preview_of_a_link(stage: Stage, fault: str) -> int:
    job, _ = await with_card(stage)
    stage.workspace.faults.add("chat.unfurl", fault)
    page = f"https://app.baseten.co/training/{stage.project.id}/logs/{job.id}"
    said = await stage.workspace.person("ada").say(CHANNEL, page)
    await stage.until(lambda: bool(stage.workspace.calls.of("chat.unfurl")))
    await _while_working(stage)
    return len(stage.workspace.channel(CHANNEL).messages[str(said.ts)].get("attachments") or ())


async def a_window(stage: Stage, fault: str) -> int:
    _, card = await with_card(stage)
    stage.workspace.faults.add("views.open", fault)
    await stage.workspace.person("ada").press(CHANNEL, card["ts"], ids.RESOLVE)
    await _while_working(stage)
    return int(stage.workspace.person("ada").view is not None)


async def a_step_in_a_window(stage: Stage, fault: str) -> int:
    """The window may stay as it was; the step is taken and told all the same."""
    _, card = await with_card(stage)
    ada = stage.workspace.person("ada")
    await ada.shortcut(ids.TRIAGE_SHORTCUT, CHANNEL, card["ts"])
    await window(stage)
    stage.workspace.faults.add("views.update", fault)
    assert (await ada.act(None, ids.STEP_IN_WINDOW + "acknowledge")).acked
    await _while_working(stage)
    await stage.ticks(6)
    return seen(stage.thread(card), "acknowledged this")


async def lines_for_all(stage: Stage, fault: str) -> int:
    stage.job().write("hello")
    answer = await stage.command("run-1")
    stage.workspace.faults.add("response_url", fault)
    assert (await stage.press(answer, ids.SHARE)).acked
    await _while_working(stage)
    return seen(stage.channel(), "hello")


async def home(stage: Stage, fault: str) -> int:
    stage.workspace.faults.add("views.publish", fault)
    await stage.workspace.person("ada").open_home()
    await stage.until(lambda: bool(stage.workspace.calls.of("views.publish")))
    await _while_working(stage)
    return int(stage.workspace.person("ada").home is not None)


def a_file(step: str) -> Act:
    async def download(stage: Stage, fault: str) -> int:
        job = stage.job()
        job.write("hello", count=3)
        answer = await stage.command("run-1")
        stage.workspace.faults.add(step, fault)
        await stage.press(answer, ids.DOWNLOAD)
        await _while_working(stage)
        ada = stage.workspace.person("ada")
        while not any(_has_ended(one) for one in ada.direct_messages):
            stage.clock.turn(0.5)
            await asyncio.sleep(0.02)
        assert len([one for one in ada.direct_messages if "run-1" in one["text"] and not one.get("files")]) == 1
        [end] = [one["text"] for one in ada.direct_messages if _has_ended(one)]
        assert not (stage.workspace.files and "Not uploaded" in end), end
        return len(stage.workspace.files)

    return download


ENDINGS = ("Complete", "Not uploaded", "Slack did not say", "Something went wrong")


def _has_ended(message: dict[str, Any]) -> bool:
    return any(words in message["text"] for words in ENDINGS)


async def an_answer_for_all(stage: Stage, fault: str) -> int:
    _, card = await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", fault)
    bot, ada = stage.workspace.bot_user_id, stage.workspace.person("ada")
    await ada.say(CHANNEL, f"<@{bot}> logs last:5", card["ts"])
    await stage.until(lambda: bool(stage.workspace.faults.standing) is False)
    await _while_working(stage)
    return sum(
        "CUDA out of memory" in shown(one) for one in stage.thread(card) if "Lines around" not in shown(one)
    )


TABLE: dict[str, tuple[Act, set[int]]] = {
    "chat.postMessage: a card": (a_card, ONCE),
    "chat.postMessage: a line in its thread": (a_line_in_its_thread, ONCE),
    "chat.postMessage: a direct message": (a_direct_message, ONCE),
    "conversations.open": (the_channel_of_a_direct_message, ONCE),
    "chat.update": (an_edit, ONCE),
    "response_url": (a_command, MAYBE_TWICE),
    "chat.postEphemeral": (a_whisper, MAYBE_TWICE),
    "chat.postMessage: an answer for all": (an_answer_for_all, ONCE),
    "chat.postMessage: the progress of a download": (a_file("chat.postMessage"), ONCE),
    "files.getUploadURLExternal": (a_file("files.getUploadURLExternal"), AT_MOST_ONCE),
    "upload": (a_file("upload"), AT_MOST_ONCE),
    "files.completeUploadExternal": (a_file("files.completeUploadExternal"), AT_MOST_ONCE),
    "chat.unfurl": (a_preview_of_a_link, AT_MOST_ONCE),
    "views.open": (a_window, AT_MOST_ONCE),
    "views.update": (a_step_in_a_window, ONCE),
    "response_url: to all": (lines_for_all, AT_MOST_ONCE),
    "views.publish": (home, AT_MOST_ONCE),
}


async def _while_working(stage: Stage) -> None:
    """Until every listener has ended; who sleeps before the next try wakes."""
    settled = asyncio.create_task(stage.bot.under_way.settle())
    await asyncio.sleep(0.1)
    while not (await asyncio.wait({settled}, timeout=0.05))[0]:
        stage.clock.turn(0.5)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", TABLE)
async def test_whatever_becomes_of_a_call_people_see_what_it_says_as_often_as_they_should(
    stage: Stage, name: str, fault: str
):
    act, right = TABLE[name]
    times = await act(stage, fault)
    assert times in right, (name, fault, times)
    if right is MAYBE_TWICE and fault in NO_EFFECT:
        assert times == 1, (name, fault, times)
    assert await waiting(stage) == 0
