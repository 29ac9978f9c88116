"""Links to a job's page at Baseten: below the message stands how the job is doing and what is open of it.

Only what somebody has sent is unfurled. While they still type, Slack does not tell in which channel, and the text
may end up in one that is shared with another organisation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.errors import SlackRefused, TransientError
from bot.flows.overview import Row
from bot.jobs.job import Job
from bot.jobs.reference import Found, page_of
from bot.logs.question import LogQuery
from bot.slack import ids, rich
from bot.slack.desk import Desk, sender
from bot.slack.gateway import translated
from bot.slack.mrkdwn import actions, button, escape, shorten
from bot.slack.render.card_parts import SIGNS, extent, to_card
from bot.slack.render.figures import duration
from bot.slack.render.words import JOB_SIGNS
from bot.slack.rich import Element
from bot.slack.rooms import outsiders
from bot.slack.turned_away import Denied
from bot.times import Clock, now_ms

log = structlog.get_logger(__name__)

AGAIN_S = 1_800.0
"""The same job is shown in the same channel once in this time."""
LINKS = 3
"""So many links of one message are unfurled."""
INCIDENTS_NAMED = 4
NAME_CHARS = 80
TITLE_CHARS = 140
COMPOSER = "composer"


@dataclass(slots=True)
class Shown:
    """Which job was shown where, and when; a restart may show one a second time."""

    clock: Clock
    _at: dict[tuple[str, str], float] = field(default_factory=dict)

    def first_time(self, channel: str, job_id: str) -> bool:
        now = self.clock.monotonic_s()
        self._at = {key: at for key, at in self._at.items() if now - at < AGAIN_S}
        is_first = (channel, job_id) not in self._at
        self._at.setdefault((channel, job_id), now)
        return is_first


def register(app: AsyncApp, desk: Desk) -> None:
    shown = Shown(desk.clock)

    async def shared(body: dict[str, Any], event: dict[str, Any]) -> None:
        try:
            if event.get("source") != COMPOSER and await desk.first_time(f"event:{body['event_id']}"):
                await _unfurl(desk, shown, body, event)
        except (SlackRefused, TransientError) as error:
            log.info("not_unfurled", reason=str(error))

    app.event("link_shared")(shared)


async def _unfurl(desk: Desk, shown: Shown, body: dict[str, Any], event: dict[str, Any]) -> None:
    """Says nothing where it may not: an unfurl that fails is no reason to disturb anybody."""
    channel, ts = str(event["channel"]), str(event["message_ts"])
    user_id, team_id = sender(body)
    member = await desk.members.judge(user_id=user_id, team_id=team_id, channel=channel)
    if isinstance(member, Denied) or body.get("is_ext_shared_channel"):
        return
    if await desk.rights.judge(member.id, "logs", channel) or await outsiders(desk.client, channel):
        return
    unfurls: dict[str, Element] = {}
    for url in _job_pages(event)[:LINKS]:
        found = await desk.answer.catalog.find_job(url)
        if isinstance(found, Found) and shown.first_time(channel, found.job.id):
            unfurls[url] = unfurl(found.job, await desk.overview.of_job(found.job, channel), now_ms(desk.clock))
    if unfurls:
        log.info("unfurl", channel=channel, user=sender(body)[0], links=len(unfurls))
        await translated(desk.client.chat_unfurl(channel=channel, ts=ts, unfurls=unfurls))


def unfurl(job: Job, open_incidents: Sequence[Row], at_ms: int) -> Element:
    """What stands below a link to `job`."""
    name = shorten(job.title, NAME_CHARS)
    head = [
        rich.emoji(JOB_SIGNS.get(job.status.name, "white_circle")),
        rich.text("  "),
        rich.text(name, bold=True),
        rich.text(f" in {shorten(job.project_name, NAME_CHARS)}: "),
        rich.text(shorten(job.status.label, 40), bold=True),
        *_since(job, at_ms),
    ]
    count = len(open_incidents)
    told = f"{count} incident{'s' if count > 1 else ''} unresolved:" if count else "No incident is unresolved."
    body = [rich.section(*head, rich.text(f"\n{told}"))]
    if open_incidents:
        rows = [rich.section(*_row(row)) for row in open_incidents[:INCIDENTS_NAMED]]
        if count > INCIDENTS_NAMED:
            rows.append(rich.section(rich.text(f"and {count - INCIDENTS_NAMED} more", italic=True)))
        body.append(rich.bullets(rows))
    fallback = f"{escape(name)} is {escape(job.status.label, 40)}. {told.rstrip(':')}"
    return {"fallback": fallback, "blocks": [rich.block(*body), actions(*_buttons(job))]}


def _since(job: Job, at_ms: int) -> list[Element]:
    if job.status.has_ended:
        took = f" after {duration(job.updated_ms - job.created_ms)}, "
        return [rich.text(took), rich.date(job.updated_ms, "{date_short_pretty} {time}")]
    ago = duration(at_ms - job.created_ms)
    return [rich.text(f", created {ago} ago, "), rich.date(job.created_ms, "{date_short_pretty} {time}")]


def _row(row: Row) -> list[Element]:
    incident = row.incident
    return [
        rich.emoji(SIGNS[incident.state][0]),
        rich.text(" "),
        to_card(row.card, shorten(incident.facts.title, TITLE_CHARS) or " "),
        rich.text(f" · {extent(incident)}"),
    ]


def _buttons(job: Job) -> list[Element]:
    found = [button("Logs", ids.SHOW_LOGS, ids.query_value(LogQuery(job=job.id)))]
    if not job.status.has_ended:
        found.append(button("Watch", ids.WATCH, ids.TargetRef(job.account, job.project_id, job.id).encode()))
    return found


def _job_pages(event: dict[str, Any]) -> list[str]:
    urls = dict.fromkeys(str(link.get("url") or "") for link in event.get("links") or ())
    return [url for url in urls if (page := page_of(url)) is not None and page.job_id is not None]
