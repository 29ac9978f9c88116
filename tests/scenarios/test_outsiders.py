"""Who may not use the bot is told so, politely, and nothing happens."""

from typing import Any

import pytest

from bot.sandbox.slack.delivery import Parcel
from bot.slack import ids
from tests.scenarios.plots import OOM, rows, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown

GUESTS = "Guests cannot use joblogs"
MEMBERS = "Only members of the workspace"


async def refused(stage: Stage, message: dict[str, Any], user: str, sentence: str) -> None:
    """`user` presses Acknowledge on a card, and nothing comes of it but `sentence`."""
    before = rows(stage)
    outcome = await stage.press(message, ids.ACKNOWLEDGE, user=user)
    assert outcome.acked
    await stage.until(lambda: bool(stage.ephemerals(user)))
    assert sentence in shown(stage.ephemerals(user)[-1])
    assert rows(stage) == before


async def test_a_guest_may_neither_ask_nor_press(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        for text in ("jobs", "run-1", "watch run-1", "unwatch llama-ft", "help"):
            assert GUESTS in shown(await stage.command(text, user="gus")), text
        assert "llama-ft" in shown(await stage.command("watches"))
        await refused(stage, card, "gus", GUESTS)


async def test_a_guest_may_do_both_where_the_operator_allows_it(sqlite_url: str):
    async with open_stage(sqlite_url, allow_guests=True) as stage:
        _, card = await with_card(stage)
        assert "llama-ft" in shown(await stage.command("watches", user="gus"))
        await stage.press(card, ids.ACKNOWLEDGE, user="gus")
        await stage.ticks(2)
        assert "Acknowledged by" in shown(stage.cards()[0])


@pytest.mark.parametrize("action", [ids.ACKNOWLEDGE, ids.RESOLVE])
async def test_somebody_of_another_organisation_who_sees_a_card_cannot_press_its_buttons(
    sqlite_url: str, action: str
):
    async with open_stage(sqlite_url) as stage:
        _, card = await with_card(stage)
        stage.workspace.roster.join(stage.workspace.channel(CHANNEL), stage.workspace.roster.user("sam").id)
        await refused(stage, card, "sam", MEMBERS)


async def test_a_button_under_a_shared_answer_does_nothing_for_a_stranger(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        stage.job("run-1").write("ERROR loss is nan", level="ERROR")
        page = await stage.command("run-1", channel="partner-shared")
        button = next(one for block in page["blocks"] if block["type"] == "actions" for one in block["elements"])
        channel = stage.workspace.channel("partner-shared")
        blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
        posted = stage.workspace.timeline.post(
            channel, {"user": stage.workspace.bot_user_id, "bot_id": "B", "text": "x", "blocks": blocks}
        )
        await stage.workspace.person("sam").press("partner-shared", posted["ts"], button["action_id"])
        await stage.until(lambda: bool(stage.ephemerals("sam", "partner-shared")))
        assert MEMBERS in shown(stage.ephemerals("sam", "partner-shared")[-1])


async def test_a_command_from_another_team_is_refused(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    async with open_stage(sqlite_url) as stage:
        stage.job("run-1")
        dispatcher = stage.workspace.dispatcher
        assert dispatcher is not None
        ask = dispatcher.ask

        async def from_elsewhere(parcel: Parcel) -> object:
            return await ask(
                Parcel(type=parcel.type, payload=parcel.payload | {"team_id": "T0ELSEWHER"}, accepts=True)
            )

        monkeypatch.setattr(dispatcher, "ask", from_elsewhere)
        before = rows(stage)
        assert MEMBERS in shown(await stage.command("watch run-1"))
        assert rows(stage) == before


async def test_somebody_whose_account_was_closed_is_refused(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        stage.workspace.roster.user("grace").deleted = True
        assert "deactivated" in shown(await stage.command("jobs", user="grace"))


async def test_only_the_channels_on_the_list_are_served(sqlite_url: str):
    async with open_stage(sqlite_url, allowed_channels="C0MLALERTS") as stage:
        stage.job("run-1").write("ERROR loss is nan", level="ERROR")
        before = rows(stage)
        assert "not enabled in this channel" in shown(await stage.command("run-1", channel="ml-private"))
        assert "not enabled in this channel" in shown(await stage.command("watch run-1", channel="ml-private"))
        assert "not enabled in that channel" in shown(await stage.command("watch run-1 in:#ml-private"))
        assert rows(stage) == before
        assert "loss is nan" in shown(await stage.command("run-1"))


async def test_only_the_people_on_the_list_are_served(sqlite_url: str):
    async with open_stage(sqlite_url, allowed_users="U0ADA00001") as stage:
        _, card = await with_card(stage)
        assert "not on the list" in shown(await stage.command("jobs", user="grace"))
        await refused(stage, card, "grace", "not on the list")


async def test_a_mention_by_a_stranger_is_answered_with_the_refusal_for_them_alone(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        bot = f"<@{stage.workspace.bot_user_id}>"
        await stage.workspace.person("sam").say("partner-shared", f"{bot} hello")
        await stage.until(lambda: bool(stage.ephemerals("sam", "partner-shared")))
        assert MEMBERS in shown(stage.ephemerals("sam", "partner-shared")[-1])
        assert stage.channel("partner-shared") == []


async def test_while_slack_does_not_say_who_somebody_is_nothing_is_done_for_them(sqlite_url: str):
    async with open_stage(sqlite_url) as stage:
        stage.job("run-1").write(OOM, level="ERROR")
        stage.workspace.faults.add("users.info", "500")
        before = rows(stage)
        assert "does not say who you are" in shown(await stage.command("watch run-1"))
        assert rows(stage) == before
        assert "CUDA out of memory" in shown(await stage.command("run-1"))
