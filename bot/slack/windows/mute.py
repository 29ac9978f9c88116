"""The window that asks how long an error is to be muted, and says before what that would have hidden."""

from datetime import timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import TransientError
from bot.incidents.muting import DAY_MS, LONGEST_DAYS, hidden_by_mute, unfit_end
from bot.incidents.pulse import QUARTER_MS
from bot.incidents.steps import Mute
from bot.slack import ids
from bot.slack.desk import Desk
from bot.slack.mrkdwn import context, section
from bot.slack.rich import Element
from bot.slack.windows.fields import Entered, choice, entry
from bot.slack.windows.forms import Asked, Form
from bot.slack.windows.sight import Sight, look_again
from bot.slack.windows.window import Show, Wrong, modal, told, update_window
from bot.times import Ms, ms_at, ms_from_s, ns_from_ms, s_from_ms, utc

log = structlog.get_logger(__name__)

TITLE = "Mute"
LENGTH = "length"
UNTIL = "until"
JOB_END = "job"
HOURS = {"1": "1 hour", "4": "4 hours", "24": "24 hours"}
LENGTHS = (*HOURS.items(), (JOB_END, "Until the job ends"), (UNTIL, "Until a time…"))
HOURS_NAMED = 6
MORNING_HOUR = 9
ENDS = (
    "It ends by itself when its time is up, when the job ends, when other replicas get the error, "
    "or when it happens ten times as often. Only this error of this job is muted; it is still counted."
)
ENDED = "The job has ended: only this error of it is muted. When a new job has it, that one gets its own card."


def mute_window(sight: Sight, *, asks_until: bool = False) -> Element:
    """`asks_until`: with the field for a time."""
    has_ended = sight.standing.job is not None and sight.standing.job.status.has_ended
    lengths = [(value, label) for value, label in LENGTHS if not (has_ended and value == JOB_END)]
    length = choice("radio_buttons", lengths, "1") | {"action_id": ids.MUTE_LENGTH}
    until = entry(
        UNTIL,
        "Until when",
        {"type": "datetimepicker", "initial_date_time": _morning_s(sight)},
        hint=f"In your time zone; {LONGEST_DAYS} days at most.",
        optional=True,
    )
    blocks = [
        *sight.heading(),
        section(_hidden(sight)),
        entry(LENGTH, "Mute this error for", length, acts=True),
        *([until] if asks_until else []),
        context(ENDED if has_ended else ENDS),
    ]
    return modal(TITLE, blocks, callback=ids.MUTE_WINDOW, submit="Mute", data=sight.spot.encode())


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the listener that asks for the time when it is needed."""

    async def chosen(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        asks_until = (action.get("selected_option") or {}).get("value") == UNTIL
        try:
            drawn = await _redrawn(desk, body, asks_until=asks_until)
        except TransientError as error:
            # The submission asks for the time again.
            log.warning("mute_not_redrawn", reason=str(error))
            return
        await update_window(desk, body["view"], drawn)

    app.action(ids.MUTE_LENGTH)(chosen)


async def _redrawn(desk: Desk, body: dict[str, Any], *, asks_until: bool) -> Element:
    sight = await look_again(desk, body, Mute(None))
    return told(TITLE, sight) if isinstance(sight, str) else mute_window(sight, asks_until=asks_until)


async def _read(_desk: Desk, sight: Sight, entered: Entered) -> Asked | Wrong | Show:
    length = entered.option(LENGTH)
    if length in HOURS:
        return Asked(Mute(Ms(sight.now_ms + ms_from_s(3600 * int(length)))))
    if length == JOB_END:
        return Asked(Mute(None))
    until_s = entered.moment_s(UNTIL)
    if until_s is None:
        return Show(mute_window(sight, asks_until=True))
    until_ms = ms_from_s(until_s)
    unfit = unfit_end(until_ms, sight.now_ms)
    return Wrong({UNTIL: unfit}) if unfit else Asked(Mute(until_ms))


MUTE = Form(callback=ids.MUTE_WINDOW, title=TITLE, step=Mute(None), draw=mute_window, read=_read)


def _hidden(sight: Sight) -> str:
    """How much it would have hidden in the last day, and in which hours of the reader's."""
    count = hidden_by_mute(sight.incident, sight.now_ms)
    if not count:
        return "In the last day there was nothing that a mute would have hidden."
    events = "1 event" if count == 1 else f"{count:,} events"
    return f"In the last day a mute would have hidden *{events}*{_by_hour(sight)}."


def _by_hour(sight: Sight) -> str:
    """Such as ``: 25 from Mon 13:00, 12 from Mon 14:00``, the fullest hours, as they came."""
    first = (sight.now_ms - DAY_MS) // QUARTER_MS
    hours: dict[str, int] = {}
    for quarter, count in sight.incident.pulse.quarters:
        if quarter >= first:
            hour = f"{utc(ns_from_ms(quarter * QUARTER_MS)).astimezone(sight.member.zone):%a %H:00}"
            hours[hour] = hours.get(hour, 0) + count
    if len(hours) == 1:
        return f", from {next(iter(hours))} on"
    fullest = sorted(hours, key=lambda hour: -hours[hour])[:HOURS_NAMED]
    named = [f"{hours[hour]:,} from {hour}" for hour in hours if hour in fullest]
    rest = sum(count for hour, count in hours.items() if hour not in fullest)
    return ": " + ", ".join([*named, *([f"{rest:,} in other hours"] if rest else [])])


def _morning_s(sight: Sight) -> int:
    """The reader's next morning, as seconds since the epoch."""
    here = utc(ns_from_ms(sight.now_ms)).astimezone(sight.member.zone)
    morning = here.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return s_from_ms(ms_at(morning if morning > here else morning + timedelta(days=1)))
