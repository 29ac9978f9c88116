"""The files for those who run it agree with the code and with one another."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from bot.__main__ import main
from bot.keys import Sealing
from bot.settings import SECRETS, Settings
from bot.store.engine import make_engine

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "joblogs"}
UNIT = (DEPLOY / "joblogs.service").read_text()


def steps(file: str = "Containerfile") -> list[tuple[str, str]]:
    """The instructions of the Containerfile with their words."""
    lines = (DEPLOY / file).read_text().replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line and line[0] != "#")]


def of(instruction: str) -> list[str]:
    return [rest for word, rest in steps() if word == instruction]


def understood(arguments: list[str]) -> bool:
    """Whether the command line takes these words, without running them."""
    command = main.commands.get(arguments[0])
    try:
        return command is not None and bool(command.make_context(arguments[0], arguments[1:]))
    except click.ClickException:
        return False


def test_the_procfile_runs_commands_that_there_are() -> None:
    entries = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert entries.keys() == {"release", "web", "worker"}
    for line in entries.values():
        program, *arguments = shlex.split(line)
        assert program == "joblogs"
        assert understood(arguments), line
    assert not understood(["run", "--role", "cook"])


# --- the image -------------------------------------------------------------------------------------


def test_the_image_copies_only_what_there_is_and_what_is_not_ignored() -> None:
    allowed = [
        line[1:] for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines() if line[0] == "!"
    ]
    for rest in of("COPY"):
        if not rest.startswith("--from="):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(Path(source).match(pattern) for pattern in allowed), source


def test_the_image_runs_as_nobody_and_stops_by_the_signal_that_the_bot_knows() -> None:
    words = [word for word, _ in steps()]
    assert of("USER") == ["65534:65534"]
    assert words.index("USER") > max(number for number, word in enumerate(words) if word == "RUN")
    assert of("STOPSIGNAL") == ["SIGTERM"]


def test_the_image_starts_the_bot_itself_and_no_shell() -> None:
    entry, command = yaml.safe_load(of("ENTRYPOINT")[0]), yaml.safe_load(of("CMD")[0])
    assert entry == ["joblogs"]
    assert understood(command)
    check = yaml.safe_load(of("HEALTHCHECK")[0].partition(" CMD ")[2])
    assert check[0] == "joblogs"
    assert understood(check[1:])


def test_everything_in_the_image_is_locked_by_its_hash() -> None:
    installs = [rest for rest in of("RUN") if "pip" in rest and " install " in rest]
    assert len(installs) == 3
    assert all("--require-hashes" in rest or "--no-index" in rest for rest in installs)
    assert not any(word == "ADD" for word, _ in steps())
    assert all(":" in image and "latest" not in image for image in of("FROM"))


def locked(name: str) -> dict[str, str]:
    """Packages with version, markers and hashes, comments left out."""
    text = re.sub(r"^\s*#.*\n?", "", (ROOT / name).read_text(), flags=re.MULTILINE).replace("\\\n", "")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return {line.partition("==")[0]: line for line in lines}


def test_the_lock_of_the_image_is_the_part_of_the_whole_lock_that_runs() -> None:
    image, whole = locked("deploy/requirements.lock"), locked("requirements.lock")
    assert {name for name, line in image.items() if whole.get(name) != line} == set()
    wanted = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL
    )
    assert wanted is not None
    names = {re.split(r"[\[<>=]", entry)[0] for entry in re.findall(r'"(.+?)"', wanted[1])}
    assert names - image.keys() == set()
    assert image.keys() & {"pytest", "playwright", "mypy", "ruff"} == set()


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.lock")), ids=lambda path: path.name)
def test_no_lock_names_an_address(path: Path) -> None:
    assert not re.search(r"https?://", path.read_text())


# --- compose ---------------------------------------------------------------------------------------


def test_every_service_is_locked_up() -> None:
    assert OURS.keys() == {"migrate", "web", "worker"}
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]


def test_every_service_says_what_the_command_line_understands() -> None:
    assert all(understood(service["command"]) for service in OURS.values())
    assert {tuple(service["command"]) for service in OURS.values()} == {
        ("migrate",), ("run", "--role", "web"), ("run", "--role", "worker"),
    }  # fmt: skip


def test_nothing_starts_before_the_database_is_healthy_and_migrated() -> None:
    assert COMPOSE["services"]["database"]["healthcheck"]["test"][1] == "pg_isready"
    assert OURS["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert OURS[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_every_secret_is_declared_and_read_by_the_settings() -> None:
    declared = COMPOSE["secrets"].keys()
    for service in COMPOSE["services"].values():
        assert set(service["secrets"]) <= declared
    readable = {name.lower() for name in SECRETS}
    for service in OURS.values():
        assert set(service["secrets"]) <= readable
        assert service["environment"] == {"JOBLOGS_SECRETS_DIR": "/run/secrets"}


def test_no_variable_of_the_image_hides_a_secret_of_compose() -> None:
    set_in_image = {pair.partition("=")[0] for rest in of("ENV") for pair in rest.split()}
    assert set_in_image & SECRETS.keys() == set()


def made_secrets(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    script = ["sh", str(DEPLOY / "new-secrets.sh"), str(folder)]
    return subprocess.run(script, input=text, capture_output=True, text=True, check=False)


def test_the_secrets_of_compose_are_made_by_one_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the settings read them: the password in the address is the one that PostgreSQL gets."""
    folder = tmp_path / "secrets"
    done = made_secrets(folder, "xoxb-1\nxapp-1\nkey-1\n")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == COMPOSE["secrets"].keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    read = {path.name: path.read_text() for path in folder.iterdir()}
    assert make_engine(read["database_url"]).url.password == read["postgres_password"]
    assert Sealing.of([read["joblogs_encryption_keys"]]).is_possible
    monkeypatch.setattr("bot.secretfiles.ENGINE_FOLDER", folder)
    from bot import secretfiles

    found = secretfiles.read({"JOBLOGS_SECRETS_DIR": str(folder)}, SECRETS)
    assert found.problems == ()
    assert Settings(**dict(found.values)).database_url == read["database_url"]


