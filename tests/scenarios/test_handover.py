"""The cause is found after its consequence had a card: the card goes over to it, and what people press means it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.flows.ports import Tx
from bot.flows.triage import Request, Triage
from bot.incidents.incident import State
from bot.incidents.steps import Acknowledge, Dismiss, Mute, Reopen, Step, Unmute
from bot.incidents.triage import Changed, apply
from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from bot.times import Ms
from tests.scenarios.plots import OOM, pick, resolve, send, take, watching, window
from tests.stage import CHANNEL, Stage, open_stage, shown

WATCHDOG = (
    "[rank{rank}]:[E1123 21:33:40.471823114 ProcessGroupNCCL.cpp:633] [Rank {rank}] Watchdog caught collective "
    "operation timeout: WorkNCCL(SeqNum=48213, OpType=_ALLGATHER_BASE, NumelIn=6684672, NumelOut=6684672, "
    "Timeout(ms)=15000) ran for 15044 milliseconds before timing out."
)


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with open_stage(database_url) as opened:
        yield opened


async def with_victims(stage: Stage) -> tuple[SimJob, dict[str, Any]]:
    """A job of which only the watchdogs of waiting ranks have been heard: their card names no cause."""
    job = stage.job(node_count=4)
    await watching(stage)
    await stage.ticks(2)
    for rank in range(3):
        job.write(WATCHDOG.format(rank=rank), level="ERROR", replica=f"g0{rank}r0")
    await stage.ticks(6)
    [card] = stage.cards()
    assert "Watchdog" in card["text"]
    return job, card


async def cause_comes(stage: Stage, job: SimJob) -> None:
    """It is read and committed; the card in Slack still shows the consequence."""
    job.write(OOM, level="ERROR", replica="g03r0", at_ns=stage.clock.now_ns() - 60_000_000_000)
    for _ in range(4):
        await stage.turn_the_watch(2)
    [card] = stage.cards()
    assert "Watchdog" in card["text"]


async def the_card(stage: Stage) -> str:
    await stage.ticks(8)
    [card] = stage.cards()
    assert "OutOfMemoryError" in card["text"]
    return shown(card)


def told(stage: Stage) -> list[str]:
    return [reply["text"] for reply in stage.thread(stage.cards()[0])]


def who(stage: Stage, name: str) -> str:
    return f"<@{stage.workspace.roster.user(name).id}>"


async def test_who_acknowledges_the_consequence_has_taken_its_cause(stage: Stage):
    job, card = await with_victims(stage)
    await cause_comes(stage, job)
    assert (await stage.press(card, ids.ACKNOWLEDGE, user="grace")).acked
    assert f"Acknowledged by  {who(stage, 'grace')}" in await the_card(stage)
    assert told(stage).count("grace acknowledged this.") == 1


async def test_who_resolves_the_consequence_has_resolved_its_cause(stage: Stage):
    job, card = await with_victims(stage)
    assert (await stage.press(card, ids.RESOLVE, user="grace")).acked
    await window(stage, "grace")
    await cause_comes(stage, job)
    done = await stage.workspace.person("grace").submit(values={"reason": {"reason": "a batch too large"}})
    assert done.ok, done
    await stage.ticks(8)
    [folded] = [one for one in stage.channel() if "OutOfMemoryError" in one["text"]]
    assert f"Resolved by  {who(stage, 'grace')}" in shown(folded)
    assert "a batch too large" in shown(folded)
    assert "grace resolved this. Reason: a batch too large" in told(stage)


async def test_what_was_done_before_goes_over_with_the_card(stage: Stage):
    job, card = await with_victims(stage)
    await take(stage, card, Acknowledge())
    await cause_comes(stage, job)
    assert f"Acknowledged by  {who(stage, 'grace')}" in await the_card(stage)
    before = len(told(stage))
    await stage.workspace.person("ada").say(CHANNEL, f"<@{stage.workspace.bot_user_id}> who", card["ts"])
    await stage.until(lambda: len(told(stage)) == before + 2)
    assert f"{who(stage, 'grace')}  acknowledged" in shown(stage.thread(card)[-1])


async def test_what_goes_over_is_nobodys_any_more(stage: Stage):
    job, card = await with_victims(stage)
    await take(stage, card, Acknowledge())
    await cause_comes(stage, job)
    grace = stage.workspace.roster.user("grace").id
    mine = await stage.bot.db.run(lambda tx: tx.board.held_by(grace, 10))
    assert ["OutOfMemoryError" in one.facts.title for one in mine] == [True]


@pytest.mark.parametrize("step", [Unmute(), Reopen()])
async def test_what_was_said_of_the_consequence_itself_can_be_taken_back(stage: Stage, step: Step):
    """As when a list has it, and no card."""
    job, _ = await with_victims(stage)
    await cause_comes(stage, job)
    await stage.ticks(4)

    def said(tx: Tx) -> None:
        one = tx.incidents.get(1)
        assert one is not None
        said = Mute(None) if isinstance(step, Unmute) else Dismiss()
        changed = apply(one, said, actor="U0GRACE001", now_ms=Ms(stage.clock.now_ns() // 1_000_000))
        assert isinstance(changed, Changed)
        tx.incidents.put(changed.incident)

    await stage.bot.db.run(said)
    request = Request(
        incident_id=1, step=step, actor="U0ADA00001", channel=stage.workspace.channel(CHANNEL).id, once="x"
    )
    outcome = await Triage(db=stage.bot.db, clock=stage.clock).act(request)
    assert isinstance(outcome, Changed)
    assert (outcome.incident.id, outcome.incident.state) == (1, State.OPEN)


async def test_a_resolution_keeps_its_reason(stage: Stage):
    job, card = await with_victims(stage)
    await resolve(stage, card, user="ada", reason="flaky switch")
    await cause_comes(stage, job)
    await stage.ticks(8)
    assert any("flaky switch" in shown(one) for one in stage.channel())


async def test_a_mute_does_not_hide_the_cause(stage: Stage):
    job, card = await with_victims(stage)
    await take(stage, card, Mute(Ms(stage.clock.now_ns() // 1_000_000 + 3_600_000)))
    await cause_comes(stage, job)
    assert "Muted" not in await the_card(stage)
    assert any("The mute ended: its cause was found." in text for text in told(stage))


async def test_who_would_mute_the_consequence_is_shown_the_cause_first(stage: Stage):
    job, card = await with_victims(stage)
    await pick(stage, card, ids.Pick.MUTE)
    await window(stage)
    await cause_comes(stage, job)
    ada = stage.workspace.person("ada")
    assert (await send(stage, length="1")).ok
    assert ada.view is not None
    assert "The cause was found meanwhile" in str(ada.view)
    assert "OutOfMemoryError" in str(ada.view)
    assert "Muted" not in await the_card(stage)
    assert (await send(stage, length="1")).ok
    assert "Muted by" in await the_card(stage)


async def test_it_is_not_the_cause_that_somebody_called_no_error(stage: Stage):
    job, card = await with_victims(stage)
    await cause_comes(stage, job)
    before = len(stage.ephemerals("ada"))
    await pick(stage, card, ids.Pick.DISMISS)
    await stage.until(lambda: len(stage.ephemerals("ada")) > before)
    assert "This followed from another error" in shown(stage.ephemerals("ada")[-1])
    assert "not an error" not in " ".join(told(stage))
