"""When the director's truth says that something is missing, and when not."""

from dataclasses import replace

import pytest

from bot.sandbox.baseten.world import World
from bot.sandbox.director.compare import Case
from bot.sandbox.director.ledger import Account, Log, Told
from bot.sandbox.director.shown import Shown, Sight
from bot.times import Ms, SystemClock

ROOT, CASCADE, NOISE = "root", "cascade", "noise"
LONG = "RuntimeError: " + "x" * 200


def told(title="Oom", role=ROOT, count=3, cause=None):
    return Told(
        title=title, role=role, count=count, replicas=1, first_ms=Ms(0), readable_ms=Ms(1_000), cause=cause
    )


def card(title="Oom", count=3, channel="ml-alerts", ts="1", incident=1, **more):
    return Shown(
        kind="card", job_id="j", title=title, count=count, replicas=1, channel=channel, ts=ts, incident=incident, **more
    )  # fmt: skip


def line(kind, title, count, ts="1", channel="ml-alerts"):
    return Shown(kind=kind, job_id="j", title=title, count=count, replicas=None, channel=channel, ts=ts)


def gaps(incidents, shown, *, errors=3, explained=None, loose=0, status="RUNNING", notices=()):
    world = World(SystemClock())
    job = world.add_job(world.add_project("p"), "j", status="TRAINING_JOB_" + status)
    shown = tuple(replace(one, job_id=job.id) for one in shown)
    lines = 10
    log = Log(by_replica={"g00r0": (lines, errors)})
    account = Account(
        lines=lines if explained is None else explained,
        errors=errors if explained is None else min(errors, explained),
        loose=loose,
        incidents=tuple(incidents),
    )
    sight = Sight(shown, frozenset({job.id} if notices else ()), ())
    return [gap.sentence for gap in Case(job, log, account, sight, Ms(0)).gaps()]


@pytest.mark.parametrize(
    ("incidents", "shown", "missing"),
    [
        ([], [], []),
        ([told()], [card()], []),
        ([told()], [], ["Oom: not shown"]),
        ([told()], [card(count=2)], ["Oom: shown 2 of 3 times"]),
        ([told()], [card(count=4)], ["Oom: shown 4 times, written 3 times"]),
        ([told()], [card(title="Other")], ["Oom: not shown"]),
        ([told()], [card(count=1), card(count=2, ts="2", incident=2)], []),
        ([told()], [card(count=None, folded=True)], []),
        ([told()], [card(), card(channel="other", count=1)], []),
        ([told()], [line("listed", "Oom", 3)], []),
        ([told()], [line("listed", "Oom", 1)], ["Oom: shown 1 of 3 times"]),
        ([told()], [line("listed", "Oom", 1), card(ts="2")], []),
        ([told(title=LONG)], [card(title=LONG[:139] + "…")], []),
        ([told(title="a  b")], [card(title="a b")], []),
        ([told(count=1), told(count=2)], [card()], []),
        ([told(role=NOISE)], [line("listed", "Oom", 3)], []),
        ([told(role=NOISE)], [], ["Oom: not shown"]),
        ([told(), told("Nccl", CASCADE, 56, 0)], [card(), line("consequence", "Nccl", 56)], []),
        ([told(), told("Nccl", CASCADE, 56, 0)], [card()], ["Oom: 0 of 56 consequences shown"]),
        ([told(), told("Nccl", CASCADE, 56, 0)], [card(more=1)], []),
        ([told(), told("Nccl", CASCADE, 56, 0)], [card(count=None, folded=True)], []),
        ([told(), told("Nccl", CASCADE, 56, 0)], [line("listed", "Oom", 3)], []),
        (
            [told(), told("Nccl", CASCADE, 3, 0)],
            [card(), line("consequence", "Nccl", 2), line("consequence", "Killed", 1)],
            [],
        ),
        (
            [told(), told("Nccl", CASCADE, 3, 0)],
            [card(), line("consequence", "Nccl", 3), card("Nccl", 3, ts="2", incident=2)],
            ["Nccl: a card of its own, though it follows from another error"],
        ),
        (
            [told(), told("Nccl", CASCADE, 3, 0)],
            [card(), line("consequence", "Nccl", 3), card("Nccl", None, ts="2", incident=2, folded=True)],
            [],
        ),
        (
            [told()],
            [card(), card(ts="2")],
            ["Oom: shown 6 times, written 3 times", *["Oom: two cards for one incident"] * 2],
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_said(incidents, shown, missing):
    assert gaps(incidents, shown) == missing


def test_an_error_line_that_belongs_to_no_incident_is_missing():
    assert gaps([], [], loose=2) == ["2 ERROR lines without an incident"]


def test_what_was_written_a_moment_ago_is_said_and_a_newer_card_is_no_contradiction():
    assert gaps([told()], [card(count=5)], explained=2) == ["1 ERROR line of a moment ago"]


@pytest.mark.parametrize(("notices", "missing"), [((), ["the end of the job: not told"]), ("j", [])])
def test_the_end_of_a_job_has_to_be_told(notices, missing):
    assert gaps([], [], status="FAILED", notices=notices) == missing
