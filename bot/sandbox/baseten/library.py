"""The files of `bot/sandbox/scenarios`: scenarios, programmes of them, and texts that several of them share."""

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypeVar

from bot.sandbox.baseten.acts import Score
from bot.sandbox.baseten.script import BadScript, Programme, Scenario, line_of, read_script, read_yaml

T = TypeVar("T")
FOLDER = Path(__file__).parents[1] / "scenarios"
DEMO = "demo"
"""The programme that `joblogs demo` plays when nothing is asked for."""


class UnknownScenario(KeyError):
    """There is no such file; the message says what may be meant."""

    def __str__(self) -> str:
        return str(self.args[0])


def scenario_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def programme_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (FOLDER / "programmes").glob("*.yaml")))


def known(name: str) -> Scenario | Programme:
    """What a person may ask to be played: one run, or several that belong together.

    Raises:
        UnknownScenario: naming the nearest ones.
        BadScript: the file cannot be played; the message names it and the line.
    """
    if name in scenario_names():
        return scenario(name)
    if name in programme_names():
        return programme(name)
    raise UnknownScenario(_nearest(name))


def playable() -> dict[str, Scenario | Programme]:
    """All that a person may ask for, by name."""
    return {name: known(name) for name in sorted({*scenario_names(), *programme_names()} - {DEMO})}


@cache
def scenario(name: str) -> Scenario:
    """The scenario of that name; raises as `known` does."""
    if name not in scenario_names():
        raise UnknownScenario(_nearest(name))
    return scenario_of(FOLDER / f"{name}.yaml")


def scenario_of(file: Path) -> Scenario:
    """The scenario of a file, tried out; raises `BadScript` with the file and the line."""
    text = file.read_text("utf-8")
    try:
        found = read_script(text, Scenario)
        Score(found, texts())
    except BadScript as error:
        raise _placed(error, file, text) from error
    return found


@cache
def programme(name: str) -> Programme:
    """The programme of that name; raises as `known` does."""
    if name not in programme_names():
        raise UnknownScenario(_nearest(name))
    file = FOLDER / "programmes" / f"{name}.yaml"
    text = file.read_text("utf-8")
    try:
        found = read_script(text, Programme)
    except BadScript as error:
        raise _placed(error, file, text) from error
    for run in found.runs:
        scenario(run.scenario)
    return found


@cache
def texts() -> dict[str, str]:
    """All shared texts by name."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / "texts").glob("*.yaml")):
        found |= read_yaml(path.read_text("utf-8"))
    return found


def _nearest(name: str) -> str:
    names = sorted({*scenario_names(), *programme_names()} - {DEMO})
    near = get_close_matches(name, names, n=3, cutoff=0.4) or [one for one in names if name and name in one][:3]
    meant = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}."
    return f"There is no scenario {name!r}; {meant}"


def _placed(error: BadScript, file: Path, text: str) -> BadScript:
    """With the file's name and the line; what is no YAML at all says its line itself."""
    if error.__cause__ is not None and hasattr(error.__cause__, "problem_mark"):
        line = error.__cause__.problem_mark.line + 1
    else:
        unknown = _UNKNOWN.search(str(error))
        line = line_of(text, f"{error.place}.{unknown[1]}" if unknown else error.place)
    return BadScript(f"{file.name}, line {line}: {error}", error.place)


_UNKNOWN = re.compile(r"unknown field `(\w+)`")
