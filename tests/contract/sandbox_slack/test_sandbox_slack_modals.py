"""Modals and the Home tab, with a real Bolt app."""

from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, modal, option, plain, section, select, text_input
from tests.contract.sandbox_slack.wires import ADA, AheadClock, Api, BoltApp, until

Body = dict[str, Any]
HOME = {"type": "home", "blocks": [section("your jobs")]}


def typed(value: str) -> Body:
    return {"name": {"typed": {"value": value}}}


async def opened(api: Api, workspace: Workspace, view: Body) -> Body:
    """A modal that is open in front of Ada."""
    answer = await api("views.open", trigger_id=workspace.triggers.new(ADA), view=view)
    assert answer.body["ok"], answer.body
    shown: Body = answer.body["view"]
    return shown


async def test_a_command_opens_a_modal_whose_input_is_checked_and_taken(
    bolt: BoltApp, workspace: Workspace
) -> None:
    @bolt.app.command("/joblogs")
    async def command(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        view = modal(text_input(), callback_id="search", private_metadata="p")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.app.view("search")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        value = view["state"]["values"]["name"]["typed"]["value"]
        bolt.heard.append((value, view["private_metadata"]))
        if value == "nobody":
            await ack(response_action="errors", errors={"name": "No such job."})
        else:
            await ack()

    await bolt.connect()
    ada = workspace.person("ada")
    await ada.command("/joblogs", channel="ml-alerts")
    await until(lambda: ada.view is not None)
    assert ada.view is not None
    view_id = ada.view["id"]
    empty = await ada.submit(view_id)
    assert (empty.acked, empty.errors) == (False, {"name": "Please complete this required field."})
    assert bolt.heard == []
    refused = await ada.submit(view_id, typed("nobody"))
    assert (refused.acked, refused.errors) == (True, {"name": "No such job."})
    assert ada.view is not None
    assert (await ada.submit(view_id, typed("run-1"))).ok
    assert ada.view is None
    assert bolt.heard == [("nobody", "p"), ("run-1", "p")]


async def test_a_trigger_is_good_once_and_for_three_seconds(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    trigger = workspace.triggers.new(ADA)
    assert (await api("views.open", trigger_id=trigger, view=modal())).error is None
    assert (await api("views.open", trigger_id=trigger, view=modal())).error == "exchanged_trigger_id"
    late = workspace.triggers.new(ADA)
    clock.turn(3.1)
    assert (await api("views.open", trigger_id=late, view=modal())).error == "expired_trigger_id"
    assert (await api("views.open", trigger_id="1.2.3", view=modal())).error == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (modal(title=plain("x" * 25)), "invalid_arguments"),
        (modal(*(section("x" * 3000) for _ in range(90))), "view_too_large"),
        (HOME, "invalid_arguments"),
        (None, "invalid_arguments"),
    ],
)
async def test_a_bad_view_is_refused_and_does_not_use_up_its_place(
    view: Body | None, code: str, api: Api, workspace: Workspace
) -> None:
    answer = await api("views.open", trigger_id=workspace.triggers.new(ADA), view=view)
    assert answer.error == code
    assert workspace.person("ada").view is None


