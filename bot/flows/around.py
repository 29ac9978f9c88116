"""The lines around a moment of a job's log, over all replicas, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ApiRefused
from bot.flows.contents import AroundContent
from bot.flows.ports import Priority, TrainingApi
from bot.incidents.incident import Incident
from bot.jobs.job import Job
from bot.logs.line import Line
from bot.logs.pages import Direction, PageRequest
from bot.times import Ms, Ns, ms_ceil, ms_floor

REACH_MS = 60_000
"""How far before and after the moment is looked."""
BEFORE = 12
AFTER = 12


@dataclass(frozen=True, slots=True)
class Around:
    """Reads through the API of the incident's own account."""

    apis: Mapping[str, TrainingApi]

    async def first_line(self, incident: Incident, job: Job) -> AroundContent:
        """The lines before and after the first line of `incident`; of one that returned, around its newest.

        Raises:
            ApiRefused, TransientError: as the API does; also when no key of the account is at hand.
        """
        api = self.apis.get(incident.account)
        if api is None:
            raise ApiRefused(f"There is no key for the account {incident.account}.", status=401)
        at, replica = _moment(incident)
        before = await self._page(api, job, Direction.DESC, Ms(ms_floor(at) - REACH_MS), ms_ceil(at + 1))
        after = await self._page(api, job, Direction.ASC, ms_floor(at), Ms(ms_ceil(at) + REACH_MS))
        earlier = [line for line in before if line.timestamp_ns < at][-BEFORE:]
        later = [line for line in after if line.timestamp_ns >= at][: AFTER + 1]
        lines = (*earlier, *later)
        return AroundContent(
            incident=incident,
            job=job,
            lines=lines,
            marked=_marked(lines, at, replica),
            complete=bool(later),
        )

    async def _page(
        self, api: TrainingApi, job: Job, direction: Direction, start_ms: Ms, end_ms: Ms
    ) -> list[Line]:
        request = PageRequest(start_ms=start_ms, end_ms=end_ms, direction=direction, limit=200)
        page = await api.log_page(job, request, Priority.COMMAND)
        return sorted(page.lines, key=lambda line: line.timestamp_ns)


def _moment(incident: Incident) -> tuple[Ns, str | None]:
    facts = incident.facts
    if incident.generation == 1:
        return facts.first_ns, facts.first_replica
    newest = (seen.replica for seen in facts.sightings if seen.last_ns == facts.last_ns)
    return facts.last_ns, next(newest, None)


def _marked(lines: tuple[Line, ...], at: Ns, replica: str | None) -> int | None:
    exact = (i for i, line in enumerate(lines) if line.timestamp_ns == at and line.replica == replica)
    return next(exact, None)