def test_secrets_that_are_there_stay(tmp_path: Path) -> None:
    made_secrets(tmp_path / "secrets", "xoxb-1\nxapp-1\nkey-1\n")
    before = {path: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert made_secrets(tmp_path / "secrets", "").returncode == 0
    assert {path: path.read_text() for path in (tmp_path / "secrets").iterdir()} == before


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    done = made_secrets(tmp_path / "secrets", "")
    assert (done.returncode, "slack_bot_token must not be empty" in done.stderr) == (1, True)


def test_the_secrets_stay_out_of_the_repository() -> None:
    assert "secrets/" in (DEPLOY / ".gitignore").read_text().splitlines()


# --- systemd ---------------------------------------------------------------------------------------


def test_the_unit_loads_secrets_that_the_settings_read() -> None:
    loaded = dict(re.findall(r"^#?LoadCredential=(\w+):(\S+)$", UNIT, re.MULTILINE))
    assert {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "BASETEN_API_KEY"} <= loaded.keys() <= SECRETS.keys()
    assert all(path == f"/etc/joblogs/{name}" for name, path in loaded.items())


def test_the_unit_runs_a_command_that_there_is() -> None:
    found = re.search(r"^ExecStart=/opt/joblogs/bin/joblogs (.+)$", UNIT, re.MULTILINE)
    assert found is not None
    assert understood(shlex.split(found[1]))


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """With a program that there is: on this machine nothing lies in /opt."""
    unit = tmp_path / "joblogs.service"
    unit.write_text(UNIT.replace("/opt/joblogs/bin/joblogs", shutil.which("true") or "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_systemd_calls_the_unit_well_protected() -> None:
    """Its exposure is at most 2 of 10; what is left is the network and the file system that it reads."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(DEPLOY / "joblogs.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
