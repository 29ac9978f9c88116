from collections.abc import AsyncIterator, Iterator

import pytest

from bot.store import SqlDatabase, Store, open_store, open_store_here


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with open_store_here(database_url) as opened:
        yield opened


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[SqlDatabase]:
    async with open_store(database_url) as opened:
        yield opened
