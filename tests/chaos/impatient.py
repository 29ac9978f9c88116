"""`joblogs` in a hurry: what takes over from a killed process after half a minute does so after seconds.

    python -m tests.chaos.impatient run

Only figures are others (and no storm is called one, so that each incident has its card): all code is the product's.
"""

import bot.app
from bot.__main__ import main
from bot.flows import deliver, leases, pace
from bot.incidents import announce, roll
from bot.schedule import Beat

LONGEST_BEAT_S = 0.5


def hurry() -> None:
    leases.TTL_MS = 2_500
    deliver.CLAIM_TTL_MS = 4_000
    deliver.SEND_S = 3.0
    deliver.LONGEST_RETRY_MS = 1_000
    pace.POST_INTERVAL_MS = 20
    pace.EDITS_PER_MINUTE = 100_000
    announce.CHART_MS = 500
    roll.CARDS_IN_WINDOW = 100
    bot.app.Beat = lambda name, every_s, run: Beat(name, min(every_s, LONGEST_BEAT_S), run)  # type: ignore[assignment,misc]


if __name__ == "__main__":
    hurry()
    main()
