"""Dependencies without known vulnerabilities, where that can be looked up from here."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy" / "audit.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(400)
def test_no_locked_dependency_has_a_known_vulnerability(script: ModuleType) -> None:
    outcomes = script.audit()
    wrong = {lock: outcome.lines for lock, outcome in outcomes.items() if isinstance(outcome, script.Vulnerable)}
    assert wrong == {}
    reasons = {outcome.reason for outcome in outcomes.values() if isinstance(outcome, script.Unreachable)}
    if reasons:
        pytest.skip("not audited: " + "; ".join(sorted(reasons)))


GOOD = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
BAD = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}, {"id": "CVE-2", "fix_versions": []}],
}


def report(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerability_is_told_with_the_version_that_mends_it(script: ModuleType) -> None:
    lines = ("c 2: CVE-1, mended in 3", "c 2: CVE-2, mended in no version yet")
    assert script.judged(report(GOOD, BAD)) == script.Vulnerable(lines)


def test_where_all_was_looked_up_and_is_well_the_count_is_told(script: ModuleType) -> None:
    assert script.judged(report(GOOD, GOOD)) == script.Clean(2)


@pytest.mark.parametrize("text", ["", "ERROR: no connection", "[]", report(SKIPPED), report(SKIPPED, SKIPPED)])
def test_where_nothing_could_be_looked_up_that_is_no_success(script: ModuleType, text: str) -> None:
    assert isinstance(script.judged(text), script.Unreachable)


def test_one_package_that_could_not_be_looked_up_is_a_failure(script: ModuleType) -> None:
    assert script.judged(report(GOOD, SKIPPED)) == script.Vulnerable(("b: could not be looked up",))
