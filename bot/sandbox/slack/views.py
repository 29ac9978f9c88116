"""Modals and Home tabs: stacks, hashes, and what the app may do to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks.check import view_problems, view_too_large
from bot.sandbox.slack.blocks.fill import filled
from bot.sandbox.slack.states import state_of
from bot.sandbox.slack.wire import Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

MOST_STACKED = 3
_KEPT = ("callback_id", "external_id", "private_metadata", "title", "submit", "close")


@dataclass(slots=True)
class OpenView:
    """`channel`: the conversation in which the modal was asked for, if any."""

    user: str
    view: Json
    channel: str | None = None


class Views:
    """All open modals by id, each person's stack, and the published Home tabs."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace
        self._open: dict[str, OpenView] = {}
        self._stacks: dict[str, list[str]] = {}
        self.homes: dict[str, Json] = {}

    # --- asking --------------------------------------------------------------------------------------

    def top(self, user: str) -> Json | None:
        stack = self._stacks.get(user)
        return self._open[stack[-1]].view if stack else None

    def of(self, user: str, view_id: str) -> Json:
        """A modal or Home tab that `user` has before them. Raises `Refusal` (``view_not_found``)."""
        opened = self._open.get(view_id)
        if opened is not None and opened.user == user:
            return opened.view
        home = self.homes.get(user)
        if home is not None and home["id"] == view_id:
            return home
        raise Refusal("view_not_found")

    # --- the app's side ------------------------------------------------------------------------------

    def open(self, user: str, raw: Any, channel: str | None = None) -> Json:
        """A new modal in place of all that the person had open."""
        view = self._new(raw, "modal", channel=channel)
        self.clear(user)
        return self._put(OpenView(user, view, channel), [])

    def push(self, user: str, raw: Any) -> Json:
        """A modal on top of the open one; three are the most (``push_limit_reached``)."""
        stack = self._stacks.get(user, [])
        if not stack:
            raise Refusal("not_found")
        if len(stack) >= MOST_STACKED:
            raise Refusal("push_limit_reached")
        channel = self._open[stack[0]].channel
        return self._put(OpenView(user, self._new(raw, "modal", channel=channel), channel), stack)

    def update(self, view_id: str, raw: Any, expected_hash: str | None) -> Json:
        """Replaces an open view; what was filled in stays where block and action ids stay."""
        opened = self._open.get(view_id) or self._home(view_id)
        if opened is None:
            raise Refusal("not_found")
        if expected_hash and expected_hash != opened.view["hash"]:
            raise Refusal("hash_conflict")
        content = self._content(raw, opened.view["type"], opened.view["id"])
        state = state_of(content["blocks"], opened.view["state"]["values"], opened.channel)
        opened.view.update(content, state={"values": state}, hash=self._hash())
        self._space.news.tell(
            "view" if opened.view["type"] == "modal" else "home", user=opened.user, view=opened.view
        )
        return opened.view

    def publish(self, user: str, raw: Any, expected_hash: str | None) -> Json:
        """The Home tab of one person."""
        old = self.homes.get(user)
        if expected_hash and old and expected_hash != old["hash"]:
            raise Refusal("hash_conflict")
        before = old["state"]["values"] if old else {}
        self.homes[user] = self._new(raw, "home", old["id"] if old else None, before=before)
        self._space.news.tell("home", user=user)
        return self.homes[user]

    def by_external_id(self, external_id: str) -> str | None:
        return next((key for key, one in self._open.items() if one.view["external_id"] == external_id), None)

    # --- the person's side ---------------------------------------------------------------------------

    def close(self, user: str, view_id: str) -> None:
        """Takes one view off the stack; the one below shows again."""
        stack = self._stacks.get(user, [])
        if view_id not in stack:
            return
        stack.remove(view_id)
        self._drop([view_id])
        self._space.news.tell("view_closed", user=user, view_id=view_id)
        if stack:
            self._space.news.tell("view", user=user, view=self._open[stack[-1]].view)

    def clear(self, user: str) -> list[Json]:
        """Closes the whole stack; returns what was open, topmost first."""
        views = [self._open[view_id].view for view_id in reversed(self._stacks.pop(user, []))]
        self._drop([view["id"] for view in views])
        for view in views:
            self._space.news.tell("view_closed", user=user, view_id=view["id"])
        return views

    # --- private -------------------------------------------------------------------------------------

    def _put(self, opened: OpenView, below: list[str]) -> Json:
        view = opened.view
        view["previous_view_id"] = below[-1] if below else None
        view["root_view_id"] = below[0] if below else view["id"]
        self._open[view["id"]] = opened
        self._stacks[opened.user] = [*below, view["id"]]
        self._space.news.tell("view", user=opened.user, view=view)
        return view

    def _new(
        self,
        raw: Any,
        surface: str,
        view_id: str | None = None,
        *,
        before: Json | None = None,
        channel: str | None = None,
    ) -> Json:
        identity = view_id or self._space.mint.id("V")
        content = self._content(raw, surface, identity)
        return {
            "id": identity,
            "team_id": self._space.team_id,
            "app_id": self._space.app_id,
            "app_installed_team_id": self._space.team_id,
            "bot_id": self._space.bot_id,
            "hash": self._hash(),
            "root_view_id": identity,
            "previous_view_id": None,
            "state": {"values": state_of(content["blocks"], before or {}, channel)},
            **content,
        }

    def _content(self, raw: Any, surface: str, view_id: str) -> Json:
        """What the app says of a view, checked and filled. Raises `Refusal`."""
        problems = view_problems(raw)
        if not problems and raw["type"] != surface:
            raise Refusal("invalid_arguments", pointers=(f"expected a {surface} [json-pointer:/view/type]",))
        if problems:
            raise Refusal("invalid_arguments", pointers=tuple(problem.spoken() for problem in problems))
        if view_too_large(raw):
            raise Refusal("view_too_large")
        external_id = raw.get("external_id") or ""
        if external_id and self.by_external_id(external_id) not in {None, view_id}:
            raise Refusal("duplicate_external_id")
        kept = {name: raw.get(name) for name in _KEPT}
        return {
            **kept,
            "type": surface,
            "callback_id": raw.get("callback_id") or "",
            "external_id": external_id,
            "private_metadata": raw.get("private_metadata") or "",
            "clear_on_close": bool(raw.get("clear_on_close")),
            "notify_on_close": bool(raw.get("notify_on_close")),
            "blocks": filled(raw["blocks"], lambda: self._space.mint.token(5)),
        }

    def _home(self, view_id: str) -> OpenView | None:
        return next((OpenView(user, view) for user, view in self.homes.items() if view["id"] == view_id), None)

    def _hash(self) -> str:
        return f"{self._space.mint.epoch_s()}.{self._space.mint.token(8)}"

    def _drop(self, view_ids: list[str]) -> None:
        for view_id in view_ids:
            self._open.pop(view_id, None)
