"""The command line: ``joblogs run | demo | check | health | accounts | explain | audit | migrate``."""

import asyncio
import os
import random
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import click
import structlog

from bot import journal
from bot.account_commands import accounts
from bot.errors import ConfigurationError, JoblogsError, TransientError
from bot.logs.when import FORMS, BadMoment, parse_moment
from bot.metrics import Metrics
from bot.probe import problems
from bot.settings import Role, Settings, load
from bot.times import Clock, Ms, SharedClock, SystemClock, ms_floor, now_ms

log = structlog.get_logger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
REBUILD_S = 10.0
SPARE_S = 0.7
"""What is left of ten seconds after a graceful stop; those who stop processes commonly wait no longer."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="joblogs")
def main() -> None:
    """Training-job logs, alerts and triage in Slack, for teams that train on Baseten."""


main.add_command(accounts)


@main.command()
@click.option(
    "--role",
    type=click.Choice(["all", "web", "worker"]),
    default="all",
    show_default=True,
    help="web takes what people do in Slack, worker reads logs and posts, all does both.",
)
@click.option(
    "--clock",
    "clock_file",
    hidden=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Share the demonstration's clock.",
)
def run(role: Role, clock_file: Path | None) -> None:
    """Run the bot until it is told to stop."""
    settings = _settings()
    metrics = Metrics()
    journal.configure(log_format=settings.log_format, level=settings.log_level, counter=metrics.logged)
    _finish(_run(settings, role, SharedClock(clock_file) if clock_file else SystemClock(), metrics))


@main.command()
def migrate() -> None:
    """Bring the database to what this version needs. `run` does this by itself."""
    from bot.store.database import open_store_here  # noqa: PLC0415 - `joblogs --help` stays quick

    settings = _settings()
    with _explained(), open_store_here(settings.database_url) as store:
        before = store.migrate()
        click.echo(f"database: schema {before.current or 'empty'} → {store.revision().current}")


@main.command()
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 100_000), help="So many at most.")
@click.option("--since", metavar="TIME", default=None, help="From then on: 2h, yesterday 14:30, 2026-11-20.")
@click.option("--json", "as_json", is_flag=True, help="A list of entries for programs.")
def audit(last: int, since: str | None, as_json: bool) -> None:
    """Print who did what through the bot, the newest at the bottom. Times are in UTC."""
    from bot.audit import shown  # noqa: PLC0415 - `joblogs --help` stays quick
    from bot.store.database import open_store_here  # noqa: PLC0415 - as above

    since_ms = _moment(since) if since else None
    settings = _settings()
    with _explained(), open_store_here(settings.database_url) as store:
        entries = store.run(lambda tx: tx.audit.recent(last, since_ms=since_ms))
    click.echo(journal.clean(shown(entries[::-1], as_json=as_json)))


@main.command()
@click.argument("job_id")
@click.confirmation_option(prompt="Remove all that joblogs knows of this job?")
def forget(job_id: str) -> None:
    """Remove what is known of a job from the database. JOB_ID is Baseten's id of it."""
    from bot.flows.tidy import forget as forgotten_by  # noqa: PLC0415 - `joblogs --help` stays quick
    from bot.store.database import open_store_here  # noqa: PLC0415 - as above

    settings = _settings()
    with _explained(), open_store_here(settings.database_url) as store:
        now = now_ms(SystemClock())
        done = store.run(lambda tx: forgotten_by(tx, job_id, actor="operator", now=now))
    if not done.known:
        raise click.ClickException(f"No job with the id {job_id} is known here.")
    click.echo(f"Removed: {done.incidents} incidents, {done.waiting} messages that were not sent yet.")
    if done.messages:
        click.echo(f"{done.messages} cards stay in Slack; delete them there.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A list of findings for programs.")
def check(as_json: bool) -> None:
    """Look for what is missing or wrong before anything runs. Exit code 1: something has to be mended first."""
    from bot.check import report, shown, unreadable  # noqa: PLC0415 - `joblogs --help` stays quick

    try:
        settings = load()
    except ConfigurationError as error:
        findings = unreadable(error)
    else:
        journal.hide(settings.secrets)
        findings = asyncio.run(report(settings, SystemClock()))
    click.echo(journal.clean(shown(findings, as_json=as_json)))
    if any(finding.is_fault for finding in findings):
        sys.exit(1)


