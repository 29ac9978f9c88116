"""A process that was frozen and wakes: what it still holds in its hands changes nothing any more."""

import pytest

from bot.errors import LeaseLost
from bot.flows import verdict, vigil
from bot.flows.ports import Lease, Tx
from bot.flows.scene import finish, scene_of
from bot.incidents.delivery import Kind
from bot.incidents.incident import Incident
from bot.incidents.silence import Rhythm
from bot.times import now_ms
from tests.stage import CHANNEL, Stage


async def taken_by_another(stage: Stage) -> Lease:
    """Our worker was away for an hour, by its own clock for no time at all."""
    await stage.bot.leases.tick()
    ours = stage.bot.leases.held["default"]
    await stage.bot.db.run(lambda tx: tx.accounts.release(ours.owner))  # as when it has run out
    [lease] = await stage.bot.db.run(lambda tx: tx.accounts.claim("another", now_ms(stage.clock), 3_600_000))
    assert lease.epoch == ours.epoch + 1
    return ours


async def incidents(stage: Stage, job_id: str) -> dict[str, Incident]:
    return await stage.bot.db.run(lambda tx: tx.incidents.newest("default", job_id))


async def test_a_poll_that_comes_late_is_not_committed(stage: Stage):
    job = stage.job()
    await stage.command("watch llama-ft")
    await stage.ticks(3)
    job.write("ERROR loss is nan", level="ERROR")
    await taken_by_another(stage)
    stage.clock.turn(10)
    assert await stage.bot.watch.tick() == 1
    await stage.patiently(stage.bot.watch.settle())
    assert await incidents(stage, job.id) == {}
    assert stage.bot.leases.held == {}


async def test_a_late_look_at_statuses_follows_nothing(stage: Stage):
    await stage.command("watch llama-ft")
    await taken_by_another(stage)
    stage.job("newcomer")
    await stage.bot.lifecycle.tick()
    assert await stage.bot.db.run(lambda tx: tx.tails.jobs("default")) == {}
    assert stage.bot.leases.held == {}


async def test_a_late_verdict_and_a_late_silence_open_no_incident(stage: Stage):
    job = stage.job()
    await stage.command("watch llama-ft")
    await stage.ticks(2)
    ours, now = await taken_by_another(stage), now_ms(stage.clock)
    tail = await stage.bot.db.run(lambda tx: tx.tails.get("default", job.id))
    assert tail is not None
    watches = await stage.bot.db.run(lambda tx: tx.watches.active("default"))
    case = verdict.Case(tail.job, watches, read=True)
    silent = vigil.Silent(job=tail.job, rhythm=Rhythm(), lines=(), metrics=(), due=watches, now_ms=now)
    for late in (lambda tx: verdict._open(tx, ours, case, (), now), lambda tx: silent.record(tx, ours)):
        with pytest.raises(LeaseLost):
            await stage.bot.db.run(late)
    assert await incidents(stage, job.id) == {}


async def test_an_hour_later_by_its_own_clock_too_nothing_is_read_before_it_is_claimed_again(stage: Stage):
    stage.job()
    await stage.command("watch llama-ft")
    await stage.ticks(2)
    stage.clock.turn(3600)
    assert stage.bot.leases.held == {}
    assert await stage.bot.watch.tick() == 0
    await stage.tick()
    assert set(stage.bot.leases.held) == {"default"}


async def test_a_sender_that_wakes_late_neither_posts_nor_notes_what_another_one_posted(stage: Stage):
    job = stage.job()
    await stage.command("watch llama-ft")
    await stage.ticks(2)
    job.write("ERROR loss is nan", level="ERROR")
    for _ in range(5):
        await stage.turn_the_watch(2.0)
    now = now_ms(stage.clock)
    rows = await stage.bot.db.run(lambda tx: tx.outbox.claim("frozen", now, 16, 60_000))
    [card_row] = [row for row in rows if row.kind is Kind.CARD]
    scene = await stage.bot.db.run(lambda tx: scene_of(tx, card_row, now))

    stage.clock.turn(61)
    await stage.deliver()
    [card] = stage.cards()

    await stage.bot.deliver._handle(card_row, now)
    assert [one["ts"] for one in stage.cards()] == [card["ts"]]

    def notes(tx: Tx) -> None:
        finish(tx, card_row, scene, "1.000001", None, now)

    await stage.bot.db.run(notes)
    known = await stage.bot.db.run(lambda tx: tx.cards.of(card_row.incident_id or 0))
    assert [one.ts for one in known] == [card["ts"]]
    assert {one.channel for one in known} == {stage.workspace.channel(CHANNEL).id}
