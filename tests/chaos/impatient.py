"""`joblogs` in a hurry: what takes over from a killed process after half a minute does so after seconds.

    python -m tests.chaos.impatient run

Only figures are others (and no storm is called one, so that each incident has its card): all code is the product's.
"""

import asyncio
import faulthandler
import gc
import signal
import sys

import bot.app
from bot.__main__ import main
from bot.flows import deliver, leases, pace
from bot.incidents import announce, roll
from bot.schedule import Beat
from bot.store import engine, patience

BEAT_S = {"deliver": 0.1, "tidy": 10.0, "digest": 10.0}
LONGEST_BEAT_S = 0.5


def hurry() -> None:
    leases.TTL_MS = 3_000
    deliver.CLAIM_TTL_MS = 4_000
    deliver.SEND_S = 3.0
    deliver.LONGEST_RETRY_MS = 1_000
    engine._STATEMENT_TIMEOUT_S = 3
    engine._IDLE_TIMEOUT_S = 1
    patience.PatientConnection.answer_s = 4.0
    pace.CHANNEL = pace.Rate(interval_ms=1)
    pace.RATES = {name: pace.Rate(interval_ms=1, burst=1_000) for name in pace.RATES}
    announce.CHART_MS = 500
    roll.CARDS_IN_WINDOW = 100_000
    bot.app.Beat = lambda name, every_s, run: Beat(  # type: ignore[assignment,misc]
        name, min(every_s, BEAT_S.get(name, LONGEST_BEAT_S)), run
    )


def tell_where(*_: object) -> None:
    """What every thread and every task is at, for those who ask why nothing goes on."""
    faulthandler.dump_traceback(all_threads=True)
    for task in [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]:
        task.print_stack(file=sys.stderr)
    sys.stderr.flush()


if __name__ == "__main__":
    hurry()
    signal.signal(signal.SIGUSR1, tell_where)
    main()
