"""The window that asks before a job is stopped or made again, with hostile names."""

import pytest

from bot.flows.control import Deed, Prospect
from bot.jobs.balance import Balance
from bot.jobs.job import Checkpoint, Instance
from bot.slack.windows.control import Errand, asking
from bot.times import Ms
from tests.slack_limits import problems_of_view
from tests.unit.slack.card_values import HOSTILE, NOW, a_job

MINUTE = 60_000


@pytest.mark.parametrize("deed", list(Deed))
def test_slack_takes_the_window_whatever_a_job_is_called(deed: Deed):
    job = a_job(name=HOSTILE, project_name=HOSTILE, instance=Instance(id="i", name=HOSTILE))
    saved = Checkpoint(id=HOSTILE, created_ms=NOW, size_bytes=1, type="x")
    balance = Balance(ran_ms=10**9, cost_usd=10**7, checkpoints=3, saved=saved)
    view = asking(Prospect(deed=deed, job=job, usd_per_hour=10**6, balance=balance), Errand(deed, "j1", "C1"))
    assert problems_of_view(view) == []


@pytest.mark.parametrize(
    ("balance", "says"),
    [
        (Balance(), "Baseten does not tell now whether it saved a checkpoint."),
        (Balance(checkpoints=0), "It has saved no checkpoint: all of its work is lost."),
        (
            Balance(
                checkpoints=1,
                saved=Checkpoint(id="step-400", created_ms=Ms(NOW - 12 * MINUTE), size_bytes=1, type="x"),
            ),
            "Last checkpoint step-400, 12 min ago: the work since then is lost.",
        ),
    ],
)
def test_before_a_stop_it_is_said_what_is_lost(balance: Balance, says: str):
    prospect = Prospect(deed=Deed.STOP, job=a_job(), usd_per_hour=None, balance=balance)
    assert says in str(asking(prospect, Errand(Deed.STOP, "j1", None)))


@pytest.mark.parametrize("value", ["", "d=stop", "d=burn&j=1&c=", "x" * 5000])
def test_a_forged_errand_is_none(value: str):
    assert Errand.decode(value) is None


def test_an_errand_comes_back_as_it_went():
    errand = Errand(Deed.RECREATE, "j&=1", None)
    assert Errand.decode(errand.encode()) == errand