@main.command()
@click.option("--ready", is_flag=True, help="Ask whether it can do its work, not only whether it is alive.")
def health(ready: bool) -> None:
    """Ask the bot that runs on this machine whether it is well. Exit code 1: it is not."""
    listen = _settings().listen
    if listen is None:
        raise click.ClickException("PORT is not set, so that the bot serves no health.")
    found = problems(listen, "readyz" if ready else "healthz")
    click.echo("\n".join(found) or "well")
    if found:
        sys.exit(1)


@main.command()
@click.option("--port", default=8765, show_default=True, help="Where the page is served; 0 takes a free port.")
@click.option("--scenario", metavar="NAME", default=None, help="Play this one alone.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast jobs live."
)
@click.option("--list", "only_list", is_flag=True, help="Name the scenarios and stop.")
def demo(port: int, scenario: str | None, speed: float, only_list: bool) -> None:
    """The whole product on this machine, with a simulated Baseten and Slack and no account anywhere."""
    from bot.sandbox.demo import listing, play  # noqa: PLC0415 - only the demo needs the sandbox

    if only_list:
        click.echo(listing())
        return
    _finish(_until_told(play(port=port, scenario=scenario, speed=speed, say=click.echo)))


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--json", "as_json", is_flag=True, help="A list of incidents for programs.")
def explain(file: Any, as_json: bool) -> None:
    """Tell what went wrong in a saved log: JSON lines as the API gives them, or plain text; - is stdin."""
    from bot.explain import explain as explained  # noqa: PLC0415 - `joblogs --help` stays quick

    click.echo(explained(file, as_json=as_json, colour=sys.stdout.isatty()))


async def _run(settings: Settings, role: Role, clock: Clock, metrics: Metrics) -> None:
    from bot.app import open_app  # noqa: PLC0415 - `joblogs --help` stays quick
    from bot.schedule import STOP_S  # noqa: PLC0415 - as above

    stop, has_run = _first_signal(STOP_S + SPARE_S), False
    while not stop.is_set():
        try:
            async with open_app(settings, role=role, clock=clock, metrics=metrics) as app, app.running():
                has_run = True
                await _first_of(stop.wait(), app.accounts_changed())
        except TransientError as error:
            if not has_run:
                raise
            # Stored accounts have changed, and at that very moment Slack or the database is away.
            log.warning("not_rebuilt", reason=str(error))
            await _first_of(stop.wait(), asyncio.sleep(REBUILD_S * random.uniform(0.5, 1.0)))


def _first_signal(patience_s: float) -> asyncio.Event:
    """Set by the first of `SIGNALS`. The second one ends the process at once, as does a stop that takes too long.

    A thread that waits for a database that swallows everything cannot be ended otherwise; what it would still have
    said is looked for by the next process.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def told() -> None:
        stop.set()
        hard_stop = threading.Timer(patience_s, os._exit, [0])
        hard_stop.daemon = True
        hard_stop.start()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in SIGNALS:
        loop.add_signal_handler(number, told)
    return stop


async def _first_of(*ends: Coroutine[Any, Any, object]) -> None:
    """Waits until one of them ends, and ends the others."""
    tasks = [asyncio.ensure_future(end) for end in ends]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends or a signal cancels it; its own teardown is awaited."""
    task = asyncio.create_task(work)
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        click.echo("stopped")


def _moment(text: str) -> Ms:
    moment = parse_moment(text, now_ns=SystemClock().now_ns(), tz=UTC)
    if isinstance(moment, BadMoment):
        raise click.BadParameter(f"{text} {moment.reason}. {FORMS} are understood.", param_hint="--since")
    return ms_floor(moment)


def _settings() -> Settings:
    with _explained():
        settings = load()
    journal.hide(settings.secrets)
    return settings


@contextmanager
def _explained() -> Iterator[None]:
    """Failures that we raise on purpose are told in a sentence, without a traceback."""
    try:
        yield
    except JoblogsError as error:
        raise click.ClickException(journal.clean(str(error))) from None


def _finish(work: Coroutine[Any, Any, None]) -> None:
    with _explained():
        asyncio.run(work)


if __name__ == "__main__":
    main()
