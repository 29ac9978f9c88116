"""`joblogs check` as real processes against the simulated services: each fault is shown once, with its fix."""

import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.check.finding import State
from bot.check.storage import disk
from bot.keys import Sealing, new_encryption_key
from bot.sandbox.slack.sockets import SocketHub
from bot.slack.scopes import SCOPES
from bot.store import open_store_here
from bot.store.engine import make_engine
from tests.contract.command_line.desk import KEY, Desk

Spoil = Callable[[Desk], Awaitable[dict[str, str | None]]]


async def test_where_all_is_well_every_finding_is_ok_and_the_exit_code_is_zero(desk: Desk) -> None:
    await desk.add_watch("ml-alerts")
    done = await desk.run("check")
    assert done.code == 0, done.out
    assert [line[0] for line in done.out.splitlines()] == ["✓"] * 11
    assert "the bot is in all 1" in done.out
    assert "sees 1 training project: llama-ft" in done.out


async def test_before_the_first_start_nothing_is_made(desk: Desk) -> None:
    found = await desk.check()
    assert not desk.file.exists()
    assert any("will be made at the first start" in one for one in found["ok"])


async def test_nothing_is_posted_and_the_socket_is_left(desk: Desk) -> None:
    await desk.add_watch("ml-alerts")
    await desk.check()
    methods = {call.method for call in desk.workspace.calls if call.kind == "api"}
    assert methods <= {"auth.test", "apps.connections.open", "conversations.info"}
    assert len(desk.workspace.sockets) == 0


async def _bot_token(desk: Desk) -> dict[str, str | None]:
    return {"SLACK_BOT_TOKEN": "xoxb-1234567890-of-another"}


async def _app_token(desk: Desk) -> dict[str, str | None]:
    return {"SLACK_APP_TOKEN": "xapp-1-A1-of-another"}


class _OfAnotherApp:
    """The sockets of a workspace, whose hello names another app."""

    def __init__(self, sockets: SocketHub) -> None:
        self._sockets = sockets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sockets, name)

    async def serve(self, request: web.Request, _: str) -> web.StreamResponse:
        return await self._sockets.serve(request, "A0OTHER")


async def _other_app(desk: Desk) -> dict[str, str | None]:
    desk.workspace.sockets = _OfAnotherApp(desk.workspace.sockets)  # type: ignore[assignment]
    return {}


async def _lacking_scope(desk: Desk) -> dict[str, str | None]:
    _scopes(desk, SCOPES - {"files:write"})
    return {}


def _scopes(desk: Desk, scopes: frozenset[str]) -> None:
    desk.workspace.app = replace(desk.workspace.app, scopes=scopes)


async def _refused_socket(desk: Desk) -> dict[str, str | None]:
    desk.workspace.refuse_sockets()
    return {}


async def _slack_away(desk: Desk) -> dict[str, str | None]:
    return {"SLACK_API_URL": "http://127.0.0.1:1/api/", "SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": "a" * 32}


