"""What a night can bring beside failures: messages that are no cards, cards and channels that are gone, people who left."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.slack import ids
from bot.slack.render.refusals import NO_CARD
from tests.scenarios.night import DISK, OOM, Night
from tests.scenarios.plots import waiting, watching, window
from tests.stage import CHANNEL, open_stage, shown

Trouble = Callable[[Night], Awaitable[None]]


@pytest.fixture
async def night(sqlite_url: str) -> AsyncIterator[Night]:
    async with open_stage(sqlite_url) as stage:
        yield Night(stage)


async def one_card(night: Night) -> None:
    await watching(night.stage)
    job = night.starts("llama-70b-sft")
    await night.settles(2)
    job.write(OOM, level="ERROR")
    await night.settles()
    assert len(night.stage.cards()) == 1


async def another_fails(night: Night) -> None:
    night.starts("mistral-dpo").write(DISK, level="ERROR")
    await night.settles(4)
    night.ends("mistral-dpo", "FAILED")
    await night.settles(4, 10)


async def test_on_a_message_that_is_no_card_it_is_said_what_to_use_instead(night: Night):
    await one_card(night)
    ada = night.stage.workspace.person("ada")
    talk = await ada.say(CHANNEL, "good night")
    before = night.said()
    await ada.shortcut(ids.TRIAGE_SHORTCUT, CHANNEL, talk.ts)
    await night.hears("ada", NO_CARD)
    await ada.say(CHANNEL, f"<@{night.stage.workspace.bot_user_id}> ack", talk.ts)
    await night.hears("ada", "in the thread of a card")
    await night.settles(2)
    assert night.said() == before


async def test_a_card_that_somebody_deleted_is_not_posted_again_and_its_error_can_still_be_resolved(night: Night):
    await one_card(night)
    ada = night.stage.workspace.person("ada")
    await ada.delete(CHANNEL, night.card("OutOfMemoryError")["ts"])
    listed = await night.stage.command("incidents")
    await ada.press(CHANNEL, listed["ts"], ids.RESOLVE)
    await window(night.stage)
    assert (await ada.submit(values={"reason": {"reason": "fewer samples"}})).ok
    night.job("llama-70b-sft").write("INFO goes on", level="INFO")
    await another_fails(night)
    assert [("mistral-dpo" in shown(card)) for card in night.stage.cards()] == [True]
    assert await waiting(night.stage) == 0, "nothing waits for a card that is gone"


async def is_archived(night: Night) -> None:
    await night.stage.workspace.person("ada").archive(CHANNEL)


async def is_opened(night: Night) -> None:
    await night.stage.workspace.person("ada").unarchive(CHANNEL)


async def loses_the_bot(night: Night) -> None:
    await night.stage.workspace.person("ada").remove_bot(CHANNEL)


async def gets_it_back(night: Night) -> None:
    await night.stage.workspace.person("ada").invite_bot(CHANNEL)


@pytest.mark.parametrize(("shut", "mended"), [(is_archived, is_opened), (loses_the_bot, gets_it_back)])
async def test_a_channel_that_takes_nothing_gets_everything_once_when_it_does_again(
    night: Night, shut: Trouble, mended: Trouble
):
    await one_card(night)
    await shut(night)
    await another_fails(night)
    await night.passes(600)
    assert len(night.stage.cards()) == 1

    await mended(night)
    await night.passes(1_200)
    assert len(night.stage.cards()) == 2
    assert await waiting(night.stage) == 0
    assert len(night.marks()) == len(set(night.marks()))


async def test_what_is_open_in_a_channel_without_the_bot_is_still_taken_from_home(night: Night):
    await one_card(night)
    card = night.card("OutOfMemoryError")
    await loses_the_bot(night)
    assert "CUDA out of memory" in await night.home("ada")
    await night.acts_at_home("ada", ids.ACKNOWLEDGE)
    await night.settles(4)
    await gets_it_back(night)
    await night.passes(1_200)
    assert f"Acknowledged by  <@{night.id('ada')}>" in shown(night.card("OutOfMemoryError"))
    [_, told] = night.thread(card)
    assert told.startswith("ada acknowledged this.")


async def test_what_a_dead_job_left_behind_is_muted_for_as_long_as_was_asked_for(night: Night):
    await one_card(night)
    night.ends("llama-70b-sft", "FAILED")
    await night.settles(6, 10)
    card = night.card("OutOfMemoryError")
    await night.pick("ada", card, "Mute…")
    asked = str((await window(night.stage))["blocks"])
    assert "4 hours" in asked
    assert "Until the job ends" not in asked, "it has ended"
    await night.fills("ada", {"length": {ids.MUTE_LENGTH: "4"}})
    await night.passes(3 * 3600)
    assert "Muted by" in shown(night.card("OutOfMemoryError"))
    await night.passes(3700)
    assert "The mute ended: its time is up." in night.thread(card)[-1]


async def test_what_somebody_held_who_left_the_company_is_taken_over_by_another(night: Night):
    await one_card(night)
    await night.pick("ada", night.card("OutOfMemoryError"), "Assign to…")
    await night.fills("ada", {"person": {"person": "grace"}})
    night.stage.workspace.deactivate("grace")
    await night.settles(4)
    assert f"Assigned to  <@{night.id('grace')}>" in shown(night.card("OutOfMemoryError"))

    await night.press("ada", night.card("OutOfMemoryError"), ids.ACKNOWLEDGE)
    await night.settles(4)
    assert f"Acknowledged by  <@{night.id('ada')}>" in shown(night.card("OutOfMemoryError"))
    await night.mentions("ada", night.card("OutOfMemoryError"), f"assign <@{night.id('grace')}>")
    await night.hears("ada", "deactivated")
    assert await waiting(night.stage) == 0, "nobody can be told any more, and nothing waits for that"
