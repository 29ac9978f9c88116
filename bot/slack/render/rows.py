"""One incident as a row of a list: two lines, and the very buttons of its card."""

from collections.abc import Sequence

from bot.flows.overview import Row
from bot.incidents.incident import State
from bot.incidents.muting import hidden_so_far
from bot.slack import ids, rich
from bot.slack.mrkdwn import actions, button, escape, shorten
from bot.slack.render.card_parts import SIGNS, extent, state_line, to_card
from bot.slack.render.cards import card_actions
from bot.slack.rich import Element

TITLE_CHARS = 140
JOB_CHARS = 60
DAY_AND_MINUTE = "{date_short_pretty} {time}"


def incident_row(row: Row, block_id: str, *, with_channel: bool = False) -> list[Element]:
    """What it is, where and since when, who has it; and all that can be done to it now."""
    incident = row.incident
    line = [
        *_title(row),
        rich.text(f"{extent(incident)} since "),
        rich.date(incident.created_ms, DAY_AND_MINUTE),
        *(_channels(row.channels) if with_channel else ()),
        rich.text("\n"),
        *state_line(incident),
    ]
    return [rich.block(rich.section(*line)), card_actions(incident) | {"block_id": block_id}]


def muted_row(row: Row, block_id: str, *, with_channel: bool = False) -> list[Element]:
    """Who muted it until when, and what that has hidden so far."""
    incident = row.incident
    hidden = hidden_so_far(incident)
    line = [*_title(row), *state_line(incident), *(_channels(row.channels) if with_channel else ())]
    if incident.muted is not None:
        line += [
            rich.text(f"\nHidden so far: {hidden:,} time{'s' if hidden != 1 else ''} since "),
            rich.date(incident.muted.set_ms, DAY_AND_MINUTE),
        ]
    return _with_button(row, line, block_id, "End the mute", ids.UNMUTE)


def dismissed_row(row: Row, block_id: str, *, with_channel: bool = False) -> list[Element]:
    """Who called it no error, and the way back."""
    line = [*_title(row), *state_line(row.incident), *(_channels(row.channels) if with_channel else ())]
    return _with_button(row, line, block_id, "Reopen: it is an error", ids.REOPEN)


def titles(rows: Sequence[Row]) -> str:
    """For the text of a message: the first few, escaped."""
    named = [
        f"{SIGNS[row.incident.state][1].lower()}: {shorten(row.incident.facts.title, 80)} in {_job(row)}"
        for row in rows[:5]
    ]
    return escape("; ".join(named), 1_000)


def _with_button(row: Row, line: list[Element], block_id: str, label: str, action_id: str) -> list[Element]:
    value = ids.IncidentRef(row.incident.id, row.incident.changed_ms or 0).encode()
    pressed = button(label, action_id, value, hint=f"{label}: {row.incident.facts.title}")
    return [rich.block(rich.section(*line)), actions(pressed) | {"block_id": block_id}]


def _title(row: Row) -> list[Element]:
    """The error with its card as a link, and the job on a line of its own."""
    incident, job = row.incident, row.job
    name = shorten(incident.facts.title, TITLE_CHARS)
    shown = to_card(row.card, name) if row.card and row.card.permalink else rich.text(name, bold=True)
    where: list[Element] = [rich.text(shorten(incident.job_id, JOB_CHARS))]
    if job is not None:
        project = shorten(job.project_name, JOB_CHARS)
        where = [rich.link(job.dashboard_url, shorten(job.title, JOB_CHARS)), rich.text(f" in {project}")]
    back = [rich.text(", it is back")] if incident.generation > 1 and incident.state is not State.RESOLVED else []
    sign = rich.emoji(SIGNS[incident.state][0])
    return [sign, rich.text("  "), shown, *back, rich.text("\n"), *where, rich.text(" · ")]


def _channels(channels: Sequence[str]) -> list[Element]:
    return [part for channel in channels[:3] for part in (rich.text(" · "), rich.channel(channel))]


def _job(row: Row) -> str:
    return shorten(row.job.title if row.job else row.incident.job_id, JOB_CHARS)
