"""Modals, the Home tab and shortcuts from end to end: over sockets and behind a request URL."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, labelled, modal, plain, section, text_input
from tests.contract.sandbox_slack.wires import ADA, ALERTS, AheadClock, Api, BoltApp, until

Body = dict[str, Any]
HOME = {"type": "home", "blocks": [section("your jobs"), actions(button("refresh"))]}


async def test_a_message_shortcut_opens_a_modal_that_pushes_another_and_clears_both(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.shortcut("explain")
    async def explain(ack: AsyncAck, shortcut: Body, client: AsyncWebClient) -> None:
        await ack()
        wired.heard.append((shortcut["message"]["text"], shortcut["channel"]["id"], shortcut["user"]["id"]))
        view = modal(text_input(), callback_id="reason", private_metadata=shortcut["message_ts"])
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @wired.app.view("reason")
    async def reason(ack: AsyncAck, view: Body) -> None:
        if view["state"]["values"]["name"]["typed"]["value"] == "?":
            await ack(response_action="errors", errors={"name": "Say why."})
        else:
            await ack(response_action="push", view=modal(section("sure?"), callback_id="sure"))

    @wired.app.view("sure")
    async def sure(ack: AsyncAck, view: Body) -> None:
        wired.heard.append((view["previous_view_id"], view["root_view_id"]))
        await ack(response_action="clear")

    ada = workspace.person("ada")
    said = await ada.say("random", "what is this?")
    assert (await ada.shortcut("explain", "random", said.ts)).acked
    await until(lambda: ada.view is not None)
    assert ada.view is not None
    first = ada.view
    assert first["private_metadata"] == said.ts
    assert (await ada.submit(values={"name": {"typed": "?"}})).errors == {"name": "Say why."}
    assert (await ada.submit(values={"name": {"typed": "data"}})).ok
    assert ada.view["callback_id"] == "sure"
    assert (await ada.submit()).ok
    assert ada.view is None
    assert wired.heard == [("what is this?", "C0RANDOM01", ADA), (first["id"], first["id"])]


async def test_closing_is_told_for_views_that_asked_for_it(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.global_shortcut("jobs")
    async def jobs(ack: AsyncAck, shortcut: Body, client: AsyncWebClient) -> None:
        await ack()
        view = modal(callback_id="told", notify_on_close=True)
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @wired.app.view_closed("told")
    async def closed(ack: AsyncAck, body: Body) -> None:
        await ack()
        wired.heard.append((body["is_cleared"], body["view"]["callback_id"], body["user"]["id"]))

    ada = workspace.person("ada")
    await ada.shortcut("jobs")
    await until(lambda: ada.view is not None)
    await ada.close()
    assert wired.heard == [(False, "told", ADA)]
    with pytest.raises(Misuse, match="No modal is open"):
        await ada.close()


async def test_the_home_tab_is_drawn_when_it_is_opened_and_its_buttons_act(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.event("app_home_opened")
    async def opened(event: Body, client: AsyncWebClient) -> None:
        wired.heard.append((event["tab"], event["user"], "view" in event))
        await client.views_publish(user_id=event["user"], view=HOME)

    @wired.app.action("refresh")
    async def refresh(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        view = body["view"]
        await client.views_publish(user_id=body["user"]["id"], view=HOME, hash=view["hash"])
        try:
            await client.views_publish(user_id=body["user"]["id"], view=HOME, hash=view["hash"])
        except SlackApiError as error:
            wired.heard.append(error.response["error"])

    ada = workspace.person("ada")
    await ada.open_direct()
    await until(lambda: wired.heard == [("messages", ADA, False)] and ada.home is not None)
    wired.heard.clear()
    workspace.views.homes.clear()
    assert await ada.open_home() is None
    await until(lambda: ada.home is not None)
    assert ada.home is not None
    before = ada.home["hash"]
    assert (await ada.act(ada.home["id"], "refresh")).acked
    await until(lambda: len(wired.heard) == 2)
    assert ada.home["hash"] != before
    assert wired.heard == [("home", ADA, False), "hash_conflict"]
    assert workspace.person("grace").home is None


async def test_without_a_home_tab_in_the_manifest_nothing_is_published(api: Api, workspace: Workspace) -> None:
    workspace.app = replace(workspace.app, home_enabled=False)
    assert (await api("views.publish", user_id=ADA, view=HOME)).error == "not_enabled"
    with pytest.raises(Misuse, match="no Home tab"):
        await workspace.person("ada").open_home()


async def test_a_shortcut_answers_through_its_response_url_and_changes_nobody_elses_message(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.message_shortcut("explain")
    async def explain(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        changed = await respond(text="mine now", replace_original=True)
        said = await respond(text="for you alone")
        wired.heard.append((changed.status_code, changed.body, said.status_code))

    ada = workspace.person("ada")
    said = await ada.say("ml-alerts", "hello")
    await ada.shortcut("explain", "ml-alerts", said.ts)
    await until(lambda: wired.heard)
    assert wired.heard == [(404, "message_not_found", 200)]
    assert [one["text"] for one in workspace.messages("ml-alerts")] == ["hello"]
    assert [one["text"] for one in workspace.ephemerals("ada")] == ["for you alone"]


async def test_an_app_that_is_late_leaves_the_person_with_a_sentence(
    wired: BoltApp, workspace: Workspace, clock: AheadClock
) -> None:
    gate = asyncio.Event()

    async def slow(ack: AsyncAck) -> None:
        wired.heard.append("asked")
        await gate.wait()
        await ack(options=[])

    wired.app.options("job")(slow)
    wired.app.view("form")(slow)
    job = {"type": "external_select", "action_id": "job"}
    trigger = workspace.triggers.new(ADA)
    await wired.calls(
        "views.open", trigger_id=trigger, view=modal(labelled("job", job, optional=True), callback_id="form")
    )
    ada = workspace.person("ada")
    asking = asyncio.create_task(ada.suggest("job", "run"))
    sending = asyncio.create_task(ada.submit())
    await until(lambda: wired.heard == ["asked", "asked"])
    clock.turn(3)
    with pytest.raises(Misuse, match="did not respond"):
        await asking
    outcome = await sending
    assert (outcome.error, outcome.message) == ("operation_timeout", "We had some trouble connecting. Try again?")
    assert ada.view is not None
    gate.set()


@pytest.mark.parametrize("who", ["sam", "dana"])
async def test_shortcuts_commands_and_home_are_for_people_of_the_workspace(
    who: str, api: Api, workspace: Workspace
) -> None:
    ts = await api.post("card", "C0SHARED01")
    person = workspace.person(who)
    with pytest.raises(Misuse):
        await person.shortcut("explain", "partner-shared", ts)
    with pytest.raises(Misuse):
        await person.shortcut("jobs")
    with pytest.raises(Misuse):
        await person.command("/joblogs", "x", channel="partner-shared")
    with pytest.raises(Misuse):
        await person.open_home()
    assert {call.method for call in workspace.calls if call.kind == "delivery"} <= {"deliver.message"}


async def test_the_third_modal_of_a_stack_is_the_last(
    wired: BoltApp, workspace: Workspace, clock: AheadClock
) -> None:
    @wired.app.action("deeper")
    async def deeper(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        view = modal(actions(button("deeper")), title=plain(f"{len(wired.heard) + 2}"))
        try:
            await client.views_push(trigger_id=body["trigger_id"], view=view)
            wired.heard.append("pushed")
        except SlackApiError as error:
            wired.heard.append(error.response["error"])

    trigger = workspace.triggers.new(ADA, channel=ALERTS)
    await wired.calls("views.open", trigger_id=trigger, view=modal(actions(button("deeper"))))
    ada = workspace.person("ada")
    for count in range(1, 4):
        await ada.act(None, "deeper")
        await until(lambda count=count: len(wired.heard) == count)
    assert wired.heard == ["pushed", "pushed", "push_limit_reached"]
    await ada.close()
    assert ada.view is not None
    assert ada.view["title"]["text"] == "2"
    late = workspace.triggers.new(ADA, ada.view["id"])
    clock.turn(3.5)
    assert (await wired.calls("views.push", trigger_id=late, view=modal())).error == "expired_trigger_id"


async def test_a_state_outlives_an_update_of_the_same_ids_alone(api: Api, workspace: Workspace) -> None:
    trigger = workspace.triggers.new(ADA)
    view = (await api("views.open", trigger_id=trigger, view=modal(text_input(), text_input("other")))).body[
        "view"
    ]
    ada = workspace.person("ada")
    await ada.act(None, "typed", "kept", block_id="name")
    await ada.act(None, "typed", "lost", block_id="other")
    changed = modal(text_input(initial_value="not this"), text_input("fresh", initial_value="this"))
    updated = await api("views.update", view_id=view["id"], view=changed)
    values = updated.body["view"]["state"]["values"]
    assert {name: one["typed"]["value"] for name, one in values.items()} == {"name": "kept", "fresh": "this"}
