"""`joblogs accounts` as real processes: keys that are stored are encrypted, and a lost encryption key hurts one."""

import asyncio
import os
import pty
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.keys import new_encryption_key
from tests.contract.command_line.desk import KEY, Desk

OTHER = "QwErTy99.0aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ0k"
LATE_S = 60


@pytest.fixture
async def desk_with_database(desk: Desk) -> Desk:
    await desk.migrate()
    desk.environment["JOBLOGS_ENCRYPTION_KEYS"] = new_encryption_key()
    return desk


def everything_on_disk(file: Path) -> bytes:
    return b"".join(one.read_bytes() for one in file.parent.iterdir())


async def test_a_stored_key_is_nowhere_in_the_database_file(desk_with_database: Desk) -> None:
    desk = desk_with_database
    done = await desk.run("accounts", "add", "team-a", text=OTHER + "\n")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Stored: the key of account team-a, encrypted.")
    assert OTHER not in done.out
    raw = everything_on_disk(desk.file)
    assert b"team-a" in raw
    assert OTHER.encode() not in raw
    assert OTHER.partition(".")[2].encode() not in raw


async def test_a_second_add_replaces_the_key(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text="first")
    assert (await desk.run("accounts", "add", "team-a", text=OTHER)).out.startswith("Replaced:")
    desk.world.keys[OTHER] = "stage"
    found = await desk.check()
    assert any(one.startswith("Baseten account team-a: sees 1 training project") for one in found["ok"])


async def test_the_list_tells_where_each_account_is_from(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text=OTHER)
    await desk.run("accounts", "add", "team-b", text=OTHER)
    done = await desk.run("accounts", "list", JOBLOGS_ACCOUNTS=f'{{"team-b": "{KEY}x"}}')
    assert done.out.splitlines() == [
        "default: from the settings",
        "team-b: from the settings (hides a stored one)",
        "team-a: stored",
    ]


async def test_rotation_seals_with_the_newest_key_and_the_older_can_go(desk_with_database: Desk) -> None:
    desk = desk_with_database
    old, new = desk.environment["JOBLOGS_ENCRYPTION_KEYS"], new_encryption_key()
    await desk.run("accounts", "add", "team-a", text=OTHER)
    both = f"{new},{old}"
    assert "older key" in (await desk.run("accounts", "list", JOBLOGS_ENCRYPTION_KEYS=both)).out
    rotated = await desk.run("accounts", "rotate", JOBLOGS_ENCRYPTION_KEYS=both)
    assert rotated.out.startswith("Encrypted anew: 1. The older encryption keys can be taken out")
    assert "team-a: stored\n" in (await desk.run("accounts", "list", JOBLOGS_ENCRYPTION_KEYS=new)).out


async def test_a_lost_encryption_key_is_told_in_a_sentence_and_the_others_work(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text=OTHER)
    new = new_encryption_key()
    listed = await desk.run("accounts", "list", JOBLOGS_ENCRYPTION_KEYS=new)
    assert "default: from the settings" in listed.out
    assert "team-a: stored, but none of JOBLOGS_ENCRYPTION_KEYS opens its key: add the one" in listed.out
    rotated = await desk.run("accounts", "rotate", JOBLOGS_ENCRYPTION_KEYS=new)
    assert rotated.code == 1
    assert "Keep the older encryption keys" in rotated.out
    assert "account team-a: none of" in rotated.err


async def test_without_an_encryption_key_nothing_is_stored_and_the_sentence_says_how(desk: Desk) -> None:
    await desk.migrate()
    done = await desk.run("accounts", "add", "team-a", text=OTHER)
    assert done.code == 1
    assert "set JOBLOGS_ENCRYPTION_KEYS first" in done.err
    assert OTHER not in done.err + done.out
    assert (await desk.run("accounts", "list")).out.splitlines()[-1] == "No account is stored in the database."


async def test_before_the_database_is_made_the_sentence_says_so(desk: Desk) -> None:
    done = await desk.run("accounts", "list")
    assert done.code == 1
    assert "run joblogs migrate" in done.err


