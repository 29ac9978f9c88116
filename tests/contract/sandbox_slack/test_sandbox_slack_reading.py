"""conversations.*, users.* and their kin: what the bot may read."""

import pytest

from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, GUEST, STRANGER, AheadClock, Api

METADATA = {"event_type": "joblogs_delivery", "event_payload": {"id": "d-1"}}


async def test_history_is_newest_first_without_replies_and_pages(api: Api) -> None:
    first, second, third = [await api.post(text) for text in ("a", "b", "c")]
    await api.post("reply", thread_ts=first)
    page = await api.form("conversations.history", channel=ALERTS, limit=2)
    assert [one["ts"] for one in page.body["messages"]] == [third, second]
    assert page.body["has_more"] is True
    cursor = page.body["response_metadata"]["next_cursor"]
    rest = await api.form("conversations.history", channel=ALERTS, limit=2, cursor=cursor)
    assert [one["ts"] for one in rest.body["messages"]] == [first]
    assert rest.body["has_more"] is False


async def test_the_bounds_of_a_window_are_outside_it_unless_inclusive(api: Api) -> None:
    first, second, third = [await api.post(text) for text in ("a", "b", "c")]
    window = {"channel": ALERTS, "oldest": first, "latest": third}
    inner = await api.form("conversations.history", **window)
    outer = await api.form("conversations.history", **window, inclusive="true")
    assert [one["ts"] for one in inner.body["messages"]] == [second]
    assert [one["ts"] for one in outer.body["messages"]] == [third, second, first]


async def test_metadata_is_told_on_request_only(api: Api) -> None:
    root = await api.post("root", metadata=METADATA)
    await api.post("reply", thread_ts=root, metadata=METADATA)
    short = await api.form("conversations.history", channel=ALERTS)
    assert short.body["messages"][0]["metadata"] == {"event_type": "joblogs_delivery"}
    whole = await api.form("conversations.replies", channel=ALERTS, ts=root, include_all_metadata="1")
    assert [one["metadata"] for one in whole.body["messages"]] == [METADATA, METADATA]


async def test_replies_begin_with_the_parent_on_every_page(api: Api) -> None:
    root = await api.post("root")
    replies = [await api.post(text, thread_ts=root) for text in ("a", "b")]
    page = await api.form("conversations.replies", channel=ALERTS, ts=root, limit=1)
    assert [one["ts"] for one in page.body["messages"]] == [root, replies[0]]
    cursor = page.body["response_metadata"]["next_cursor"]
    rest = await api.form("conversations.replies", channel=ALERTS, ts=root, limit=1, cursor=cursor)
    assert [one["ts"] for one in rest.body["messages"]] == [root, replies[1]]
    parent = rest.body["messages"][0]
    assert (parent["reply_count"], parent["latest_reply"], parent["thread_ts"]) == (2, replies[1], root)


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("conversations.history", {"channel": "C0GENERAL1"}, "not_in_channel"),
        ("conversations.history", {"channel": ALERTS, "limit": 1000}, "invalid_limit"),
        ("conversations.history", {"channel": ALERTS, "cursor": "!"}, "invalid_cursor"),
        ("conversations.history", {"channel": ALERTS, "oldest": "noon"}, "invalid_ts_oldest"),
        ("conversations.replies", {"channel": ALERTS, "ts": "1.000001"}, "thread_not_found"),
        ("conversations.info", {"channel": "C0NOWHERE1"}, "channel_not_found"),
        ("conversations.list", {"types": "secret"}, "invalid_types"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.join", {"channel": "C0GENERAL1"}, "missing_scope"),
        ("users.info", {"user": "U0NOBODY01"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "ada@example.com"}, "missing_scope"),
        ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
        ("bots.info", {"bot": "B0OTHER001"}, "bot_not_found"),
        ("reactions.add", {"channel": ALERTS, "timestamp": "1.000001", "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": ALERTS, "timestamp": "1.000001", "name": "Two Eyes"}, "invalid_name"),
        ("reactions.add", {"channel": "C0GENERAL1", "timestamp": "1.1", "name": "eyes"}, "not_in_channel"),
    ],
)
async def test_what_cannot_be_read_is_refused(method: str, arguments: dict[str, str], code: str, api: Api) -> None:
    assert (await api.form(method, **arguments)).error == code


