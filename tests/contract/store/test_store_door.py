"""Opening a database, and what a unit of work may rely on."""

import asyncio
import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.errors import ConfigurationError, StoreUnavailable
from bot.flows.ports import Tx
from bot.store import SqlDatabase, Store, open_store, open_store_here
from bot.store.engine import make_engine
from tests.contract.store.samples import NOW, a_note, a_tail
from tests.postgres import Postgres


class Broken(Exception):
    pass


def writes_and_breaks(tx: Tx) -> None:
    tx.inbox.first_time("half", NOW)
    tx.tails.save(a_tail(), {1: b"x"})
    raise Broken


def nothing_was_kept(tx: Tx) -> bool:
    return tx.inbox.first_time("half", NOW) and tx.tails.get("default", "j1") is None


async def test_units_of_work_return_their_value_and_are_committed_together(database: SqlDatabase) -> None:
    assert await database.run(lambda tx: tx.inbox.first_time("a", NOW)) is True
    seen = await asyncio.gather(*(database.run(lambda tx: tx.inbox.first_time("b", NOW)) for _ in range(8)))
    assert sorted(seen) == [False] * 7 + [True]
    assert (await database.revision()).is_current


async def test_a_unit_of_work_that_raises_leaves_nothing(database: SqlDatabase) -> None:
    with pytest.raises(Broken):
        await database.run(writes_and_breaks)
    assert await database.run(nothing_was_kept)


async def test_a_cancelled_caller_does_not_stop_the_unit_of_work(database: SqlDatabase) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(tx: Tx) -> None:
        tx.inbox.first_time("slow", NOW)
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(10)

    task = asyncio.create_task(database.run(slow))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    # Whoever asks for the same event waits for the transaction's end.
    assert await database.run(lambda tx: tx.inbox.first_time("slow", NOW)) is False


async def test_closing_waits_for_what_has_begun(database_url: str) -> None:
    async with open_store(database_url) as database:
        task = asyncio.create_task(database.run(lambda tx: tx.inbox.first_time("last", NOW)))
        await asyncio.sleep(0)
    assert await task is True
    with open_store_here(database_url) as store:
        assert store.run(lambda tx: tx.inbox.first_time("last", NOW)) is False


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "cannot be read"),
        ("joblogs.db", "cannot be read"),
        ("postgresql://me:s3cr3t@host:port/db", "cannot be read"),
        ("mysql://me:s3cr3t@host/db", "mysql"),
        ("postgresql+asyncpg://me:s3cr3t@host/db", "asyncpg"),
        ("postgresql://me:s3cr3t@host", "no database"),
        ("sqlite://", "no file"),
        ("sqlite:///:memory:", "no file"),
        ("sqlite://s3cr3t/file.db", "no file"),
        ("sqlite:////proc/none/joblogs.db", "/proc/none/joblogs.db"),
    ],
)
async def test_a_url_that_leads_nowhere_is_explained_without_its_password(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        async with open_store(url):
            pass
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None or "s3cr3t" not in str(caught.value.__cause__)


def test_a_relative_file_is_made_where_the_process_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store_here("sqlite:///state/joblogs.db") as store:
        store.migrate()
    assert (tmp_path / "state" / "joblogs.db").stat().st_size > 0


@pytest.mark.parametrize("existing", [False, True], ids=["new", "made by others before"])
def test_sqlite_files_are_for_their_user_alone(tmp_path: Path, existing: bool) -> None:
    path = tmp_path / "deep" / "joblogs.db"
    if existing:
        path.parent.mkdir()
        path.touch(0o666)
    mask = os.umask(0)
    try:
        with open_store_here(f"sqlite:///{path}") as store:
            store.migrate()
            store.run(lambda tx: tx.inbox.first_time("a", NOW))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {"joblogs.db": 0o600, "joblogs.db-wal": 0o600, "joblogs.db-shm": 0o600}


def test_sqlite_runs_with_the_settings_that_its_safety_rests_on(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
    engine.dispose()
    assert found == ["wal", 1, 5000, 1]


def test_a_sqlite_database_that_stays_locked_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine._BUSY_TIMEOUT_S", 0.05)
    path = tmp_path / "joblogs.db"
    with open_store_here(f"sqlite:///{path}") as store:
        store.migrate()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            store.run(lambda tx: tx.inbox.first_time("a", NOW))
        other.execute("ROLLBACK")
        other.close()
        assert store.run(lambda tx: tx.inbox.first_time("a", NOW)) is True


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "joblogs.db"
    path.write_bytes(b"something else entirely" * 100)
    with open_store_here(f"sqlite:///{path}") as store, pytest.raises(StoreUnavailable, match="not a database"):
        store.revision()


def test_a_postgresql_that_is_not_there_is_unavailable_and_its_password_stays_secret() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"postgresql://me:s3cr3t@127.0.0.1:{taken.getsockname()[1]}/db"
        with open_store_here(url) as store, pytest.raises(StoreUnavailable, match="refused") as caught:
            store.run(lambda tx: tx.watches.active())
    assert "s3cr3t" not in str(caught.value) + str(caught.value.__cause__)


def test_a_postgresql_that_restarts_loses_the_running_unit_and_serves_the_next(
    postgres: Postgres, postgres_url: str
) -> None:
    with open_store_here(postgres_url.replace("postgresql://", "postgres://")) as store:

        def cut_off(tx: Tx) -> None:
            tx.inbox.first_time("half", NOW)
            postgres.stops_all_sessions_of(postgres_url)
            tx.watches.active()

        with pytest.raises(StoreUnavailable):
            store.run(cut_off)
        assert store.run(nothing_was_kept)
        postgres.stops_all_sessions_of(postgres_url)
        assert store.run(lambda tx: tx.watches.active()) == ()


def test_our_own_mistakes_are_not_called_an_outage(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.run(lambda tx: tx.incidents.note(a_note(77)))
