"""The door to the store: opens a database and runs units of work in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreUnavailable
from bot.flows.ports import Database, Tx
from bot.store import migration
from bot.store.engine import PG_PEOPLES_THREADS, PG_THREADS, make_engine
from bot.store.failures import lost_a_race, translated
from bot.store.migration import Revision
from bot.store.transaction import SqlTx

T = TypeVar("T")

PATIENCE_S = 2.0
"""People are to be answered within three seconds, whatever the database does."""


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
    peoples = ThreadPoolExecutor(PG_PEOPLES_THREADS, thread_name_prefix="store for people")
    try:
        yield SqlDatabase(store, executor, peoples)
    finally:
        await asyncio.to_thread(executor.shutdown)
        await asyncio.to_thread(peoples.shutdown)
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

    def __init__(self, store: Store, executor: Executor, peoples: Executor) -> None:
        self._store = store
        self._executor = executor
        self._peoples = peoples

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._store.dialect

    @property
    def for_people(self) -> Database:
        """For what somebody waits for: in threads that polls cannot fill, and only so long.

        A SQLite file is never far away: when it is busy, it is busy in this very process, and the turn comes.
        """
        return self if self.dialect == "sqlite" else _Impatient(self._store, self._peoples)

    async def run(self, work: Callable[[Tx], T]) -> T:
        return await self._in_thread(lambda: self._store.run(work))

    async def migrate(self) -> Revision:
        return await self._in_thread(self._store.migrate)

    async def revision(self) -> Revision:
        return await self._in_thread(self._store.revision)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)


class _Impatient:
    """`flows.ports.Database`: what it gives up may yet be done, once."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self._store = store
        self._executor = executor

    async def run(self, work: Callable[[Tx], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._executor, lambda: self._store.run(work))
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await running
        except TimeoutError:
            raise StoreUnavailable(f"the database did not answer within {PATIENCE_S:g} s") from None
