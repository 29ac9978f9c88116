"""The story that the product is for: a job fails, a card appears, a person takes it on."""

from bot.slack import ids
from tests.stage import Stage, shown

OOM = "ERROR torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"


async def watching(stage: Stage) -> None:
    answer = await stage.command("watch llama-ft")
    assert "llama-ft" in shown(answer), answer


async def test_an_error_line_becomes_one_card_with_replica_and_time(stage: Stage):
    job = stage.job(node_count=8)
    await watching(stage)
    await stage.ticks(3)
    job.write(OOM, replica="g02r0", level="ERROR")
    await stage.ticks(8)

    [card] = stage.cards()
    assert "CUDA out of memory" in shown(card)
    assert "g02r0" in shown(card)
    assert "run-1" in shown(card)
    assert any("Lines around" in shown(reply) for reply in stage.thread(card))


async def test_the_same_error_fifty_times_more_edits_the_card_and_posts_nothing(stage: Stage):
    job = stage.job()
    await watching(stage)
    job.write(OOM, replica="g00r0", level="ERROR")
    await stage.ticks(8)
    before = len(stage.channel())
    for _ in range(50):
        job.write(OOM, replica="g00r0", level="ERROR")
    await stage.ticks(20)

    assert len(stage.channel()) == before
    [card] = stage.cards()
    assert "51 times" in shown(card)


async def test_who_acknowledges_stands_on_the_card_and_in_its_thread(stage: Stage):
    job = stage.job()
    await watching(stage)
    job.write(OOM, replica="g00r0", level="ERROR")
    await stage.ticks(8)
    [card] = stage.cards()

    await stage.press(card, ids.ACKNOWLEDGE, user="grace")
    grace = stage.workspace.roster.user("grace").id
    await stage.ticks(3)

    [card] = stage.cards()
    assert f"Acknowledged by  <@{grace}>" in shown(card)
    assert any(f"<@{grace}>" in shown(reply) and "acknowledged" in shown(reply) for reply in stage.thread(card))
