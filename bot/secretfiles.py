"""Secrets that lie in files, as containers and service managers hand them out.

A variable ``NAME`` may be given in one of three ways, the first that is there counts:

1. ``NAME`` itself;
2. ``NAME_FILE``, the path of a file that holds nothing but the value (the convention of Docker's images);
3. a file called ``NAME``, or the same in small letters, in the folder ``JOBLOGS_SECRETS_DIR``, or in the one
   where systemd put the credentials of the unit (``CREDENTIALS_DIRECTORY``).
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 65_536
ENGINE_FOLDER = Path("/run/secrets")
"""Where container engines mount secrets. They choose the mode, often 0444, and nobody else is in there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lay in files, by the names that were asked for, and a sentence for each file that cannot be used."""

    values: Mapping[str, str]
    problems: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Found({sorted(self.values)}, problems={self.problems})"


class Unusable(Exception):
    """The file cannot be used; the sentence says why, and never what is in it."""


def read(environment: Mapping[str, str], names: Mapping[str, str]) -> Found:
    """The secrets of `names` (variable → name in the outcome) that `environment` points to in files."""
    values, problems = {}, []
    folder, folder_problem = _folder(environment)
    if folder_problem:
        problems.append(folder_problem)
    for variable, name in names.items():
        try:
            path = _path(variable, environment, folder)
            if path is not None:
                values[name] = content(path)
        except Unusable as unusable:
            problems.append(f"{variable}: {unusable}")
    return Found(values=values, problems=tuple(problems))


def content(path: Path) -> str:
    """The secret in the file, without blanks and line ends around it.

    Raises:
        Unusable: it is not there, not readable, empty, no text, or open to other users of the machine.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unusable(f"the file {path} cannot be read: {error.strerror}") from None
    if mode & stat.S_IROTH and not path.is_relative_to(ENGINE_FOLDER):
        raise Unusable(f"every user of this machine can read {path}: chmod 600 {path}")
    if len(data) > MOST_BYTES:
        raise Unusable(f"the file {path} is too large for a secret")
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Unusable(f"the file {path} is not text") from None
    if not text:
        raise Unusable(f"the file {path} is empty")
    return text


def _folder(environment: Mapping[str, str]) -> tuple[Path | None, str | None]:
    given = environment.get("JOBLOGS_SECRETS_DIR")
    if not given:
        ours = environment.get("CREDENTIALS_DIRECTORY")
        return (Path(ours) if ours else None), None
    folder = Path(given)
    if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        return folder, None
    why = "cannot be read" if folder.is_dir() else "is no folder"
    return None, f"JOBLOGS_SECRETS_DIR: {given} {why}"


def _path(variable: str, environment: Mapping[str, str], folder: Path | None) -> Path | None:
    """The file that holds `variable`; None when it stands in the environment or nowhere."""
    file = environment.get(f"{variable}_FILE")
    if environment.get(variable):
        if file:
            raise Unusable(f"{variable}_FILE is set too; keep one of them")
        return None
    if file:
        return Path(file)
    return _first_there(folder / name for name in (variable, variable.lower())) if folder else None


def _first_there(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if os.path.lexists(path)), None)
