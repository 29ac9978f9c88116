"""axe-core, the checker of accessibility: fetched once a run, injected into the page."""

import asyncio
import shutil
import tarfile
from pathlib import Path

import pytest
from playwright.async_api import Page

AXE = "axe-core@4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
RUN = "rules => axe.run(document, {runOnly: rules}).then((found) => found.violations)"


async def fetched(folder: Path) -> str:
    """axe-core's source by npm; skips the test where npm cannot fetch it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here to fetch axe-core")
    fetch = await asyncio.create_subprocess_exec(
        "npm",
        "pack",
        AXE,
        "--silent",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told, _ = await asyncio.wait_for(fetch.communicate(), timeout=20)
    except TimeoutError:
        fetch.kill()
        await fetch.wait()
        pytest.skip("npm did not fetch axe-core in time")
    if fetch.returncode != 0:
        pytest.skip("npm could not fetch axe-core")
    return _source(folder / told.decode().split()[-1])


async def faults(page: Page) -> list[str]:
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    found = await page.evaluate(RUN, RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def _source(archive: Path) -> str:
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()
