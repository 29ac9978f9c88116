"""A mute names one error of one job, and ends by itself: in time, with the job, or when the error gets worse."""

from dataclasses import dataclass, replace

from bot.incidents.incident import Before, Incident, Muted, State
from bot.times import Ms, ms_floor, ms_from_s

WINDOW_MS = ms_from_s(300)
HOUR_MS = ms_from_s(3600)
DAY_MS = ms_from_s(24 * 3600)
TENFOLD = 10
FEWEST_FOR_TENFOLD = 20
"""So few events in a window are no flood, however rare the error was before."""
NAMED = 6
LONGEST_DAYS = 30


def muted(incident: Incident, *, by: str, now_ms: Ms, until_ms: Ms | None) -> Muted:
    """A mute of `incident` as it is now: what it knows of replicas and of the usual rate."""
    return Muted(
        by=by,
        set_ms=now_ms,
        until_ms=until_ms,
        replicas=incident.facts.replicas,
        usual=_usual(incident, now_ms),
        window_ms=now_ms,
        window_count=incident.facts.count,
        set_count=incident.facts.count,
        before=incident.muted.before if incident.muted else _before(incident),
    )


def unmuted(incident: Incident) -> Incident:
    """What it was before it was muted."""
    before = (incident.muted and incident.muted.before) or _likely(incident)
    return replace(incident, state=before.state, actor=before.actor, acted_ms=before.since_ms, muted=None)


def hidden_so_far(incident: Incident) -> int:
    """How many events the mute that holds has hidden since it was set."""
    return incident.facts.count - incident.muted.set_count if incident.muted else 0


def unfit_end(until_ms: Ms, now_ms: Ms) -> str | None:
    """Why nothing can be muted until then, as a sentence; None when it can."""
    if until_ms <= now_ms:
        return "That is over already: choose a later time."
    if until_ms > now_ms + LONGEST_DAYS * DAY_MS:
        return f"A mute lasts {LONGEST_DAYS} days at most: choose an earlier time."
    return None


def hidden_by_mute(incident: Incident, now_ms: Ms) -> int:
    """How many events a mute would have hidden in the day before `now_ms`."""
    return incident.pulse.since(Ms(now_ms - DAY_MS))


@dataclass(frozen=True, slots=True)
class Over:
    """A mute ends: `why` is a clause. When the error got `worse` somebody has to know."""

    why: str
    worse: bool = False


def over(incident: Incident, now_ms: Ms, *, ended_ms: Ms | None) -> Over | None:
    """Why the mute of `incident` ends now; None while it holds, or where there is none.

    `ended_ms` is when the job ended, None while it goes on: who mutes for a time what a dead job left behind means
    that time.
    """
    mute = incident.muted
    if mute is None:
        return None
    if ended_ms is not None and (mute.until_ms is None or ended_ms >= mute.set_ms):
        return Over("the job ended")
    if mute.until_ms is not None and now_ms >= mute.until_ms:
        return Over("its time is up")
    if joined := [name for name in incident.facts.replicas if name not in mute.replicas]:
        more = f" and {len(joined) - NAMED} more" if len(joined) > NAMED else ""
        verb = "has" if len(joined) == 1 else "have"
        return Over(f"{', '.join(joined[:NAMED])}{more} {verb} it now as well", worse=True)
    came = incident.facts.count - mute.window_count
    if came >= max(TENFOLD * mute.usual, FEWEST_FOR_TENFOLD):
        rate = f"it happened {came:,} times within five minutes, more than ten times as often as before"
        return Over(rate, worse=True)
    return None


def watched_on(incident: Incident) -> Incident:
    """With a new window for the rate when the present one is over; its time is that of the lines."""
    mute, last_ms = incident.muted, ms_floor(incident.facts.last_ns)
    if mute is None or last_ms - mute.window_ms < WINDOW_MS:
        return incident
    return replace(incident, muted=replace(mute, window_ms=last_ms, window_count=incident.facts.count))


def _likely(incident: Incident) -> Before:
    state = State.ACKNOWLEDGED if incident.holder else State.OPEN
    return Before(state=state, actor=incident.holder, since_ms=None)


def _before(incident: Incident) -> Before:
    return Before(state=incident.state, actor=incident.actor, since_ms=incident.since_ms)


def _usual(incident: Incident, now_ms: Ms) -> int:
    """Events per window over the last hour, or since the first one; at least 1."""
    first_ms = max(ms_floor(incident.facts.first_ns), now_ms - HOUR_MS)
    windows = max(1, -(-(now_ms - first_ms) // WINDOW_MS))
    return max(1, incident.pulse.since(Ms(first_ms)) // windows)
