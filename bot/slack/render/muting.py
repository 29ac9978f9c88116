"""What a mute would have hidden in the last day, before or while it is set."""

from zoneinfo import ZoneInfo

from bot.incidents.incident import Incident
from bot.incidents.muting import DAY_MS, hidden_by_mute
from bot.incidents.pulse import QUARTER_MS
from bot.times import Ms, ns_from_ms, utc

HOURS_NAMED = 6


def would_have_hidden(incident: Incident, zone: ZoneInfo, now_ms: Ms) -> str:
    """How much, and in which hours of the reader's, as mrkdwn."""
    count = hidden_by_mute(incident, now_ms)
    if not count:
        return "In the last day there was nothing that a mute would have hidden."
    events = "1 event" if count == 1 else f"{count:,} events"
    return f"In the last day a mute would have hidden *{events}*{_by_hour(incident, zone, now_ms)}."


def _by_hour(incident: Incident, zone: ZoneInfo, now_ms: Ms) -> str:
    """Such as ``: 25 from Mon 13:00, 12 from Mon 14:00``, the fullest hours, as they came."""
    first = (now_ms - DAY_MS) // QUARTER_MS
    hours: dict[str, int] = {}
    for quarter, count in incident.pulse.quarters:
        if quarter >= first:
            hour = f"{utc(ns_from_ms(quarter * QUARTER_MS)).astimezone(zone):%a %H:00}"
            hours[hour] = hours.get(hour, 0) + count
    if len(hours) == 1:
        return f", from {next(iter(hours))} on"
    fullest = sorted(hours, key=lambda hour: -hours[hour])[:HOURS_NAMED]
    named = [f"{hours[hour]:,} from {hour}" for hour in hours if hour in fullest]
    rest = sum(count for hour, count in hours.items() if hour not in fullest)
    return ": " + ", ".join([*named, *([f"{rest:,} in other hours"] if rest else [])])
