"""What many stories begin with, and how they look into the database."""

import sqlite3
from typing import Any

from bot.flows.triage import Outcome as Taken
from bot.flows.triage import Request, Triage
from bot.incidents.steps import Step
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.slack.outcome import Outcome
from bot.slack import ids
from tests.stage import CHANNEL, Stage, shown

OOM = "ERROR torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
TABLES = ("watches", "tails", "incidents", "history", "cards", "outbox")


async def watching(stage: Stage, target: str = "llama-ft", channel: str = CHANNEL) -> None:
    answer = await stage.command(f"watch {target}", channel=channel)
    assert "watches" in shown(answer), answer


async def failed_once(stage: Stage, **job: Any) -> SimJob:
    """A watched job that has written one error, which nobody has told yet."""
    made = stage.job(**job)
    await watching(stage)
    await stage.ticks(2)
    made.write(OOM, level="ERROR")
    return made


def fail_more(stage: Stage, count: int = 4) -> list[SimJob]:
    """So many other jobs of the watched project fail: within one job all else would follow from its first failure."""
    jobs = [stage.job(f"other-{number}") for number in range(count)]
    for job in jobs:
        job.write(OOM, level="ERROR")
    return jobs


async def with_card(stage: Stage, **job: Any) -> tuple[SimJob, dict[str, Any]]:
    """A job whose one error has its card, and the lines around it in the thread."""
    made = await failed_once(stage, **job)
    await stage.ticks(6)
    [card] = stage.cards()
    return made, card


async def window(stage: Stage, user: str = "ada") -> dict[str, Any]:
    """What is open in front of somebody, as soon as it is."""
    person = stage.workspace.person(user)
    await stage.until(lambda: person.view is not None)
    assert person.view is not None
    return person.view


async def resolve(
    stage: Stage, card: dict[str, Any], *, user: str = "ada", reason: str = "", channel: str = CHANNEL
) -> Outcome:
    """Presses Resolve, and sends the window that asks for a reason."""
    assert (await stage.press(card, ids.RESOLVE, user=user, channel=channel)).acked
    await window(stage, user)
    done = await stage.workspace.person(user).submit(values={"reason": {"reason": reason}})
    assert done.ok, done
    return done


async def pick(stage: Stage, card: dict[str, Any], wanted: ids.Pick, *, user: str = "ada") -> None:
    """Chooses an entry of a card's menu."""
    outcome = await stage.workspace.person(user).press(CHANNEL, card["ts"], ids.MENU, picked(card, wanted))
    assert outcome.acked, outcome


def picked(card: dict[str, Any], wanted: ids.Pick) -> str:
    """The value of an entry of a card's menu."""
    [block] = [block for block in card["blocks"] if block["type"] == "actions"]
    [menu] = [element for element in block["elements"] if element["action_id"] == ids.MENU]
    [value] = [one["value"] for one in menu["options"] if one["value"].startswith(wanted.value)]
    return str(value)


async def send(stage: Stage, user: str = "ada", **values: Any) -> Any:
    """Submits the window in front, its fields filled in."""
    entries = {name: {_action(stage, user, name): value} for name, value in values.items()}
    return await stage.workspace.person(user).submit(values=entries)


def _action(stage: Stage, user: str, name: str) -> str:
    view = stage.workspace.person(user).view
    assert view is not None
    [action] = [block["element"]["action_id"] for block in view["blocks"] if block.get("block_id") == name]
    return str(action)


async def waiting(stage: Stage) -> int:
    """Rows that are still to be said, those of stopped lanes left out."""
    now = stage.clock.now_ns() // 1_000_000
    count, _ = await stage.bot.db.run(lambda tx: tx.outbox.depth(now))
    return count


def rows(stage: Stage) -> dict[str, list[Any]]:
    """Everything that a person can change in the database, by table (SQLite only)."""
    assert stage.settings.sqlite_path is not None
    connection = sqlite3.connect(stage.settings.sqlite_path)
    try:
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES
        }  # table names of ours
    finally:
        connection.close()


async def take(stage: Stage, card: dict[str, Any], step: Step, *, user: str = "grace", to: str = "") -> Taken:
    """A step of `user` at a card, as every button and word comes down to one; the card and its thread show it."""
    channel = stage.workspace.channel(CHANNEL).id
    stored = await stage.bot.db.run(lambda tx: tx.cards.at(channel, card["ts"]))
    assert stored is not None
    request = Request(
        incident_id=stored.incident_id,
        step=step,
        actor=stage.workspace.roster.user(user).id,
        channel=channel,
        once=f"{card['ts']}:{stage.clock.now_ns()}",
        actor_name=user.capitalize(),
        to_name=to.capitalize(),
    )
    outcome = await Triage(db=stage.bot.db, clock=stage.clock).act(request)
    await stage.ticks(2)
    return outcome
