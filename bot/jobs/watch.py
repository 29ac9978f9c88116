"""A watch: a channel's wish to hear of one job, or of every job of a project."""

from dataclasses import dataclass

from bot.jobs.job import Job
from bot.logs.line import Level
from bot.logs.pattern import BadPattern, compile_pattern
from bot.times import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`job_id` None watches the project. `id` 0 is a watch that is not stored yet."""

    id: int = 0
    account: str
    project_id: str
    job_id: str | None
    title: str
    channel: str
    created_by: str
    created_ms: Ms
    min_level: Level = Level.ERROR
    mention: str | None = None
    silence_s: int | None = None
    pattern: str | None = None

    def covers(self, job: Job) -> bool:
        if (self.account, self.project_id) != (job.account, job.project_id):
            return False
        return self.job_id is None or self.job_id == job.id

    def wants(self, text: str) -> bool:
        """Whether an incident with this text is of interest: always, unless the watch has a pattern."""
        if self.pattern is None:
            return True
        pattern = compile_pattern(self.pattern)
        return not isinstance(pattern, BadPattern) and pattern.found_in(text)
