"""Whatever happens: each ERROR line is in one incident, each incident has one card, each action is told once.

    make chaos                                       five minutes of each play
    JOBLOGS_CHAOS_SEED=7 pytest tests/chaos          the same misfortunes again

The seed chooses what goes wrong and when; how the processes get on with it is up to the machine.
"""

import os
from pathlib import Path
from random import SystemRandom

import pytest

from tests.chaos.calamities import Calamities
from tests.chaos.theatre import Theatre, open_theatre
from tests.chaos.truth import is_told, state_of, wrongs

SEED = int(os.environ.get("JOBLOGS_CHAOS_SEED") or SystemRandom().randrange(10**6))
MINUTES = float(os.environ.get("JOBLOGS_CHAOS_MINUTES") or 0)
SHORT_S = 10.0
SETTLE_S = 300.0 if MINUTES else 120.0
JOBS = 20
PLAYS = {
    "a file, sockets": ("sqlite", True, ("all",)),
    "PostgreSQL, HTTP": ("postgresql", False, ("worker", "worker", "web", "web")),
    "PostgreSQL, sockets": ("postgresql", True, ("all", "all", "worker")),
}
IN_SHORT = ("a file, sockets", "PostgreSQL, HTTP")
pytestmark = pytest.mark.timeout(MINUTES * 60 + 700)


@pytest.mark.parametrize("play", PLAYS if MINUTES else IN_SHORT)
async def test_nothing_is_lost_and_nothing_is_said_twice(tmp_path: Path, play: str):
    database, sockets, roles = PLAYS[play]
    print(f"JOBLOGS_CHAOS_SEED={SEED} JOBLOGS_CHAOS_MINUTES={MINUTES:g}  # {play}")  # noqa: T201 - to play the same again
    async with open_theatre(tmp_path, database=database, seed=SEED, sockets=sockets) as theatre:
        await _set_the_stage(theatre, roles)
        calamities = Calamities(theatre)
        await calamities.torment(MINUTES * 60 or SHORT_S)
        for job in theatre.jobs:
            job.set_status("TRAINING_JOB_FAILED", error_message="exit code 1")

        async def told() -> bool:
            return is_told(theatre, state_of(theatre.url))

        try:
            await theatre.until(told, SETTLE_S, every_s=0.5)
        finally:
            state = state_of(theatre.url)
            found = wrongs(theatre, state, calamities.presses)
            _tell(theatre, state, calamities, found)
        assert found == [], theatre.last_words()


async def _set_the_stage(theatre: Theatre, roles: tuple[str, ...]) -> None:
    projects = [theatre.world.add_project(f"llama-{team}", team=team) for team in theatre.world.keys.values()]
    theatre.jobs = [
        theatre.world.add_job(
            projects[number % len(projects)], f"run-{number}", node_count=3, status="TRAINING_JOB_RUNNING"
        )
        for number in range(JOBS)
    ]
    await theatre.open(*roles)
    for project in projects:
        assert "now watches" in await theatre.command("ada", f"watch {project.name}")


def _tell(theatre: Theatre, state: object, calamities: Calamities, found: list[str]) -> None:
    """What was done when, beside the bots' own words."""
    figures = (
        f"{theatre.written().total()} ERROR lines, {len(theatre.messages())} messages, "
        f"{len(calamities.presses)} presses, {len(theatre.tale)} misfortunes"
    )
    print(figures, *found, sep="\n")  # noqa: T201 - what the run was worth
    said = [f"{one['ts']} in {one.get('thread_ts')}: {one['text']}" for one in theatre.messages()]
    tale = [f"seed {SEED}", *theatre.tale, figures, *found, *said, repr(state)]
    (theatre.folder / "tale.txt").write_text("\n".join(tale))
