"""The window that asks how long an error is to be muted, and says before what that would have hidden."""

from datetime import timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import TransientError
from bot.incidents.muting import LONGEST_DAYS, unfit_end
from bot.incidents.steps import Mute
from bot.slack import ids
from bot.slack.desk import Desk
from bot.slack.mrkdwn import context, section
from bot.slack.render.muting import would_have_hidden
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
        section(would_have_hidden(sight.incident, sight.member.zone, sight.now_ms)),
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


def _morning_s(sight: Sight) -> int:
    """The reader's next morning, as seconds since the epoch."""
    here = utc(ns_from_ms(sight.now_ms)).astimezone(sight.member.zone)
    morning = here.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return s_from_ms(ms_at(morning if morning > here else morning + timedelta(days=1)))
