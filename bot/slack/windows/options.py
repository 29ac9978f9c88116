"""What the type-ahead fields of windows offer, answered from memory at each letter."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused, TransientError
from bot.jobs.job import Job, Project
from bot.jobs.suggestion import suggest_jobs, suggest_projects
from bot.slack import ids
from bot.slack.desk import Desk
from bot.slack.gateway import translated
from bot.slack.mrkdwn import OPTION_CHARS, SELECT_OPTIONS, plain, shorten
from bot.slack.render.words import age
from bot.slack.rich import Element
from bot.slack.turned_away import Denied
from bot.slack.windows.fields import fits, listed, option
from bot.slack.windows.place import Place
from bot.times import Clock, Ms, now_ms

log = structlog.get_logger(__name__)

NAME_CHARS = 44
PROJECT_CHARS = 26
GROUPS_KEPT_S = 300.0
ANSWER_BY_S = 2.0
PROJECTS_IN_TARGETS = 30
HERE = "!here"

JOB, PROJECT = "j:", "p:"
"""What the value of a target begins with; its id follows."""

Options = list[Element]
Answer = dict[str, Any]


def job_option(job: Job, now: Ms, *, prefix: str = "") -> Element:
    """A job in a list: its name, its project, how it does and how old it is."""
    label = f"{shorten(job.title, NAME_CHARS)} · {shorten(job.project_name, PROJECT_CHARS)}"
    state = f"{shorten(job.status.label, 20)}, created {age(now - job.created_ms)} ago · {shorten(job.id, 24)}"
    return option(prefix + job.id, label, state)


def project_option(project: Project, *, prefix: str = "") -> Element:
    team = f"team {shorten(project.team_name, NAME_CHARS)} · " if project.team_name else ""
    return option(prefix + project.id, shorten(project.name, 70), f"{team}{shorten(project.id, 24)}")


def register(app: AsyncApp, desk: Desk) -> None:
    groups = Groups(desk.client, desk.clock)
    offers: dict[str, Callable[[Desk, str, dict[str, Any]], Awaitable[Answer]]] = {
        ids.JOB_CHOICE: _jobs,
        ids.PROJECT_CHOICE: _projects,
        ids.TARGET_CHOICE: _targets,
        ids.GROUP_CHOICE: groups.offer,
    }

    async def asked(ack: AsyncAck, body: dict[str, Any]) -> None:
        answer: Answer = {"options": []}
        try:
            member = await desk.admit(body)
            if not isinstance(member, Denied) and await desk.rights.judge(member.id, "logs", None) is None:
                answer = await offers[body["action_id"]](desk, str(body.get("value") or ""), body)
        except TransientError as error:
            log.warning("no_options", reason=str(error))
        await ack(**answer)

    for action_id in offers:
        app.options(action_id)(asked)


async def _jobs(desk: Desk, text: str, body: dict[str, Any]) -> Answer:
    """Of the project that was chosen before, which Slack does not tell here: the window's own data has it."""
    known = await desk.answer.catalog.remembered()
    place = Place.decode((body.get("view") or {}).get("private_metadata"))
    found = suggest_jobs(text, known.jobs, project_id=place.project_id)
    now = now_ms(desk.clock)
    return {"options": listed(job_option(job, now) for job in found if fits(job.id))}


async def _projects(desk: Desk, text: str, _body: dict[str, Any]) -> Answer:
    found = suggest_projects(text, (await desk.answer.catalog.remembered()).projects)
    return {"options": listed(project_option(project) for project in found if fits(project.id))}


async def _targets(desk: Desk, text: str, _body: dict[str, Any]) -> Answer:
    """Projects and jobs, in groups; ended jobs are not worth a watch."""
    known = await desk.answer.catalog.remembered()
    now = now_ms(desk.clock)
    projects = [
        project_option(project, prefix=PROJECT)
        for project in suggest_projects(text, known.projects, most=PROJECTS_IN_TARGETS)
        if fits(PROJECT + project.id)
    ]
    alive = (job for job in known.jobs if not job.status.has_ended)
    found = suggest_jobs(text, alive, most=SELECT_OPTIONS - PROJECTS_IN_TARGETS)
    jobs = [job_option(job, now, prefix=JOB) for job in found if fits(JOB + job.id)]
    return _grouped({"Projects, with all their jobs to come": projects, "Jobs": jobs})


def _grouped(groups: dict[str, Options]) -> Answer:
    """Slack takes no empty group, and no empty list of groups."""
    full = [
        {"label": plain(name, OPTION_CHARS), "options": listed(found)} for name, found in groups.items() if found
    ]
    return {"option_groups": full} if full else {"options": []}


@dataclass(slots=True)
class Groups:
    """The workspace's user groups, remembered for some minutes."""

    client: AsyncWebClient
    clock: Clock
    _read_at_s: float | None = None
    _known: list[tuple[str, str, str]] = field(default_factory=list)

    async def offer(self, _desk: Desk, text: str, _body: dict[str, Any]) -> Answer:
        wanted = text.lower().lstrip("@")
        entries = [(HERE, "@here", "everybody in the channel who is active"), *await self._all()]
        found = [entry for entry in entries if wanted in f"{entry[1]} {entry[2]}".lower()]
        return {"options": listed(option(*entry) for entry in found)}

    async def _all(self) -> list[tuple[str, str, str]]:
        """Value, handle and name of each; what was known before while Slack does not tell."""
        now = self.clock.monotonic_s()
        if self._read_at_s is None or now - self._read_at_s > GROUPS_KEPT_S:
            try:
                async with asyncio.timeout(ANSWER_BY_S):
                    answer = await translated(self.client.usergroups_list())
            except (SlackRefused, TransientError, TimeoutError) as error:
                log.warning("no_groups", reason=str(error))
                return self._known
            groups = [group for group in answer.get("usergroups") or () if not group.get("date_delete")]
            self._known = [
                (f"!subteam^{one['id']}", f"@{one.get('handle') or one['id']}", str(one.get("name") or ""))
                for one in groups
            ]
            self._read_at_s = now
        return self._known
