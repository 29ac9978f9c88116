"""The wheel, installed from the locks as the image has it: it is whole, and it runs as nobody in a read-only root."""

import asyncio
import os
import re
import shutil
import subprocess
import zipfile
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from tests.contract.command_line.desk import Desk
from tests.contract.deployment.conftest import ROOT

NOBODY = 65534
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("unshare"),
    reason="only root, with util-linux, can become nobody and make the root read-only",
)


def test_everything_of_the_bot_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "bot").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {str(path.relative_to(ROOT)) for path in files} - packed == set()


def test_the_installed_command_tells_its_version(installed: Path) -> None:
    told = subprocess.run([installed / "bin" / "joblogs", "--version"], capture_output=True, text=True, check=True)
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert told.stdout == f"joblogs, version {version[1]}\n"


def test_the_image_has_nothing_that_only_tests_need(installed: Path) -> None:
    packages = {
        path.name.partition("-")[0].lower() for path in installed.glob("lib/python*/site-packages/*.dist-info")
    }
    assert packages & {"pytest", "playwright", "mypy", "ruff", "hypothesis", "pip"} == set()
    assert {"joblogs", "slack_bolt", "cryptography"} <= packages


@as_root
async def test_the_bot_runs_as_nobody_where_nothing_but_its_folder_can_be_written(
    installed: Path, desk: Desk, public: Path, unused_tcp_port: int
) -> None:
    """A mount namespace takes the place of the container: the root is read-only, /data and /tmp are not."""
    data = _folder_of_nobody(public)
    environment = {
        **desk.environment,
        "XDG_DATA_HOME": str(data),
        "PORT": str(unused_tcp_port),
        "TMPDIR": str(data),
    }
    environment["PATH"] = f"{installed}/bin:{os.environ['PATH']}"
    del environment["DATABASE_URL"]
    bot = await _contained(environment, data, "run")
    try:
        await _until_connected(desk, bot)
        assert _user_of(bot.pid) == NOBODY
        health = await _contained(environment, data, "health", "--ready")
        out, err = await health.communicate()
        assert (health.returncode, out) == (0, b"well\n"), err
        touch = await _contained(environment, data, "touch", str(installed / "new"), command="")
        _, err = await touch.communicate()
        assert b"Read-only file system" in err
    finally:
        bot.terminate()
        _, log = await asyncio.wait_for(bot.communicate(), 30)
    assert bot.returncode == 0, log.decode()
    assert (data / "joblogs" / "joblogs.sqlite3").stat().st_uid == NOBODY
    assert (data / "joblogs" / "joblogs.sqlite3").stat().st_mode & 0o777 == 0o600


@as_root
async def test_health_says_that_nothing_answers(installed: Path, desk: Desk, unused_tcp_port: int) -> None:
    desk.environment["PORT"] = str(unused_tcp_port)
    done = await desk.run("health")
    assert (done.code, done.out) == (1, f"nothing answers on port {unused_tcp_port}: ConnectionRefusedError\n")


def _folder_of_nobody(folder: Path) -> Path:
    data = folder / "data-of-nobody"
    data.mkdir(mode=0o700)
    os.chown(data, NOBODY, NOBODY)
    return data


async def _contained(
    environment: dict[str, str], data: Path, *arguments: str, command: str = "joblogs"
) -> Process:
    """`exec` all the way, so that a signal to what is returned reaches the command itself."""
    wrapped = " ".join([command, *arguments]).strip()
    script = (
        f"mount --make-rprivate / && mount --bind {data} {data} && mount -o remount,bind,ro / &&"
        f" exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs --bounding-set=-all {wrapped}"
    )
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", script, env=environment, stdout=pipe, stderr=pipe
    )


def _user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def _until_connected(desk: Desk, bot: Process) -> None:
    async with asyncio.timeout(60):
        while len(desk.workspace.sockets) < 2:
            if bot.returncode is not None:
                _, log = await bot.communicate()
                raise AssertionError(log.decode())
            await asyncio.sleep(0.1)
