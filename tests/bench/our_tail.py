"""Our tail alone: the pure poll over the real client, without a database and without Slack.

``python -m tests.bench.our_tail URL KEY PROJECT JOB``: follows the job until it has ended and has been quiet for a
while, and prints the same JSON object as the official tail, with what it did beside it.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options
from bot.baseten.transport import open_http
from bot.flows.services import Priority
from bot.jobs.job import Job
from bot.logs import pace
from bot.logs.cursor import Cursor
from bot.logs.window import Outcome, begin
from bot.times import Ms, SystemClock, now_ms

QUIET_S = 12.0
"""So long after the end without a line, it stops: the real end comes after the worst lag, ten minutes."""


@dataclass(slots=True)
class Report:
    shown: Counter[str] = field(default_factory=Counter)
    last_ms: int = 0
    pages: int = 0
    polls: int = 0
    skims: int = 0
    gaps: int = 0

    def add(self, outcome: Outcome) -> None:
        self.polls += 1
        self.pages += outcome.pages
        self.skims += outcome.skim_began is not None
        self.gaps += len(outcome.gaps)
        self.shown.update(line.message for line in outcome.lines)
        if outcome.lines:
            self.last_ms = time.time_ns() // 1_000_000


async def follow(api: BasetenApi, job: Job, report: Report) -> None:
    clock = SystemClock()
    cursor = Cursor.at(Ms(job.created_ms - 330_000), pace.Options().level)
    while True:
        job = await api.job(job.project_id, job.id, Priority.POLL)
        options = replace(pace.Options(), ended_ms=job.updated_ms if job.status.has_ended else None)
        poll = begin(cursor, now_ms(clock), options)
        while (request := poll.request) is not None:
            poll.answer(await api.log_page(job, request, Priority.POLL))
        outcome = poll.result
        report.add(outcome)
        encoded = outcome.cursor.encode()
        cursor = Cursor.decode(encoded.head, encoded.chunks)
        quiet_s = (now_ms(clock) - max(report.last_ms, job.updated_ms)) / 1_000
        if outcome.finished or (job.status.has_ended and outcome.caught_up and quiet_s > QUIET_S):
            return
        if outcome.caught_up and not outcome.settling:
            await asyncio.sleep(pace.next_poll_ms(cursor, now_ms(clock)) / 1_000)


async def main(url: str, key: str, project: str, job_id: str) -> None:
    report = Report()
    begun = time.process_time()
    async with open_http() as http:
        api = BasetenApi(Account(name="bench", key=key, options=Options(base_url=url)), http, SystemClock())
        await follow(api, await api.job(project, job_id, Priority.POLL), report)
    cpu_s = time.process_time() - begun
    told = {"shown": report.shown, "last_ms": report.last_ms, "cpu_s": cpu_s}
    rest = {"pages": report.pages, "polls": report.polls, "skims": report.skims, "gaps": report.gaps}
    print("\n" + json.dumps(told | rest))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
