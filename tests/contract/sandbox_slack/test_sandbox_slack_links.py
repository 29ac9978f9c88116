"""Links of the app's domain: told wherever they stand, unfurled under the message or in the composer."""

from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, section
from tests.contract.sandbox_slack.wires import ADA, ALERTS, Api, BoltApp, until

Body = dict[str, Any]
LINK = "https://app.baseten.co/training/p1?a=1&b=2"
OTHER = "https://app.baseten.co/training/p2"
ELSEWHERE = "https://elsewhere.example/x"
JOB = {"blocks": [section("run-1 failed")]}


@pytest.fixture(autouse=True)
def _only_links(workspace: Workspace) -> None:
    """No other event, which nobody here would acknowledge."""
    workspace.app = replace(workspace.app, events=frozenset({"link_shared"}))


async def test_a_link_is_told_and_unfurled_and_its_button_works(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.event("link_shared")
    async def shared(event: Body, client: AsyncWebClient) -> None:
        wired.heard.append(event)
        shown = {"blocks": [section("run-1 failed"), actions(button("go", value="7"))]}
        unfurls = {link["url"]: shown for link in event["links"]}
        await client.chat_unfurl(unfurl_id=event["unfurl_id"], source=event["source"], unfurls=unfurls)

    @wired.app.action("go")
    async def pressed(ack: AsyncAck, body: Body) -> None:
        await ack()
        wired.heard.append(body)

    ada = workspace.person("ada")
    said = await ada.say("ml-alerts", f"see {LINK} and {ELSEWHERE}")
    await until(lambda: workspace.messages("ml-alerts")[0].get("attachments"))
    event = wired.heard[0]
    assert event["links"] == [{"domain": "app.baseten.co", "url": LINK}]
    assert (event["source"], event["is_bot_user_member"]) == ("conversations_history", True)
    assert (event["channel"], event["message_ts"], event["user"]) == (ALERTS, said.ts, ADA)
    (attachment,) = workspace.messages("ml-alerts")[0]["attachments"]
    assert (attachment["from_url"], attachment["is_app_unfurl"], attachment["id"]) == (LINK, True, 1)
    assert (await workspace.person("grace").press("ml-alerts", str(said.ts), "go")).acked
    container = wired.heard[1]["container"]
    assert (container["type"], container["attachment_id"], container["is_app_unfurl"]) == (
        "message_attachment",
        1,
        True,
    )
    assert wired.heard[1]["app_unfurl"]["from_url"] == LINK


async def test_a_link_is_told_where_the_bot_is_no_member_and_in_a_thread(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.event("link_shared")
    async def shared(event: Body) -> None:
        wired.heard.append((event["is_bot_user_member"], event.get("thread_ts")))

    ada = workspace.person("ada")
    root = await ada.say("random", "look")
    await ada.say("random", LINK, root.ts)
    await until(lambda: wired.heard)
    assert wired.heard == [(False, root.ts)]


async def test_a_link_in_the_composer_is_told_once_and_previewed_before_it_is_sent(
    wired: BoltApp, workspace: Workspace
) -> None:
    @wired.app.event("link_shared")
    async def shared(event: Body, client: AsyncWebClient) -> None:
        wired.heard.append((event["source"], event["channel"]))
        unfurls = {link["url"]: JOB for link in event["links"]}
        await client.chat_unfurl(channel=event["channel"], ts=event["message_ts"], unfurls=unfurls)

    ada = workspace.person("ada")
    assert await ada.compose(f"see {LINK}") == []
    await until(lambda: wired.heard)
    await until(lambda: workspace.links.typed(ADA, f"<{LINK}>"))
    previews = await ada.compose(f"see {LINK}")
    assert [one["from_url"] for one in previews] == [LINK]
    assert wired.heard == [("composer", "COMPOSER")]
    await ada.say("ml-alerts", f"see {LINK}")
    await until(lambda: len(wired.heard) == 2)
    assert wired.heard[1] == ("conversations_history", ALERTS)


async def test_what_strangers_type_without_sending_is_not_told(api: Api, workspace: Workspace) -> None:
    assert await workspace.person("sam").compose(LINK) == []
    await workspace.person("sam").say("partner-shared", LINK)
    await until(lambda: workspace.calls.of("deliver.link_shared"))
    told = workspace.calls.of("deliver.link_shared")
    assert {call.arguments["event"]["source"] for call in told} == {"conversations_history"}


async def test_the_same_link_again_is_told_again(wired: BoltApp, workspace: Workspace) -> None:
    @wired.app.event("link_shared")
    async def shared(event: Body) -> None:
        wired.heard.append([link["url"] for link in event["links"]])

    ada = workspace.person("ada")
    await ada.say("ml-alerts", f"{OTHER} {OTHER}")
    await ada.say("ml-alerts", OTHER)
    await ada.say("ml-alerts", ELSEWHERE)
    await wired.calls.post(f"my own {OTHER}")
    await until(lambda: len(wired.heard) == 2)
    assert wired.heard == [[OTHER], [OTHER]]


REFUSED: list[tuple[str, Body, str]] = [
    ("a domain that is not the app's", {"unfurls": {ELSEWHERE: JOB}}, "cannot_unfurl_url"),
    ("a link that is not in the message", {"unfurls": {OTHER: JOB}}, "cannot_unfurl_message"),
    ("no unfurls", {}, "missing_unfurls"),
    ("unfurls that are no map", {"unfurls": [JOB]}, "invalid_unfurls_format"),
    ("an unfurl of nothing", {"unfurls": {LINK: {}}}, "cannot_parse_attachment"),
    ("bad blocks", {"unfurls": {LINK: {"blocks": [{"type": "banner"}]}}}, "invalid_blocks"),
    ("no channel", {"channel": "", "unfurls": {LINK: JOB}}, "missing_channel"),
    ("no ts", {"ts": "", "unfurls": {LINK: JOB}}, "missing_ts"),
    ("a channel that is not there", {"channel": "C0NOWHERE1", "unfurls": {LINK: JOB}}, "cannot_find_channel"),
    ("a message that is not there", {"ts": "1.1", "unfurls": {LINK: JOB}}, "cannot_find_message"),
    ("an id without its source", {"unfurl_id": "x", "unfurls": {LINK: JOB}}, "missing_source"),
    ("a source that is none", {"unfurl_id": "x", "source": "mail", "unfurls": {LINK: JOB}}, "invalid_source"),
    (
        "an id that was never told",
        {"unfurl_id": "x", "source": "composer", "unfurls": {LINK: JOB}},
        "invalid_unfurl_id",
    ),
]


@pytest.mark.parametrize(("given", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_what_cannot_be_unfurled_is_refused(given: Body, code: str, api: Api, workspace: Workspace) -> None:
    said = await workspace.person("ada").say("ml-alerts", LINK)
    answer = await api("chat.unfurl", **{"channel": ALERTS, "ts": said.ts, **given})
    assert answer.error == code
    assert "attachments" not in workspace.messages("ml-alerts")[0]


async def test_a_second_unfurl_of_a_link_takes_the_place_of_the_first(api: Api, workspace: Workspace) -> None:
    said = await workspace.person("ada").say("ml-alerts", f"{LINK} {OTHER}")
    for unfurls in ({LINK: JOB, OTHER: {"text": "old"}}, {OTHER: {"title": "new", "text": "now"}}):
        assert (await api("chat.unfurl", channel=ALERTS, ts=said.ts, unfurls=unfurls)).body["ok"]
    shown = workspace.messages("ml-alerts")[0]["attachments"]
    assert [(one["from_url"], one.get("title")) for one in shown] == [(LINK, None), (OTHER, "new")]


async def test_unfurling_needs_its_scope_and_hearing_needs_the_other(
    wired: BoltApp, workspace: Workspace, with_scopes: Any
) -> None:
    @wired.app.event("link_shared")
    async def shared(event: Body) -> None:
        wired.heard.append(event)

    with_scopes("chat:write", "links:read")
    said = await workspace.person("ada").say("ml-alerts", LINK)
    with pytest.raises(SlackApiError, match="missing_scope") as failure:
        await wired.app.client.chat_unfurl(channel=ALERTS, ts=str(said.ts), unfurls={LINK: JOB})
    assert failure.value.response["needed"] == "links:write"
    await until(lambda: len(wired.heard) == 1)
    with_scopes("chat:write", "links:write")
    await workspace.person("ada").say("ml-alerts", LINK)
    assert workspace.dispatcher is not None
    await workspace.dispatcher.settled()
    assert len(wired.heard) == 1
