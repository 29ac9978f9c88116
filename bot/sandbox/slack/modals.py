"""What people do in modals and on the Home tab: acting, submitting, closing, asking for options."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import choosing, payloads
from bot.sandbox.slack.acting import chosen, merge
from bot.sandbox.slack.choosing import Chooser
from bot.sandbox.slack.inputs import fault
from bot.sandbox.slack.interacting import ask_for_options, interact
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.presence import active
from bot.sandbox.slack.states import state_name
from bot.sandbox.slack.wire import Json, Misuse, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_TROUBLE = "We had some trouble connecting. Try again?"


async def act(
    space: "Workspace", user: str, view_id: str, ids: choosing.Ids, patch: Any, values: Json | None = None
) -> Outcome:
    """Uses an element: the app hears of it, with all that was entered so far in ``view.state.values``.

    `values`: what the person has entered in other elements meanwhile; those that an update took away are left out.
    """
    view = _view(space, user, view_id)
    block, element = choosing.find(view["blocks"], ids)
    chooser = Chooser(space=space, user=user, where=view_id)
    state = view["state"]["values"]
    merge(state, chosen(chooser, view["blocks"], _still_there(view, values or {})))
    choice = chooser.choice(element, patch)
    if state_name(element) is not None:
        merge(state, {block["block_id"]: {element["action_id"]: choice}})
    if block["type"] == "input" and not block.get("dispatch_action"):
        return Outcome(acked=True)
    payload = payloads.interaction(space, "block_actions", user, view_id) | payloads.in_view(view)
    payload["actions"] = [choosing.action(element, block["block_id"], choice, space.mint.ts())]
    return await interact(space, payload)


async def submit(space: "Workspace", user: str, view_id: str, values: Json) -> Outcome:
    """Submits a modal. What Slack's client checks is checked first; the app does not hear of such faults."""
    view = _view(space, user, view_id)
    if view["type"] != "modal":
        raise Misuse("not_a_modal", "Only a modal can be submitted.")
    chooser = Chooser(space=space, user=user, where=view_id)
    merge(view["state"]["values"], chosen(chooser, view["blocks"], values))
    errors = {block["block_id"]: wrong for block in view["blocks"] if (wrong := fault(view, block)) is not None}
    if errors:
        return Outcome(acked=False, errors=errors)
    payload = payloads.interaction(space, "view_submission", user, view_id)
    payload |= {"view": deepcopy(view), "response_urls": _response_urls(space, user, view)}
    outcome = await interact(space, payload)
    if outcome.error is not None:
        return _again(outcome, outcome.error)
    return _follow(space, user, view, outcome)


async def close(space: "Workspace", user: str, view_id: str) -> None:
    """Closes a modal; tells the app of every view with ``notify_on_close`` that goes."""
    view = _view(space, user, view_id)
    if view["clear_on_close"]:
        gone = space.views.clear(user)
    else:
        space.views.close(user, view_id)
        gone = [view]
    for one in gone:
        if one["notify_on_close"]:
            payload = payloads.interaction(space, "view_closed", user)
            del payload["trigger_id"]
            await interact(space, payload | {"view": deepcopy(one), "is_cleared": view["clear_on_close"]})


async def suggest(space: "Workspace", user: str, view_id: str, ids: choosing.Ids, value: str) -> Json:
    """What an external select of a view offers."""
    view = _view(space, user, view_id)
    found = choosing.find(view["blocks"], ids)
    return await ask_for_options(space, user, payloads.in_view(view), found, value)


def _view(space: "Workspace", user: str, view_id: str) -> Json:
    active(space, user)
    try:
        return space.views.of(user, view_id)
    except Refusal:
        raise Misuse("view_not_found", "This view is closed.") from None


def _still_there(view: Json, values: Json) -> Json:
    state = view["state"]["values"]
    kept = {
        block_id: {action_id: patch for action_id, patch in actions.items() if action_id in state[block_id]}
        for block_id, actions in values.items()
        if block_id in state
    }
    return {block_id: actions for block_id, actions in kept.items() if actions}


def _response_urls(space: "Workspace", user: str, view: Json) -> list[Json]:
    urls = []
    for block in view["blocks"]:
        element = block.get("element", {})
        if not element.get("response_url_enabled"):
            continue
        entered = view["state"]["values"][block["block_id"]][element["action_id"]]
        channel = space.channels.get(entered.get(state_name(element) or "") or "")
        if channel is not None:
            url = payloads.response_url(space, user, channel)
            urls.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel.id,
                    "response_url": url,
                }
            )
    return urls


def _follow(space: "Workspace", user: str, view: Json, outcome: Outcome) -> Outcome:
    """Does what the ack of a submission asks for: errors, update, push, clear, or closing."""
    answer = outcome.response or {}
    try:
        match answer.get("response_action"):
            case None:
                space.views.close(user, view["id"])
            case "errors":
                return _errors(view, outcome)
            case "update":
                space.views.update(view["id"], answer.get("view"), None)
            case "push":
                space.views.push(user, answer.get("view"))
            case "clear":
                space.views.clear(user)
            case _:
                return _again(outcome, "invalid_response_action")
    except Refusal as refusal:
        space.news.tell("error", message=f"{refusal.code} {'; '.join(refusal.pointers)}".strip())
        return _again(outcome, refusal.code)
    return outcome


def _errors(view: Json, outcome: Outcome) -> Outcome:
    errors = (outcome.response or {}).get("errors")
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        return _again(outcome, "invalid_errors")
    return Outcome(acked=True, response=outcome.response, seconds=outcome.seconds, errors=errors)


def _again(outcome: Outcome, error: str) -> Outcome:
    return Outcome(
        acked=outcome.acked, response=outcome.response, seconds=outcome.seconds, error=error, message=_TROUBLE
    )
