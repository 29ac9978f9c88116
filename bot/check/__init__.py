"""`joblogs check`: what is missing or wrong, each with its fix, before anything runs.

`contradictions` reads the settings alone; `storage` the database and its file; `workspace` Slack's tokens, scopes
and sockets; `channels` where the watches post; `training` the Baseten accounts; `clocks` compares the time. One
that fails does not hide the others. Nothing is changed: no message is posted, no database is made or migrated.
"""

import json
from collections.abc import Sequence

from bot import accounts, journal
from bot.baseten.transport import open_http
from bot.check import channels, clocks, contradictions, storage, training, workspace
from bot.check.finding import Finding, fault
from bot.errors import ConfigurationError
from bot.settings import Settings
from bot.slack.server import open_client
from bot.times import Clock

__all__ = ["Finding", "report", "shown", "unreadable"]


async def report(settings: Settings, clock: Clock) -> tuple[Finding, ...]:
    """Looks at everything that `settings` name."""
    findings = contradictions.look(settings)
    stored = await storage.look(settings)
    findings += stored.findings
    known = accounts.known(settings, stored.keys)
    journal.hide(known.keys.values())
    findings += storage.keys(known)
    if settings.slack_bot_token is not None:
        token = settings.slack_bot_token.get_secret_value()
        async with open_client(token, settings.slack_api_url, clock=clock) as client:
            slack = await workspace.look(client, settings, clock)
            findings += slack.findings
            if slack.is_usable and stored.watches is not None:
                findings += await channels.look(client, stored.watches, clock)
            findings += clocks.look("Slack", slack.skew_s)
    async with open_http() as http:
        for name, key in known.keys.items():
            watches = tuple(watch for watch in stored.watches or () if watch.account == name)
            findings += await training.look(settings, name, key, watches, http, clock)
        findings += clocks.look("Baseten", await training.skew_s(settings, known.keys, http, clock))
    findings += training.without_account(known, stored.watches or ())
    return tuple(findings)


def unreadable(error: ConfigurationError) -> tuple[Finding, ...]:
    """Settings that cannot be used at all: there is nothing that could be looked at with them."""
    return tuple(fault("settings", line, "Mend it, then check again.") for line in str(error).splitlines())


def shown(findings: Sequence[Finding], *, as_json: bool) -> str:
    """The findings for people, or as a JSON list of ``subject``, ``state``, ``told`` and ``fix``."""
    if as_json:
        return json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2)
    return "\n".join(finding.line() for finding in findings)
