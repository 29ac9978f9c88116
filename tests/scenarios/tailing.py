"""What the tail's scenarios have in common: a watched job, and the count of what became of its lines."""

from bot.incidents.incident import Incident
from bot.sandbox.baseten.job import SimJob
from bot.times import NS_PER_S
from tests.stage import Stage, shown

BOOM = "RuntimeError: boom"
S = NS_PER_S
MINUTE = 60 * S
HOUR = 60 * MINUTE


async def watch(stage: Stage, text: str = "llama-ft", *, channel: str = "ml-alerts") -> None:
    answer = await stage.command(f"watch {text}", channel=channel)
    assert "now watches" in shown(answer), answer


async def incidents(stage: Stage, job: SimJob) -> list[Incident]:
    found = await stage.bot.db.run(lambda tx: tx.incidents.newest("default", job.id))
    return sorted(found.values(), key=lambda incident: incident.facts.first_ns)


async def counted(stage: Stage, job: SimJob) -> int:
    """Events of all incidents: what the bot made of the job's ERROR lines."""
    return sum(incident.facts.count for incident in await incidents(stage, job))


def errors(job: SimJob) -> int:
    return sum(line.level == "ERROR" for line in job.written)


async def is_exact(stage: Stage, job: SimJob) -> None:
    """Each ERROR line is in an incident, and in no other, as often as it was written."""
    found = [(i.facts.count, i.facts.role.value, i.facts.title) for i in await incidents(stage, job)]
    assert sum(count for count, _, _ in found) == errors(job), f"{errors(job)} were written, found {found}"


def notices(stage: Stage, *words: str, channel: str = "ml-alerts") -> list[str]:
    """Texts of the channel's messages that hold all of `words`."""
    texts = [message.get("text", "") for message in stage.channel(channel)]
    return [text for text in texts if all(word in text for word in words)]
