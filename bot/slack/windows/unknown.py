"""What nobody else listens to: no window, button, list or shortcut of another version is ever dead."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.slack.desk import Desk
from bot.slack.render.refusals import UNKNOWN_ACTION, UNKNOWN_SHORTCUT, UNKNOWN_WINDOW
from bot.slack.windows.window import tell, told

log = structlog.get_logger(__name__)

_ANY = re.compile(".*")


def register_last(app: AsyncApp, desk: Desk) -> None:
    """The catch-alls; Bolt takes the first listener that matches, so that these are registered last."""

    async def view(ack: AsyncAck, view: dict[str, Any]) -> None:
        log.warning("unknown_window", callback_id=view.get("callback_id"))
        await ack(response_action="update", view=told("joblogs", UNKNOWN_WINDOW))

    async def options(ack: AsyncAck, body: dict[str, Any]) -> None:
        log.warning("unknown_options", action_id=body.get("action_id"))
        await ack(options=[])

    async def shortcut(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        await ack()
        log.warning("unknown_shortcut", callback_id=body.get("callback_id"))
        await tell(desk, respond, body, UNKNOWN_SHORTCUT)

    async def action(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        log.warning("unknown_action", action_id=action.get("action_id"))
        await tell(desk, respond, body, UNKNOWN_ACTION)

    app.view(_ANY)(view)
    app.options(_ANY)(options)
    app.shortcut(_ANY)(shortcut)
    app.action(_ANY)(action)
