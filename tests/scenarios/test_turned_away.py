"""Who may not is told so; whoever runs the bot finds it in the audit, once an hour for each person and action."""

from collections.abc import AsyncIterator

import pytest

from bot.flows.keeping import AuditEntry
from bot.incidents.steps import Resolve
from bot.slack import ids
from tests.scenarios.plots import OOM, picked, take, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

ADA, GRACE, GUS, SAM = "U0ADA00001", "U0GRACE001", "gus", "sam"


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(
        sqlite_url, permissions={"acknowledge": [GRACE], "watch": [GRACE, "C0MLALERTS"]}
    ) as opened:
        yield opened


async def denied(stage: Stage) -> list[tuple[str, str]]:
    entries: tuple[AuditEntry, ...] = await stage.bot.db.run(lambda tx: tx.audit.recent(100))
    return [(entry.actor, entry.action) for entry in reversed(entries) if entry.outcome == "denied"]


async def test_what_was_refused_stands_in_the_audit_once_an_hour(stage: Stage):
    job = stage.job()
    await stage.command("watch llama-ft", user="grace")
    await stage.ticks(2)
    job.write(OOM, level="ERROR")
    await stage.ticks(6)
    [card] = stage.cards()
    stage.workspace.roster.join(stage.workspace.channel(CHANNEL), stage.workspace.roster.user(SAM).id)

    for hour in (1, 2):
        for user in ("ada", GUS, SAM):
            for _ in range(2):
                before = len(stage.ephemerals(user))
                await stage.press(card, ids.ACKNOWLEDGE, user=user)
                await stage.until(lambda user=user, before=before: len(stage.ephemerals(user)) > before)
        people = [(ADA, "acknowledge"), *((stage.workspace.roster.user(one).id, "use") for one in (GUS, SAM))]
        assert await denied(stage) == people * hour
        stage.clock.turn(3_600)


async def test_what_slack_did_not_tell_is_no_refusal_to_keep(stage: Stage):
    stage.workspace.faults.add("users.info", "503", times=None)
    assert "Slack does not say who you are right now" in shown(await stage.command("jobs", user="grace"))
    assert await denied(stage) == []


async def test_a_list_of_channels_leaves_direct_messages_alone(sqlite_url: str):
    async with open_stage(sqlite_url, allowed_channels=["C0MLALERTS"]) as stage:
        ada = stage.workspace.person("ada")
        await ada.open_direct()
        [direct] = [one["id"] for one in ada.channels if one["id"].startswith("D")]
        outcome = await ada.command("/joblogs", "incidents mine", channel=direct)
        assert outcome.acked
        await stage.until(lambda: bool(stage.ephemerals("ada", direct)))
        assert "not enabled" not in shown(stage.ephemerals("ada", direct)[-1])


async def test_lines_of_a_log_are_not_shown_where_another_organisation_reads_along(sqlite_url: str):
    shared = "partner-shared"
    async with open_stage(sqlite_url) as stage:
        stage.job("run-1").write("ERROR loss is nan", level="ERROR")
        page = await stage.command("run-1", channel=shared)
        assert (await stage.press(page, ids.SHARE, channel=shared)).acked
        await stage.until(lambda: "reads along" in shown(stage.ephemerals("ada", shared)[-1]))
        before = len(stage.ephemerals("ada", shared))
        bot = stage.workspace.bot_user_id
        await stage.workspace.person("ada").say(shared, f"<@{bot}> logs run-1")
        await stage.until(lambda: len(stage.ephemerals("ada", shared)) > before)
        assert "loss is nan" in shown(stage.ephemerals("ada", shared)[-1])
        assert stage.channel(shared) == []


async def test_a_reason_of_several_lines_leaves_a_resolved_card_at_two(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        await take(stage, card, Resolve("one\ntwo\n\nthree"))
        [folded] = stage.cards()
        assert shown(folded).count("\n") == 1
        assert "one two three" in shown(folded)
        assert folded["text"].endswith("Reason: one two three")


async def test_who_may_not_read_logs_is_shown_nothing_of_them(sqlite_url: str):
    async with open_stage(sqlite_url, permissions={"logs": [GRACE]}) as stage:
        _, card = await with_card(stage)
        ada = stage.workspace.person("ada")
        for press in (
            lambda: ada.shortcut(ids.TRIAGE_SHORTCUT, CHANNEL, card["ts"]),
            lambda: ada.press(CHANNEL, card["ts"], ids.MENU, picked(card, ids.Pick.HISTORY)),
            lambda: ada.press(CHANNEL, card["ts"], ids.MENU, picked(card, ids.Pick.AROUND)),
        ):
            before = len(stage.ephemerals())
            assert (await press()).acked
            await stage.until(lambda before=before: len(stage.ephemerals()) > before)
            assert "may read logs here" in shown(stage.ephemerals()[-1])
            assert ada.view is None
        assert (await denied(stage))[-1] == (ADA, "logs")
