"""`joblogs audit` as a real process: who did what, and text that can do nothing to a terminal."""

import asyncio
import json

import pytest

from bot.flows.keeping import AuditEntry
from bot.store import open_store_here
from bot.times import Ms, SystemClock, now_ms
from tests.contract.command_line.desk import Desk

HOSTILE = "bad\x1b[2J driver\r\nU9  resolve \u202e gone"


def entry(ago_s: int, action: str, **changes: object) -> AuditEntry:
    values: dict[str, object] = {
        "at_ms": Ms(now_ms(SystemClock()) - ago_s * 1000), "actor": "U0ADA00001", "channel": "C1",
        "target": "incident:7", "outcome": "changed", "detail": "",
    }  # fmt: skip
    return AuditEntry(action=action, **{**values, **changes})  # type: ignore[arg-type]  # a test's own mistake would show


@pytest.fixture
async def told(desk: Desk) -> Desk:
    await desk.migrate()

    def write() -> None:
        with open_store_here(desk.environment["DATABASE_URL"]) as store:
            for one in (
                entry(86_400, "watch", target="watch:1", channel=None),
                entry(7_000, "acknowledge"),
                entry(60, "resolve", detail=HOSTILE),
            ):
                store.run(lambda tx, one=one: tx.audit.add(one))

    await asyncio.to_thread(write)
    return desk


async def test_it_prints_a_line_for_each_action_the_newest_at_the_bottom(told: Desk) -> None:
    done = await told.run("audit")
    assert (done.code, done.err) == (0, "")
    head, *lines = done.out.splitlines()
    assert head.split() == ["time", "(UTC)", "actor", "channel", "action", "target", "outcome", "detail"]
    assert [line.split()[3] for line in lines] == ["watch", "acknowledge", "resolve"]
    assert lines[-1].endswith("bad [2J driver U9 resolve gone")
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


async def test_it_can_be_cut_to_the_last_ones_and_to_a_time(told: Desk) -> None:
    assert len((await told.run("audit", "--last", "1")).out.splitlines()) == 2
    assert len((await told.run("audit", "--since", "2h")).out.splitlines()) == 3
    wrong = await told.run("audit", "--since", "nonsense")
    assert wrong.code == 2
    assert "2h" in wrong.err


async def test_programs_get_json_in_which_nothing_is_lost(told: Desk) -> None:
    found = json.loads((await told.run("audit", "--json")).out)
    assert [one["action"] for one in found] == ["watch", "acknowledge", "resolve"]
    assert found[-1]["detail"] == HOSTILE
    assert found[0]["channel"] is None


async def test_when_nobody_has_done_anything_that_is_said(desk: Desk) -> None:
    await desk.migrate()
    assert (await desk.run("audit")).out == "Nobody has done anything yet, or not in that time.\n"
