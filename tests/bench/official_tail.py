"""The official tail, as its own command runs it. Executed by the interpreter of truss's environment.

``python official_tail.py URL KEY PROJECT JOB``: follows the job to its end through the package's own log watcher and
prints one JSON object: how often each message was shown, and when (epoch ms) a new one came last.
"""

import json
import sys
import time
from collections import Counter

from truss.cli.logs.training_log_watcher import TrainingLogWatcher
from truss.remote.baseten.api import BasetenApi


class Key:
    """What the client asks for its header."""

    def __init__(self, key: str) -> None:
        self.key = key

    def fetch_auth_header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def main(url: str, key: str, project: str, job: str) -> None:
    api = BasetenApi("https://app.baseten.co", Key(key))
    # The package maps its known hosts only; this is the one line that leads it to another server.
    api._rest_api_client.base_url = url
    shown: Counter[str] = Counter()
    last_ms = 0
    for log in TrainingLogWatcher(api, project, job).watch(show_spinner=False):
        if log.message not in shown:
            last_ms = time.time_ns() // 1_000_000
        shown[log.message] += 1
    sys.__stdout__.write("\n" + json.dumps({"shown": shown, "last_ms": last_ms}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