async def test_a_shared_channel_says_so_and_a_stranger_is_known_by_team(api: Api, workspace: Workspace) -> None:
    shared = (await api.form("conversations.info", channel="C0SHARED01")).body["channel"]
    assert (shared["is_ext_shared"], shared["is_member"], shared["is_private"]) == (True, True, False)
    stranger = (await api.form("users.info", user=STRANGER)).body["user"]
    assert stranger["is_stranger"] is True
    assert stranger["team_id"] != workspace.team_id
    guest = (await api.form("users.info", user=GUEST)).body["user"]
    assert guest["is_restricted"] is True


async def test_a_user_has_a_time_zone_and_no_email_without_its_scope(api: Api) -> None:
    user = (await api.form("users.info", user=ADA)).body["user"]
    assert user["tz"] == "Europe/Berlin"
    assert user["tz_offset"] in {3600, 7200}
    assert "email" not in user["profile"]


async def test_private_channels_are_listed_only_where_the_bot_is(api: Api, workspace: Workspace) -> None:
    types = "public_channel,private_channel"
    names = {one["name"] for one in (await api.form("conversations.list", types=types)).body["channels"]}
    assert {"ml-alerts", "general", "ml-private", "old-project"} <= names
    workspace.remove_bot("ml-private")
    listed = await api.form("conversations.list", types=types, exclude_archived="true")
    names = {one["name"] for one in listed.body["channels"]}
    assert names.isdisjoint({"ml-private", "old-project"})
    mine = (await api.form("users.conversations", types=types)).body["channels"]
    assert {one["name"] for one in mine} == {"ml-alerts", "partner-shared", "old-project"}


async def test_members_and_groups_are_listed(api: Api) -> None:
    members = (await api.form("conversations.members", channel=ALERTS)).body["members"]
    assert ADA in members
    groups = (await api.form("usergroups.list", include_users="true")).body["usergroups"]
    assert [group["handle"] for group in groups] == ["ml-oncall", "oncall"]
    for group in groups:
        users = (await api.form("usergroups.users.list", usergroup=group["id"])).body["users"]
        assert users == group["users"]


async def test_a_reaction_is_given_once_and_taken_back_once(api: Api, workspace: Workspace) -> None:
    ts = await api.post()
    given = {"channel": ALERTS, "timestamp": ts, "name": "eyes"}
    assert (await api.form("reactions.add", **given)).body["ok"]
    assert workspace.messages(ALERTS)[0]["reactions"] == [
        {"name": "eyes", "users": [workspace.bot_user_id], "count": 1}
    ]
    assert (await api.form("reactions.add", **given)).error == "already_reacted"
    assert (await api.form("reactions.remove", **given)).body["ok"]
    assert (await api.form("reactions.remove", **given)).error == "no_reaction"


async def test_blocks_are_validated_without_a_token(api: Api) -> None:
    headers = {"Authorization": ""}
    body = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]}
    async with api.session.post(f"{api.server.api_url}blocks.validate", json=body, headers=headers) as response:
        answer = await response.json()
    assert answer["errors"][0]["pointer"] == "/blocks/0/text/text"
    both = await api("blocks.validate", blocks=[], view={})
    assert both.error == "invalid_arguments"


async def test_who_the_bot_is(api: Api, workspace: Workspace) -> None:
    me = (await api("auth.test")).body
    assert (me["user_id"], me["bot_id"], me["team_id"]) == (
        workspace.bot_user_id,
        workspace.bot_id,
        workspace.team_id,
    )
    assert (await api("team.info")).body["team"]["domain"] == "training"
    assert (await api("bots.info", bot=workspace.bot_id)).body["bot"]["app_id"] == workspace.app_id


async def test_threads_have_their_figures_in_history(api: Api, clock: AheadClock, workspace: Workspace) -> None:
    root = await api.post("root")
    await workspace.person("ada").say("ml-alerts", "I look", root)
    message = (await api.form("conversations.history", channel=ALERTS)).body["messages"][0]
    assert (message["reply_count"], message["reply_users"]) == (1, [ADA])
