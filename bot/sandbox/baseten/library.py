"""The files of `bot/sandbox/scenarios`: scenarios, programmes of them, and texts that several of them share."""

from functools import cache
from pathlib import Path

from bot.sandbox.baseten.script import Programme, Scenario, read_script, read_yaml

FOLDER = Path(__file__).parents[1] / "scenarios"


def scenario_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def scenario(name: str) -> Scenario:
    """The scenario of that name; raises KeyError that lists what there is, `BadScript` for a bad file."""
    if name not in scenario_names():
        raise KeyError(f"no scenario {name!r}: one of {', '.join(scenario_names())}")
    return read_script((FOLDER / f"{name}.yaml").read_text("utf-8"), Scenario)


@cache
def programme(name: str) -> Programme:
    return read_script((FOLDER / "programmes" / f"{name}.yaml").read_text("utf-8"), Programme)


@cache
def texts() -> dict[str, str]:
    """All shared texts by name."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / "texts").glob("*.yaml")):
        found |= read_yaml(path.read_text("utf-8"))
    return found
