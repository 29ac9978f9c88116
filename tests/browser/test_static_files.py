"""The page's files themselves: small, whole, without a build step, and nothing from outside."""

import re
from pathlib import Path

import pytest

from bot.sandbox.page import STATIC

MOST_BYTES = 200_000
MOST_LINES = 250
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


def named(path: Path) -> str:
    return str(path.relative_to(STATIC))


def test_the_whole_page_is_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < MOST_BYTES


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_a_script_is_short_and_never_writes_markup(script: Path) -> None:
    text = script.read_text()
    assert text.count("\n") <= MOST_LINES
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function", text
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_every_import_names_a_file_of_the_page(script: Path) -> None:
    for target in re.findall(r"from '([^']+)'", script.read_text()):
        assert target.startswith("."), f"{target} is not a file of this page"
        assert (script.parent / target).is_file(), f"{target} does not exist"


def test_the_page_names_nothing_outside() -> None:
    for path in FILES:
        addresses = re.findall(r"https?://[^\s'\")]+", path.read_text())
        assert [one for one in addresses if not one.startswith("http://www.w3.org/")] == [], named(path)


def test_index_names_files_that_exist() -> None:
    index = (STATIC / "index.html").read_text()
    named_files = re.findall(r"/static/([^\"]+)", index)
    assert len(named_files) > 5
    assert [name for name in named_files if not (STATIC / name).is_file()] == []
