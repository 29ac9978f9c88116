"""`joblogs accounts`: their keys are stored encrypted, and asked for or piped in, never given as an argument."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot import accounts as book
from bot import journal, keys
from bot.errors import ConfigurationError, JoblogsError
from bot.settings import Settings, load
from bot.times import Ms, SystemClock, now_ms

if TYPE_CHECKING:
    from bot.store.database import Store


@click.group()
def accounts() -> None:
    """Baseten accounts whose keys are stored, encrypted, in the database."""


@accounts.command()
@click.argument("name")
def add(name: str) -> None:
    """Store the API key of an account, or replace it. The key is asked for, or read from standard input."""
    with _opened() as (settings, store):
        key = _key(name) if settings.sealing.is_possible else ""
        is_new = store.run(lambda tx: book.add(tx, settings.sealing, name, key, _now_ms()))
        click.echo(f"{'Stored' if is_new else 'Replaced'}: the key of account {name}, encrypted. {_TAKEN_ON}")
        if name in settings.keys:
            click.echo(f"The settings name an account {name} too, and theirs counts.")


@accounts.command(name="list")
def list_() -> None:
    """Which accounts there are, and whether each key can be had."""
    with _opened() as (settings, store):
        stored = store.run(lambda tx: tx.keys.all())
        found = book.known(settings, stored)
        for name in settings.keys:
            click.echo(f"{name}: from the settings" + (" (hides a stored one)" if name in found.hidden else ""))
        for row in stored:
            if row.account not in found.hidden:
                click.echo(f"{row.account}: stored" + _state(found, row.account))
        if not stored:
            click.echo("No account is stored in the database.")


@accounts.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget the stored key of an account. Its watches stay, and nobody reads for them."""
    with _opened() as (_, store):
        orphans = store.run(lambda tx: book.remove(tx, name, _now_ms()))
        click.echo(f"Removed: the key of account {name}. {_TAKEN_ON}")
        if orphans:
            click.echo(f"{orphans} watch{'es' if orphans > 1 else ''} of this account will not be read any more.")


@accounts.command()
def rotate() -> None:
    """Encrypt anew, with the first of JOBLOGS_ENCRYPTION_KEYS, what an older one had encrypted."""
    with _opened() as (settings, store):
        count, shut = store.run(lambda tx: book.rotate(tx, settings.sealing, _now_ms()))
        click.echo(f"Encrypted anew: {count}. " + (_KEEP_OLD if shut else _DROP_OLD))
    for name, sentence in shut.items():
        click.echo(f"account {name}: {sentence}", err=True)
    if shut:
        sys.exit(1)


@accounts.command()
def new_encryption_key() -> None:
    """Print a fresh key for JOBLOGS_ENCRYPTION_KEYS. Put it first, and keep the older ones behind it."""
    click.echo(keys.new_encryption_key())


def _key(name: str) -> str:
    """What was typed, or the first line of what was piped in.

    Raises:
        ConfigurationError: it is no key.
    """
    from bot.baseten.options import Account  # noqa: PLC0415 - `joblogs --help` stays quick

    key = click.prompt("API key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    return Account(name=name, key=key.strip()).key


def _state(found: book.Known, name: str) -> str:
    if name in found.shut:
        return f", but {found.shut[name]}"
    return ", encrypted with an older key (joblogs accounts rotate)" if name in found.aged else ""


@contextmanager
def _opened() -> Iterator[tuple[Settings, "Store"]]:
    """The settings and the database at the newest schema; what goes wrong is told in a sentence."""
    from bot.store.database import open_store_here  # noqa: PLC0415 - as above

    try:
        settings = load()
        journal.hide(settings.secrets)
        with open_store_here(settings.database_url) as store:
            if not store.revision().is_current:
                raise ConfigurationError("The database is not at the schema of this version: run joblogs migrate.")
            yield settings, store
    except JoblogsError as error:
        raise click.ClickException(journal.clean(str(error))) from None


def _now_ms() -> Ms:
    return now_ms(SystemClock())


_TAKEN_ON = "Running bots notice within half a minute and restart themselves."
_DROP_OLD = "The older encryption keys can be taken out of JOBLOGS_ENCRYPTION_KEYS."
_KEEP_OLD = "Keep the older encryption keys: not every key could be opened."
