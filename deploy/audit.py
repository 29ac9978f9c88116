"""Looks for known vulnerabilities in what is locked: ``python deploy/audit.py``.

Exit code 1: something has to be updated, or could not be looked up. Where the database of vulnerabilities cannot
be reached it says so and ends with 0: no network is no vulnerability. pip-audit itself is installed from a lock,
into a folder that is thrown away.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parent
LOCKS = (DEPLOY / "requirements.lock", DEPLOY.parent / "requirements.lock", DEPLOY / "build.lock")
UV = Path(sys.executable).parent / "uv"
PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class Clean:
    """So many packages have no known vulnerability."""

    packages: int


@dataclass(frozen=True, slots=True)
class Vulnerable:
    """What is wrong, a line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing could be looked up; `reason` is one sentence."""

    reason: str


def judged(report: str) -> Clean | Vulnerable | Unreachable:
    """What pip-audit's JSON says. Its exit code is no help: it is 0 when it could look up nothing at all."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Unreachable("the database of vulnerabilities cannot be reached from here")
    skipped = [one for one in dependencies if "skip_reason" in one]
    if len(skipped) == len(dependencies):
        return Unreachable("the package index that can be reached from here has no data on vulnerabilities")
    lines = [f"{one['name']}: could not be looked up" for one in skipped]
    for one in dependencies:
        for found in one.get("vulns", ()):
            fixed = ", ".join(found.get("fix_versions", ())) or "no version yet"
            lines.append(f"{one['name']} {one['version']}: {found['id']}, mended in {fixed}")
    return Vulnerable(tuple(lines)) if lines else Clean(len(dependencies))


def audited(lock: Path, folder: Path) -> Clean | Vulnerable | Unreachable:
    """Runs pip-audit, installed in `folder`, over one lock."""
    words = [
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--timeout",
        "10",
        "--format",
        "json",
    ]
    try:
        done = subprocess.run(
            [folder / "bin" / "pip-audit", *words, "-r", lock],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Unreachable("the database of vulnerabilities does not answer in time")
    return judged(done.stdout)


def installed(folder: Path) -> bool:
    """Whether pip-audit could be put into `folder`."""
    made = (
        [UV, "venv", "-q", folder],
        [
            UV,
            "pip",
            "sync",
            "-q",
            "--require-hashes",
            "--python",
            folder / "bin" / "python",
            DEPLOY / "audit.lock",
        ],
    )
    return all(
        subprocess.run(words, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0
        for words in made
    )


def audit() -> dict[str, Clean | Vulnerable | Unreachable]:
    """By lock."""
    with tempfile.TemporaryDirectory(prefix="joblogs-audit-") as name:
        if not installed(Path(name)):
            return {
                "every lock": Unreachable("no package index can be reached from here, to install pip-audit from")
            }
        return {str(lock.relative_to(DEPLOY.parent)): audited(lock, Path(name)) for lock in LOCKS}


def main() -> int:
    outcomes = audit()
    for lock, outcome in outcomes.items():
        match outcome:
            case Clean(packages):
                print(f"{lock}: {packages} packages, no known vulnerability")
            case Vulnerable(lines):
                print("\n".join(f"{lock}: {line}" for line in lines))
            case Unreachable(reason):
                print(f"{lock}: not audited: {reason}")
    return 1 if any(isinstance(outcome, Vulnerable) for outcome in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
