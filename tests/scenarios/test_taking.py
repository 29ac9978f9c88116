"""Somebody has to take a failure: it is assigned, or after a while said once more to those who are on call."""

from collections.abc import AsyncIterator

import pytest

from bot.flows.triage import Superseded
from bot.incidents.steps import Acknowledge, Assign, Mute, Resolve
from bot.times import Ms
from tests.scenarios.plots import OOM, take, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def person(stage: Stage, name: str) -> str:
    return stage.workspace.roster.user(name).id


async def test_who_gets_it_assigned_is_told_once_alone_and_the_card_says_so(stage: Stage):
    _, card = await with_card(stage)
    ada = stage.workspace.person("ada")
    await take(stage, card, Assign(ada.id), user="grace", to="ada")
    await stage.ticks(3)

    [told] = ada.direct_messages
    assert told["text"].startswith("Grace assigned this to you: torch.OutOfMemoryError")
    assert f"Assigned to  <@{ada.id}>  by  <@{person(stage, 'grace')}>" in shown(stage.cards()[0])
    [line] = [reply for reply in stage.thread(card) if "assigned this to" in shown(reply)]
    assert line["text"] == "Grace assigned this to Ada."


async def test_who_takes_it_over_is_told_nothing_that_they_know(stage: Stage):
    _, card = await with_card(stage)
    ada = stage.workspace.person("ada")
    await take(stage, card, Acknowledge(), user="grace")
    await take(stage, card, Assign(ada.id), user="ada")
    assert ada.direct_messages == []
    assert f"Acknowledged by  <@{ada.id}>" in shown(stage.cards()[0])
    assert any(shown(reply).endswith("took this over.") for reply in stage.thread(card))


async def test_what_nobody_takes_is_said_once_more_to_those_whom_the_watch_mentions(stage: Stage):
    group = "S0ONCALL01"
    await stage.command(f"watch llama-ft mention:<!subteam^{group}>")
    job = stage.job()
    await stage.ticks(2)
    job.write(OOM, level="ERROR")
    await stage.ticks(6)
    [card] = stage.cards()
    stage.clock.turn(31 * 60)
    await stage.ticks(3)
    stage.clock.turn(31 * 60)
    await stage.ticks(3)

    reminders = [reply for reply in stage.thread(card) if "Nobody has taken this" in reply["text"]]
    assert [reply["text"].startswith(f"<!subteam^{group}> Nobody") for reply in reminders] == [True]
    assert not any("Nobody has taken this" in message["text"] for message in stage.channel())


async def test_who_has_it_assigned_and_does_not_acknowledge_it_is_reminded_once(stage: Stage):
    _, card = await with_card(stage)
    grace = person(stage, "grace")
    await take(stage, card, Assign(grace), user="ada", to="grace")
    for _ in range(2):
        stage.clock.turn(31 * 60)
        await stage.ticks(3)
    reminders = [reply["text"] for reply in stage.thread(card) if "waits for you" in reply["text"]]
    assert [text.startswith(f"<@{grace}> This waits for you since") for text in reminders] == [True]


async def test_after_a_mute_it_is_reminded_of_when_it_has_waited_as_long_again(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Mute(Ms(stage.clock.now_ns() // 1_000_000 + 3_600_000)))
    stage.clock.turn(3_601)
    await stage.ticks(3)
    assert not any("Nobody has taken this" in reply["text"] for reply in stage.thread(card))
    stage.clock.turn(31 * 60)
    await stage.ticks(3)
    assert sum("Nobody has taken this" in reply["text"] for reply in stage.thread(card)) == 1


async def test_what_somebody_has_taken_is_not_reminded_of(stage: Stage):
    _, card = await with_card(stage)
    await take(stage, card, Acknowledge())
    stage.clock.turn(31 * 60)
    await stage.ticks(3)
    assert not any("Nobody has taken this" in reply["text"] for reply in stage.thread(card))


async def test_an_old_card_leads_to_the_card_of_its_return(stage: Stage):
    job, old = await with_card(stage)
    await take(stage, old, Resolve("pin driver 550"))
    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    new = stage.cards()[1]
    outcome = await take(stage, old, Acknowledge())
    assert isinstance(outcome, Superseded)
    assert outcome.card is not None
    assert (outcome.card.ts, outcome.card.channel) == (new["ts"], stage.workspace.channel(CHANNEL).id)
    assert "Acknowledge" in shown(new)
