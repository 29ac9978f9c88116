"""From nothing to the newest schema, on both databases, with anyone else doing the same."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from bot.errors import ConfigurationError
from bot.store import Revision, open_store_here
from bot.store.engine import make_engine
from bot.store.migration import config
from bot.store.tables import metadata

_MIGRATE = """
import sys
from bot.store import migration, open_store_here
migration.config()
print("ready", flush=True)
sys.stdin.readline()
with open_store_here(sys.argv[1]) as store:
    store.migrate()
    print(store.revision().is_current)
"""


@pytest.fixture
def engine(empty_database_url: str) -> Engine:
    with open_store_here(empty_database_url) as store:
        store.migrate()
    return make_engine(empty_database_url)


def test_an_empty_database_is_migrated_and_a_second_time_changes_nothing(empty_database_url: str) -> None:
    with open_store_here(empty_database_url) as store:
        before = store.revision()
        assert before.current is None
        assert not before.is_current
        assert store.migrate() == before
        after = store.revision()
        assert after == Revision(current=before.needed, needed=before.needed)
        assert store.migrate() == after
        assert store.run(lambda tx: tx.inbox.first_time("works", 1)) is True


def test_the_migrations_lead_to_the_tables_of_the_code(engine: Engine) -> None:
    with engine.begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_migrations_lead_back_to_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(config(connection), "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()


def test_a_database_of_a_newer_release_is_left_alone(engine: Engine, empty_database_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with open_store_here(empty_database_url) as store, pytest.raises(ConfigurationError, match="9999"):
        store.migrate()
    engine.dispose()


def test_a_second_migration_waits_for_the_first(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    second: list[Future[Revision]] = []

    def begins_a_second_one(*arguments: Any) -> None:
        if not second:
            second.append(pool.submit(migrate, empty_database_url))
            assert not wait(second, 0.5).done
        upgrade(*arguments)

    monkeypatch.setattr(command, "upgrade", begins_a_second_one)
    with ThreadPoolExecutor(1) as pool:
        assert migrate(empty_database_url).current is None
        assert second[0].result(10).needed


def migrate(url: str) -> Revision:
    with open_store_here(url) as store:
        return store.migrate()


def test_processes_that_migrate_at_once_all_succeed(empty_database_url: str) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, empty_database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in starters:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in starters:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outcomes = [process.communicate(timeout=100) for process in starters]
    assert [(out, err) for out, err in outcomes] == [("True\n", "")] * 4
