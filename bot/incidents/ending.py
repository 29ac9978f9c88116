"""The incident of a job that failed without saying why: made of how it ended and of its last lines.

It stands in for a cause that nobody wrote. When one is found after all, it becomes a consequence of that.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.incidents import silence
from bot.incidents.incident import Confidence, Facts, Incident, Role
from bot.incidents.last_lines import excerpt_of, first_silent, last_heard, who_stopped_when
from bot.incidents.masks import masked, one_line
from bot.jobs.job import Job
from bot.logs.line import Line
from bot.logs.redact import redact
from bot.times import Ms, ms_from_s, ns_from_ms

VERSION = "end1"
KEY = "ended"
WAIT_MS = ms_from_s(60)
"""So long after the end the cause may still be on its way: what a dying process wrote is flushed late."""
RECENT_MS = ms_from_s(3600)
"""An error that was last seen longer than this before the end does not explain it."""


def key_of(job: Job) -> str:
    """One for each way to end: a job that was preempted, went on and failed has ended twice."""
    return f"{KEY}:{job.status.name.lower()}"


def explanation(job: Job, known: Iterable[Incident]) -> Incident | None:
    """The incident that tells why `job` ended, or that stands in for it already."""
    return next(
        (one for one in known if one.facts.key == key_of(job) or _explains(one.facts, job.updated_ms)), None
    )


def ended(job: Job, lines: Sequence[Line]) -> Facts:
    """The incident of how `job` ended; `lines` are its last ones, of all levels, in any order."""
    excerpt, heard = excerpt_of(lines), last_heard(lines)
    at = max((line.timestamp_ns for line in lines), default=ns_from_ms(job.updated_ms))
    title, hidden = _title(job)
    parts = (_reason(job, said_something=bool(excerpt.lines)), who_stopped_when(heard, job.node_count))
    return Facts(
        key=key_of(job),
        fingerprint=_fingerprint(job),
        title=title,
        count=1,
        first_ns=at,
        last_ns=at,
        sightings=heard,
        first_replica=first_silent(heard),
        excerpt=excerpt.lines,
        reason=" ".join(part for part in parts if part),
        confidence=Confidence.GUESS,
        hidden_values=excerpt.hidden + hidden,
    )


def explained(known: Mapping[str, Incident], job: Job, news: Sequence[Facts]) -> tuple[Facts, ...]:
    """What stands in for the cause, as a consequence of the cause that `news` brings; empty without one."""
    causes = [facts for facts in news if _explains(facts, job.updated_ms)]
    stand_in = known.get(key_of(job))
    if stand_in is None or stand_in.facts.role is not Role.ROOT or not causes:
        return ()
    follows = replace(
        stand_in.facts,
        role=Role.CASCADE,
        alert=False,
        caused_by=causes[0].key,
        reason="The job ended by this; the lines that say why arrived later.",
    )
    return (follows,)


def exit_in_words(message: str) -> str:
    """What the exit code that `message` names means; empty where it names none, or one that says nothing."""
    found = _EXIT.search(message)
    meaning = _EXITS.get(int(found[1])) if found else None
    return f"Exit code {found[1]} is {meaning}." if found and meaning else ""


_EXIT = re.compile(r"(?i)\bexit(?:ed|s|ing)?(?: with)?(?: (?:code|status))?[ :=]{0,3}(\d{1,3})\b")
# 128 + n is what a shell and a container runtime report for a death by signal n.
_EXITS = {
    126: "a command that cannot be executed",
    127: "a command that does not exist",
    130: "SIGINT, an interrupt",
    132: "SIGILL: machine code that this processor does not know",
    134: "SIGABRT: the process aborted itself, as C++ and CUDA libraries do",
    135: "SIGBUS, which often means that /dev/shm is full",
    136: "SIGFPE, an arithmetic error in native code",
    137: "SIGKILL, most often sent because the memory of the machine or container was used up",
    139: "SIGSEGV, a crash in native code",
    143: "SIGTERM: the process was asked to stop",
}


def _explains(facts: Facts, ended_ms: Ms) -> bool:
    synthetic = facts.key == silence.KEY or facts.key.startswith(f"{KEY}:")
    recent = facts.last_ns >= ns_from_ms(ended_ms - RECENT_MS)
    return facts.alert and facts.role is Role.ROOT and recent and not synthetic


def _title(job: Job) -> tuple[str, int]:
    label = job.status.label.capitalize()
    if not job.error_message:
        return f"{label}, and nothing says why", 0
    done = redact(one_line(job.error_message, 400))
    return f"{label}: {one_line(done.text)}", done.hidden


def _reason(job: Job, *, said_something: bool) -> str:
    told = "The log holds no error; these are its last lines." if said_something else "The log holds no lines."
    if job.status.name == "PREEMPTED":
        return f"Its machines were taken away. {told}"
    return " ".join(part for part in (told, exit_in_words(job.error_message or "")) if part)


def _fingerprint(job: Job) -> str:
    parts = (job.status.name, masked(one_line(job.error_message or ""))[:300])
    return f"{VERSION}:{hashlib.blake2b('|'.join(parts).encode(), digest_size=10).hexdigest()}"