async def test_a_bad_view_is_named_by_its_pointer(api: Api, workspace: Workspace) -> None:
    answer = await api("views.open", trigger_id=workspace.triggers.new(ADA), view=modal(title=plain("x" * 25)))
    assert answer.body["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


async def test_an_update_keeps_what_was_typed_and_guards_against_races(api: Api, workspace: Workspace) -> None:
    view = await opened(api, workspace, modal(text_input(), external_id="e-1"))
    await workspace.person("ada").act(view["id"], "typed", {"value": "run"})
    changed = modal(text_input(), section("more"), external_id="e-1")
    update = await api("views.update", external_id="e-1", hash=view["hash"], view=changed)
    state = update.body["view"]["state"]["values"]
    assert state["name"]["typed"] == {"type": "plain_text_input", "value": "run"}
    assert (
        await api("views.update", view_id=view["id"], hash=view["hash"], view=changed)
    ).error == "hash_conflict"
    assert (await api("views.update", view_id="V0", view=changed)).error == "not_found"


async def test_an_external_id_is_unique(api: Api, workspace: Workspace) -> None:
    await opened(api, workspace, modal(external_id="e-1"))
    other = workspace.triggers.new("U0GRACE001")
    assert (await api("views.open", trigger_id=other, view=modal(external_id="e-1"))).error == (
        "duplicate_external_id"
    )


async def test_two_views_may_be_pushed_and_not_a_third(api: Api, workspace: Workspace) -> None:
    root = await opened(api, workspace, modal())
    top = root
    for _ in range(2):
        trigger = workspace.triggers.new(ADA, top["id"])
        top = (await api("views.push", trigger_id=trigger, view=modal())).body["view"]
    assert top["root_view_id"] == root["id"]
    trigger = workspace.triggers.new(ADA, top["id"])
    assert (await api("views.push", trigger_id=trigger, view=modal())).error == "push_limit_reached"
    ada = workspace.person("ada")
    await ada.close(top["id"])
    assert ada.view is not None
    assert ada.view["id"] == top["previous_view_id"]


@pytest.mark.parametrize("response_action", ["update", "push"])
async def test_a_submission_may_be_answered_with_another_view(
    response_action: str, bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.view("first")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action=response_action, view=modal(section("second"), callback_id="second"))

    await bolt.connect()
    first = await opened(api, workspace, modal(callback_id="first"))
    ada = workspace.person("ada")
    assert (await ada.submit(first["id"])).ok
    assert ada.view is not None
    assert ada.view["callback_id"] == "second"
    assert (ada.view["id"] == first["id"]) is (response_action == "update")


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"elsewhere": "x"}},
        {"response_action": "update", "view": modal(title=plain("x" * 25))},
        {"response_action": "explode"},
    ],
)
async def test_a_bad_answer_to_a_submission_leaves_the_person_with_trouble(
    answer: Body, bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.view("first")
    async def submitted(ack: AsyncAck) -> None:
        await ack(**answer)

    await bolt.connect()
    first = await opened(api, workspace, modal(text_input(), callback_id="first"))
    outcome = await workspace.person("ada").submit(first["id"], typed("x"))
    assert outcome.message == "We had some trouble connecting. Try again?"
    assert workspace.person("ada").view is not None


async def test_clear_closes_all_and_closing_is_told_on_request(
    bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.view("first")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="clear")

    @bolt.app.view_closed("told")
    async def closed(ack: AsyncAck, body: Body) -> None:
        bolt.heard.append((body["view"]["callback_id"], body["is_cleared"]))
        await ack()

    await bolt.connect()
    ada = workspace.person("ada")
    first = await opened(api, workspace, modal(callback_id="first"))
    assert (await ada.submit(first["id"])).ok
    assert ada.view is None
    for told in (True, False):
        view = await opened(api, workspace, modal(callback_id="told", notify_on_close=told))
        await ada.close(view["id"])
    assert bolt.heard == [("told", False)]


async def test_an_element_of_a_modal_acts_and_is_remembered(bolt: BoltApp, workspace: Workspace, api: Api) -> None:
    @bolt.app.action("pick")
    async def picked(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        bolt.heard.append(body)
        await ack()
        chosen = body["view"]["state"]["values"]["menu"]["pick"]["selected_option"]["value"]
        view = modal({**actions(select(option("a"), option("b"))), "block_id": "menu"}, section(chosen))
        await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)

    await bolt.connect()
    view = await opened(api, workspace, modal({**actions(select(option("a"), option("b"))), "block_id": "menu"}))
    ada = workspace.person("ada")
    assert (await ada.act(view["id"], "pick", {"selected_option": {"value": "b"}})).acked
    await until(lambda: ada.view is not None and len(ada.view["blocks"]) == 2)
    assert ada.view is not None
    assert ada.view["state"]["values"]["menu"]["pick"]["selected_option"]["value"] == "b"
    assert bolt.heard[0]["container"] == {"type": "view", "view_id": view["id"]}
    assert "message" not in bolt.heard[0]


async def test_an_external_select_of_a_modal_asks_the_app(bolt: BoltApp, workspace: Workspace, api: Api) -> None:
    @bolt.app.options("job")
    async def suggest(ack: AsyncAck, payload: Body) -> None:
        bolt.heard.append((payload["block_id"], payload["value"], payload["view"]["callback_id"]))
        await ack(option_groups=[{"label": plain("project"), "options": [option("run-1")]}])

    await bolt.connect()
    element = {"type": "external_select", "action_id": "job"}
    block = {"type": "input", "block_id": "which", "label": plain("Job"), "element": element}
    view = await opened(api, workspace, modal(block, callback_id="search"))
    offered = await workspace.person("ada").suggest("job", "run", view_id=view["id"])
    assert offered["option_groups"][0]["options"][0]["value"] == "run-1"
    assert bolt.heard == [("which", "run", "search")]


INPUTS = [
    ({"min_length": 3}, "ab", "Please enter at least 3 characters."),
    ({"max_length": 3}, "abcd", "Please enter at most 3 characters."),
    ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Please enter a number."),
    (
        {"type": "number_input", "is_decimal_allowed": True, "max_value": "2"},
        "2.5",
        "Please enter a number of at most 2.",
    ),
    ({"type": "url_text_input"}, "nowhere", "Please enter a valid URL."),
]


@pytest.mark.parametrize(("element", "value", "sentence"), INPUTS)
async def test_the_client_checks_inputs_before_the_app_hears_of_them(
    element: Body, value: str, sentence: str, api: Api, workspace: Workspace
) -> None:
    view = await opened(api, workspace, modal(text_input(**element)))
    outcome = await workspace.person("ada").submit(view["id"], typed(value))
    assert outcome.errors == {"name": sentence}


async def test_the_home_tab_is_published_per_person_and_opened_with_an_event(
    bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.event("app_home_opened")
    async def opened_home(event: Body, client: AsyncWebClient) -> None:
        bolt.heard.append((event["tab"], "view" in event))
        await client.views_publish(user_id=event["user"], view=HOME)

    await bolt.connect()
    ada = workspace.person("ada")
    assert await ada.open_home() is None
    await until(lambda: ADA in workspace.views.homes)
    shown = await ada.open_home()
    assert shown is not None
    assert shown["blocks"][0]["text"]["text"] == "your jobs"
    await until(lambda: bolt.heard == [("home", False), ("home", True)])
    assert (await api("views.publish", user_id=ADA, view=HOME, hash="old")).error == "hash_conflict"
    assert (await api("views.publish", user_id="U0NOBODY01", view=HOME)).error == "user_not_found"
    assert (await api("views.publish", user_id=ADA, view=modal())).error == "invalid_arguments"


async def test_a_closed_view_cannot_be_used(api: Api, workspace: Workspace) -> None:
    view = await opened(api, workspace, modal())
    ada = workspace.person("ada")
    await ada.close(view["id"])
    with pytest.raises(Misuse, match="closed"):
        await ada.submit(view["id"])
