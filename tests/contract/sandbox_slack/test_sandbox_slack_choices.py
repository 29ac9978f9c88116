"""What people choose in messages: menus, inputs, and buttons for some alone."""

from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import CHOICES, actions, button, labelled, select
from tests.contract.sandbox_slack.wires import Api, BoltApp

Body = dict[str, Any]


async def test_a_choice_in_a_message_is_remembered_until_its_button_is_pressed(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.action("go")
    async def go(ack: AsyncAck, body: Body) -> None:
        wired.heard.append(body["state"]["values"]["menu"]["pick"]["selected_option"]["value"])
        await ack()

    @wired.app.action("pick")
    async def picked(ack: AsyncAck) -> None:
        await ack()

    menu = {**actions(select(*CHOICES, initial_option=CHOICES[0]), button()), "block_id": "menu"}
    ts = await wired.calls.post("card", blocks=[menu])
    ada = workspace.person("ada")
    await ada.press("ml-alerts", ts, "go")
    await ada.press("ml-alerts", ts, "pick", "b")
    await ada.press("ml-alerts", ts, "go")
    await workspace.person("grace").press("ml-alerts", ts, "go")
    assert wired.heard == ["a", "b", "a"]


async def test_an_overflow_sends_the_option_that_was_chosen(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.action("more")
    async def more(ack: AsyncAck, action: Body) -> None:
        wired.heard.append((action["type"], action["selected_option"]["value"]))
        await ack()

    ts = await wired.calls.post(
        "card", blocks=[actions({"type": "overflow", "action_id": "more", "options": CHOICES})]
    )
    await workspace.person("ada").press("ml-alerts", ts, "more", "c")
    assert wired.heard == [("overflow", "c")]


async def test_an_input_of_a_message_is_kept_until_a_button_takes_it_along(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.action("go")
    async def go(ack: AsyncAck, body: Body) -> None:
        await ack()
        wired.heard.append(body["state"]["values"]["why"]["it"]["value"])

    why = labelled("why", {"type": "plain_text_input", "action_id": "it"})
    ts = await wired.calls.post("card", blocks=[why, actions(button())])
    ada = workspace.person("ada")
    assert (await ada.press("ml-alerts", ts, "it", "bad data")).acked
    await ada.press("ml-alerts", ts, "go")
    await ada.press("ml-alerts", ts, "go", values={"why": {"it": "worse data"}})
    assert wired.heard == ["bad data", "worse data"]


async def test_a_button_with_an_address_tells_the_app_too(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.action("go")
    async def go(ack: AsyncAck, action: Body) -> None:
        await ack()
        wired.heard.append((action["url"], action["value"]))

    link = button(url="https://app.baseten.co/x", value="7")
    ts = await wired.calls.post("card", blocks=[actions(link)])
    assert (await workspace.person("ada").press("ml-alerts", ts, "go")).acked
    assert wired.heard == [("https://app.baseten.co/x", "7")]


async def test_a_button_may_be_for_some_alone(api: Api, workspace: Workspace) -> None:
    ts = await api.post("card", blocks=[actions(button(visible_to_user_ids=["U0GRACE001"]))])
    with pytest.raises(Misuse, match="nothing to use"):
        await workspace.person("ada").press("ml-alerts", ts, "go")
