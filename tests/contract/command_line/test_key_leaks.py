"""Nothing that looks like a key stands in an exception, a log line, a metric, a message or an answer of ours.

Each test puts real-looking keys in at one door and looks at everything that comes out.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
import textwrap
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options
from bot.baseten.transport import open_http
from bot.errors import ConfigurationError, JoblogsError
from bot.flows.services import Priority
from bot.keys import Opened, Sealing, new_encryption_key
from bot.settings import SECRETS, Settings, load
from bot.slack.gateway import translated
from bot.slack.server import open_client
from bot.times import SystemClock
from tests.contract.command_line.desk import KEY, Desk

STORED = "QwErTy99.0aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ0k"
BOT_TOKEN = "xoxb-2345678901-2345678901234-" + "AbCdEfGhIjKlMnOpQrStUvWx"
APP_TOKEN = "xapp-1-A0123456789-2345678901234-" + "0123456789abcdef" * 4
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PASSWORD = "pg-Pass-w0rd-of-ours"
ENCRYPTION_KEY = "FBkAbVIpTdPd1aUVAZ0h0fWIeL2UeUlmNdqHc7GX3xk="  # always the same: it is in the names of tests
ENVIRONMENT = {
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "SLACK_APP_TOKEN": APP_TOKEN,
    "SLACK_SIGNING_SECRET": SIGNING,
    "BASETEN_API_KEY": KEY,
    "JOBLOGS_ACCOUNTS": json.dumps({"team-a": STORED}),
    "JOBLOGS_ENCRYPTION_KEYS": ENCRYPTION_KEY,
    "DATABASE_URL": f"postgresql://joblogs:{PASSWORD}@127.0.0.1:1/joblogs",
}
ALL = (BOT_TOKEN, APP_TOKEN, SIGNING, KEY, STORED, PASSWORD, ENCRYPTION_KEY)


def leaks(text: str, secrets: tuple[str, ...] = ALL) -> list[str]:
    return [secret for secret in secrets if secret in text]


def told(error: BaseException) -> str:
    """The error as a person or a log would see it: with its traceback, its causes and its repr."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)


# --- settings --------------------------------------------------------------------------------------


