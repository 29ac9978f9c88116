"""views.*: modals and the Home tab."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.methods.method import Method
from bot.sandbox.slack.wire import Args, Json, Refusal, missing

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


def open_(space: "Workspace", args: Args) -> Json:
    view = _view(args)
    trigger = space.triggers.exchange(_trigger_id(args))
    return {"view": deepcopy(space.views.open(trigger.user, view, trigger.channel))}


def push(space: "Workspace", args: Args) -> Json:
    view = _view(args)
    trigger = space.triggers.exchange(_trigger_id(args))
    if trigger.view_id is None:
        raise Refusal("invalid_trigger_id")
    return {"view": deepcopy(space.views.push(trigger.user, view))}


def update(space: "Workspace", args: Args) -> Json:
    view_id = args.text("view_id")
    if not view_id:
        external_id = args.text("external_id")
        if not external_id:
            raise missing("view_id")
        view_id = space.views.by_external_id(external_id) or ""
    return {"view": deepcopy(space.views.update(view_id, _view(args), args.text("hash") or None))}


def publish(space: "Workspace", args: Args) -> Json:
    user = space.roster.known(args.need("user_id"))
    if not space.app.home_enabled:
        raise Refusal("not_enabled")
    return {"view": deepcopy(space.views.publish(user.id, _view(args), args.text("hash") or None))}


def _view(args: Args) -> Any:
    view = args.parsed("view", "invalid_arguments")
    if view is None:
        raise missing("view")
    return view


def _trigger_id(args: Args) -> str:
    return args.text("trigger_id") or args.need("interactivity_pointer")


METHODS = {
    "views.open": Method(open_),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
