"""Commands, buttons, menus and shortcuts with a real Bolt app, and what it says back."""

from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.wire import Misuse
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, option, section, select
from tests.contract.sandbox_slack.wires import ADA, ALERTS, STRANGER, AheadClock, Api, BoltApp, until

Body = dict[str, Any]


async def test_a_command_is_answered_in_its_ack_and_later(bolt: BoltApp, workspace: Workspace) -> None:
    @bolt.app.command("/joblogs")
    async def handle(ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        bolt.heard.append(body)
        await ack("reading")
        answer = await respond(text="42 lines", blocks=[section("42 lines")])
        bolt.heard.append(answer.status_code)

    await bolt.connect()
    outcome = await workspace.person("ada").command("/joblogs", "run-1 since:1h", channel="ml-alerts")
    assert outcome.response == {"text": "reading"}
    await until(lambda: len(workspace.ephemerals("ada", "ml-alerts")) == 2)
    await until(lambda: len(bolt.heard) == 2)
    body, status = bolt.heard
    assert status == 200
    assert (body["text"], body["user_id"], body["channel_id"]) == ("run-1 since:1h", ADA, ALERTS)
    assert (body["channel_name"], body["user_name"]) == ("ml-alerts", "ada")
    assert workspace.messages("ml-alerts") == []
    assert workspace.ephemerals("grace") == []


async def test_an_answer_for_the_channel_is_seen_by_all(bolt: BoltApp, workspace: Workspace) -> None:
    @bolt.app.command("/joblogs")
    async def handle(ack: AsyncAck) -> None:
        await ack({"response_type": "in_channel", "text": "for all"})

    await bolt.connect()
    assert (await workspace.person("ada").command("/joblogs", channel="general")).ok
    assert [one["text"] for one in workspace.messages("general")] == ["for all"]


async def test_an_ack_with_bad_blocks_is_not_shown(bolt: BoltApp, workspace: Workspace) -> None:
    @bolt.app.command("/joblogs")
    async def handle(ack: AsyncAck) -> None:
        await ack(text="x", blocks=[section("x" * 3001)])

    await bolt.connect()
    outcome = await workspace.person("ada").command("/joblogs", channel="ml-alerts")
    assert (outcome.acked, outcome.error) == (True, "invalid_blocks")
    assert workspace.ephemerals("ada") == []


async def test_commands_know_no_threads_no_strangers_and_no_unknown_names(api: Api, workspace: Workspace) -> None:
    root = await api.post()
    ada = workspace.person("ada")
    with pytest.raises(Misuse, match="not supported in threads"):
        await ada.command("/joblogs", "x", channel="ml-alerts", thread_ts=root)
    with pytest.raises(Misuse, match="not a valid command"):
        await ada.command("/other", "x", channel="ml-alerts")
    with pytest.raises(Misuse, match="not a valid command"):
        await workspace.person("sam").command("/joblogs", "x", channel="partner-shared")
    with pytest.raises(Misuse, match="archived"):
        await ada.command("/joblogs", "x", channel="old-project")


async def test_mentions_in_a_command_are_names_unless_the_manifest_escapes_them(
    bolt: BoltApp, workspace: Workspace
) -> None:
    async def handle(ack: AsyncAck, command: Body) -> None:
        bolt.heard.append(command["text"])
        await ack()

    bolt.app.command("/joblogs")(handle)
    bolt.app.command("/esc")(handle)
    await bolt.connect()
    text = f"watch x in:<#{ALERTS}> mention:<@{ADA}>"
    await workspace.person("ada").say("ml-alerts", f"/joblogs {text}")
    await workspace.person("ada").say("ml-alerts", f"/esc {text}")
    await workspace.person("ada").say(
        "ml-alerts", "/esc #ml-alerts @ml-oncall @nobody https://x.example/?a=1&b a<b"
    )
    group = next(iter(workspace.roster.usergroups))
    assert bolt.heard == [
        "watch x in:#ml-alerts mention:@ada",
        f"watch x in:<#{ALERTS}|ml-alerts> mention:<@{ADA}|ada>",
        f"<#{ALERTS}|ml-alerts> <!subteam^{group}|@ml-oncall> @nobody <https://x.example/?a=1&amp;b> a&lt;b",
    ]


async def test_a_button_updates_its_card(bolt: BoltApp, workspace: Workspace, api: Api) -> None:
    @bolt.app.action("ack")
    async def handle(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        bolt.heard.append(body)
        await ack()
        await client.chat_update(channel=ALERTS, ts=body["message"]["ts"], text=f"by <@{body['user']['id']}>")

    await bolt.connect()
    ts = await api.post("card", blocks=[{**actions(button("ack", value="i=7")), "block_id": "b"}])
    outcome = await workspace.person("grace").press("ml-alerts", ts, "ack")
    assert outcome.acked
    await until(lambda: workspace.messages("ml-alerts")[0]["text"] == "by <@U0GRACE001>")
    (body,) = bolt.heard
    (action,) = body["actions"]
    assert (action["type"], action["value"], action["block_id"]) == ("button", "i=7", "b")
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": ALERTS, "is_ephemeral": False}
    assert body["user"]["team_id"] == workspace.team_id


async def test_a_menu_sends_its_own_option_and_keeps_it_in_the_state(
    bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.action("pick")
    async def handle(ack: AsyncAck, body: Body) -> None:
        bolt.heard.append(body)
        await ack()

    await bolt.connect()
    ts = await api.post("card", blocks=[{**actions(select(option("1h"), option("4h"))), "block_id": "b"}])
    ada = workspace.person("ada")
    await ada.press("ml-alerts", ts, "pick", {"selected_option": {"value": "4h"}})
    (body,) = bolt.heard
    assert body["actions"][0]["selected_option"]["text"]["text"] == "4h"
    assert body["state"]["values"]["b"]["pick"]["selected_option"]["value"] == "4h"
    with pytest.raises(Misuse, match="no option 8h"):
        await ada.press("ml-alerts", ts, "pick", {"selected_option": {"value": "8h"}})
    with pytest.raises(Misuse, match="Choose something"):
        await ada.press("ml-alerts", ts, "pick")
    with pytest.raises(Misuse, match="nothing to use"):
        await ada.press("ml-alerts", ts, "gone")


async def test_a_stranger_may_press_a_button_and_is_known_by_team(
    bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.action("go")
    async def handle(ack: AsyncAck, body: Body) -> None:
        bolt.heard.append(body["user"])
        await ack()

    await bolt.connect()
    ts = await api.post("card", "C0SHARED01", blocks=[actions(button())])
    assert (await workspace.person("sam").press("partner-shared", ts, "go")).acked
    assert bolt.heard[0]["id"] == STRANGER
    assert bolt.heard[0]["team_id"] != workspace.team_id


async def test_the_content_of_an_ephemeral_is_not_sent_along_and_can_be_replaced_and_deleted(
    bolt: BoltApp, workspace: Workspace, api: Api
) -> None:
    @bolt.app.action("older")
    async def older(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        bolt.heard.append(body)
        await ack()
        await respond(text="older lines", replace_original=True, blocks=[actions(button("shut"))])

    @bolt.app.action("shut")
    async def shut(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    await bolt.connect()
    whisper = {"channel": ALERTS, "user": ADA, "text": "lines", "blocks": [actions(button("older"))]}
    ts = (await api("chat.postEphemeral", **whisper)).body["message_ts"]
    ada = workspace.person("ada")
    await ada.press("ml-alerts", ts, "older")
    assert "message" not in bolt.heard[0]
    assert bolt.heard[0]["container"]["is_ephemeral"] is True
    await until(lambda: workspace.ephemerals("ada")[0]["text"] == "older lines")
    await ada.press("ml-alerts", ts, "shut")
    await until(lambda: workspace.ephemerals("ada") == [])
    with pytest.raises(Misuse, match="gone"):
        await ada.press("ml-alerts", ts, "older")
    with pytest.raises(Misuse, match="gone"):
        await workspace.person("grace").press("ml-alerts", ts, "older")


async def test_shortcuts_of_both_types(bolt: BoltApp, workspace: Workspace, api: Api) -> None:
    @bolt.app.message_shortcut("explain")
    async def explain(ack: AsyncAck, shortcut: Body) -> None:
        bolt.heard.append((shortcut["type"], shortcut["message"]["text"], shortcut["message_ts"]))
        await ack()

    @bolt.app.global_shortcut("jobs")
    async def jobs(ack: AsyncAck, shortcut: Body) -> None:
        bolt.heard.append((shortcut["type"], "channel" in shortcut, bool(shortcut["trigger_id"])))
        await ack()

    await bolt.connect()
    ts = await api.post("what is this?")
    ada = workspace.person("ada")
    await ada.shortcut("explain", "ml-alerts", ts)
    await ada.shortcut("jobs")
    assert bolt.heard == [("message_action", "what is this?", ts), ("shortcut", False, True)]
    with pytest.raises(Misuse, match="no such shortcut"):
        await ada.shortcut("other")


async def test_an_external_select_asks_the_app(bolt: BoltApp, workspace: Workspace, api: Api) -> None:
    @bolt.app.options("job")
    async def suggest(ack: AsyncAck, payload: Body) -> None:
        count = 101 if payload["value"] == "many" else 1
        await ack(options=[option(f"{payload['value']}{number}") for number in range(count)])

    await bolt.connect()
    ts = await api.post("card", blocks=[actions({"type": "external_select", "action_id": "job"})])
    ada = workspace.person("ada")
    offered = await ada.suggest("job", "run", channel="ml-alerts", message_ts=ts)
    assert [one["value"] for one in offered["options"]] == ["run0"]
    with pytest.raises(Misuse, match="no more than 100 items"):
        await ada.suggest("job", "many", channel="ml-alerts", message_ts=ts)


async def test_the_bot_is_told_when_it_is_mentioned_and_answers_in_the_thread(
    bolt: BoltApp, workspace: Workspace
) -> None:
    @bolt.app.event("app_mention")
    async def mention(event: Body, client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="yes?")

    @bolt.app.event("message")
    async def message(event: Body) -> None:
        bolt.heard.append(event.get("bot_id"))

    await bolt.connect()
    said = await workspace.person("ada").say("ml-alerts", f"<@{workspace.bot_user_id}> a < b & c")
    await until(lambda: len(workspace.messages("ml-alerts", said.ts)) == 2)
    assert workspace.messages("ml-alerts")[0]["text"].endswith("a &lt; b &amp; c")
    assert bolt.heard in ([], [None])  # Bolt ignores what the bot itself has said


async def test_a_thread_hangs_under_a_root_that_is_there(api: Api, workspace: Workspace) -> None:
    root = await api.post("root")
    ada = workspace.person("ada")
    said = await ada.say("ml-alerts", "a reply", root)
    assert workspace.messages("ml-alerts", root)[-1]["ts"] == said.ts
    with pytest.raises(Misuse, match="not under a reply"):
        await ada.say("ml-alerts", "x", said.ts)
    with pytest.raises(Misuse, match="gone"):
        await ada.say("ml-alerts", "x", "1.000001")


async def use(api: Api, url: str, **said: Any) -> tuple[int, str]:
    async with api.session.post(url, json=said) as response:
        return response.status, await response.text()


def response_url(workspace: Workspace, user: str = ADA) -> str:
    return f"{workspace.base_url}/response/{workspace.response_urls.new(user, ALERTS)}"


async def test_a_response_url_is_good_five_times(api: Api, workspace: Workspace) -> None:
    url = response_url(workspace)
    assert [await use(api, url, text="x") for _ in range(6)] == [(200, "ok")] * 5 + [(404, "used_url")]
    assert len(workspace.ephemerals("ada")) == 5


async def test_a_response_url_is_good_for_half_an_hour(api: Api, workspace: Workspace, clock: AheadClock) -> None:
    url = response_url(workspace)
    clock.turn(30 * 60 - 5)
    assert await use(api, url, text="x") == (200, "ok")
    clock.turn(10)
    assert await use(api, url, text="x") == (404, "expired_url")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, (400, "no_text")),
        ({"blocks": [{"type": "banner"}]}, (400, "invalid_blocks")),
        ({"text": "x", "blocks": [section("x" * 3000) for _ in range(5)]}, (200, "ok")),
    ],
)
async def test_a_response_url_checks_what_is_said_but_for_the_budget(
    said: Body, answer: tuple[int, str], api: Api, workspace: Workspace
) -> None:
    assert await use(api, response_url(workspace), **said) == answer


async def test_a_response_url_fails_on_command(api: Api, workspace: Workspace) -> None:
    url = response_url(workspace)
    workspace.faults.add("response_url", "429")
    workspace.faults.add("response_url", "500")
    assert [await use(api, url, text="x") for _ in range(3)] == [
        (429, "ratelimited"),
        (500, "internal_error"),
        (200, "ok"),
    ]
