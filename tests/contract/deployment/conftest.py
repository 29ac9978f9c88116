"""What the Containerfile does, done here: the wheel is built and installed from the locks, in a folder of its own."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.command_line.desk import Desk, open_desk

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).parent / "uv"
PYTHONS = ("/usr/bin/python3.13", "/usr/bin/python3.12", "/usr/bin/python3.11", sys.executable)
"""One that everybody may run first: the checkout's own may lie in somebody's home."""
BUILD = "hatchling", "build", "-t", "wheel", "-d"


def _run(*words: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode and any(
        sign in done.stderr for sign in ("error sending request", "dns error", "Failed to fetch")
    ):
        pytest.skip("no package index can be reached from here, so that nothing can be installed from the locks")
    assert done.returncode == 0, done.stderr


def _environment(folder: Path, lock: str) -> Path:
    python = next(path for path in PYTHONS if Path(path).exists())
    _run(UV, "venv", "-q", "--python", python, folder)
    _run(UV, "pip", "install", "-q", "--python", folder / "bin" / "python", "--require-hashes", "-r", ROOT / lock)
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of what the Containerfile copies, and of nothing else."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "src"
    shutil.copytree(ROOT / "bot", source / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = _environment(folder / "venv", "deploy/build.lock")
    _run(build / "bin" / BUILD[0], *BUILD[1:], folder / "wheels", cwd=source)
    return next((folder / "wheels").glob("*.whl"))


@pytest.fixture(scope="session")
def public() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="joblogs-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def installed(wheel: Path, public: Path) -> Path:
    """The environment of the image, where everybody may read it."""
    environment = _environment(public / "opt", "deploy/requirements.lock")
    python = environment / "bin" / "python"
    _run(
        UV,
        "pip",
        "install",
        "-q",
        "--python",
        python,
        "--no-deps",
        "--no-index",
        "--find-links",
        wheel.parent,
        "joblogs",
    )
    return environment


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened
