"""The training API as one account sees it: every endpoint that the flows use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from bot.baseten import loglines, shapes
from bot.baseten.calls import Ask, Calls, Listener
from bot.baseten.options import Account
from bot.baseten.transport import Http
from bot.errors import ApiNotFound, ApiRefused
from bot.flows.services import Priority
from bot.jobs.job import Checkpoint, Job, Metrics, Project
from bot.logs.pages import Page, PageRequest
from bot.times import Clock, Ms

T = TypeVar("T")

_PROJECTS = "/v1/training_projects"


class BasetenApi:
    """Fits the port `TrainingApi`. One for each account of a process; all of them share one `Http`.

    Every method raises what `Calls.answer` raises: `ApiRefused` and its kinds, `ApiUnavailable`,
    `ApiRateLimited`; and it waits for its slot of the account's budget for that endpoint.
    """

    def __init__(self, account: Account, http: Http, clock: Clock, listener: Listener | None = None) -> None:
        self._name = account.name
        self._calls = Calls(account, http, clock, listener)
        self._methods: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"BasetenApi({self._name!r})"

    @property
    def account(self) -> str:
        return self._name

    async def log_page(self, job: Job, request: PageRequest, priority: Priority) -> Page:
        """One page of the log of `job`, in the server's order; all parameters of the endpoint are sent."""
        query: dict[str, str | int] = {
            "start_epoch_millis": request.start_ms,
            "end_epoch_millis": request.end_ms,
            "direction": request.direction.value,
            "limit": request.limit,
        }
        if request.min_level is not None:
            query["min_level"] = request.min_level.name
        ask = Ask(
            endpoint="logs",
            method="GET",
            path=_path(job.project_id, job.id) + "/logs",
            about=f"the logs of job {job.id}",
            params=query,
        )
        return await self._get_or_post(ask, loglines.page, priority)

    async def search_jobs(
        self,
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        statuses: Sequence[str] = (),
        priority: Priority,
    ) -> tuple[Job, ...]:
        """Jobs of the whole account, newest first, in one answer: the endpoint has no pages."""
        wanted = {"project_id": project_id, "job_id": job_id, "statuses": list(statuses) or None}
        body: dict[str, object] = {name: value for name, value in wanted.items() if value is not None}
        body["order_by"] = [{"field": "created_at", "order": "desc"}]
        ask = Ask(
            endpoint="search", method="POST", path="/v1/training_jobs/search", about="a search of jobs", body=body
        )
        return await self._calls.answer(ask, partial(shapes.jobs, account=self._name), priority)

    async def projects(self, priority: Priority) -> tuple[Project, ...]:
        ask = Ask(endpoint="projects", method="GET", path=_PROJECTS, about="the list of projects")
        return await self._calls.answer(ask, shapes.projects, priority)

    async def project_jobs(self, project_id: str, priority: Priority) -> tuple[Job, ...]:
        """The jobs of a project, newest first."""
        path, about = _path(project_id) + "/jobs", f"the jobs of project {project_id}"
        ask = Ask(endpoint="project_jobs", method="GET", path=path, about=about)
        return await self._calls.answer(ask, partial(shapes.jobs, account=self._name), priority)

    async def job(self, project_id: str, job_id: str, priority: Priority) -> Job:
        ask = Ask(endpoint="job", method="GET", path=_path(project_id, job_id), about=f"job {job_id}")
        return await self._calls.answer(ask, partial(shapes.job, account=self._name), priority)

    async def checkpoints(self, job: Job, priority: Priority) -> tuple[Checkpoint, ...]:
        path, about = _path(job.project_id, job.id) + "/checkpoints", f"the checkpoints of job {job.id}"
        ask = Ask(endpoint="checkpoints", method="GET", path=path, about=about)
        return await self._calls.answer(ask, shapes.checkpoints, priority)

    async def metrics(self, job: Job, start_ms: Ms, end_ms: Ms, priority: Priority) -> tuple[Metrics, ...]:
        """GPU use by node. The server chooses the step between samples from the length of the window."""
        ask = Ask(
            endpoint="metrics",
            method="GET",
            path=_path(job.project_id, job.id) + "/metrics",
            about=f"the metrics of job {job.id}",
            params={"start_epoch_millis": start_ms, "end_epoch_millis": end_ms},
        )
        return await self._get_or_post(ask, shapes.metrics, priority)

    async def prices(self, priority: Priority) -> Mapping[str, float]:
        """USD per minute by instance type id."""
        ask = Ask(endpoint="prices", method="GET", path="/v1/instance_type_prices", about="the prices")
        return await self._calls.answer(ask, shapes.prices, priority)

    async def stop(self, job: Job) -> Job:
        """Stops it, for good; the job as it is then. Stopping twice does no harm, so that it may be repeated."""
        path, about = _path(job.project_id, job.id) + "/stop", f"stopping job {job.id}"
        ask = Ask(endpoint="stop", method="POST", path=path, about=about, body={})
        return await self._calls.answer(ask, partial(shapes.job, account=self._name), Priority.COMMAND)

    async def recreate(self, job: Job) -> Job:
        """A new job with the same configuration. After `ApiUnavailable` it may have been made all the same."""
        path, about = _path(job.project_id, job.id) + "/recreate", f"a new job like {job.id}"
        ask = Ask(endpoint="recreate", method="POST", path=path, about=about, once=True)
        return await self._calls.answer(ask, partial(shapes.job, account=self._name), Priority.COMMAND)

    async def _get_or_post(self, get: Ask, decode: Callable[[bytes], T], priority: Priority) -> T:
        """Asks by GET or, of a host that does not know it there, by the older POST with the same fields.

        A 404 says either that the job is unknown or that the method is. Once one method has answered it is
        remembered, and a 404 means the job; until then a 404 is asked again by the other method.
        """
        post = replace(get, method="POST", params={}, body=get.params)
        known = self._methods.get(get.endpoint)
        first, second = (post, get) if known == "POST" else (get, post)
        try:
            return await self._remembered(first, decode, priority)
        except ApiRefused as refusal:
            if not (refusal.status == 405 or (refusal.status == 404 and known is None)):
                raise
            told = refusal
        try:
            return await self._remembered(second, decode, priority)
        except ApiRefused as refusal:
            if refusal.status != 405:
                raise
        if told.status == 404:  # only the first method exists, so its 404 was about the job
            self._methods[get.endpoint] = first.method
        raise told

    async def _remembered(self, ask: Ask, decode: Callable[[bytes], T], priority: Priority) -> T:
        answer = await self._calls.answer(ask, decode, priority)
        self._methods[ask.endpoint] = ask.method
        return answer


def _path(project_id: str, job_id: str | None = None) -> str:
    """The path of a project or a job. Ids come from people too, so each stays one segment whatever it holds.

    Raises:
        ApiNotFound: for an id that no URL can hold as a segment; there can be no such thing.
    """
    for name in (project_id, job_id):
        if name in {"", ".", ".."}:
            raise ApiNotFound(f"Baseten does not know {name!r}: that is no id", status=404)
    project = f"{_PROJECTS}/{quote(project_id, safe='')}"
    return project if job_id is None else f"{project}/jobs/{quote(job_id, safe='')}"
