"""`joblogs check`: what is missing or wrong before anything runs, each with its fix."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.app import make_account
from bot.baseten.client import BasetenApi
from bot.baseten.transport import Http, open_http
from bot.errors import JoblogsError, SlackRefused, TransientError
from bot.flows.ports import Priority
from bot.settings import Settings
from bot.slack.gateway import translated
from bot.slack.scopes import SCOPES
from bot.slack.server import open_client
from bot.store.database import open_store
from bot.times import SystemClock


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` says what to do when it is not `ok`."""

    subject: str
    ok: bool
    told: str
    fix: str = ""

    def line(self) -> str:
        mark = "✓" if self.ok else "✗"
        return f"{mark} {self.subject}: {self.told}" + (f"\n    → {self.fix}" if self.fix and not self.ok else "")


async def report(settings: Settings) -> tuple[Finding, ...]:
    """Looks at the settings, Slack, Baseten and the database; each is told even when another fails."""
    missing = tuple(Finding("settings", ok=False, told=sentence) for sentence in settings.missing())
    findings = list(missing) or [Finding("settings", ok=True, told="complete")]
    if settings.slack_bot_token is not None:
        token = settings.slack_bot_token.get_secret_value()
        async with open_client(token, settings.slack_api_url) as client:
            findings += await _slack(client, settings)
    async with open_http() as http:
        for name in settings.keys:
            findings.append(await _account(settings, name, http))
    findings.append(await _looked("database", lambda: _database(settings), "Look at DATABASE_URL."))
    return tuple(findings)


async def _slack(client: AsyncWebClient, settings: Settings) -> list[Finding]:
    found = [await _looked("Slack bot token", lambda: _bot_token(client), _REINSTALL)]
    if found[0].ok:
        found.append(await _looked("Slack scopes", lambda: _scopes(client), _REINSTALL))
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        found.append(await _looked("Slack app token", lambda: _app_token(client, token), _APP_TOKEN))
    return found


async def _looked(subject: str, look: Callable[[], Awaitable[str]], fix: str) -> Finding:
    try:
        return Finding(subject, ok=True, told=await look())
    except TransientError as error:
        return Finding(
            subject, ok=False, told=str(error), fix="Look at its address and at the network, then check again."
        )
    except JoblogsError as error:
        return Finding(subject, ok=False, told=str(error), fix=fix)


async def _bot_token(client: AsyncWebClient) -> str:
    answer = await translated(client.auth_test())
    return f"{answer.get('user')} in {answer.get('team')}"


async def _scopes(client: AsyncWebClient) -> str:
    answer = await translated(client.auth_test())
    header = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes")
    if header is None:
        return "Slack did not tell them"
    granted = {scope.strip() for scope in str(header).split(",")}
    if lacking := sorted(SCOPES - granted):
        raise SlackRefused(f"missing_scope: {', '.join(lacking)}")
    return f"all {len(SCOPES)} are granted"


async def _app_token(client: AsyncWebClient, token: str) -> str:
    await translated(client.apps_connections_open(app_token=token))
    return "Socket Mode connections can be opened"


async def _account(settings: Settings, name: str, http: Http) -> Finding:
    async def look() -> str:
        api = BasetenApi(make_account(settings, name), http, SystemClock())
        projects = await api.projects(Priority.COMMAND)
        return f"sees {len(projects)} training project{'' if len(projects) == 1 else 's'}"

    fix = "Make a key in Baseten under Settings → API keys, and set it again."
    return await _looked(f"Baseten account {name}", look, fix)


async def _database(settings: Settings) -> str:
    async with open_store(settings.database_url) as store:
        revision = await store.revision()
        told = "at the newest schema" if revision.is_current else "will be brought to the newest schema at start"
        return f"{store.dialect}, {told} ({revision.needed})"


_REINSTALL = "In api.slack.com/apps: paste manifest.yml, reinstall the app, copy its bot token to SLACK_BOT_TOKEN."
_APP_TOKEN = "In Basic Information → App-Level Tokens make one with connections:write; set SLACK_APP_TOKEN."  # noqa: S105 - a sentence
