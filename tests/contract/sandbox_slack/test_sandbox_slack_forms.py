"""What people enter in modals, in every element that there is, told to the app over sockets and over HTTP."""

from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.states import state_name
from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import (
    CHOICES,
    actions,
    button,
    labelled,
    modal,
    option,
    plain,
    section,
    select,
)
from tests.contract.sandbox_slack.wires import ADA, ALERTS, Api, BoltApp, until

Body = dict[str, Any]
JOB = {"type": "external_select", "action_id": "it", "min_query_length": 1}
SHARED, PRIVATE, RANDOM = "C0SHARED01", "C0PRIVATE1", "C0RANDOM01"


async def opened(api: Api, workspace: Workspace, view: Body, *, channel: str | None = None) -> Body:
    """A modal in front of Ada."""
    trigger = workspace.triggers.new(ADA, channel=channel)
    answer = await api("views.open", trigger_id=trigger, view=view)
    assert answer.body["ok"], answer.body
    shown: Body = answer.body["view"]
    return shown


def rich(text: str) -> Body:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


ENTERED: list[tuple[str, Body, Any, Body]] = [
    ("a text", {"type": "plain_text_input"}, "hello", {"value": "hello"}),
    ("lines", {"type": "plain_text_input", "multiline": True}, "one\ntwo", {"value": "one\ntwo"}),
    ("an email", {"type": "email_text_input"}, "ada@example.com", {"value": "ada@example.com"}),
    ("a url", {"type": "url_text_input"}, "https://x.example", {"value": "https://x.example"}),
    ("a number", {"type": "number_input", "is_decimal_allowed": False}, "12", {"value": "12"}),
    ("a rich text", {"type": "rich_text_input"}, "bold", {"rich_text_value": rich("bold")}),
    ("an option", select(*CHOICES), "b", {"selected_option": CHOICES[1]}),
    (
        "several options",
        {"type": "multi_static_select", "options": CHOICES, "max_selected_items": 2},
        ["a", "c"],
        {"selected_options": [CHOICES[0], CHOICES[2]]},
    ),
    ("a radio button", {"type": "radio_buttons", "options": CHOICES}, "c", {"selected_option": CHOICES[2]}),
    ("checkboxes", {"type": "checkboxes", "options": CHOICES}, ["a"], {"selected_options": [CHOICES[0]]}),
    ("a person by name", {"type": "users_select"}, "grace", {"selected_user": "U0GRACE001"}),
    (
        "people",
        {"type": "multi_users_select"},
        ["grace", ADA],
        {"selected_users": ["U0GRACE001", ADA]},
    ),
    ("a channel", {"type": "channels_select"}, "random", {"selected_channel": RANDOM}),
    ("a conversation", {"type": "conversations_select"}, "ml-private", {"selected_conversation": PRIVATE}),
    (
        "conversations",
        {"type": "multi_conversations_select"},
        [ALERTS, "random"],
        {"selected_conversations": [ALERTS, RANDOM]},
    ),
    ("a date", {"type": "datepicker"}, "2026-11-23", {"selected_date": "2026-11-23"}),
    ("a time", {"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
    ("a moment", {"type": "datetimepicker"}, 1_800_000_000, {"selected_date_time": 1_800_000_000}),
]


@pytest.mark.parametrize(
    ("element", "value", "state"), [case[1:] for case in ENTERED], ids=[case[0] for case in ENTERED]
)
async def test_what_is_entered_arrives_in_the_submission(
    element: Body, value: Any, state: Body, wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.view("form")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        wired.heard.append(view["state"]["values"]["it"]["it"])
        await ack()

    await opened(wired.calls, workspace, modal(labelled("it", {**element, "action_id": "it"}), callback_id="form"))
    ada = workspace.person("ada")
    assert (await ada.submit(values={"it": {"it": value}})).ok
    assert wired.heard == [{"type": element["type"], **state}]
    assert ada.view is None


REFUSED: list[tuple[str, Body, Any, str]] = [
    ("an option that is not there", select(*CHOICES), "z", "no option z"),
    ("too many options", {"type": "multi_static_select", "options": CHOICES, "max_selected_items": 1}, ["a", "b"], "at most 1"),
    ("one where several are meant", {"type": "multi_users_select"}, "grace", "takes a list"),
    ("somebody who has left", {"type": "users_select"}, "dana", "does not offer dana"),
    ("a private channel among public ones", {"type": "channels_select"}, "ml-private", "does not offer"),
    (
        "a shared channel where those are left out",
        {"type": "conversations_select", "filter": {"exclude_external_shared_channels": True}},
        SHARED,
        "does not offer",
    ),
    (
        "a public channel where only private ones are meant",
        {"type": "conversations_select", "filter": {"include": ["private"]}},
        "random",
        "does not offer",
    ),
    ("a day that is none", {"type": "datepicker"}, "2026-02-30", "not a date"),
    ("an hour that is none", {"type": "timepicker"}, "24:00", "not a time"),
    ("a moment in words", {"type": "datetimepicker"}, "now", "whole number"),
    ("an option that nobody offered", JOB, "run-9", "no option run-9"),
    ("a file", {"type": "file_input"}, [{"id": "F1"}], "takes no files"),
    ("a text that is no rich text", {"type": "rich_text_input"}, {"rich_text_value": {"type": "section"}}, "no rich text"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("element", "value", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_nobody_enters_what_slacks_client_does_not_offer(
    element: Body, value: Any, sentence: str, api: Api, workspace: Workspace
) -> None:
    await opened(api, workspace, modal(labelled("it", {**element, "action_id": "it"})))
    with pytest.raises(Misuse, match=sentence):
        await workspace.person("ada").submit(values={"it": {"it": value}})


JUNK = [None, 5, -1.5, True, "", "x", [], [[]], [None], {}, {"value": []}, {"type": "rich_text"}, [{"value": 3}]]


@pytest.mark.parametrize("junk", JUNK, ids=map(repr, JUNK))
async def test_whatever_a_browser_sends_it_is_answered(junk: Any, api: Api, workspace: Workspace) -> None:
    elements = [{**case[1], "action_id": "it"} for case in (*ENTERED, *REFUSED)]
    blocks = [labelled(f"b{number}", element) for number, element in enumerate(elements)]
    view = await opened(api, workspace, modal(*blocks))
    for number, element in enumerate(elements):
        patch = {state_name(element): junk}
        body = {"as": ADA, "view_id": view["id"], "block_id": f"b{number}", "action_id": "it", "patch": patch}
        async with api.session.post(f"{api.server.url}/page/view/act", json=body) as answer:
            assert answer.status in {200, 400}, (element, await answer.text())


FAULTS: list[tuple[str, Body, Any, str]] = [
    ("a required choice", select(*CHOICES), None, "Please complete this required field."),
    ("a required list", {"type": "checkboxes", "options": CHOICES}, [], "Please complete this required field."),
    ("a required file", {"type": "file_input"}, None, "Please complete this required field."),
    ("too short", {"type": "plain_text_input", "min_length": 3}, "ab", "Please enter at least 3 characters."),
    ("two lines in one", {"type": "plain_text_input"}, "a\nb", "Please enter a single line."),
    ("no address", {"type": "email_text_input"}, "ada", "Please enter a valid email address."),
    ("no number", {"type": "number_input", "is_decimal_allowed": True}, "x", "Please enter a number."),
    ("a small number", {"type": "number_input", "is_decimal_allowed": False, "min_value": "3"}, "2", "Please enter a number of at least 3."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("element", "value", "sentence"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
async def test_the_client_keeps_a_modal_back_with_a_sentence_at_the_field(
    element: Body, value: Any, sentence: str, api: Api, workspace: Workspace
) -> None:
    await opened(api, workspace, modal(labelled("it", {**element, "action_id": "it"})))
    outcome = await workspace.person("ada").submit(values={"it": {"it": {_field(element): value}}})
    assert (outcome.acked, outcome.errors) == (False, {"it": sentence})


def _field(element: Body) -> str:
    return {"static_select": "selected_option", "checkboxes": "selected_options", "file_input": "files"}.get(
        element["type"], "value"
    )


async def test_what_was_typed_so_far_travels_with_a_button_of_the_modal(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.action("preview")
    async def preview(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        values = body["view"]["state"]["values"]
        wired.heard.append((values["words"]["it"]["value"], values["level"]["pick"]["selected_option"]["value"]))
        found = modal(*view["blocks"][:3], section("3 lines"), callback_id="form")
        await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=found)

    view = modal(
        labelled("words", {"type": "plain_text_input", "action_id": "it"}),
        labelled("level", select(*CHOICES, initial_option=CHOICES[0])),
        {**actions(button("preview")), "block_id": "buttons"},
    )
    await opened(wired.calls, workspace, view)
    ada = workspace.person("ada")
    await ada.act(None, "preview", values={"words": {"it": {"value": "CUDA"}}, "gone": {"x": {"value": "1"}}})
    await until(lambda: ada.view is not None and len(ada.view["blocks"]) == 4)
    assert wired.heard == [("CUDA", "a")]
    assert ada.view is not None
    assert ada.view["state"]["values"]["words"]["it"]["value"] == "CUDA"


async def test_an_input_speaks_only_when_it_dispatches(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.action("it")
    async def typed(ack: AsyncAck, action: Body) -> None:
        wired.heard.append((action["block_id"], action["type"], action["value"]))
        await ack()

    element = {"type": "plain_text_input", "action_id": "it"}
    await opened(
        wired.calls, workspace, modal(labelled("quiet", element), labelled("loud", element, dispatch_action=True))
    )
    ada = workspace.person("ada")
    await ada.act(None, "it", "a", block_id="quiet")
    await ada.act(None, "it", "b", block_id="loud")
    assert wired.heard == [("loud", "plain_text_input", "b")]
    assert ada.view is not None
    assert ada.view["state"]["values"]["quiet"]["it"]["value"] == "a"


async def test_options_are_offered_while_one_types_and_only_those_can_be_chosen(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.options("it")
    async def offer(ack: AsyncAck, payload: Body) -> None:
        found = [option(f"{payload['value']}-{number}") for number in range(3)]
        await ack(option_groups=[{"label": plain("llama-ft"), "options": found}])

    @wired.app.view("form")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        wired.heard.append(view["state"]["values"]["job"]["it"]["selected_option"]["value"])
        await ack()

    await opened(wired.calls, workspace, modal(labelled("job", JOB), callback_id="form"))
    ada = workspace.person("ada")
    with pytest.raises(Misuse, match="at least 1 characters"):
        await ada.suggest("it", "")
    answer = await ada.suggest("it", "run")
    assert [one["value"] for one in answer["option_groups"][0]["options"]] == ["run-0", "run-1", "run-2"]
    with pytest.raises(Misuse, match="no option run-7"):
        await ada.submit(values={"job": {"it": "run-7"}})
    assert (await ada.submit(values={"job": {"it": "run-1"}})).ok
    assert wired.heard == ["run-1"]


async def test_options_that_come_late_are_no_options(api: Api, workspace: Workspace) -> None:
    await opened(api, workspace, modal(labelled("job", JOB)))
    with pytest.raises(Misuse, match="dispatch_failed"):
        await workspace.person("ada").suggest("it", "run")
    await opened(api, workspace, modal(labelled("job", select(*CHOICES))))
    with pytest.raises(Misuse, match="asks nobody"):
        await workspace.person("ada").suggest("pick", "run")


async def test_the_initial_option_of_an_external_select_may_stay(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.view("form")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        wired.heard.append(view["state"]["values"]["job"]["it"]["selected_option"]["value"])
        await ack()

    form = modal(labelled("job", {**JOB, "initial_option": option("run-0")}), callback_id="form")
    await opened(wired.calls, workspace, form)
    assert (await workspace.person("ada").submit()).ok
    await opened(wired.calls, workspace, form)
    assert (await workspace.person("ada").submit(values={"job": {"it": "run-0"}})).ok
    assert wired.heard == ["run-0", "run-0"]


async def test_a_modal_knows_the_conversation_it_was_asked_for_in_and_answers_where_it_is_told(
    wired: BoltApp, workspace: Workspace
) -> None:
    where = {
        "type": "conversations_select",
        "action_id": "it",
        "default_to_current_conversation": True,
        "response_url_enabled": True,
    }

    @wired.app.command("/joblogs")
    async def command(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(labelled("where", where), callback_id="form")
        )

    @wired.app.view("form")
    async def submitted(ack: AsyncAck, body: Body) -> None:
        await ack()
        wired.heard.append(body["response_urls"])

    ada = workspace.person("ada")
    await ada.command("/joblogs", channel="ml-private")
    await until(lambda: ada.view is not None)
    assert ada.view is not None
    assert ada.view["state"]["values"]["where"]["it"]["selected_conversation"] == PRIVATE
    assert (await ada.submit(values={"where": {"it": "ml-alerts"}})).ok
    ((url,),) = wired.heard
    assert (url["block_id"], url["action_id"], url["channel_id"]) == ("where", "it", ALERTS)
    said = {"response_type": "in_channel", "text": "shared"}
    async with wired.calls.session.post(url["response_url"], json=said) as response:
        assert response.status == 200
    assert [one["text"] for one in workspace.messages("ml-alerts")] == ["shared"]
