"""A person of the workspace: everything goes over the real wire to the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.slack import acting, modals
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """Raises `Misuse` from any method for what Slack's client does not let a person do."""

    workspace: "Workspace"
    id: str

    async def command(
        self, command: str, text: str = "", *, channel: str, thread_ts: str | None = None
    ) -> Outcome:
        """A slash command; its immediate answer is in `response`, later ones are this person's ephemerals."""
        return await acting.command(self.workspace, self.id, self._channel(channel), command, text, thread_ts)

    async def say(self, channel: str, text: str, thread_ts: str | None = None) -> Outcome:
        return await acting.say(self.workspace, self.id, self._channel(channel), text, thread_ts)

    async def press(
        self,
        channel: str,
        message_ts: str,
        action_id: str,
        patch: Json | None = None,
        *,
        block_id: str | None = None,
    ) -> Outcome:
        """Uses an element of a message; `patch` is what was chosen (``{"selected_option": {...}}``)."""
        return await acting.press(
            self.workspace, self.id, self._channel(channel), message_ts, (block_id, action_id), patch
        )

    async def shortcut(
        self, callback_id: str, channel: str | None = None, message_ts: str | None = None
    ) -> Outcome:
        """A global shortcut, or one of a message."""
        where = self._channel(channel) if channel else None
        return await acting.shortcut(self.workspace, self.id, callback_id, where, message_ts)

    async def open_home(self) -> Json | None:
        """Opens the app's Home tab; returns the view that is published now."""
        return acting.open_home(self.workspace, self.id)

    async def suggest(
        self,
        action_id: str,
        value: str,
        *,
        view_id: str | None = None,
        channel: str | None = None,
        message_ts: str | None = None,
        block_id: str | None = None,
    ) -> Json:
        """What an external select offers for `value`: ``{"options": […]}`` or ``{"option_groups": […]}``."""
        if view_id is not None:
            return await modals.suggest(self.workspace, self.id, view_id, (block_id, action_id), value)
        if channel is None or message_ts is None:
            raise ValueError("suggest needs a view_id, or a channel and a message_ts")
        where = self._channel(channel)
        return await acting.suggest(self.workspace, self.id, where, message_ts, (block_id, action_id), value)

    async def act(
        self, view_id: str, action_id: str, patch: Json | None = None, *, block_id: str | None = None
    ) -> Outcome:
        """Uses an element of a modal or of the Home tab."""
        return await modals.act(self.workspace, self.id, view_id, (block_id, action_id), patch)

    async def submit(self, view_id: str, values: Json | None = None) -> Outcome:
        """Submits a modal; `values` as in ``state.values``: {block_id: {action_id: {"value": …}}}."""
        return await modals.submit(self.workspace, self.id, view_id, values or {})

    async def close(self, view_id: str) -> None:
        """Closes a modal with its cross or its cancel button."""
        await modals.close(self.workspace, self.id, view_id)

    @property
    def view(self) -> Json | None:
        """The modal that is open in front of this person."""
        return self.workspace.views.top(self.id)

    def react(self, channel: str, ts: str, name: str, *, add: bool = True) -> None:
        where = self.workspace.channel(channel)
        self.workspace.timeline.react(where, ts, self.id, name, add=add)

    def _channel(self, name: str) -> str:
        return self.workspace.channel(name).id
