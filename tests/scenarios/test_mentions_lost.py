"""A mention is not lost: a step is committed before Slack is told that it arrived, over sockets and by HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.flows.ports import Tx
from bot.flows.triage import Outcome, Request, Triage
from bot.incidents.incident import Card, Facts, Incident, Sighting, State
from bot.jobs.job import Instance, Job, Status
from bot.store.database import open_store
from bot.times import Clock, Ms, Ns, SystemClock, now_ms
from tests.scenarios.plots import with_card
from tests.scenarios.test_http_mode import answered, open_house, pause
from tests.stage import CHANNEL, PATIENCE_S, Stage, open_stage

Act = Callable[[Triage, Request], Awaitable[Outcome]]


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


async def say(stage: Stage, text: str, card: dict[str, Any]) -> None:
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> {text}", card["ts"])


async def state(stage: Stage) -> State:
    incident = await stage.bot.db.run(lambda tx: tx.incidents.get(1))
    assert incident is not None
    return incident.state


async def test_when_slack_hears_that_a_mention_arrived_its_step_is_committed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    _, card = await with_card(stage)
    act: Act = Triage.act

    async def slowly(self: Triage, request: Request) -> Outcome:
        await asyncio.sleep(0.3)
        return await act(self, request)

    monkeypatch.setattr(Triage, "act", slowly)
    await say(stage, "ack", card)
    await stage.until(lambda: bool(stage.workspace.calls.of("deliver.app_mention")))
    assert await state(stage) is State.ACKNOWLEDGED


async def test_a_mention_whose_reader_dies_is_read_by_the_next_one(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    _, card = await with_card(stage)
    act: Act = Triage.act
    begun, dead, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def dies_once(self: Triage, request: Request) -> Outcome:
        if begun.is_set():
            outcome = await act(self, request)
            again.set()
            return outcome
        begun.set()
        await dead.wait()
        raise asyncio.CancelledError

    monkeypatch.setattr(Triage, "act", dies_once)
    await say(stage, "ack", card)
    await begun.wait()
    stage.workspace.drop_sockets()
    await stage.until(lambda: any(call.error for call in stage.workspace.calls.of("deliver.app_mention")))
    await stage.until(lambda: len(stage.workspace.sockets) > 0)
    stage.clock.turn(61)
    await asyncio.wait_for(again.wait(), PATIENCE_S)
    dead.set()
    assert await state(stage) is State.ACKNOWLEDGED
    await stage.ticks(3)
    said = [reply["text"] for reply in stage.thread(card)]
    assert sum("acknowledged this." in text for text in said) == 1


def shown_on(tx: Tx, channel: str, ts: str, clock: Clock) -> None:
    """An incident with its card, as the watch of another process has left it."""
    now = now_ms(clock)
    stamp = Ns(now * 1_000_000)
    job = Job(
        account="default", id="j1", project_id="p1", project_name="llama", name="run-1", created_ms=now, updated_ms=now,
        status=Status("TRAINING_JOB_RUNNING"), instance=Instance(id="H100:8", name="H100"),
    )  # fmt: skip
    seen = Sighting(replica="r0", first_ns=stamp, last_ns=stamp, count=1)
    facts = Facts(
        key="k", fingerprint="1:a", title="loss is nan", count=1, first_ns=stamp, last_ns=stamp, sightings=(seen,)
    )
    incident = Incident(account="default", project_id="p1", job_id="j1", facts=facts, created_ms=Ms(now))
    tx.accounts.register(["default"])
    tx.tails.track(job)
    stored = tx.incidents.put(incident)
    tx.cards.put(Card(incident_id=stored.id, channel=channel, ts=ts, shown_revision=1))


async def test_the_same_is_said_and_done_by_http(sqlite_url: str):
    async with open_house(sqlite_url) as house, open_store(sqlite_url) as store:
        channel = house.workspace.channel(CHANNEL)
        posted = house.workspace.timeline.post(
            channel, {"user": house.workspace.bot_user_id, "bot_id": "B0JOBLOGS1", "text": "a card"}
        )
        clock = SystemClock()
        await store.run(lambda tx: shown_on(tx, channel.id, posted["ts"], clock))
        grace, ada = house.workspace.person("grace"), house.workspace.person("ada")
        bot = f"<@{house.workspace.bot_user_id}>"

        house.workspace.duplicate_events(3)
        await grace.say(CHANNEL, f"{bot} take it", posted["ts"])
        assert house.workspace.dispatcher is not None
        await house.workspace.dispatcher.settled()
        incident = await store.run(lambda tx: tx.incidents.get(1))
        assert incident is not None
        assert (incident.state, incident.holder) == (State.ACKNOWLEDGED, house.workspace.roster.user("grace").id)
        assert len(await store.run(lambda tx: tx.incidents.history(1))) == 1

        await ada.say(CHANNEL, f"{bot} Ack", posted["ts"])
        [told] = await answered(house)
        assert "It was acknowledged already by <@U0GRACE001>" in told["text"]
        assert told["thread_ts"] == posted["ts"]
        await ada.say(CHANNEL, f"{bot} who", posted["ts"])
        while not (answers := whose(house.workspace.messages(CHANNEL, posted["ts"]))):
            await pause()
        assert len(answers) == 1


def whose(thread: list[dict[str, Any]]) -> list[str]:
    return [reply["text"] for reply in thread if "1 step so far" in reply["text"]]
