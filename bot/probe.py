"""`joblogs health`: asks the bot on this machine how it is, for health checks where there is no curl."""

import http.client
import json
from typing import Literal

TIMEOUT_S = 4.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what it listens on, not what is asked

Page = Literal["healthz", "readyz"]


def problems(listen: tuple[str, int], page: Page) -> tuple[str, ...]:
    """What the page tells of, a sentence each; empty when all is well."""
    host, port = listen
    connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"/{page}")
        answer = connection.getresponse()
        body = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        return (f"nothing answers on port {port}: {type(error).__name__}",)
    finally:
        connection.close()
    if answer.status == 200:
        return ()
    told = body.get("problems", {}) if isinstance(body, dict) else {}
    return tuple(f"{name}: {problem}" for name, problem in told.items()) or (f"HTTP {answer.status}",)
