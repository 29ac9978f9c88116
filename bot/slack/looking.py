"""Looking at the log from an incident or from lines that were shared: for words, menus and shortcuts alike."""

from dataclasses import dataclass, replace

import structlog

from bot.errors import ApiRefused, TransientError
from bot.flows.answered import LogAnswer, Refusal
from bot.flows.around import USUAL, Reach, Spot
from bot.flows.catalog import trouble
from bot.flows.contents import AroundContent
from bot.flows.ports import Tx
from bot.incidents.incident import Incident
from bot.jobs.job import Job
from bot.logs.line import Level
from bot.logs.question import LogQuery
from bot.slack.desk import Desk
from bot.slack.members import Member
from bot.slack.mrkdwn import Message
from bot.slack.render import words
from bot.slack.render.around_views import around_message
from bot.slack.render.refusals import GONE
from bot.times import NS_PER_MS, Ms, ms_ceil, ms_floor

log = structlog.get_logger(__name__)

MARGIN_MS = 10 * 60_000
"""A question for logs in a thread looks so far before the first line of its incident,"""
AFTERMATH_MS = 30_000
"""and so far behind the last one, unless it names a time itself."""


@dataclass(frozen=True, slots=True)
class ForAll:
    """May be shown to everybody in the place where it was asked for."""

    message: Message


@dataclass(frozen=True, slots=True)
class ForOne:
    """Concerns only the person who asked: why there is nothing to show."""

    message: Message


Said = ForAll | ForOne


@dataclass(frozen=True, slots=True)
class Case:
    """An incident, and the job in which it happened."""

    incident: Incident
    job: Job


def case_of(tx: Tx, incident_id: int) -> Case | None:
    incident = tx.incidents.get(incident_id)
    tail = tx.tails.get(incident.account, incident.job_id) if incident else None
    return Case(incident, tail.job) if incident and tail else None


async def around_incident(
    desk: Desk, member: Member, incident_id: int, *, channel: str | None, reach: Reach = USUAL
) -> Said:
    """The lines around an incident's first line (of one that returned, its newest), in the member's time zone.

    Raises:
        StoreUnavailable: the database is away.
    """
    if denied := await desk.rights.may(member.id, "logs", channel):
        return ForOne({"text": denied.sentence})
    case = await desk.db.run(lambda tx: case_of(tx, incident_id))
    if case is None:
        return ForOne({"text": GONE})
    log.info("around", incident=incident_id, user=member.id)
    try:
        found = await desk.around.lines(case.incident, case.job, reach)
    except (ApiRefused, TransientError) as problem:
        return ForOne({"text": trouble(problem)})
    return _shown(found, member)


async def around_lines(desk: Desk, member: Member, query: LogQuery, *, channel: str | None) -> Said:
    """The lines around those that `query` gives: around its first error, or where there is none its last line."""
    if denied := await desk.rights.may(member.id, "logs", channel):
        return ForOne({"text": denied.sentence})
    answer = await desk.answer.answer(query)
    if isinstance(answer, Refusal):
        return ForOne(words.refusal(answer))
    if not answer.lines:
        return ForOne({"text": answer.why_not or "These lines are not in the log any more."})
    log.info("around", job=answer.job.id, user=member.id)
    try:
        return _shown(await desk.around.at(answer.job, _spot(answer)), member)
    except (ApiRefused, TransientError) as problem:
        return ForOne({"text": trouble(problem)})


def about(case: Case, query: LogQuery) -> LogQuery:
    """`query` for the incident's job, and for its time where it names none."""
    query = replace(query, job=case.job.id)
    if query.earliest_ms is not None or query.latest_ms is not None:
        return query
    incident = case.incident
    first_ns = incident.facts.first_ns if incident.generation == 1 else incident.created_ms * NS_PER_MS
    return replace(
        query,
        start_ms=Ms(max(0, ms_floor(first_ns) - MARGIN_MS)),
        end_ms=Ms(ms_ceil(incident.facts.last_ns) + AFTERMATH_MS),
    )


def _shown(found: AroundContent, member: Member) -> Said:
    message = around_message(found, tz=member.zone)
    return ForAll(message) if found.lines else ForOne(message)


def _spot(answer: LogAnswer) -> Spot:
    line = next((line for line in answer.lines if line.level is Level.ERROR), answer.lines[-1])
    return Spot(line.timestamp_ns, line.replica)
