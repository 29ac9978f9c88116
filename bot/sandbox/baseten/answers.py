"""What each endpoint answers to a request that was let in."""

import json
from typing import Any

import msgspec
from aiohttp import web

from bot.sandbox.baseten import questions
from bot.sandbox.baseten.job import SimJob, SimProject
from bot.sandbox.baseten.machines import MACHINES
from bot.sandbox.baseten.metrics import metrics_json
from bot.sandbox.baseten.shapes import Json, checkpoint_json, job_json, line_json, price_json, project_json
from bot.sandbox.baseten.world import World
from bot.times import now_ms

KEY: web.RequestKey[str] = web.RequestKey("key", str)
"""Where the gate leaves the caller's API key."""


class Unknown(Exception):
    """404: there is no such thing, or the key may not see it."""


class Answers:
    """One method for each endpoint of the API description, and no other."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Named by endpoint: the names that limits and faults go by."""
        project = "/v1/training_projects/{project_id}"
        job = project + "/jobs/{job_id}"
        get = {"allow_head": False}
        return [
            web.get("/v1/training_projects", self.projects, name="projects", **get),
            web.get(project, self.project, name="project", **get),
            web.get(project + "/jobs", self.project_jobs, name="jobs", **get),
            web.get(job, self.job, name="job", **get),
            web.get(job + "/logs", self.logs, name="logs", **get),
            web.post(job + "/logs", self.logs_posted, name="logs"),
            web.get(job + "/metrics", self.metrics, name="metrics", **get),
            web.post(job + "/metrics", self.metrics_posted, name="metrics"),
            web.get(job + "/checkpoints", self.checkpoints, name="checkpoints", **get),
            web.post(job + "/stop", self.stop, name="stop"),
            web.post(job + "/recreate", self.recreate, name="recreate"),
            web.post("/v1/training_jobs/search", self.search, name="search"),
            web.get("/v1/instance_type_prices", self.prices, name="prices", **get),
        ]

    async def projects(self, request: web.Request) -> web.Response:
        projects = self._world.visible_projects(request[KEY])
        return ok({"training_projects": [self._project_json(project) for project in projects]})

    async def project(self, request: web.Request) -> web.Response:
        return ok({"training_project": self._project_json(self._project_of(request))})

    async def project_jobs(self, request: web.Request) -> web.Response:
        project = self._project_of(request)
        jobs = [job_json(job) for job in self._world.jobs_of(project)]
        return ok({"training_project": self._project_json(project), "training_jobs": jobs})

    async def job(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        return ok({"training_project": self._project_json(job.project), "training_job": job_json(job)})

    async def logs(self, request: web.Request) -> web.Response:
        if not self._world.traits.get_logs:
            return failure(405, 'Method "GET" not allowed.', headers={"Allow": "POST"})
        job = self._job_of(request)
        return self._page(job, questions.from_query(request, questions.LogsQuestion))

    async def logs_posted(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        return self._page(job, await questions.from_body(request, questions.LogsQuestion))

    async def metrics(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        return self._metrics(job, questions.from_query(request, questions.MetricsQuestion))

    async def metrics_posted(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        return self._metrics(job, await questions.from_body(request, questions.MetricsQuestion))

    async def checkpoints(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        checkpoints = [checkpoint_json(checkpoint, job) for checkpoint in job.checkpoints]
        return ok({"training_job": job_json(job), "checkpoints": checkpoints})

    async def stop(self, request: web.Request) -> web.Response:
        job = self._job_of(request)
        await questions.from_body(request, questions.StopQuestion)
        if job.has_ended:
            raise questions.Invalid(f"Training job {job.id} is not running: {job.status}", 400)
        self._world.stop(job)
        return ok({"training_job": job_json(job)})

    async def recreate(self, request: web.Request) -> web.Response:
        return ok({"training_job": job_json(self._world.recreate(self._job_of(request)))})

    async def search(self, request: web.Request) -> web.Response:
        question = await questions.from_body(request, questions.SearchQuestion)
        visible = {project.id for project in self._world.visible_projects(request[KEY])}
        jobs = [job for job in self._world.jobs.values() if job.project.id in visible and _fits(job, question)]
        for order in reversed(question.order_by):
            jobs.sort(key=lambda job: job.created_ms, reverse=order.order == "desc")
        return ok({"training_jobs": [job_json(job) for job in jobs]})

    async def prices(self, request: web.Request) -> web.Response:  # noqa: ARG002 - the same for every request
        return ok({"instance_types": [price_json(machine) for machine in MACHINES.values()]})

    def _page(self, job: SimJob, question: questions.LogsQuestion) -> web.Response:
        traits = self._world.traits
        window = questions.log_window(question, traits, now_ms(self._world.clock))
        lines = job.archive.read(window, self._world.clock.now_ns())
        return ok({"logs": [line_json(line, traits) for line in lines]})

    def _metrics(self, job: SimJob, question: questions.MetricsQuestion) -> web.Response:
        start_ms, end_ms = questions.span(
            question.start_epoch_millis,
            question.end_epoch_millis,
            now_ms(self._world.clock),
            questions.DEFAULT_METRICS_SPAN_MS,
        )
        shuffled = self._world.traits.shuffles_metrics
        return ok(metrics_json(job, start_ms, end_ms, question.step_seconds, shuffled=shuffled))

    def _project_of(self, request: web.Request) -> SimProject:
        wanted = request.match_info["project_id"]
        for project in self._world.visible_projects(request[KEY]):
            if project.id == wanted:
                return project
        raise Unknown(f"Training project {wanted} not found")

    def _job_of(self, request: web.Request) -> SimJob:
        project, wanted = self._project_of(request), request.match_info["job_id"]
        job = self._world.jobs.get(wanted)
        if job is None or job.project.id != project.id:
            raise Unknown(f"Training job {wanted} not found")
        return job

    def _project_json(self, project: SimProject) -> Json:
        return project_json(project, next(iter(self._world.jobs_of(project)), None))


def ok(body: Json) -> web.Response:
    return web.Response(body=_encoded(body), content_type="application/json")


def failure(status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    """A refusal as clients of the API know it; 429 calls its text ``error``, every other status ``message``."""
    name = "error" if status == 429 else "message"
    body = msgspec.json.encode({name: message, **more})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _fits(job: SimJob, question: questions.SearchQuestion) -> bool:
    """Whether the job passes every filter; an empty list of statuses is no filter."""
    return (
        question.project_id in {None, job.project.id}
        and question.job_id in {None, job.id}
        and (not question.statuses or job.status in question.statuses)
    )


def _encoded(body: object) -> bytes:
    """Half of a surrogate pair, which a log may hold, can be sent as an escape alone."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(body)).encode()
