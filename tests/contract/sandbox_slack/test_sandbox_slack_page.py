"""/page/*: what the browser reads, does, and is told by the stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.kit import actions, button, modal, text_input
from tests.contract.sandbox_slack.wires import ADA, ALERTS, GRACE, STRANGER, Api, BoltApp, until

Body = dict[str, Any]


async def read(api: Api, path: str, **query: str) -> tuple[int, Body]:
    async with api.session.get(f"{api.server.url}/page/{path}", params=query) as response:
        return response.status, await response.json()


async def do(api: Api, path: str, **body: Any) -> tuple[int, Body]:
    async with api.session.post(f"{api.server.url}/page/{path}", json=body) as response:
        return response.status, await response.json()


@dataclass
class Stream:
    items: list[Body] = field(default_factory=list)

    def of(self, kind: str) -> list[Body]:
        return [item for item in self.items if item["type"] == kind]


@asynccontextmanager
async def stream(api: Api, user: str) -> AsyncIterator[Stream]:
    """What `user` is told while the block runs."""
    heard = Stream()
    async with api.session.get(f"{api.server.url}/page/stream", params={"as": user}) as response:
        assert response.content_type == "text/event-stream"
        await response.content.readline()

        async def listen() -> None:
            async for line in response.content:
                if line.startswith(b"data: "):
                    heard.items.append(json.loads(line.removeprefix(b"data: ")))

        listening = asyncio.create_task(listen())
        yield heard
        listening.cancel()


async def test_a_session_tells_who_where_and_what(api: Api, workspace: Workspace) -> None:
    status, session = await read(api, "session")
    assert (status, session["me"]["id"], session["team"]["domain"]) == (200, ADA, "training")
    names = {channel["name"] for channel in session["channels"] if not channel["is_im"]}
    assert {"ml-alerts", "general", "random", "ml-private", "partner-shared", "old-project"} == names
    assert session["commands"][0] == {"command": "/joblogs", "description": "Logs", "usage_hint": ""}
    assert session["shortcuts"][0] == {"name": "Explain", "callback_id": "explain", "type": "message"}
    direct = next(channel for channel in session["channels"] if channel["is_im"])
    assert direct["user"] == workspace.bot_user_id
    _, other = await read(api, "session", **{"as": STRANGER})
    assert [channel["name"] for channel in other["channels"]] == ["partner-shared"]


async def test_history_holds_roots_and_this_persons_ephemerals_in_order(api: Api) -> None:
    root = await api.post("root")
    await api("chat.postEphemeral", channel=ALERTS, user=ADA, text="psst")
    reply = await api.post("reply", thread_ts=root)
    await api("chat.postEphemeral", channel=ALERTS, user=ADA, text="in the thread", thread_ts=root)
    await api.post("second")
    _, page = await read(api, "history", **{"as": ADA, "channel": ALERTS})
    assert [one["text"] for one in page["messages"]] == ["root", "psst", "second"]
    assert [one["ephemeral"] for one in page["messages"]] == [False, True, False]
    first = page["messages"][0]
    assert (first["reply_count"], first["latest_reply"], first["channel"]) == (1, reply, ALERTS)
    _, other = await read(api, "history", **{"as": GRACE, "channel": ALERTS})
    assert [one["text"] for one in other["messages"]] == ["root", "second"]
    _, thread = await read(api, "thread", **{"as": ADA, "channel": ALERTS, "ts": root})
    assert [one["text"] for one in thread["messages"]] == ["root", "reply", "in the thread"]


async def test_the_stream_tells_of_messages_changes_and_deletions(api: Api, workspace: Workspace) -> None:
    async with stream(api, ADA) as ada, stream(api, STRANGER) as stranger:
        root = await api.post(f"look <@{ADA}>")
        await api.post("reply", thread_ts=root)
        await api("chat.update", channel=ALERTS, ts=root, text="changed")
        await api("chat.postEphemeral", channel=ALERTS, user=GRACE, text="not for Ada")
        own = await api.post("soon gone")
        await api("chat.delete", channel=ALERTS, ts=own)
        await until(lambda: ada.of("deleted"))
    assert [item["message"]["text"] for item in ada.of("message")] == [f"look <@{ADA}>", "reply", "soon gone"]
    assert [item["message"]["reply_count"] for item in ada.of("changed")] == [1, 1]
    assert ada.of("deleted") == [{"type": "deleted", "channel": ALERTS, "ts": own}]
    unread = ada.of("channel")[0]["channel"]
    assert (unread["id"], unread["unread"], unread["mentions"]) == (ALERTS, 1, 1)
    assert [item["type"] for item in stranger.items if item["type"] != "call"] == []
    assert any(item["call"]["method"] == "chat.postMessage" for item in ada.of("call"))


async def test_reading_a_channel_takes_the_unread_count_away(api: Api) -> None:
    await api.post("one")
    last = await api.post("two")
    await do(api, "read", **{"as": ADA, "channel": ALERTS, "ts": last})
    _, session = await read(api, "session", **{"as": ADA})
    assert next(one for one in session["channels"] if one["id"] == ALERTS)["unread"] == 0


async def test_saying_commands_and_acting_go_to_the_app(bolt: BoltApp, api: Api, workspace: Workspace) -> None:
    async def handle(ack: AsyncAck, body: Body) -> None:
        bolt.heard.append(body.get("text") or body["actions"][0]["value"])
        await ack()

    bolt.app.command("/joblogs")(handle)
    bolt.app.action("go")(handle)
    await bolt.connect()
    ada = {"as": ADA, "channel": ALERTS}
    assert await do(api, "say", **ada, text="/joblogs run-1 last:5") == (200, {"ok": True})
    ts = await api.post("card", blocks=[{**actions(button(value="7")), "block_id": "b"}])
    act = {**ada, "message_ts": ts, "block_id": "b", "action_id": "go", "patch": {}}
    assert await do(api, "act", **act) == (200, {"ok": True})
    assert bolt.heard == ["run-1 last:5", "7"]
    assert await do(api, "say", **ada, text="hello <@U0GRACE001>") == (200, {"ok": True})
    assert workspace.messages(ALERTS)[-1]["text"] == "hello <@U0GRACE001>"


async def test_a_modal_on_the_page(bolt: BoltApp, api: Api, workspace: Workspace) -> None:
    @bolt.app.view("search")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        bolt.heard.append(view["state"]["values"]["name"]["typed"]["value"])
        await ack()

    await bolt.connect()
    async with stream(api, ADA) as ada:
        view = modal(text_input(), callback_id="search")
        await api("views.open", trigger_id=workspace.triggers.new(ADA), view=view)
        await until(lambda: ada.of("view"))
        shown = ada.of("view")[0]["view"]
        assert shown["state"]["values"]["name"]["typed"]["value"] is None
        status, answer = await do(api, "view/submit", **{"as": ADA, "view_id": shown["id"], "values": {}})
        assert (status, answer["errors"]) == (422, {"name": "Please complete this required field."})
        values = {"name": {"typed": {"type": "plain_text_input", "value": "run-1"}}}
        done = await do(api, "view/submit", **{"as": ADA, "view_id": shown["id"], "values": values})
        assert done == (200, {"ok": True})
        await until(lambda: ada.of("view_closed"))
        await api("views.publish", user_id=ADA, view={"type": "home", "blocks": []})
        await until(lambda: ada.of("home"))
    assert ada.of("view_closed") == [{"type": "view_closed", "view_id": shown["id"]}]
    assert bolt.heard == ["run-1"]
    _, home = await read(api, "home", **{"as": ADA})
    assert home["view"]["type"] == "home"


async def test_what_was_entered_goes_along_with_a_button_of_a_view(
    bolt: BoltApp, api: Api, workspace: Workspace
) -> None:
    @bolt.app.action("go")
    async def go(ack: AsyncAck, body: Body) -> None:
        bolt.heard.append(body["view"]["state"]["values"])
        await ack()

    await bolt.connect()
    blocks = (text_input(), {**actions(button()), "block_id": "b"})
    view = (await api("views.open", trigger_id=workspace.triggers.new(ADA), view=modal(*blocks))).body["view"]
    ours = {"as": ADA, "view_id": view["id"], "block_id": "b", "action_id": "go", "patch": {}}
    typed = {"type": "plain_text_input", "value": "run-1"}
    values = {"name": {"typed": typed}, "b": {"go": {"type": "button"}}, "gone": {"x": {"value": "1"}}}
    assert await do(api, "view/act", **ours, values=values) == (200, {"ok": True})
    assert bolt.heard == [{"name": {"typed": typed}}]


FAILURES: list[tuple[str, Body, str]] = [
    ("say", {"as": "U0NOBODY01", "channel": ALERTS, "text": "x"}, "user_not_found"),
    ("say", {"as": ADA, "channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
    ("say", {"as": ADA, "channel": ALERTS}, "missing"),
    ("say", {"as": ADA, "channel": ALERTS, "text": "/joblogs x"}, "dispatch_failed"),
    ("say", {"as": ADA, "channel": ALERTS, "text": "/joblogs x", "thread_ts": "1.1"}, "not_in_threads"),
    ("say", {"as": ADA, "channel": "C0ARCHIVED", "text": "x"}, "is_archived"),
    ("say", {"as": STRANGER, "channel": ALERTS, "text": "x"}, "not_in_channel"),
    ("act", {"as": ADA, "channel": ALERTS, "message_ts": "1.1", "action_id": "go"}, "message_not_found"),
    ("view/submit", {"as": ADA, "view_id": "V0", "values": {}}, "view_not_found"),
    ("view/act", {"as": ADA, "view_id": "V0", "action_id": "go"}, "view_not_found"),
    ("suggest", {"as": ADA, "view_id": "V0", "action_id": "go", "value": ""}, "view_not_found"),
    ("shortcut", {"as": ADA, "callback_id": "other"}, "no_such_shortcut"),
    (
        "shortcut",
        {"as": ADA, "callback_id": "explain", "channel": ALERTS, "message_ts": "1.1"},
        "message_not_found",
    ),
]


@pytest.mark.parametrize(("path", "body", "code"), FAILURES)
async def test_each_failure_is_one_clear_sentence(path: str, body: Body, code: str, api: Api) -> None:
    status, answer = await do(api, path, **body)
    assert 400 <= status < 500
    assert (answer["ok"], answer["error"]) == (False, code)
    assert " " in answer["message"]


async def test_failures_of_reading(api: Api) -> None:
    assert (await read(api, "history", **{"as": STRANGER, "channel": ALERTS}))[1]["error"] == "not_in_channel"
    assert (await read(api, "thread", **{"as": ADA, "channel": ALERTS, "ts": "1.1"}))[1][
        "error"
    ] == "thread_not_found"
    assert (await read(api, "calls", after="x"))[0] == 400
    assert (await read(api, "stream"))[0] == 400
    async with api.session.post(f"{api.server.url}/page/say", data="{") as response:
        assert (await response.json())["error"] == "invalid_json"


async def test_calls_are_listed_with_their_pointers(api: Api) -> None:
    await api.post("fine")
    await api("chat.postMessage", channel=ALERTS, blocks=[{"type": "banner"}])
    _, page = await read(api, "calls")
    refused = page["calls"][-1]
    assert (refused["method"], refused["ok"], refused["error"]) == ("chat.postMessage", False, "invalid_blocks")
    assert refused["pointers"] == ["[ERROR] unsupported type: banner [json-pointer:/blocks/0/type]"]
    assert set(refused) == {
        "id", "at_ms", "method", "status", "ok", "error", "pointers", "ms", "request", "response",
    }  # fmt: skip
    _, later = await read(api, "calls", after=str(refused["id"]))
    assert later == {"calls": []}


async def test_the_page_itself_is_served(api: Api) -> None:
    async with api.session.get(api.server.url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
    async with api.session.get(f"{api.server.url}/static/main.js") as response:
        assert response.status == 200
