"""A rolling restart: processes of the release before go on writing while the newest schema is there already."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Engine, inspect

from bot.store.engine import make_engine
from bot.store.migration import config

# Each newer schema has to let the one before it write, from the second on: that was the first to be released.
STEPS = [("0002", "0003")]


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    made = make_engine(empty_database_url)
    yield made
    made.dispose()


def columns(engine: Engine) -> dict[str, dict[str, bool]]:
    """By table and column, whether a row has to name a value."""
    found = inspect(engine)
    return {
        table: {
            column["name"]: not column["nullable"] and column["default"] is None
            for column in found.get_columns(table)
        }
        for table in found.get_table_names()
    }


def uniques(engine: Engine, table: str) -> set[tuple[str, ...]]:
    found = inspect(engine)
    constraints = (tuple(one["column_names"]) for one in found.get_unique_constraints(table))
    indexes = (tuple(map(str, one["column_names"])) for one in found.get_indexes(table) if one["unique"])
    return {*constraints, *indexes}


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_what_the_older_release_writes_is_taken_by_the_newer_schema(
    engine: Engine, before: str, after: str
) -> None:
    with engine.begin() as connection:
        command.upgrade(config(connection), before)
    older = columns(engine)
    unique_before = {table: uniques(engine, table) for table in older}
    with engine.begin() as connection:
        command.upgrade(config(connection), after)
    newer = columns(engine)

    assert older.keys() <= newer.keys()
    for table, known in older.items():
        assert known.keys() <= newer[table].keys(), f"{table} lost a column that the older release writes"
        demanded = [name for name, needed in newer[table].items() if needed and not known.get(name)]
        assert demanded == [], f"{table} demands what the older release does not write"
        assert uniques(engine, table) <= unique_before[table], f"{table} refuses what it took before"
