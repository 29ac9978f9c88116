"""The database: its file and disk, its schema, whether it can be written, and the keys that lie in it."""

import contextlib
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.accounts import Known
from bot.check.finding import Finding, failed, fault, note, ok
from bot.errors import JoblogsError
from bot.flows.ports import Tx
from bot.flows.stored_keys import StoredKey
from bot.jobs.watch import Watch
from bot.settings import Settings
from bot.store.database import SqlDatabase, open_store
from bot.times import Ms

SUBJECT = "database"
FILE = "database file"
DISK = "disk"
FAULT_FREE_MB = 100
NOTE_FREE_MB = 1_000
"""A year of a busy bot takes some hundred megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What there is to check further; `watches` is None where the database is away or not at our schema."""

    findings: list[Finding]
    watches: tuple[Watch, ...] | None = None
    keys: tuple[StoredKey, ...] = field(default=(), repr=False)


async def look(settings: Settings) -> Stored:
    path = settings.sqlite_path
    findings = [] if path is None else [*_file(path), disk(_free_mb(path), path)]
    if path is not None and (not path.exists() or any(finding.is_fault for finding in findings)):
        return Stored(findings=findings)
    try:
        async with open_store(settings.database_url) as store:
            return await _opened(store, findings)
    except JoblogsError as error:
        return Stored(findings=[*findings, failed(SUBJECT, error, "Look at DATABASE_URL.")])
    except DBAPIError as error:
        told = f"refuses what the bot has to do: {type(error.orig).__name__}"
        return Stored(findings=[*findings, fault(SUBJECT, told, "Give its user all rights on the bot's tables.")])


def keys(known: Known) -> list[Finding]:
    """Whether the stored keys can be had."""
    shut = [
        fault(f"account {name}", sentence, "The other accounts work without it.")
        for name, sentence in known.shut.items()
    ]
    hidden = [
        note(
            f"account {name}", "is stored, and the settings name it too: theirs counts", _ONE_OF_THEM.format(name)
        )
        for name in known.hidden
    ]
    aged = [
        note(
            f"account {name}", "its key is encrypted with an older encryption key", "Run joblogs accounts rotate."
        )
        for name in known.aged
    ]
    return [*shut, *hidden, *aged]


def disk(free_mb: int, path: Path) -> Finding:
    told = f"{free_mb:,} MB free for {path}"
    if free_mb < FAULT_FREE_MB:
        return fault(DISK, told, "Make room: the bot cannot remember what it has read when the disk is full.")
    return note(DISK, told, "Make room before it runs out.") if free_mb < NOTE_FREE_MB else ok(DISK, told)


def _file(path: Path) -> list[Finding]:
    """Looked at before it is opened: whoever opens it closes it to others."""
    folder = _existing(path.parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        return [
            fault(FILE, f"the folder {folder} cannot be written", f"Let the user that runs joblogs own {folder}.")
        ]
    mode = folder.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        told = f"other users can replace it: the folder {folder} has mode {stat.S_IMODE(mode):03o}"
        return [fault(FILE, told, f"chmod 700 {folder}")]
    if not path.exists():
        return [ok(FILE, f"{path} will be made at the first start, for its user alone")]
    wrong = [one for one in _with_siblings(path) if one.exists() and one.stat().st_mode & 0o077]
    if wrong:
        told = f"other users can read it: {wrong[0]} has mode {stat.S_IMODE(wrong[0].stat().st_mode):03o}"
        return [fault(FILE, told, "chmod 600 " + " ".join(map(str, wrong)))]
    return [ok(FILE, f"{path}, for its user alone")]


def _with_siblings(path: Path) -> tuple[Path, ...]:
    return (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")))


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that there is."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _free_mb(path: Path) -> int:
    return shutil.disk_usage(_existing(path.parent)).free // 1_000_000


async def _opened(store: SqlDatabase, findings: list[Finding]) -> Stored:
    revision = await store.revision()
    if not revision.is_current:
        return Stored(findings=[*findings, _old(store.dialect, revision.current, revision.needed)])
    with contextlib.suppress(_Undo):
        await store.run(_writes)
    watches, stored = await store.run(lambda tx: (tx.watches.active(), tx.keys.all()))
    told = f"{store.dialect}, at the newest schema ({revision.needed}), can be written; watches: {len(watches)}"
    return Stored(findings=[*findings, ok(SUBJECT, told)], watches=watches, keys=stored)


def _old(dialect: str, current: str | None, needed: str) -> Finding:
    if current is not None and current > needed:
        told = f"{dialect}, at schema {current}, of a newer joblogs than this one ({needed})"
        return fault(SUBJECT, told, "Install the newer version.")
    told = f"{dialect}, {'empty' if current is None else f'at schema {current}'}; this version needs {needed}"
    return note(SUBJECT, told, "joblogs migrate, or the next start of joblogs run, brings it there.")


class _Undo(Exception):
    """Ends a transaction of which nothing is to stay."""


def _writes(tx: Tx) -> None:
    """A standby, or a user without rights, refuses this."""
    tx.inbox.first_time(_PROBE, Ms(0))
    raise _Undo


_PROBE = "joblogs check"
_ONE_OF_THEM = "Take one of the two away: joblogs accounts remove {}, or its key out of the settings."
