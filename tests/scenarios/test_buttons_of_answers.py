"""The buttons under an answer: Older, Newer, Errors only, Share, Download, Cancel, Watch, Stop watching, Logs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from bot.slack.render.refusals import OLD_BUTTON, UNEXPECTED, UNKNOWN_ACTION
from bot.times import NS_PER_S
from tests.scenarios.plots import rows, window
from tests.stage import Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def long_job(stage: Stage, lines: int = 60) -> SimJob:
    now = stage.clock.now_ns()
    job = stage.job("run-1", created_ms=(now - lines * NS_PER_S) // 1_000_000)
    for number in range(lines):
        at = now - (lines - number) * NS_PER_S
        level = "ERROR" if number % 20 == 10 else "INFO"
        job.write(f"this is line {number:03d}", level=level, at_ns=at, visible_ns=at)
    return job


def numbers(message: dict[str, Any]) -> list[int]:
    """Of the lines that a message shows."""
    return [int(part[:3]) for part in shown(message).split("this is line ")[1:]]


async def changed(stage: Stage, message: dict[str, Any], action: str) -> dict[str, Any]:
    """Presses and waits until the same ephemeral shows something else."""
    assert (await stage.press(message, action)).acked

    def now() -> dict[str, Any]:
        [found] = [one for one in stage.ephemerals() if one["ts"] == message["ts"]]
        return found

    await stage.until(lambda: now().get("blocks") != message.get("blocks"))
    return now()


async def said(stage: Stage, message: dict[str, Any], action: str, *, user: str = "ada") -> dict[str, Any]:
    """Presses and waits for a new ephemeral."""
    before = len(stage.ephemerals(user))
    assert (await stage.press(message, action, user=user)).acked
    await stage.until(lambda: len(stage.ephemerals(user)) > before)
    return stage.ephemerals(user)[-1]


async def watched(stage: Stage) -> dict[str, Any]:
    """Sends the window that asks what to watch as it was opened, and gives what is said of it."""
    await window(stage)
    before = len(stage.ephemerals())
    done = await stage.workspace.person("ada").submit()
    assert done.ok, done
    await stage.until(lambda: len(stage.ephemerals()) > before)
    return stage.ephemerals()[-1]


async def test_older_and_newer_walk_through_the_log_without_a_line_lost_or_doubled(stage: Stage):
    long_job(stage)
    page = await stage.command("run-1 last:20")
    assert numbers(page) == list(range(40, 60))
    page = await changed(stage, page, ids.OLDER)
    assert numbers(page) == list(range(20, 40))
    page = await changed(stage, page, ids.OLDER)
    assert numbers(page) == list(range(20))
    page = await changed(stage, page, ids.NEWER)
    assert numbers(page) == list(range(20, 40))
    assert len(stage.ephemerals()) == 1


async def test_errors_only_asks_the_same_for_errors(stage: Stage):
    long_job(stage)
    page = await changed(stage, await stage.command("run-1 last:20"), ids.ERRORS_ONLY)
    assert numbers(page) == [10, 30, 50]


async def test_share_shows_to_the_channel_who_shared_what_and_a_double_click_shares_once(stage: Stage):
    long_job(stage)
    page = await stage.command("run-1 last:5")
    await stage.press(page, ids.SHARE)
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: bool(stage.channel()))
    await stage.command("watches")

    [shared] = stage.channel()
    assert numbers(shared) == list(range(55, 60))
    assert f"<@{stage.workspace.roster.user('ada').id}>" in shown(shared)

    stage.clock.turn(10)
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: len(stage.channel()) == 2)


async def test_a_share_whose_answer_is_lost_is_not_shared_twice(stage: Stage):
    long_job(stage)
    page = await stage.command("run-1 last:5")
    stage.workspace.faults.add("response_url", "lost")
    await stage.press(page, ids.SHARE)
    await stage.until(lambda: len(stage.workspace.calls.of("response_url")) >= 2)
    await stage.command("watches")

    assert len(stage.channel()) == 1


async def test_download_sends_the_whole_window_as_a_file_and_its_progress_ends(stage: Stage):
    long_job(stage, lines=1_500)
    page = await stage.command("run-1 since:1h")
    answer = await said(stage, page, ids.DOWNLOAD)
    assert "direct message" in shown(answer)
    direct = stage.workspace.roster.direct(stage.workspace.roster.user("ada").id)
    await stage.until(lambda: bool(len(stage.workspace.files)))

    await stage.until(lambda: "Complete" in stage.workspace.messages(direct.id)[0]["text"])
    [file] = stage.workspace.files
    assert file.text.count("this is line") == 1_500
    assert "this is line 000" in file.text


async def test_a_download_can_be_cancelled_by_who_began_it_even_where_channels_are_restricted(sqlite_url: str):
    async with open_stage(sqlite_url, allowed_channels="C0MLALERTS") as stage:
        long_job(stage)
        page = await stage.command("run-1 last:5")
        stage.world.faults.add("logs", kind="timeout")
        await said(stage, page, ids.DOWNLOAD)
        direct = stage.workspace.roster.direct(stage.workspace.roster.user("ada").id)
        await stage.until(lambda: bool(stage.workspace.messages(direct.id)))

        [progress] = stage.workspace.messages(direct.id)
        outcome = await stage.workspace.person("ada").press(direct.id, progress["ts"], ids.CANCEL_DOWNLOAD)
        assert outcome.acked
        await stage.until(lambda: "Cancelled" in stage.workspace.messages(direct.id)[0]["text"])
        assert len(stage.workspace.files) == 0


async def test_watch_under_an_answer_watches_that_job_and_its_button_stops_it(stage: Stage):
    job = long_job(stage)
    assert (await stage.press(await stage.command("run-1 last:5"), ids.WATCH)).acked
    made = await watched(stage)
    assert "now watches" in shown(made)
    [watch] = await stage.bot.db.run(lambda tx: tx.watches.active())
    assert watch.job_id == job.id

    ended = await said(stage, made, ids.UNWATCH)
    assert "no longer watches" in shown(ended)
    again = await said(stage, made, ids.UNWATCH)
    assert "does not watch that any more" in shown(again)


async def test_the_list_of_watches_has_a_button_for_each(stage: Stage):
    stage.job("run-1")
    await stage.command("watch run-1")
    ended = await said(stage, await stage.command("watches"), ids.UNWATCH)
    assert "no longer watches" in shown(ended)


async def test_the_status_of_a_job_offers_its_log(stage: Stage):
    long_job(stage)
    page = await said(stage, await stage.command("status run-1"), ids.SHOW_LOGS)
    assert numbers(page)[-1] == 59


async def test_the_same_press_delivered_twice_does_one_thing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    long_job(stage)
    page = await stage.command("run-1 last:5")
    dispatcher = stage.workspace.dispatcher
    assert dispatcher is not None
    ask = dispatcher.ask

    async def twice(parcel: Any) -> Any:
        await ask(parcel)
        return await ask(parcel)

    monkeypatch.setattr(dispatcher, "ask", twice)
    await stage.press(page, ids.WATCH)
    await watched(stage)
    monkeypatch.setattr(dispatcher, "ask", ask)
    await stage.command("watches")
    assert [shown(one).count("now watches") for one in stage.ephemerals()].count(1) == 1


@pytest.mark.parametrize(
    ("action", "value", "sentence"),
    [
        ("joblogs.0.something", "x", UNKNOWN_ACTION),
        ("someone.elses", "x", UNKNOWN_ACTION),
        (ids.OLDER, "", OLD_BUTTON),
        (ids.OLDER, "level:", OLD_BUTTON),
        (ids.SHARE, "level:nonsense", OLD_BUTTON),
        (ids.DOWNLOAD, "\u0000", OLD_BUTTON),
        (ids.WATCH, "a=b", OLD_BUTTON),
        (ids.UNWATCH, "٣", "does not watch that any more"),
        (ids.UNWATCH, "99999999999999999999999", "does not watch that any more"),
        (ids.ACKNOWLEDGE, "i=x&r=1", "does not know this incident"),
        (ids.RESOLVE, "i=99999999999999999999999&r=1", "does not know this incident"),
        (ids.REOPEN, "", "does not know this incident"),
        (ids.CANCEL_DOWNLOAD, "nobody", "not running any more"),
    ],
)
async def test_a_button_that_means_nothing_gets_one_sentence_and_changes_nothing(
    stage: Stage, action: str, value: str, sentence: str
):
    text = {"type": "plain_text", "text": "Press"}
    button = {"type": "button", "text": text, "action_id": action} | ({"value": value} if value else {})
    bot, channel = stage.workspace.bot_id, stage.workspace.channel("ml-alerts")
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    old = {"user": stage.workspace.bot_user_id, "bot_id": bot, "text": "old", "blocks": blocks}
    message = stage.workspace.timeline.post(channel, old)
    before = rows(stage)

    answer = shown(await said(stage, message, action))
    assert sentence in answer
    assert UNEXPECTED not in answer
    assert rows(stage) == before
