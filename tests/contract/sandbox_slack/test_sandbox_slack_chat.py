"""chat.*: what may be said, changed and deleted, and what Slack refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.sandbox.slack.application import Application
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, rich, section
from tests.contract.sandbox_slack.wires import ADA, ALERTS, GUEST, STRANGER, AheadClock, Api

METADATA = {"event_type": "joblogs_delivery", "event_payload": {"id": "d-1"}}


async def test_a_message_is_posted_and_its_blocks_get_ids(api: Api, workspace: Workspace) -> None:
    answer = await api("chat.postMessage", channel=ALERTS, text="card", blocks=[section(), actions(button())])
    assert answer.body["ok"]
    assert answer.body["channel"] == ALERTS
    (message,) = workspace.messages("ml-alerts")
    assert message["ts"] == answer.body["ts"]
    assert (message["user"], message["bot_id"]) == (workspace.bot_user_id, workspace.bot_id)
    assert all(block["block_id"] for block in message["blocks"])
    assert message["blocks"][1]["elements"][0]["text"]["emoji"] is True


async def test_a_form_carries_objects_as_json_text(api: Api, workspace: Workspace) -> None:
    answer = await api.form("chat.postMessage", channel="#ml-alerts", blocks='[{"type": "divider"}]')
    assert answer.body["ok"]
    assert workspace.messages(ALERTS)[0]["blocks"][0]["type"] == "divider"


async def test_timestamps_only_grow_even_when_the_clock_stands(api: Api, workspace: Workspace) -> None:
    stamps = [workspace.mint.ts() for _ in range(5)]
    assert stamps == sorted(set(stamps))
    assert float(await api.post()) > float(stamps[-1])


POSTING: dict[str, tuple[dict[str, Any], str]] = {
    "no channel": ({"text": "x"}, "invalid_arguments"),
    "an unknown channel": ({"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
    "a channel without the bot": ({"channel": "C0GENERAL1", "text": "x"}, "not_in_channel"),
    "an archived channel": ({"channel": "C0ARCHIVED", "text": "x"}, "is_archived"),
    "nothing to show": ({"channel": ALERTS, "text": "  "}, "no_text"),
    "blocks that are no list": ({"channel": ALERTS, "blocks": {"type": "divider"}}, "invalid_blocks_format"),
    "blocks that are no JSON": ({"channel": ALERTS, "blocks": "[{"}, "invalid_blocks_format"),
    "an unknown block": ({"channel": ALERTS, "blocks": [{"type": "banner"}]}, "invalid_blocks"),
    "too much text in all": (
        {"channel": ALERTS, "blocks": [section("x" * 3000) for _ in range(5)]},
        "msg_blocks_too_long",
    ),
    "a thread that is not there": ({"channel": ALERTS, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    "101 attachments": ({"channel": ALERTS, "attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
    "metadata that is no object": ({"channel": ALERTS, "text": "x", "metadata": [1]}, "invalid_metadata_format"),
    "metadata without a payload": (
        {"channel": ALERTS, "text": "x", "metadata": {"event_type": "e"}},
        "invalid_metadata_schema",
    ),
    "metadata that is too large": (
        {"channel": ALERTS, "text": "x", "metadata": {"event_type": "e", "event_payload": {"p": "x" * 2048}}},
        "metadata_too_large",
    ),
    "markdown_text beside text": (
        {"channel": ALERTS, "text": "x", "markdown_text": "x"},
        "markdown_text_conflict",
    ),
    "another name without its scope": ({"channel": ALERTS, "text": "x", "username": "boss"}, "missing_scope"),
}


@pytest.mark.parametrize("name", POSTING)
async def test_what_cannot_be_posted_is_refused_and_leaves_no_trace(
    name: str, api: Api, workspace: Workspace
) -> None:
    arguments, code = POSTING[name]
    answer = await api("chat.postMessage", **arguments)
    assert (answer.status, answer.body["ok"], answer.error) == (200, False, code)
    assert all(not channel.messages for channel in workspace.channels.values())


async def test_a_private_channel_without_the_bot_does_not_exist_for_it(api: Api, workspace: Workspace) -> None:
    workspace.remove_bot("ml-private")
    assert (await api("chat.postMessage", channel="C0PRIVATE1", text="x")).error == "channel_not_found"
    workspace.invite_bot("ml-private")
    assert (await api("chat.postMessage", channel="C0PRIVATE1", text="x")).error is None


async def test_invalid_blocks_name_each_bad_node(api: Api, workspace: Workspace) -> None:
    answer = await api("chat.postMessage", channel=ALERTS, blocks=[section("x" * 3001)])
    sentence = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert answer.body["response_metadata"]["messages"] == [f"[ERROR] {sentence}"]
    assert workspace.calls[-1].pointers == (f"[ERROR] {sentence}",)


@pytest.mark.parametrize(("length", "messages"), [(4040, 1), (4041, 2), (8001, 3)])
async def test_a_long_text_arrives_in_parts_of_which_one_ts_is_told(
    length: int, messages: int, api: Api, workspace: Workspace
) -> None:
    ts = await api.post("x" * length)
    shown = workspace.messages(ALERTS)
    assert len(shown) == messages
    assert shown[0]["ts"] == ts
    assert sum(len(one["text"]) for one in shown) == length


async def test_a_text_beside_blocks_is_cut_at_40_000(api: Api, workspace: Workspace) -> None:
    await api.post("x" * 40_001, blocks=[section()])
    assert len(workspace.messages(ALERTS)[0]["text"]) == 40_000


async def test_a_reply_stays_in_its_thread_unless_it_is_broadcast(api: Api, workspace: Workspace) -> None:
    root = await api.post("root")
    reply = await api.post("reply", thread_ts=root)
    loud = await api.post("loud", thread_ts=root, reply_broadcast=True)
    assert [one["ts"] for one in workspace.messages(ALERTS)] == [root, loud]
    assert [one["ts"] for one in workspace.messages(ALERTS, root)] == [root, reply, loud]
    assert workspace.messages(ALERTS)[0]["reply_count"] == 2
    answer = await api("chat.postMessage", channel=ALERTS, text="x", thread_ts=reply)
    assert answer.error == "cannot_reply_to_message"


async def test_an_update_replaces_words_and_keeps_metadata(api: Api, workspace: Workspace) -> None:
    ts = await api.post("one", blocks=[section("one")], metadata=METADATA)
    assert (await api("chat.update", channel=ALERTS, ts=ts, text="two", blocks=[section("two")])).body["ok"]
    (message,) = workspace.messages(ALERTS)
    assert message["blocks"][0]["text"]["text"] == "two"
    assert message["metadata"] == METADATA
    assert "edited" not in message


async def test_an_update_with_text_alone_takes_the_blocks_away_and_marks_the_message(
    api: Api, workspace: Workspace
) -> None:
    ts = await api.post("one", blocks=[section("one")])
    await api("chat.update", channel=ALERTS, ts=ts, text="two")
    (message,) = workspace.messages(ALERTS)
    assert "blocks" not in message
    assert message["edited"]["user"] == workspace.bot_user_id


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"text": "x" * 4000}, None),
        ({"text": "x" * 4001}, "msg_too_long"),
        ({}, "no_text"),
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x", "ts": "1.000001"}, "message_not_found"),
        ({"text": "x", "reply_broadcast": True}, "no_dual_broadcast_content_update"),
        ({"text": "x", "blocks": [section()]}, "block_mismatch"),
        ({"text": "x", "blocks": [section(), rich("new")]}, None),
    ],
)
async def test_an_update_has_rules_of_its_own(arguments: dict[str, Any], code: str | None, api: Api) -> None:
    ts = await api.post("one", blocks=[rich("one")])
    answer = await api("chat.update", **{"channel": ALERTS, "ts": ts, **arguments})
    assert answer.error == code


async def test_the_bot_changes_and_deletes_its_own_messages_only(api: Api, workspace: Workspace) -> None:
    said = await workspace.person("ada").say("ml-alerts", "mine")
    assert (await api("chat.update", channel=ALERTS, ts=said.ts, text="x")).error == "cant_update_message"
    assert (await api("chat.delete", channel=ALERTS, ts=said.ts)).error == "cant_delete_message"
    own = await api.post()
    assert (await api("chat.delete", channel=ALERTS, ts=own)).body["ok"]
    assert (await api("chat.delete", channel=ALERTS, ts=own)).error == "message_not_found"


async def test_a_deleted_parent_leaves_a_tombstone_above_its_replies(api: Api, workspace: Workspace) -> None:
    root = await api.post("root")
    await api.post("reply", thread_ts=root)
    workspace.delete_message("ml-alerts", root)
    parent, reply = workspace.messages(ALERTS, root)
    assert parent["subtype"] == "tombstone"
    assert reply["text"] == "reply"


async def test_an_ephemeral_is_for_one_member_and_cannot_be_updated(api: Api, workspace: Workspace) -> None:
    answer = await api("chat.postEphemeral", channel=ALERTS, user=ADA, text="psst")
    ts = answer.body["message_ts"]
    assert [one["text"] for one in workspace.ephemerals("ada", "ml-alerts")] == ["psst"]
    assert workspace.ephemerals("grace", "ml-alerts") == []
    assert (await api("chat.update", channel=ALERTS, ts=ts, text="x")).error == "message_not_found"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"user": STRANGER}, "user_not_in_channel"),
        ({"user": GUEST, "attachments": [{"blocks": [section()]}]}, "invalid_attachments"),
        ({"user": GUEST, "text": ""}, "no_text"),
    ],
)
async def test_an_ephemeral_has_rules_of_its_own(arguments: dict[str, Any], code: str, api: Api) -> None:
    assert (await api("chat.postEphemeral", **{"channel": ALERTS, "text": "x", **arguments})).error == code


async def test_a_permalink_names_the_message_and_its_thread(api: Api) -> None:
    root = await api.post()
    reply = await api.post(thread_ts=root)
    answer = await api.form("chat.getPermalink", channel=ALERTS, message_ts=reply)
    digits = reply.replace(".", "")
    expected = f"https://training.slack.com/archives/{ALERTS}/p{digits}?thread_ts={root}&cid={ALERTS}"
    assert answer.body["permalink"] == expected
    missing = await api.form("chat.getPermalink", channel=ALERTS, message_ts="1.000001")
    assert missing.error == "message_not_found"


async def test_a_link_of_the_apps_domain_unfurls_and_no_other(api: Api, workspace: Workspace) -> None:
    link = "https://app.baseten.co/training/p1"
    said = await workspace.person("ada").say("ml-alerts", f"see {link} and https://elsewhere.example")
    answer = await api("chat.unfurl", channel=ALERTS, ts=said.ts, unfurls={link: {"blocks": [section("job")]}})
    assert answer.body["ok"]
    (attachment,) = workspace.messages(ALERTS)[0]["attachments"]
    assert (attachment["from_url"], attachment["is_app_unfurl"]) == (link, True)
    other = await api(
        "chat.unfurl", channel=ALERTS, ts=said.ts, unfurls={"https://elsewhere.example": {"text": "x"}}
    )
    assert other.error == "cannot_unfurl_url"


@pytest.mark.parametrize(
    ("method", "token", "code"),
    [
        ("chat.postMessage", "xoxb-wrong", "invalid_auth"),
        ("chat.postMessage", "app", "not_allowed_token_type"),
        ("apps.connections.open", "bot", "not_allowed_token_type"),
        ("chat.explode", "bot", "unknown_method"),
    ],
)
async def test_each_method_wants_its_token(
    method: str, token: str, code: str, api: Api, workspace: Workspace
) -> None:
    known = {"app": workspace.app_token, "bot": workspace.bot_token}
    answer = await api.send(method, token=known.get(token, token), json={"channel": ALERTS, "text": "x"})
    assert (answer.status, answer.error) == (200, code)


async def test_a_token_may_stand_in_a_form_and_must_stand_somewhere(api: Api) -> None:
    async with api.session.post(f"{api.server.api_url}auth.test", data={"token": api.token}) as response:
        assert (await response.json())["ok"]
    async with api.session.post(f"{api.server.api_url}auth.test") as response:
        assert (await response.json())["error"] == "not_authed"


@pytest.mark.parametrize(
    ("body", "code"), [("{", "invalid_json"), ("[1]", "json_not_object"), ('{"text": "\\ud800"}', "invalid_json")]
)
async def test_a_body_that_is_no_json_object_is_refused(body: str, code: str, api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json; charset=utf-8"}
    async with api.session.post(f"{api.server.api_url}chat.postMessage", data=body, headers=headers) as response:
        assert (await response.json())["error"] == code


async def test_a_missing_scope_is_named(api: Api, workspace: Workspace, with_scopes: Callable[..., None]) -> None:
    with_scopes("chat:write", "channels:read")
    answer = await api.form("conversations.info", channel="C0PRIVATE1")
    assert answer.error == "missing_scope"
    assert (answer.body["needed"], answer.body["provided"]) == ("groups:read", "channels:read,chat:write")


async def test_public_channels_take_messages_without_an_invitation_when_the_scope_says_so(
    api: Api, installed: Application, with_scopes: Callable[..., None]
) -> None:
    with_scopes(*installed.scopes, "chat:write.public")
    assert (await api("chat.postMessage", channel="C0GENERAL1", text="x")).error is None


async def test_a_person_can_be_written_to_by_id(api: Api, workspace: Workspace, clock: AheadClock) -> None:
    answer = await api("chat.postMessage", channel=ADA, text="hello")
    direct = workspace.channel(answer.body["channel"])
    assert (direct.is_im, direct.user) == (True, ADA)
    assert (await api("conversations.open", users=ADA)).body["channel"]["id"] == direct.id
