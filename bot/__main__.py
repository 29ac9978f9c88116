"""The command line: ``joblogs run | demo | check | explain | migrate``."""

import asyncio
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import click

from bot import journal
from bot.errors import JoblogsError
from bot.settings import Role, Settings, load

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="joblogs")
def main() -> None:
    """Training-job logs, alerts and triage in Slack, for teams that train on Baseten."""


@main.command()
@click.option(
    "--role",
    type=click.Choice(["all", "web", "worker"]),
    default="all",
    show_default=True,
    help="web takes what people do in Slack, worker reads logs and posts, all does both.",
)
def run(role: Role) -> None:
    """Run the bot until it is told to stop."""
    settings = _settings()
    journal.configure(log_format=settings.log_format, level=settings.log_level)
    _finish(_run(settings, role))


@main.command()
def migrate() -> None:
    """Bring the database to what this version needs. `run` does this by itself."""
    from bot.store.database import open_store_here  # noqa: PLC0415 - `joblogs --help` stays quick

    settings = _settings()
    with _explained(), open_store_here(settings.database_url) as store:
        before = store.migrate()
        click.echo(f"database: schema {before.current or 'empty'} → {store.revision().current}")


@main.command()
def check() -> None:
    """Look for what is missing or wrong before anything runs."""
    from bot.check import report  # noqa: PLC0415 - `joblogs --help` stays quick

    findings = asyncio.run(report(_settings()))
    for finding in findings:
        click.echo(finding.line())
    if not all(finding.ok for finding in findings):
        sys.exit(1)


@main.command()
@click.option("--port", default=8765, show_default=True, help="Where the page is served; 0 takes a free port.")
@click.option("--scenario", default=None, help="Play this one alone (a file of bot/sandbox/scenarios).")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast jobs live."
)
def demo(port: int, scenario: str | None, speed: float) -> None:
    """The whole product on this machine, with a simulated Baseten and Slack and no account anywhere."""
    from bot.sandbox.demo import play  # noqa: PLC0415 - only the demo needs the sandbox

    _finish(_until_told(play(port=port, scenario=scenario, speed=speed, say=click.echo)))


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--json", "as_json", is_flag=True, help="A list of incidents for programs.")
def explain(file: Any, as_json: bool) -> None:
    """Tell what went wrong in a saved log: JSON lines as the API gives them, or plain text; - is stdin."""
    from bot.explain import explain as explained  # noqa: PLC0415 - `joblogs --help` stays quick

    click.echo(explained(file, as_json=as_json, colour=sys.stdout.isatty()))


async def _run(settings: Settings, role: Role) -> None:
    from bot.app import open_app  # noqa: PLC0415 - `joblogs --help` stays quick

    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_app(settings, role=role) as app, app.running():
        await stop.wait()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends or a signal cancels it; its own teardown is awaited."""
    task = asyncio.create_task(work)
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        click.echo("stopped")


def _settings() -> Settings:
    with _explained():
        return load()


@contextmanager
def _explained() -> Iterator[None]:
    """Failures that we raise on purpose are told in a sentence, without a traceback."""
    try:
        yield
    except JoblogsError as error:
        raise click.ClickException(str(error)) from None


def _finish(work: Coroutine[Any, Any, None]) -> None:
    with _explained():
        asyncio.run(work)


if __name__ == "__main__":
    main()
