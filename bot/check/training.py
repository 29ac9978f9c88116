"""Baseten: the key of every account, and whether it sees what is watched by it."""

from collections.abc import Iterable, Mapping

from bot.accounts import Known
from bot.app import make_account
from bot.baseten.client import BasetenApi
from bot.baseten.transport import Fault, Http, Request, authorization, exchange
from bot.check import clocks
from bot.check.finding import Finding, failed, fault, note, ok
from bot.errors import ConfigurationError, JoblogsError
from bot.flows.services import Priority
from bot.jobs.watch import Watch
from bot.settings import Settings
from bot.times import Clock


async def look(
    settings: Settings, name: str, key: str, watches: Iterable[Watch], http: Http, clock: Clock
) -> list[Finding]:
    subject = f"Baseten account {name}"
    try:
        api = BasetenApi(make_account(settings, name, key), http, clock)
        projects = {project.id: project.name for project in await api.projects(Priority.COMMAND)}
    except JoblogsError as error:
        return [failed(subject, error, _NEW_KEY)]
    unseen = sorted({watch.title for watch in watches if watch.project_id not in projects})
    if unseen:
        told = f"its key does not see what is watched by it: {', '.join(unseen[:5])}"
        return [fault(subject, told, "Give the key access to these projects, or /joblogs unwatch them.")]
    if not projects:
        return [note(subject, "the key works and sees no training project", _TEAM)]
    count = len(projects)
    names = ", ".join(list(projects.values())[:3]) + (", …" if count > 3 else "")
    return [ok(subject, f"sees {count} training project{'' if count == 1 else 's'}: {names}")]


def without_account(known: Known, watches: Iterable[Watch]) -> list[Finding]:
    """Watches that nobody reads, since their account is gone."""
    orphans = sorted({watch.account for watch in watches} - known.keys.keys() - known.shut.keys())
    return [
        fault(
            f"Baseten account {name}",
            "something is watched by it, and it has no key",
            f"Store it again (joblogs accounts add {name}), or /joblogs unwatch what it watched.",
        )
        for name in orphans
    ]


async def skew_s(settings: Settings, keys: Mapping[str, str], http: Http, clock: Clock) -> float | None:
    """How far Baseten's clock is ahead of ours; None without a key or an answer. Any answer has a date."""
    if not keys:
        return None
    try:
        account = make_account(settings, *next(iter(keys.items())))
        request = Request(
            method="GET",
            url=settings.baseten_api_url.rstrip("/") + "/v1/training_projects",
            params={},
            body=None,
            authorization=authorization(account.options.scheme, account.key),
        )
        reply, middle_ns = await clocks.timed(clock, lambda: exchange(http, request, account.options))
    except (Fault, ConfigurationError):
        return None
    return clocks.skew(reply.headers, middle_ns)


_NEW_KEY = "Make a key in Baseten under Settings → API keys, and set or store it again."
_TEAM = "Projects belong to a team: use a key of the team that trains."
