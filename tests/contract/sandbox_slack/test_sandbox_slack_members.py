"""Who is in the workspace, what each may do to channels and messages, and direct messages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, Api

Body = dict[str, Any]
DANA, GRACE = "U0DANA0001", "U0GRACE001"


async def do(api: Api, path: str, **body: Any) -> tuple[int, Body]:
    async with api.session.post(f"{api.server.url}/page/{path}", json=body) as response:
        return response.status, await response.json()


async def test_a_deactivated_account_has_no_zone_no_direct_messages_and_no_choice(
    api: Api, workspace: Workspace
) -> None:
    user = (await api("users.info", user=DANA)).body["user"]
    assert user["deleted"] is True
    assert "tz" not in user
    assert (await api("conversations.open", users=DANA)).error == "user_disabled"
    assert (await api("chat.postMessage", channel=DANA, text="x")).error == "channel_not_found"
    listed = (await api("users.list")).body["members"]
    assert [one["id"] for one in listed if one["deleted"]] == [DANA]
    with pytest.raises(Misuse, match="deactivated"):
        await workspace.person("dana").say("general", "hello")
    assert (await do(api, "say", **{"as": DANA, "channel": "C0GENERAL1", "text": "x"}))[1]["error"] == (
        "account_inactive"
    )


async def test_somebody_leaves_the_company(api: Api, workspace: Workspace) -> None:
    said = await workspace.person("grace").say("ml-alerts", "bye")
    workspace.deactivate("grace")
    assert GRACE not in (await api("conversations.members", channel=ALERTS)).body["members"]
    groups = (await api("usergroups.list", include_users=True)).body["usergroups"]
    assert {group["handle"]: group["users"] for group in groups} == {"ml-oncall": [ADA], "oncall": []}
    assert workspace.messages("ml-alerts")[0]["ts"] == said.ts
    with pytest.raises(Misuse, match="deactivated"):
        await workspace.person("grace").say("ml-alerts", "still here?")


async def test_a_direct_message_stands_in_the_persons_sidebar_as_unread(api: Api, workspace: Workspace) -> None:
    grace = workspace.person("grace")
    opened = (await api("conversations.open", users=GRACE)).body["channel"]["id"]
    assert opened.startswith("D")
    await api.post("you hold an incident", opened)
    (direct,) = [one for one in grace.channels if one["is_im"]]
    assert (direct["id"], direct["unread"], direct["mentions"]) == (opened, 1, 1)
    assert (direct["user"], direct["name"]) == (workspace.bot_user_id, "joblogs")
    assert [one["text"] for one in grace.direct_messages] == ["you hold an incident"]
    assert [one for one in workspace.person("ada").channels if one["id"] == opened] == []
    page = (await api("conversations.history", channel=opened)).body["messages"]
    assert [one["text"] for one in page] == ["you hold an incident"]


async def test_an_app_without_a_messages_tab_writes_to_nobody(api: Api, workspace: Workspace) -> None:
    workspace.app = replace(workspace.app, direct_enabled=False)
    assert (await api("chat.postMessage", channel=ADA, text="x")).error == "messages_tab_disabled"
    direct = (await api("conversations.open", users=ADA)).body["channel"]["id"]
    assert (await api("chat.postMessage", channel=direct, text="x")).error == "messages_tab_disabled"


async def test_a_channel_is_archived_and_comes_back(api: Api, workspace: Workspace) -> None:
    ada = workspace.person("ada")
    ts = await api.post("card")
    await ada.archive("ml-alerts")
    for method, more in (
        ("chat.postMessage", {"text": "x"}),
        ("chat.update", {"ts": ts, "text": "x"}),
        ("reactions.add", {"timestamp": ts, "name": "eyes"}),
    ):
        assert (await api(method, channel=ALERTS, **more)).error == "is_archived"
    assert (await api("conversations.info", channel=ALERTS)).body["channel"]["is_archived"] is True
    with pytest.raises(Misuse, match="archived"):
        await ada.say("ml-alerts", "x")
    with pytest.raises(Misuse, match="unarchive it first"):
        await ada.invite_bot("ml-alerts")
    await ada.unarchive("ml-alerts")
    assert await api.post("again")
    with pytest.raises(Misuse, match="not archived"):
        await ada.unarchive("ml-alerts")


async def test_the_bot_is_removed_and_invited_again(api: Api, workspace: Workspace) -> None:
    grace = workspace.person("grace")
    await grace.remove_bot("ml-alerts")
    assert (await api("chat.postMessage", channel=ALERTS, text="x")).error == "not_in_channel"
    assert (await api("conversations.history", channel=ALERTS)).error == "not_in_channel"
    await grace.remove_bot("ml-private")
    assert (await api("chat.postMessage", channel="C0PRIVATE1", text="x")).error == "channel_not_found"
    await grace.invite_bot("ml-alerts")
    assert await api.post("back")


async def test_people_delete_their_own_messages_and_an_administrator_any(api: Api, workspace: Workspace) -> None:
    ada, grace = workspace.person("ada"), workspace.person("grace")
    card = await api.post("card")
    said = await grace.say("ml-alerts", "mine")
    with pytest.raises(Misuse, match="your own messages"):
        await grace.delete("ml-alerts", card)
    await grace.delete("ml-alerts", str(said.ts))
    await ada.delete("ml-alerts", card)
    assert workspace.messages("ml-alerts") == []
    assert (await api("chat.update", channel=ALERTS, ts=card, text="x")).error == "message_not_found"
    with pytest.raises(Misuse, match="gone"):
        await ada.delete("ml-alerts", card)


DEEDS: list[tuple[str, str, Body, int, str | None]] = [
    ("a member archives", "channel", {"as": ADA, "channel": ALERTS, "do": "archive"}, 200, None),
    ("what is not archived", "channel", {"as": ADA, "channel": ALERTS, "do": "unarchive"}, 400, "not_archived"),
    ("a guest", "channel", {"as": "U0GUEST001", "channel": ALERTS, "do": "archive"}, 400, "restricted_action"),
    ("a stranger", "channel", {"as": "U0STRANGE1", "channel": "C0SHARED01", "do": "remove"}, 400, "restricted_action"),
    ("who is not in it", "channel", {"as": GRACE, "channel": "C0LONELY01", "do": "invite"}, 400, "not_in_channel"),
    ("something else", "channel", {"as": ADA, "channel": ALERTS, "do": "rename"}, 400, "unknown_deed"),
    ("a message that is gone", "delete", {"as": ADA, "channel": ALERTS, "ts": "1.1"}, 400, "message_not_found"),
    ("a link in the composer", "compose", {"as": ADA, "text": "https://app.baseten.co/x"}, 200, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status", "code"), [case[1:] for case in DEEDS], ids=[case[0] for case in DEEDS]
)
async def test_the_page_changes_channels_and_messages(
    path: str, body: Body, status: int, code: str | None, api: Api, workspace: Workspace
) -> None:
    workspace.add_channel("lonely", id="C0LONELY01", members=["ada"])
    answer = await do(api, path, **body)
    assert (answer[0], answer[1].get("error")) == (status, code)
    assert code is None or " " in answer[1]["message"]


NEEDED = [
    ("users.list", {}, "users:read"),
    ("usergroups.list", {}, "usergroups:read"),
    ("usergroups.users.list", {"usergroup": "S0ONCALL01"}, "usergroups:read"),
    ("conversations.open", {"users": ADA}, "im:write"),
    ("conversations.members", {"channel": ALERTS}, "channels:read"),
    ("conversations.info", {"channel": "C0PRIVATE1"}, "groups:read"),
    ("users.conversations", {"types": "im"}, "im:read"),
    ("conversations.history", {"channel": ALERTS}, "channels:history"),
    ("reactions.add", {"channel": ALERTS, "timestamp": "1.1", "name": "eyes"}, "reactions:write"),
    ("chat.delete", {"channel": ALERTS, "ts": "1.1"}, "chat:write"),
    ("chat.unfurl", {"channel": ALERTS, "ts": "1.1", "unfurls": {"x": {}}}, "links:write"),
]


@pytest.mark.parametrize(("method", "arguments", "scope"), NEEDED)
async def test_each_method_needs_its_scope(
    method: str, arguments: Body, scope: str, api: Api, with_scopes: Callable[..., None]
) -> None:
    with_scopes("commands", "team:read")
    answer = await api(method, **arguments)
    assert (answer.error, answer.body["needed"], answer.body["provided"]) == (
        "missing_scope",
        scope,
        "commands,team:read",
    )


async def test_an_app_has_only_what_the_manifest_of_this_project_gives_it(api: Api, workspace: Workspace) -> None:
    own = Workspace(workspace.clock)
    assert own.app.command("/joblogs") is not None
    workspace.app = own.app
    for method, arguments, scope in NEEDED:
        answer = await api(method, **arguments)
        assert (answer.error == "missing_scope") is (scope not in own.app.scopes), (method, answer.body)
