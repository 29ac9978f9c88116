"""The command line as a person meets it: real processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

BOT = [sys.executable, "-m", "bot"]
PATIENCE_S = 60.0


def run(*arguments: str, tmp_path: Path, text: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
    """The command in an environment of its own: nothing of ours is set, and its home is empty."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
    return subprocess.run(
        [*BOT, *arguments], input=text, capture_output=True, text=True, env=environment, timeout=60, check=False
    )


def test_run_names_everything_that_is_missing_at_once(tmp_path):
    done = run("run", tmp_path=tmp_path)
    assert done.returncode == 1
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "BASETEN_API_KEY"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:s3cret[word@127.0.0.1:1/x", "database"),
        ("postgresql://me:s3cretword@127.0.0.1:1/x?no_such_option=1", "no_such_option"),
    ],
)
def test_a_database_address_that_is_wrong_is_one_sentence(tmp_path, url, says):
    for word in ("migrate", "check"):
        done = run(word, tmp_path=tmp_path, DATABASE_URL=url)
        assert done.returncode == 1
        told = done.stdout + done.stderr
        assert says in told
        assert "Traceback" not in told
        assert "s3cret" not in told


def test_a_wrong_variable_is_one_sentence_and_no_traceback(tmp_path):
    done = run("run", tmp_path=tmp_path, PORT="eighty")
    assert done.returncode == 1
    assert "PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_used_is_told_without_its_password(tmp_path):
    done = run("migrate", tmp_path=tmp_path, DATABASE_URL="postgresql://me:s3cretword@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "s3cretword" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_migrate_makes_the_database_that_only_its_owner_can_read(tmp_path):
    file = tmp_path / "deep" / "down" / "joblogs.sqlite3"
    done = run("migrate", tmp_path=tmp_path, DATABASE_URL=f"sqlite:///{file}")
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600


def test_explain_reads_plain_text_from_standard_input(tmp_path):
    log = 'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\nValueError: no such shard\n'
    assert "no such shard" in run("explain", "-", tmp_path=tmp_path, text=log).stdout
    incidents = json.loads(run("explain", "-", "--json", tmp_path=tmp_path, text=log).stdout)
    assert [incident["role"] for incident in incidents] == ["root"]


@pytest.mark.timeout(150)
def test_the_demo_shows_a_card_and_stops_cleanly(tmp_path):
    """The README's first command, at five times the speed."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    demo = subprocess.Popen(
        [*BOT, "demo", "--port", "0", "--scenario", "oom-one-rank", "--speed", "5"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        card = _card(_address(demo), "CUDA out of memory")
    finally:
        demo.send_signal(signal.SIGINT)
        told, _ = demo.communicate(timeout=30)
    assert "g03r0" in card["text"]
    assert demo.returncode == 0
    assert "stopped" in told
    assert list(tmp_path.glob("joblogs-demo-*")) == []


def _address(demo: "subprocess.Popen[str]") -> str:
    assert demo.stdout is not None
    for line in demo.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("the demo printed no address")


def _card(page: str, title: str) -> dict[str, Any]:
    """The card whose headline has `title`: it may have begun under the headline of a consequence."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{page}/page/history?as=U0ADA00001&channel=C0MLALERTS", timeout=10) as answer:
            for message in json.load(answer)["messages"]:
                if title in message["text"] and not message["ephemeral"]:
                    return message
        time.sleep(0.3)
    raise AssertionError("no card within a minute")
