"""The door to the store: opens a database and runs units of work in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bot.flows.ports import Tx
from bot.store import migration
from bot.store.engine import PG_THREADS, make_engine
from bot.store.failures import lost_a_race, translated
from bot.store.migration import Revision
from bot.store.transaction import SqlTx

T = TypeVar("T")


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator["SqlDatabase"]:
    """The database at `database_url`; on PostgreSQL it is connected to at its first use.

    Raises:
        ConfigurationError: the URL, or the SQLite file it names, is unusable.
    """
    engine = await asyncio.to_thread(make_engine, database_url)
    store = Store(engine)
    # One thread serialises what SQLite would serialise anyway, without waiting for locks.
    executor = ThreadPoolExecutor(1 if store.dialect == "sqlite" else PG_THREADS, thread_name_prefix="store")
    try:
        yield SqlDatabase(store, executor)
    finally:
        await asyncio.to_thread(executor.shutdown)
        engine.dispose()


@contextmanager
def open_store_here(database_url: str) -> Iterator["Store"]:
    """The same for a command line without an event loop: every call blocks."""
    engine = make_engine(database_url)
    try:
        yield Store(engine)
    finally:
        engine.dispose()


class Store:
    """Units of work in the calling thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def run(self, work: Callable[[Tx], T]) -> T:
        """Commits what `work` wrote, or nothing of it when it raises.

        Work that lost against another transaction (a deadlock) is run a second time.
        """
        with translated():
            try:
                return self._attempt(work)
            except DBAPIError as error:
                if not lost_a_race(error):
                    raise
            return self._attempt(work)

    def migrate(self) -> Revision:
        """Brings the schema to what this release needs; returns what it was before."""
        with translated():
            return migration.migrate(self._engine)

    def revision(self) -> Revision:
        with translated():
            return migration.revision(self._engine)

    def _attempt(self, work: Callable[[Tx], T]) -> T:
        with self._engine.begin() as connection:
            return work(SqlTx(connection))


class SqlDatabase:
    """`flows.ports.Database`: units of work in a thread."""

    def __init__(self, store: Store, executor: ThreadPoolExecutor) -> None:
        self._store = store
        self._executor = executor

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._store.dialect

    async def run(self, work: Callable[[Tx], T]) -> T:
        return await self._in_thread(lambda: self._store.run(work))

    async def migrate(self) -> Revision:
        return await self._in_thread(self._store.migrate)

    async def revision(self) -> Revision:
        return await self._in_thread(self._store.revision)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