@pytest.fixture
def full_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_settings_print_no_secret(full_environment: pytest.MonkeyPatch) -> None:
    settings = load()
    assert set(ALL) == set(settings.secrets)
    assert leaks(f"{settings!r} {settings} {settings.sealing!r} {settings.keys!r}") == []


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("wrong", [*ALL, f"{ENCRYPTION_KEY},{KEY}", f'{{"a": ["{KEY}"]}}', f'{{"a": "{KEY}"'])
def test_a_secret_in_the_wrong_variable_is_not_repeated(
    full_environment: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    """Whatever lands where, with everything else in place, the error speaks of the variable alone."""
    full_environment.setenv(name, wrong)
    full_environment.setenv("PORT", wrong)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert leaks(told(caught.value)) == []
    with pytest.raises(ValidationError) as raw:
        Settings()
    assert leaks(str(raw.value) + repr(raw.value)) == []


def test_what_is_sealed_or_opened_prints_no_key() -> None:
    sealing = Sealing.of([ENCRYPTION_KEY])
    opened = sealing.open("team-a", sealing.seal("team-a", STORED))
    assert isinstance(opened, Opened)
    assert opened.key == STORED
    assert leaks(repr(opened) + repr(sealing) + sealing.seal("team-a", STORED)) == []


# --- the wires -------------------------------------------------------------------------------------


def _echo(status: int, **headers: str) -> Callable[[web.Request], web.Response]:
    """A server that repeats what it was given, as badly made proxies do."""

    def answer(request: web.Request) -> web.Response:
        key = request.headers.get("Authorization", "").partition(" ")[2]
        filled = {name: value.replace("KEY", key) for name, value in headers.items()}
        body = json.dumps({"ok": False, "error": f"no such key: {key}", "message": f"Authorization: Bearer {key}"})
        return web.Response(status=status, text=body if status != 200 else f"<p>{key}", headers=filled)

    return answer


@asynccontextmanager
async def echoing(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


ANSWERS = [
    ("200 that is no JSON", _echo(200)),
    ("a redirect with the key", _echo(302, Location="https://elsewhere.example/KEY?key=KEY")),
    *((str(status), _echo(status)) for status in (400, 401, 403, 404, 422, 500, 502)),
]


@pytest.mark.parametrize(("why", "answer"), ANSWERS, ids=[case[0] for case in ANSWERS])
async def test_a_failure_of_baseten_that_repeats_the_key_is_told_without_it(
    why: str, answer: Callable[[web.Request], web.Response]
) -> None:
    async with echoing(answer) as url, open_http() as http:
        account = Account(name="a", key=KEY, options=Options(base_url=url, attempts=1))
        with pytest.raises(JoblogsError) as caught:
            await BasetenApi(account, http, SystemClock()).projects(Priority.COMMAND)
    assert leaks(told(caught.value) + repr(account)) == [], why


async def test_a_connection_to_baseten_that_fails_is_told_without_the_key() -> None:
    async with open_http() as http:
        account = Account(name="a", key=KEY, options=Options(base_url="http://127.0.0.1:1", attempts=1))
        with pytest.raises(JoblogsError) as caught:
            await BasetenApi(account, http, SystemClock()).projects(Priority.COMMAND)
    assert leaks(told(caught.value)) == []


async def test_a_key_that_no_header_can_hold_is_refused_without_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Account(name="a", key=KEY + "\n" + STORED)
    assert leaks(told(caught.value)) == []


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
async def test_a_failure_of_slack_that_repeats_the_token_is_logged_without_it(status: int) -> None:
    """Slack's own code is told as it is, so that the door to the log has to hide what looks like a token."""
    async with echoing(_echo(status)) as url, open_client(BOT_TOKEN, f"{url}/api/", clock=SystemClock()) as client:
        with pytest.raises(JoblogsError) as caught:
            await translated(client.auth_test())
    assert leaks(logged("json", f"log.error('x', exc_info=RuntimeError({str(caught.value)!r}))")) == []


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_check_repeats_no_key_that_it_is_answered_with(desk: Desk, status: int) -> None:
    async with echoing(_echo(status)) as url:
        done = await desk.run("check", SLACK_API_URL=f"{url}/api/", BASETEN_API_URL=url)
        ended = await desk.run("run", SLACK_API_URL=f"{url}/api/", BASETEN_API_URL=url)
    assert (done.code, ended.code) == (1, 1)
    secrets = (desk.workspace.bot_token, desk.workspace.app_token, KEY)
    assert leaks(done.out + done.err + ended.out + ended.err, secrets) == []


# --- the journal -----------------------------------------------------------------------------------


LINES = {
    "a word": "log.info('x', key={key!r})",
    "in a sentence": "log.info('the key {key} is used')",
    "in a list in a dictionary": "log.info('x', deep=dict(a=[1, ({key!r},)]))",
    "as the name of a value": "log.info('x', deep={{{key!r}: 1}})",
    "as bytes": "log.info('x', raw={key!r}.encode())",
    "in an object's repr": "log.info('x', thing=type('T', (), {{'__repr__': lambda self: {key!r}}})())",
    "in an exception": "log.error('x', reason=ValueError({key!r}))",
    "in a traceback": "raised(lambda: log.exception('x'), {key!r})",
    "by a library, as an argument": "logging.getLogger('lib').error('key %s', {key!r})",
    "by a library, with a traceback": "raised(lambda: logging.getLogger('lib').exception('x'), {key!r})",
    "by asyncio, unseen": "asyncio.run(unseen({key!r}))",
    "bound to the context": "structlog.contextvars.bind_contextvars(key={key!r}); log.info('x')",
}
PROGRAM = """
import asyncio, gc, logging, structlog
from bot import journal
journal.configure(log_format={log_format!r}, level="DEBUG")
journal.hide({known!r})
log = structlog.get_logger("ours")
def raised(tell, text):
    try:
        raise ValueError(text)
    except ValueError:
        tell()
async def fail(text):
    raise ValueError(text)
async def unseen(text):
    task = asyncio.create_task(fail(text)); await asyncio.sleep(0); await asyncio.sleep(0)
    del task; gc.collect()
{line}
"""


def logged(log_format: str, line: str, known: tuple[str, ...] = ()) -> str:
    program = textwrap.dedent(PROGRAM).format(log_format=log_format, known=known, line=line)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip(), "nothing was logged"
    return done.stderr + done.stdout


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_line_of_the_log_has_a_key_in_any_form(log_format: str) -> None:
    """Keys of known forms are hidden wherever they come from, and those that the process knows, whatever their form."""
    lines = [line.format(key=key) for line in LINES.values() for key in (BOT_TOKEN, APP_TOKEN, STORED)]
    lines += [line.format(key=key) for line in LINES.values() for key in (SIGNING, PASSWORD, ENCRYPTION_KEY)]
    text = logged(log_format, "\n".join(lines), known=(SIGNING, PASSWORD, ENCRYPTION_KEY))
    assert leaks(text) == []
    assert text.count("[hidden]") >= len(lines)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_is_no_key_is_logged_as_it_is(log_format: str) -> None:
    text = logged(log_format, "log.info('polled', account='team-a', lines=12, parts=['a', 'b'], of=None, ok=True)")
    assert all(word in text for word in ("polled", "team-a", "12"))
    if log_format == "json":
        line = json.loads(text)
        assert (line["lines"], line["parts"], line["of"], line["ok"]) == (12, ["a", "b"], None, True)


# --- a whole bot -----------------------------------------------------------------------------------


RAW = {("tails", "engine")}
"""What the engine carries of a failure that is still being printed: masked when it is complete, seconds later."""


def everything_stored(file: Path) -> str:
    """All columns of all tables but those that hold lines which are not complete yet."""
    with closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "".join(_rows(database, table) for table in tables)


def _rows(database: sqlite3.Connection, table: str) -> str:
    found = database.execute(f'SELECT * FROM "{table}"')
    names = [column[0] for column in found.description]
    return "".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for row in found
        for name, value in zip(names, row, strict=True)
        if (table, name) not in RAW
    )


async def everything_served(port: int) -> str:
    """What health and metrics say; 404 where this version has no such page."""
    async with aiohttp.ClientSession() as http:
        texts = []
        for path in ("healthz", "readyz", "metrics"):
            async with http.get(f"http://127.0.0.1:{port}/{path}") as answer:
                texts.append(await answer.text())
    return "".join(texts)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_a_bot_in_trouble_lets_no_key_out(desk: Desk, unused_tcp_port: int, log_format: str) -> None:
    """Jobs that print keys, services that fail, commands that hold keys: then everything that came out is searched."""
    await desk.migrate()
    encryption_key = new_encryption_key()
    variables: dict[str, Any] = {
        "JOBLOGS_ENCRYPTION_KEYS": encryption_key,
        "JOBLOGS_LOG_LEVEL": "DEBUG",
        "JOBLOGS_LOG_FORMAT": log_format,
        "PORT": str(unused_tcp_port),
    }
    await desk.run("accounts", "add", "team-a", text=STORED, **variables)
    secrets = (desk.workspace.bot_token, desk.workspace.app_token, KEY, STORED, encryption_key)
    job = desk.world.add_job(desk.project, name="run-1", status="TRAINING_JOB_RUNNING")
    bot = await desk.started("run", **variables)
    reading = asyncio.ensure_future(bot.communicate())
    try:
        await _until(lambda: len(desk.workspace.sockets) >= 2)
        ada = desk.workspace.person("ada")
        await ada.command("/joblogs", "watch llama-ft", channel="ml-alerts")
        for secret in secrets[:4]:
            job.write(f"RuntimeError: cannot log in with {secret}", replica="g00r0", level="ERROR")
            await ada.command("/joblogs", f"run-1 {secret}", channel="ml-alerts")
        await _until(lambda: any("cannot log in" in json.dumps(one) for one in _messages(desk)))
        await ada.command("/joblogs", "run-1 last:50", channel="ml-alerts")
        _trouble(desk)
        await asyncio.sleep(4)
        served = await everything_served(unused_tcp_port)
    finally:
        bot.terminate()
        out, err = await asyncio.wait_for(reading, 60)
    assert "running" in err.decode()
    assert leaks(out.decode() + err.decode(), secrets) == []
    assert leaks(served, secrets) == []
    assert leaks(everything_stored(desk.file), secrets) == []
    assert (
        leaks(json.dumps([dict(call.arguments) for call in desk.workspace.calls if call.kind == "api"]), secrets)
        == []
    )
    assert leaks(json.dumps(_messages(desk)), secrets) == []


def _messages(desk: Desk) -> list[Any]:
    """What the bot said in the channel and its threads, and to Ada alone; her own words are hers."""
    space = desk.workspace
    roots = [one for one in space.messages("ml-alerts") if one.get("user") == space.bot_user_id]
    return [*roots, *(one for root in roots for one in space.messages("ml-alerts", root["ts"]))]


def _trouble(desk: Desk) -> None:
    for kind in ("401", "429:retry_after=1", "garbage", "reset", "status:500"):
        desk.world.faults.add("search", kind=kind, times=1)
        desk.world.faults.add("logs", kind=kind, times=1)
    for kind in ("lost", "500", "garbage", "error:internal_error"):
        desk.workspace.faults.add("chat.update", kind)
        desk.workspace.faults.add("apps.connections.open", kind)
    desk.workspace.drop_sockets()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.05)
