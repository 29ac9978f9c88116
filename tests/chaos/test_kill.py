"""kill -9 at any moment, start again: each ERROR line is in exactly one incident, and nothing is said twice."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot.flows.ports import Tx
from bot.incidents.announce import has_a_card
from bot.incidents.incident import Incident
from tests.chaos.theatre import CHANNEL, FAILURES, Theatre, open_theatre

SEED = int(os.environ.get("JOBLOGS_CHAOS_SEED", "20261123"))
KILLS = int(os.environ.get("JOBLOGS_CHAOS_KILLS", "4"))
SETTLE_S = 150.0
pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    ("database", "together"), [("sqlite_url", 1), ("postgres_url", 2)], ids=["sqlite", "postgresql"]
)
async def test_killed_bots_lose_nothing_and_say_nothing_twice(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, together: int
):
    print(f"JOBLOGS_CHAOS_SEED={SEED} JOBLOGS_CHAOS_KILLS={KILLS}")  # noqa: T201 - to play the same again
    async with open_theatre(request.getfixturevalue(database), tmp_path, SEED) as theatre:
        await _torment(theatre, together)
        await theatre.until(_quiet(theatre), SETTLE_S)

        incidents = await theatre.ask(_incidents(theatre))
        assert _counted(incidents) == theatre.written()
        assert _cards(theatre) == {incident.id: 1 for incident in incidents if has_a_card(incident)}
        assert _repeated(theatre) == []
        assert await theatre.ask(_times_acknowledged(theatre)) == dict.fromkeys(theatre.taken, 1)
        assert _endings(theatre) == {job.spec.name: 1 for job in theatre.jobs}


async def _torment(theatre: Theatre, together: int) -> None:
    project = theatre.world.add_project("llama")
    theatre.jobs = [
        theatre.world.add_job(project, f"run-{n}", node_count=3, status="TRAINING_JOB_RUNNING") for n in range(6)
    ]
    await theatre.start(together)
    await theatre.watch("llama")
    writer = asyncio.create_task(theatre.write())
    for _ in range(KILLS):
        for _ in range(3):
            theatre.spoil()
            await asyncio.sleep(theatre.random.uniform(0.1, 0.9))
        press = asyncio.create_task(theatre.acknowledge())
        await asyncio.sleep(theatre.random.uniform(0, 0.03))
        await theatre.kill(theatre.random.choice(theatre.bots))
        await theatre.start()
        await press
    writer.cancel()
    theatre.workspace.faults.clear()
    theatre.world.faults.clear()
    for job in theatre.jobs:
        job.set_status("TRAINING_JOB_FAILED", error_message="exit code 1")


def _quiet(theatre: Theatre) -> Any:
    """All lines are counted, the ends are told, and nothing waits to be said."""

    async def quiet() -> bool:
        incidents = await theatre.ask(_incidents(theatre))
        waiting, _ = await theatre.ask(lambda tx: tx.outbox.depth(theatre.world.clock.now_ns() // 1_000_000))
        counted = sum(incident.facts.count for incident in incidents) >= theatre.written().total()
        return counted and waiting == 0 and len(_endings(theatre)) == len(theatre.jobs)

    return quiet


def _incidents(theatre: Theatre) -> Any:
    def ask(tx: Tx) -> list[Incident]:
        return [one for job in theatre.jobs for one in tx.incidents.newest("default", job.id).values()]

    return ask


def _times_acknowledged(theatre: Theatre) -> Any:
    """Of the incidents whose button was acknowledged to Slack: how often it stands in their history."""

    def ask(tx: Tx) -> dict[int, int]:
        return {
            taken: [entry.action for entry in tx.incidents.history(taken)].count("acknowledge")
            for taken in theatre.taken
        }

    return ask


def _counted(incidents: list[Incident]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for incident in incidents:
        [failure] = [failure for failure in FAILURES if failure in incident.facts.title]
        counts[incident.job_id, failure] += incident.facts.count
    return counts


def _cards(theatre: Theatre) -> dict[int, int]:
    """How many messages show each incident, by the value of their buttons."""
    shown: Counter[int] = Counter()
    for message in theatre.workspace.messages(CHANNEL):
        actions = [block for block in message.get("blocks") or () if block["type"] == "actions"]
        for block in actions:
            shown[int(dict(parse_qsl(block["elements"][0]["value"]))["i"])] += 1
    return dict(shown)


def _repeated(theatre: Theatre) -> list[str]:
    """What was said twice: by the delivery's id anywhere, or by its words in one thread."""
    ids = Counter(one["metadata"]["event_payload"]["delivery_id"] for one in theatre.messages())
    words = Counter((one.get("thread_ts"), one["text"]) for one in theatre.messages() if one.get("thread_ts"))
    return [
        *(name for name, count in ids.items() if count > 1),
        *(str(said) for said, count in words.items() if count > 1),
    ]


def _endings(theatre: Theatre) -> dict[str | None, int]:
    """Notices that a job has ended, by its name."""
    told = [one["text"] for one in theatre.messages() if " failed after " in one["text"]]
    return dict(Counter(text.partition(" in ")[0] for text in told))
