"""The dashboard and the alert rules ask for metrics that there are, with labels that these have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
_USE = re.compile(r"(joblogs_[a-z_]+)(?:\{([^}]*)\})?")
_BY = re.compile(r"by \(([a-z, ]+)\)")


def all_metrics() -> dict[str, set[str]]:
    """The labels of every series, by its name, of a process in which everything has happened once."""
    metrics = Metrics()
    metrics.polled("a", outcome="ok")
    metrics.asked_baseten("a", "logs", "200", 0.1)
    metrics.called_slack("chat.postMessage", "ok", 0.1)
    metrics.logged(None, "error", {"event": "x"})
    metrics.set_reading({"a": 1.0}, {"a": 1})
    metrics.set_stored(incidents={"open": 1}, waiting=1, parked=0, oldest_s=1)
    metrics.set_process(beats_late_s={"deliver": 0}, sockets=2)
    found: dict[str, set[str]] = {}
    for line in metrics.text().decode().splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition(" ")[0].partition("{")
            found.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', rest))
    return found


def expressions() -> list[str]:
    rules: Any = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    board: Any = json.loads((FOLDER / "grafana.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return asked + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_exists(expression: str):
    known = all_metrics()
    uses = _USE.findall(expression)
    assert uses
    for name, matchers in uses:
        assert name in known
        assert set(re.findall(r"([a-z]+)[=!]", matchers)) <= known[name]
    grouped = {label.strip() for labels in _BY.findall(expression) for label in labels.split(",")}
    assert grouped <= set.union(*(known[name] for name, _ in uses))


def test_no_alert_waits_for_a_sum_of_nothing_to_be_zero():
    """The sum of a gauge that no process has is no 0, but nothing at all."""
    rules: Any = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        assert not re.match(r"(sum|max)\([^()]+\) == 0$", rule["expr"]), rule["alert"]


def test_an_alert_names_events_that_are_logged():
    code = "".join(path.read_text() for path in (FOLDER.parents[1] / "bot").rglob("*.py"))
    rules: Any = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        if named := re.search(r"the log's events ([a-z_]+) and ([a-z_]+)", rule["annotations"]["action"]):
            for event in named.groups():
                assert f'"{event}"' in code, event


def test_every_alert_says_what_to_do():
    rules: Any = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["action"]
            assert rule["labels"]["severity"] in ("page", "warn")