@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("default", OTHER, "belongs to BASETEN_API_KEY"),
        ("Team A", OTHER, "is no name for an account"),
        ("team-a", "two words", "one word of printable"),
        ("team-a", "", "one word of printable"),
    ],
)
async def test_what_cannot_be_stored_is_refused(desk_with_database: Desk, name: str, key: str, told: str) -> None:
    done = await desk_with_database.run("accounts", "add", name, text=key)
    assert done.code == 1
    assert told in done.err
    assert "Traceback" not in done.err


async def test_a_removed_account_leaves_a_word_about_its_watches(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text=OTHER)
    await desk.add_watch("ml-alerts", account="team-a")
    done = await desk.run("accounts", "remove", "team-a")
    assert "Removed: the key of account team-a." in done.out
    assert "1 watch of this account will not be read any more." in done.out
    again = await desk.run("accounts", "remove", "team-a")
    assert (again.code, "No account 'team-a' is stored here." in again.err) == (1, True)


async def test_what_was_done_is_in_the_audit_and_no_key_is(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text=OTHER)
    await desk.run("accounts", "remove", "team-a")
    with closing(sqlite3.connect(desk.file)) as database:
        rows = [row[0] for row in database.execute("SELECT body FROM audit ORDER BY id")]
    assert ["account.add" in rows[0], "account.remove" in rows[1]] == [True, True]
    assert OTHER not in "".join(rows)


async def test_on_a_terminal_the_key_is_asked_for_and_not_shown(desk_with_database: Desk) -> None:
    desk = desk_with_database
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(os.sys.executable, "-m", "bot", "accounts", "add", "team-a"),
        env=desk.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = await asyncio.to_thread(_read_until, ours, b"API key: ")
    os.write(ours, OTHER.encode() + b"\n")
    shown += await asyncio.to_thread(_read_until, ours, b"encrypted.")
    await asyncio.wait_for(process.wait(), LATE_S)
    os.close(ours)
    assert OTHER.encode() not in shown
    assert process.returncode == 0


def _read_until(descriptor: int, end: bytes) -> bytes:
    shown = b""
    while end not in shown:
        shown += os.read(descriptor, 1000)
    return shown


async def test_a_running_bot_takes_a_new_account_on_and_lets_a_removed_one_go(desk_with_database: Desk) -> None:
    desk = desk_with_database
    desk.world.keys[OTHER] = "stage"
    bot = await desk.started("run")
    try:
        await _told(bot, "running", '["default"]')
        await desk.run("accounts", "add", "team-a", text=OTHER)
        await _told(bot, "accounts_changed", "")
        await _told(bot, "running", '["default", "team-a"]')
        desk.workspace.faults.add("auth.test", "503", times=1)
        await desk.run("accounts", "remove", "team-a")
        await _told(bot, "not_rebuilt", "")
        await _told(bot, "running", '["default"]')
    finally:
        bot.terminate()
        await asyncio.wait_for(bot.communicate(), LATE_S)
    assert bot.returncode == 0


async def _told(bot: asyncio.subprocess.Process, event: str, words: str) -> None:
    assert bot.stderr is not None
    seen = []
    async with asyncio.timeout(LATE_S):
        while True:
            line = (await bot.stderr.readline()).decode()
            assert line, "".join(seen)
            seen.append(line)
            if f'"event": "{event}"' in line and words in line:
                return


async def test_a_bot_whose_only_key_is_stored_runs_with_it(desk_with_database: Desk) -> None:
    desk = desk_with_database
    desk.world.keys[OTHER] = "stage"
    await desk.run("accounts", "add", "team-a", text=OTHER)
    desk.environment.pop("BASETEN_API_KEY")
    bot = await desk.started("run")
    try:
        await _told(bot, "running", '["team-a"]')
    finally:
        bot.terminate()
        await asyncio.wait_for(bot.communicate(), LATE_S)


async def test_a_bot_without_any_key_that_opens_says_which_and_ends(desk_with_database: Desk) -> None:
    desk = desk_with_database
    await desk.run("accounts", "add", "team-a", text=OTHER)
    desk.environment.pop("BASETEN_API_KEY")
    done = await desk.run("run", JOBLOGS_ENCRYPTION_KEYS=new_encryption_key())
    assert done.code == 1
    assert "Account team-a: none of JOBLOGS_ENCRYPTION_KEYS opens its key" in done.err
    assert "There is no account to read" in done.err
