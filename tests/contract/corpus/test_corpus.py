"""The engine over whole training runs with known failures, scored by the corpus' own scorer.

The corpus lies beside the repository, not in it; without it there is nothing to measure.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.explain import incidents_of

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
FLOORS = {
    "incident F1": 0.97,
    "family F1": 0.97,
    "root cause top-1": 0.95,
    "first replica": 0.95,
    "replica Jaccard": 0.95,
    "role accuracy": 0.95,
    "line cover": 0.98,
}
"""A little under what the engine reaches, so that a step back shows."""

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("predictions")
    for path in sorted((CORPUS / "scenarios").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            (out / f"{path.stem}.json").write_text(json.dumps(incidents_of(lines)), encoding="utf-8")
    scorer = CORPUS / "score_incidents.py"
    done = subprocess.run(
        [sys.executable, scorer, "--pred", out, "--brief"], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_every_figure_is_above_its_floor(report: str) -> None:
    figures = _figures(report)
    below = {name: figures[name] for name, floor in FLOORS.items() if figures[name] < floor}
    assert not below, report


def test_nothing_is_missed_and_nothing_harmless_alerts(report: str) -> None:
    found = re.search(r"alerts (\d+) for (\d+) wanted, spurious (\d+), noise alerts (\d+), missed (\d+)", report)
    assert found is not None, report
    alerts, wanted, spurious, noise, missed = map(int, found.groups())
    assert alerts <= wanted * 1.15, report
    assert (spurious, noise, missed) == (0, 0, 0), report


def _figures(report: str) -> dict[str, float]:
    figures = {name: float(value) for name, value in re.findall(r"([a-zA-Z][\w -]*[\w]) (\d\.\d{3})", report)}
    for level in ("incident", "family"):
        found = re.search(rf"line pairs, {level} +: P [\d.]+ R [\d.]+ F1 ([\d.]+)", report)
        assert found is not None, report
        figures[f"{level} F1"] = float(found[1])
    return figures
