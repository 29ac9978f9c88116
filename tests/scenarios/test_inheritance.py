"""Started again after it was killed, the bot does not wait for the lease of the process that is gone."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from bot.app import owner_is_gone
from bot.times import now_ms
from tests.stage import Stage, open_stage


async def held_by(stage: Stage, owner: str) -> None:
    await stage.bot.leases.tick()
    await stage.bot.leases.release()
    now = now_ms(stage.clock)
    assert await stage.bot.db.run(lambda tx: tx.accounts.claim(owner, now, 20_000))
    await stage.bot.leases.tick()
    assert stage.bot.leases.held == {}


async def test_what_a_killed_process_of_this_machine_held_is_taken_over_at_once(tmp_path: Path):
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await dead.wait()
    async with open_stage(f"sqlite:///{tmp_path}/x.sqlite3") as stage:
        await held_by(stage, f"{socket.gethostname()}:{dead.pid}:abc")
        await stage.bot.leases.inherit(owner_is_gone)
        await stage.bot.leases.tick()
        assert set(stage.bot.leases.held) == {"default"}


async def test_what_a_living_process_or_another_machine_holds_is_left_to_it(tmp_path: Path):
    async with open_stage(f"sqlite:///{tmp_path}/x.sqlite3") as stage:
        for owner in (f"{socket.gethostname()}:{os.getpid()}:abc", "elsewhere:1:abc"):
            await stage.bot.db.run(lambda tx: [tx.accounts.release(lease.owner) for lease in tx.accounts.all()])
            await held_by(stage, owner)
            await stage.bot.leases.inherit(owner_is_gone)
            await stage.bot.leases.tick()
            assert stage.bot.leases.held == {}