async def _not_invited(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("ml-alerts")
    desk.workspace.remove_bot("ml-alerts")
    return {}


async def _private_not_invited(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("ml-private")
    desk.workspace.remove_bot("ml-private")
    return {}


async def _archived(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("old-project")
    return {}


async def _shared(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("partner-shared")
    return {}


async def _baseten_key(desk: Desk) -> dict[str, str | None]:
    return {"BASETEN_API_KEY": "of-another"}


async def _baseten_away(desk: Desk) -> dict[str, str | None]:
    return {"BASETEN_API_URL": "http://127.0.0.1:1"}


async def _unseen_project(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("ml-alerts", project_id="gone", title="old-run")
    return {}


async def _account_without_key(desk: Desk) -> dict[str, str | None]:
    await desk.add_watch("ml-alerts", account="team-z")
    return {}


async def _readable_file(desk: Desk) -> dict[str, str | None]:
    await desk.migrate()
    desk.file.chmod(0o644)
    return {}


async def _open_folder(desk: Desk) -> dict[str, str | None]:
    await desk.migrate()
    desk.file.parent.chmod(0o777)
    return {}


async def _newer_database(desk: Desk) -> dict[str, str | None]:
    await desk.migrate()
    _say(desk.environment["DATABASE_URL"], "UPDATE alembic_version SET version_num = '9999'")
    return {}


def _say(url: str, statement: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


async def _not_a_database(desk: Desk) -> dict[str, str | None]:
    desk.file.parent.mkdir(mode=0o700)
    desk.file.write_text("not a database, but long enough to be taken for one" * 100)
    desk.file.chmod(0o600)
    return {}


async def _database_away(desk: Desk) -> dict[str, str | None]:
    return {"DATABASE_URL": "postgresql://joblogs:s3cretword@127.0.0.1:1/joblogs"}


async def _lost_encryption_key(desk: Desk) -> dict[str, str | None]:
    await desk.migrate()
    await desk.run("accounts", "add", "team-a", text=KEY, JOBLOGS_ENCRYPTION_KEYS=new_encryption_key())
    return {"JOBLOGS_ENCRYPTION_KEYS": new_encryption_key()}


async def _clocks(desk: Desk) -> dict[str, str | None]:
    desk.clock.turn(3600)
    return {}


async def _reserve(desk: Desk) -> dict[str, str | None]:
    return {"JOBLOGS_REQUESTS_PER_SECOND": "10", "JOBLOGS_COMMAND_RESERVE": "10"}


async def _same_key(desk: Desk) -> dict[str, str | None]:
    return {"JOBLOGS_ACCOUNTS": json.dumps({"team-a": KEY})}


async def _channel_by_name(desk: Desk) -> dict[str, str | None]:
    return {"JOBLOGS_ALLOWED_CHANNELS": "#ml-alerts"}


async def _unencrypted(desk: Desk) -> dict[str, str | None]:
    return {"BASETEN_API_URL": "http://192.0.2.1:1"}


async def _secret_is_a_token(desk: Desk) -> dict[str, str | None]:
    return {"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": "xapp-1-A1-2"}


async def _malformed(desk: Desk) -> dict[str, str | None]:
    return {"PORT": "eighty"}


FAULTS: list[tuple[str, Spoil, str, str]] = [
    ("a bot token that Slack does not know", _bot_token, "Slack bot token: Slack refused: invalid_auth", "Reinstall"),
    ("an app token that Slack does not know", _app_token, "Slack sockets: Slack refused: invalid_auth", "connections:write"),
    ("tokens of two apps", _other_app, "belongs to the app A0OTHER, the bot token to A0JOBLOGS1", "of the same app"),
    ("a scope that lacks", _lacking_scope, "Slack scopes: missing: files:write", "manifest.yml"),
    ("a socket that is refused", _refused_socket, "Slack sockets: Slack gave an address for a socket, which answers 408", "network"),
    ("Slack is away", _slack_away, "Slack bot token: Slack cannot be reached", "network"),
    ("a channel without the bot", _not_invited, "the bot is not in #ml-alerts; watched there: llama-ft", "/invite @joblogs"),
    ("a private channel without the bot", _private_not_invited, "C0PRIVATE1 cannot be seen (channel_not_found)", "/invite @joblogs"),
    ("an archived channel", _archived, "#old-project is archived", "Unarchive"),
    ("a channel of two organisations", _shared, "#partner-shared is shared with another organisation", "unwatch"),
    ("a key that Baseten does not know", _baseten_key, "Baseten account default: Baseten does not accept the API key", "Settings → API keys"),
    ("Baseten is away", _baseten_away, "Baseten account default: Baseten gave no answer", "network"),
    ("a project that the key does not see", _unseen_project, "does not see what is watched by it: old-run", "access"),
    ("a watch without an account", _account_without_key, "Baseten account team-z: something is watched by it", "accounts add team-z"),
    ("a file that others can read", _readable_file, "other users can read it", "chmod 600"),
    ("a folder that others can write", _open_folder, "other users can replace it", "chmod 700"),
    ("a database of a newer version", _newer_database, "at schema 9999, of a newer joblogs", "newer version"),
    ("a file that is no database", _not_a_database, "database: the database is away: file is not a database", "Look at"),
    ("a database that is away", _database_away, "database: the database is away", "network"),
    ("a lost encryption key", _lost_encryption_key, "account team-a: none of JOBLOGS_ENCRYPTION_KEYS opens its key", "other accounts work"),
    ("a reserve that leaves nothing", _reserve, "JOBLOGS_COMMAND_RESERVE (10) leaves nothing", "smaller"),
    ("one key for two accounts", _same_key, "The accounts default and team-a have the same key", "Keep one"),
    ("a channel by its name", _channel_by_name, "JOBLOGS_ALLOWED_CHANNELS takes ids, and #ml-alerts is none", "Copy"),
    ("a token for a signing secret", _secret_is_a_token, "SLACK_SIGNING_SECRET holds a token", "Signing Secret"),
    ("a variable of the wrong form", _malformed, "settings: PORT: ", "Mend it"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "spoil", "told", "fix"), FAULTS, ids=[case[0] for case in FAULTS])
async def test_one_fault_is_one_finding_with_its_fix(
    desk: Desk, why: str, spoil: Spoil, told: str, fix: str
) -> None:
    done = await desk.run("check", "--json", **await spoil(desk))
    found = done.states()
    assert done.code == 1, why
    assert len(found["fault"]) == 1, found
    assert told in found["fault"][0]
    assert fix in found["fault"][0].partition(" → ")[2]
    for secret in (desk.workspace.bot_token, desk.workspace.app_token, KEY, "s3cretword", "xapp-1-A1-2"):
        assert secret not in done.out + done.err
    assert "Traceback" not in done.err


async def test_clocks_that_differ_by_an_hour_are_two_faults(desk: Desk) -> None:
    found = await desk.check(**await _clocks(desk))
    assert [one.partition(":")[0] for one in found["fault"]] == ["clock against Slack", "clock against Baseten"]
    assert all("behind" in one and "NTP" in one for one in found["fault"])


async def test_clocks_that_differ_by_ten_seconds_are_worth_a_note(desk: Desk) -> None:
    desk.clock.turn(10)
    found = await desk.check()
    assert found["fault"] == []
    assert len([one for one in found["note"] if "clock against" in one]) == 2


async def test_keys_that_would_go_out_unencrypted_are_a_fault(desk: Desk) -> None:
    found = await desk.check(SLACK_API_URL="http://203.0.113.1:1/api/", SLACK_BOT_TOKEN=None, SLACK_APP_TOKEN=None)
    assert any("SLACK_API_URL begins with http://" in one for one in found["fault"])


NOTES: list[tuple[str, dict[str, str | None], str]] = [
    ("both ways in", {"SLACK_SIGNING_SECRET": "a" * 32}, "Socket Mode is used, the secret is not"),
    ("a host without a port", {"JOBLOGS_HOST": "127.0.0.1"}, "in Socket Mode nothing listens"),
]


@pytest.mark.parametrize(("why", "variables", "told"), NOTES, ids=[case[0] for case in NOTES])
async def test_what_only_misleads_is_a_note_and_no_failure(
    desk: Desk, why: str, variables: dict[str, str | None], told: str
) -> None:
    done = await desk.run("check", "--json", **variables)
    assert done.code == 0, why
    assert len(done.states()["note"]) == 1
    assert told in done.states()["note"][0]


async def test_a_superfluous_scope_is_a_note(desk: Desk) -> None:
    _scopes(desk, SCOPES | {"chat:write.public"})
    found = await desk.check()
    assert found["fault"] == []
    assert "more than the bot uses: chat:write.public" in found["note"][0]


async def test_an_old_schema_is_a_note_since_the_next_start_mends_it(desk: Desk) -> None:
    desk.file.parent.mkdir(mode=0o700)
    make_engine(desk.environment["DATABASE_URL"]).dispose()
    found = await desk.check()
    assert found["fault"] == []
    assert "sqlite, empty; this version needs" in found["note"][0]


async def test_a_key_without_projects_is_a_note(desk: Desk) -> None:
    desk.world.projects.clear()
    assert "sees no training project" in (await desk.check())["note"][0]


async def test_an_aged_and_a_hidden_account_are_notes(desk: Desk) -> None:
    await desk.migrate()
    old, new = new_encryption_key(), new_encryption_key()
    desk.world.keys["other"] = "stage"
    await desk.run("accounts", "add", "team-a", text="other", JOBLOGS_ENCRYPTION_KEYS=old)
    found = await desk.check(JOBLOGS_ENCRYPTION_KEYS=f"{new},{old}")
    assert found["fault"] == []
    assert (
        "account team-a: its key is encrypted with an older encryption key → Run joblogs accounts rotate."
        in found["note"]
    )
    found = await desk.check(JOBLOGS_ENCRYPTION_KEYS=old, JOBLOGS_ACCOUNTS='{"team-a": "other"}')
    assert any("the settings name it too" in one for one in found["note"])


async def test_other_findings_are_told_when_everything_outside_is_away(desk: Desk) -> None:
    done = await desk.run("check", SLACK_API_URL="http://127.0.0.1:1/api/", BASETEN_API_URL="http://127.0.0.1:1")
    assert done.code == 1
    assert [line[0] for line in done.out.splitlines() if line[0] in "✓!✗"] == ["✓", "✓", "✓", "✗", "✗", "✗"]


@pytest.mark.parametrize(
    ("free_mb", "state"), [(0, State.FAULT), (99, State.FAULT), (100, State.NOTE), (1_000, State.OK)]
)
def test_a_full_disk_is_a_fault_before_it_is_full(free_mb: int, state: State) -> None:
    assert disk(free_mb, Path("/x")).state is state


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Twenty megabytes; skipped where nothing can be mounted, which only root can."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield small
    subprocess.run(["umount", str(small)], check=True)


async def test_a_disk_that_is_nearly_full_is_a_fault(desk: Desk, small_disk: Path) -> None:
    found = await desk.check(DATABASE_URL=f"sqlite:///{small_disk}/joblogs.sqlite3")
    assert len(found["fault"]) == 1
    assert "MB free" in found["fault"][0]


async def test_postgresql_where_all_is_well(desk: Desk, postgres_url: str) -> None:
    found = await desk.check(DATABASE_URL=postgres_url)
    assert found["fault"] == []
    assert any("postgresql, at the newest schema" in one for one in found["ok"])


async def test_postgresql_without_the_right_to_write_is_a_fault(desk: Desk, postgres_url: str) -> None:
    _say(postgres_url, f"ALTER DATABASE {postgres_url.rpartition('/')[2]} SET default_transaction_read_only = on")
    found = await desk.check(DATABASE_URL=postgres_url)
    assert len(found["fault"]) == 1
    assert found["fault"][0].startswith("database: ")


def test_what_check_writes_to_prove_that_it_can_is_taken_back(tmp_path: Path) -> None:
    from bot.check import storage

    with open_store_here(f"sqlite:///{tmp_path}/x.db") as store:
        store.migrate()
        with pytest.raises(storage._Undo):
            store.run(storage._writes)
        assert store.run(lambda tx: tx.inbox.first_time(storage._PROBE, 1)) is True


def test_sealing_prints_no_key() -> None:
    key = new_encryption_key()
    assert key not in repr(Sealing.of([key]))
