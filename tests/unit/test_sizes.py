"""The sizes that keep the code readable, held by a machine."""

import ast
from pathlib import Path
from statistics import median, quantiles

BOT = Path(__file__).parents[2] / "bot"
FILES = sorted(path for path in BOT.rglob("*.py"))
COMPOSITION_ROOT = BOT / "app.py"
LONGEST_FILE = 350
LONGEST_FUNCTION = 45


def functions() -> list[tuple[int, str]]:
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append((length, f"{path.relative_to(BOT)}:{node.lineno} {node.name}"))
    return found


def test_no_file_is_longer_than_350_lines():
    long = {str(path.relative_to(BOT)): path.read_text().count("\n") for path in FILES}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_45_lines_but_in_the_composition_root():
    root = str(COMPOSITION_ROOT.relative_to(BOT))
    assert [f for f in functions() if f[0] > LONGEST_FUNCTION and not f[1].startswith(root + ":")] == []


def test_the_median_function_has_at_most_ten_lines_and_nine_in_ten_at_most_thirty():
    lengths = [length for length, _ in functions()]
    assert median(lengths) <= 10
    assert quantiles(lengths, n=10)[-1] <= 30


def test_every_top_level_module_is_on_the_map():
    tree = ast.get_docstring(ast.parse((BOT / "__init__.py").read_text())) or ""
    modules = {path.stem if path.is_file() else path.name for path in BOT.iterdir() if _is_code(path)}
    assert {name for name in modules if name not in tree} == set()


def _is_code(path: Path) -> bool:
    if path.name in ("__init__.py", "__pycache__"):
        return False
    return path.suffix == ".py" or (path / "__init__.py").exists()
