"""Errors per replica or over time as Slack's own chart, and as bars of text for where that is refused.

Limits: a series has at most 20 points, a label at most 20 characters (Block Kit, `data_visualization`).
"""

from collections.abc import Sequence

from bot.incidents.incident import Sighting
from bot.slack.mrkdwn import clean, shorten, size
from bot.slack.rich import Element

POINTS = 20
LABEL_CHARS = 20
BAR_CHARS = 30


def bar_chart(title: str, sightings: Sequence[Sighting]) -> Element:
    """A bar for each replica, the loudest first; those beyond the limit are summed up in the last one."""
    return chart(title, _points(sightings), "replica")


def bars(sightings: Sequence[Sighting]) -> str:
    """The same as rows such as ``g02r0  ██████████  120``."""
    return text_bars(_points(sightings))


def chart(title: str, points: Sequence[tuple[str, int]], x_label: str) -> Element:
    """A bar for each of at most `POINTS` points: a label of its own, at most `LABEL_CHARS` long, and a count."""
    series = {"name": "errors", "data": [{"label": name, "value": count} for name, count in points]}
    axes = {"categories": [name for name, _ in points], "x_label": shorten(x_label, 50), "y_label": "errors"}
    drawn = {"type": "bar", "series": [series], "axis_config": axes}
    return {"type": "data_visualization", "title": shorten(title, 50), "chart": drawn}


def text_bars(points: Sequence[tuple[str, int]]) -> str:
    """The points as rows, for where a chart is refused; a count of 0 has no bar."""
    width = max(len(name) for name, _ in points)
    most = max(1, *(count for _, count in points))
    rows = ((name.ljust(width), "█" * _length(count, most), count) for name, count in points)
    return "\n".join(f"{name}  {bar}  {count:,}" for name, bar, count in rows)


def _length(count: int, most: int) -> int:
    return max(1, round(BAR_CHARS * count / most)) if count else 0


def _points(sightings: Sequence[Sighting]) -> list[tuple[str, int]]:
    ordered = sorted(sightings, key=lambda seen: -seen.count)
    names: dict[str, int] = {}
    for seen in ordered[: POINTS - 1] if len(ordered) > POINTS else ordered:
        names[_label(seen.replica, names)] = max(seen.count, 1)
    rest = ordered[POINTS - 1 :] if len(ordered) > POINTS else []
    if rest:
        names[_label(f"{len(rest)} others", names)] = sum(seen.count for seen in rest)
    return list(names.items()) or [("none", 1)]


def _label(replica: str | None, taken: dict[str, int]) -> str:
    """A name that is short enough and not yet used."""
    whole = " ".join(clean(replica or "").split()) or "platform"
    name = whole if size(whole) <= LABEL_CHARS else "…" + whole[-8:]
    number = 2
    label = name
    while label in taken:
        label = f"{shorten(name, LABEL_CHARS - len(str(number)) - 1)} {number}"
        number += 1
    return label
