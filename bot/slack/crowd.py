"""So many payloads at once and no more: Bolt begins a task for each, and a flood of them would fill the memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from bot.slack.render.refusals import BUSY
from bot.slack.under_way import UnderWay

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 200


class Crowd:
    """Counts what `app` works on: payloads that are not acknowledged yet, and listeners that go on after that."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app
        self._arriving = 0

    def __len__(self) -> int:
        handler = self._app.listener_runner.listener_start_handler
        return self._arriving + (len(handler) if isinstance(handler, UnderWay) else 0)

    async def admit(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """The first middleware after Slack's signature was proven."""
        if len(self) >= MOST_AT_ONCE:
            log.warning("too_busy", kind=body.get("type") or body.get("command"), at_once=len(self))
            return busy(body)
        self._arriving += 1
        try:
            return await next()
        finally:
            self._arriving -= 1


def busy(body: dict[str, Any]) -> BoltResponse:
    """What Slack tells the person.

    Where no sentence can be carried the payload is not acknowledged: Slack shows its own sign at a button, and
    delivers an event again.
    """
    if body.get("command"):
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": BUSY})
    if body.get("type") == "view_submission" and (fields := _inputs(body)):
        return BoltResponse(status=200, body={"response_action": "errors", "errors": {fields[0]: BUSY}})
    if body.get("type") == "block_suggestion":
        return BoltResponse(status=200, body={"options": []})
    return BoltResponse(status=503, body="")


def _inputs(body: dict[str, Any]) -> list[str]:
    """Slack shows an error beside an input alone."""
    blocks = (body.get("view") or {}).get("blocks") or ()
    return [str(block["block_id"]) for block in blocks if block.get("type") == "input" and block.get("block_id")]
