"""Rate limits and faults: each at its edge and one past it."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.limits import CHANNEL_BURST, RATES
from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, AheadClock, Api, until


async def test_a_method_takes_its_calls_a_minute_and_not_one_more(api: Api, clock: AheadClock) -> None:
    calls = RATES["reactions.remove"]
    answers = [await api.form("reactions.remove") for _ in range(calls + 1)]
    assert [answer.status for answer in answers] == [200] * calls + [429]
    assert answers[-1].error == "ratelimited"
    wait_s = int(answers[-1].headers["Retry-After"])
    assert 1 <= wait_s <= 60
    clock.turn(wait_s)
    assert (await api.form("reactions.remove")).status == 200


async def test_a_limit_of_one_method_leaves_the_others_alone(api: Api) -> None:
    for _ in range(RATES["chat.update"]):
        await api("chat.update")
    assert (await api("chat.update")).status == 429
    assert (await api("chat.postMessage", channel=ALERTS, text="x")).status == 200


async def test_a_channel_takes_a_burst_and_then_a_message_a_second(
    api: Api, clock: AheadClock, workspace: Workspace
) -> None:
    answers = [await api("chat.postMessage", channel=ALERTS, text="x") for _ in range(CHANNEL_BURST + 1)]
    assert [answer.status for answer in answers] == [200] * CHANNEL_BURST + [429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert (await api("chat.postMessage", channel="C0PRIVATE1", text="x")).status == 200
    clock.turn(1)
    assert (await api("chat.postMessage", channel=ALERTS, text="x")).status == 200
    assert len(workspace.messages(ALERTS)) == CHANNEL_BURST + 1


async def test_the_whole_workspace_has_a_cap_on_messages(clock: AheadClock) -> None:
    space = Workspace(clock, manifest=None, rates={"chat.postMessage": 2})
    assert [space.limits.wait_for("chat.postMessage") for _ in range(2)] == [None, None]
    assert space.limits.wait_for("chat.postMessage") == 60


async def post_again(api: Api) -> str | None:
    return (await api("chat.postMessage", channel=ALERTS, text="again")).error


async def test_rate_limiting_on_command(api: Api, workspace: Workspace) -> None:
    workspace.faults.add("chat.postMessage", "429:retry_after=3")
    answer = await api("chat.postMessage", channel=ALERTS, text="x")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert await post_again(api) is None
    assert len(workspace.messages(ALERTS)) == 1


@pytest.mark.parametrize(
    ("kind", "status", "code"), [("500", 500, "internal_error"), ("error:fatal_error", 200, "fatal_error")]
)
async def test_a_failure_on_command_has_no_effect(
    kind: str, status: int, code: str, api: Api, workspace: Workspace
) -> None:
    workspace.faults.add("*", kind)
    answer = await api("chat.postMessage", channel=ALERTS, text="x")
    assert (answer.status, answer.error) == (status, code)
    assert workspace.messages(ALERTS) == []
    assert workspace.calls[-1].fault == kind


@pytest.mark.parametrize(("kind", "messages"), [("lost", 1), ("reset", 0)])
async def test_a_cut_connection_may_or_may_not_have_had_an_effect(
    kind: str, messages: int, api: Api, workspace: Workspace
) -> None:
    workspace.faults.add("chat.postMessage", kind)
    with pytest.raises(aiohttp.ClientConnectionError):
        await api("chat.postMessage", channel=ALERTS, text="x")
    assert len(workspace.messages(ALERTS)) == messages
    (call,) = workspace.calls.of("chat.postMessage")
    assert (call.status, call.error, call.fault) == (0, kind, kind)
    assert await post_again(api) is None


async def test_the_sdk_posts_twice_when_an_answer_is_lost(api: Api, workspace: Workspace) -> None:
    workspace.faults.add("chat.postMessage", "lost")
    client = AsyncWebClient(workspace.bot_token, base_url=api.server.api_url)
    answer = await client.chat_postMessage(channel=ALERTS, text="once?")
    assert answer["ok"]
    assert [one["text"] for one in workspace.messages(ALERTS)] == ["once?", "once?"]


async def test_garbage_comes_with_status_200_after_the_effect(api: Api, workspace: Workspace) -> None:
    workspace.faults.add("chat.postMessage", "garbage")
    with pytest.raises(aiohttp.ContentTypeError):
        await api("chat.postMessage", channel=ALERTS, text="x")
    assert len(workspace.messages(ALERTS)) == 1


async def test_a_slow_answer_comes_late_but_the_effect_at_once(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    workspace.faults.add("chat.postMessage", "slow:30")
    call = asyncio.create_task(api("chat.postMessage", channel=ALERTS, text="x"))
    await until(lambda: workspace.messages(ALERTS))
    assert not call.done()
    clock.turn(30)
    assert (await call).body["ok"]


async def test_faults_end_after_their_times_or_their_duration(
    api: Api, workspace: Workspace, clock: AheadClock
) -> None:
    workspace.faults.add("auth.test", "500", times=2)
    assert [(await api("auth.test")).status for _ in range(3)] == [500, 500, 200]
    workspace.faults.add("auth.test", "500", duration_s=10)
    assert [(await api("auth.test")).status for _ in range(3)] == [500] * 3
    clock.turn(10)
    assert (await api("auth.test")).status == 200


def test_an_unknown_fault_is_a_mistake_of_the_test(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        workspace.faults.add("*", "explode")


async def test_every_call_is_recorded_without_its_token(api: Api, workspace: Workspace) -> None:
    await api.form("chat.postEphemeral", channel=ALERTS, user=ADA, text="x", token="xoxb-in-the-form")
    call: Any = workspace.calls[-1]
    assert (call.kind, call.method, call.status, call.ok) == ("api", "chat.postEphemeral", 200, True)
    assert call.arguments == {"channel": ALERTS, "user": ADA, "text": "x"}
    assert call.seconds >= 0
    assert call.page()["response"]["ok"] is True
