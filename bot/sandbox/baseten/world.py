"""The simulated account: keys, projects, jobs, faults and habits. State only; `server` puts it on the wire."""

from collections.abc import Callable, Mapping
from random import Random

from bot.sandbox.baseten.faults import Faults
from bot.sandbox.baseten.job import PREFIX, JobSpec, SimJob, SimProject, new_job
from bot.sandbox.baseten.machines import DEFAULT_MACHINE, MACHINES
from bot.sandbox.baseten.traffic import Traffic
from bot.sandbox.baseten.traits import Traits
from bot.times import Clock, Ms, now_ms

_ID_LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"


class World:
    """Everything that the server knows.

    Attributes:
        keys: API keys that are accepted, each with the team that it belongs to.
        projects: by id, in the order of creation; so are `jobs`.
        traits: the habits of the API; assign another `Traits` to change them.
        faults: what is to go wrong.
        requests: what was asked, how often.
        recreated: called with the old and the new job when one is recreated; the player listens here.
    """

    def __init__(self, clock: Clock, keys: Mapping[str, str] | None = None, *, seed: int = 0) -> None:
        self.clock = clock
        self.keys: dict[str, str] = dict({"demo-key": "demo"} if keys is None else keys)
        self.projects: dict[str, SimProject] = {}
        self.jobs: dict[str, SimJob] = {}
        self.traits = Traits()
        self.faults = Faults(clock)
        self.requests = Traffic()
        self.recreated: list[Callable[[SimJob, SimJob], None]] = []
        self._random = Random(seed)

    def add_project(self, name: str, *, team: str | None = None, created_ms: Ms | None = None) -> SimProject:
        project = SimProject(id=self._new_id(), name=name, created_ms=self._when(created_ms), team=team)
        self.projects[project.id] = project
        return project

    def add_job(  # noqa: PLR0913 - the fields of a job, each with its default
        self,
        project: SimProject,
        name: str | None = None,
        *,
        node_count: int = 1,
        status: str = PREFIX + "PENDING",
        created_ms: Ms | None = None,
        instance: str | None = None,
        error_message: str | None = None,
        user_email: str | None = "ml-team@example.com",
        priority: int = 0,
        availability: str = "dedicated",
    ) -> SimJob:
        """A new job. `instance` is an id of `MACHINES`; an unknown one raises KeyError."""
        spec = JobSpec(
            name=name,
            node_count=node_count,
            machine=MACHINES[instance] if instance else DEFAULT_MACHINE,
            user_email=user_email,
            priority=priority,
            availability=availability,
        )
        job = self._create(project, spec, self._when(created_ms), status)
        job.error_message = error_message
        return job

    def stop(self, job: SimJob) -> None:
        """As a request to stop it does: the platform says so, its processes hear SIGTERM, its GPUs are free.

        Raises:
            ValueError: the job has ended already.
        """
        ran = job.started_ns is not None
        job.set_status(PREFIX + "STOPPED")
        job.write("Training job stopped: it was asked for through the API", replica=None)
        if ran:
            job.set_gpu(0.0)
            for replica in job.replicas:
                job.write("Received SIGTERM, shutting down", replica=replica)

    def recreate(self, old: SimJob) -> SimJob:
        """A new job with the configuration of `old`, waiting for its machines; the old one stays as it is."""
        new = self._create(old.project, old.spec, now_ms(self.clock), PREFIX + "PENDING")
        new.write(f"Training job created with the configuration of {old.id}", replica=None)
        for listener in self.recreated:
            listener(old, new)
        return new

    def visible_projects(self, key: str) -> list[SimProject]:
        team = self.keys[key]
        return [project for project in self.projects.values() if project.team in {None, team}]

    def jobs_of(self, project: SimProject) -> list[SimJob]:
        """Newest first."""
        jobs = [job for job in self.jobs.values() if job.project.id == project.id]
        return sorted(jobs, key=lambda job: job.created_ms)[::-1]

    def busiest_second(self, endpoint: str = "*", key: str | None = None) -> int:
        """The most requests that one key sent to one endpoint within any second."""
        return self.requests.busiest_second(endpoint, key)

    def _create(self, project: SimProject, spec: JobSpec, created_ms: Ms, status: str) -> SimJob:
        job = new_job(
            id=self._new_id(), project=project, spec=spec, clock=self.clock, created_ms=created_ms, status=status
        )
        self.jobs[job.id] = job
        return job

    def _when(self, given_ms: Ms | None) -> Ms:
        return now_ms(self.clock) if given_ms is None else given_ms

    def _new_id(self) -> str:
        """Seven letters and digits, as the platform makes them; none twice."""
        while True:
            new = "".join(self._random.choices(_ID_LETTERS, k=7))
            if new not in self.jobs and new not in self.projects:
                return new
