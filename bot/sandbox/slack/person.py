"""A person of the workspace: everything goes over the real wire to the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import acting, linking, modals, moderating
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.page_shapes import PageShapes
from bot.sandbox.slack.presence import active
from bot.sandbox.slack.wire import Json, Misuse

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
        patch: Any = None,
        *,
        block_id: str | None = None,
        values: Json | None = None,
    ) -> Outcome:
        """Uses an element of a message.

        `patch` is what was chosen: Slack's part of the action (``{"selected_option": {…}}``) or the bare value
        (an option's value, a name, a date, a text); `values`, as in ``state.values``, what was entered in the
        message's other elements: it is kept.
        """
        return await acting.press(
            self.workspace, self.id, self._channel(channel), message_ts, (block_id, action_id), patch, values
        )

    async def shortcut(
        self, callback_id: str, channel: str | None = None, message_ts: str | None = None
    ) -> Outcome:
        """A global shortcut, or one of a message."""
        where = self._channel(channel) if channel else None
        return await acting.shortcut(self.workspace, self.id, callback_id, where, message_ts)

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
        """What an external select offers for `value`: ``{"options": […]}`` or ``{"option_groups": […]}``.

        In the message, else in the view; without either, in the modal in front.
        """
        ids = (block_id, action_id)
        if channel is None or message_ts is None:
            return await modals.suggest(self.workspace, self.id, view_id or self._in_front(), ids, value)
        where = self._channel(channel)
        return await acting.suggest(self.workspace, self.id, where, message_ts, ids, value)

    # --- modals and the Home tab -------------------------------------------------------------------------

    @property
    def view(self) -> Json | None:
        """The modal in front of this person."""
        return self.workspace.views.top(self.id)

    @property
    def home(self) -> Json | None:
        """The Home tab that is published for this person; looking at it tells the app nothing."""
        return self.workspace.views.homes.get(self.id)

    async def open_home(self) -> Json | None:
        """Opens the app's Home tab: the app hears app_home_opened; the view that was published before."""
        return acting.open_home(self.workspace, self.id)

    async def open_direct(self) -> None:
        """Opens the conversation with the app: the app hears app_home_opened with the tab "messages"."""
        acting.open_home(self.workspace, self.id, "messages")

    async def act(
        self,
        view_id: str | None,
        action_id: str,
        patch: Any = None,
        *,
        block_id: str | None = None,
        values: Json | None = None,
    ) -> Outcome:
        """Uses an element of a view (None: of the modal in front); `patch` and `values` as for `press`."""
        where = view_id or self._in_front()
        return await modals.act(self.workspace, self.id, where, (block_id, action_id), patch, values)

    async def submit(self, view_id: str | None = None, values: Json | None = None) -> Outcome:
        """Submits a modal (None: the one in front).

        `values` are those of ``state.values``, {block_id: {action_id: {"value": …}}}, or bare:
        {block_id: {action_id: "run-1"}}. What was entered before stays.
        """
        return await modals.submit(self.workspace, self.id, view_id or self._in_front(), values or {})

    async def close(self, view_id: str | None = None) -> None:
        """Closes a modal (None: the one in front) with its cross or its cancel button."""
        await modals.close(self.workspace, self.id, view_id or self._in_front())

    # --- messages and channels ---------------------------------------------------------------------------

    @property
    def channels(self) -> list[Json]:
        """The sidebar: every channel and direct conversation, with its `unread` and `mentions`."""
        shown: list[Json] = PageShapes(self.workspace).session(self.id)["channels"]
        return shown

    @property
    def direct_messages(self) -> list[Json]:
        """The conversation with the app, oldest first."""
        return self.workspace.messages(self.workspace.roster.direct(self.id).id)

    async def compose(self, text: str) -> list[Json]:
        """Types links into the composer without sending: the app may unfurl them; the previews so far."""
        return linking.compose(self.workspace, self.id, text)

    async def delete(self, channel: str, ts: str) -> None:
        """Deletes an own message; an administrator may delete any."""
        moderating.delete(self.workspace, self.id, self._channel(channel), ts)

    async def archive(self, channel: str) -> None:
        moderating.do(self.workspace, self.id, self._channel(channel), "archive")

    async def unarchive(self, channel: str) -> None:
        moderating.do(self.workspace, self.id, self._channel(channel), "unarchive")

    async def invite_bot(self, channel: str) -> None:
        moderating.do(self.workspace, self.id, self._channel(channel), "invite")

    async def remove_bot(self, channel: str) -> None:
        moderating.do(self.workspace, self.id, self._channel(channel), "remove")

    def react(self, channel: str, ts: str, name: str, *, add: bool = True) -> None:
        active(self.workspace, self.id)
        where = self.workspace.channel(channel)
        self.workspace.timeline.react(where, ts, self.id, name, add=add)

    def _in_front(self) -> str:
        view = self.view
        if view is None:
            raise Misuse("view_not_found", "No modal is open.")
        return str(view["id"])

    def _channel(self, name: str) -> str:
        return self.workspace.channel(name).id
